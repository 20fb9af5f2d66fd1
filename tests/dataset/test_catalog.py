"""The catalog keeps what is known of every image, all or nothing, and takes every change back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catdata.dataset.catalog import Catalog, Count, ImageRow, Selection
from catdata.errors import StorageFailed, UnknownReference, WorkspaceDamaged, WorkspaceError


def original(row: int, split: str = "train", label: int = 0) -> ImageRow:
    return ImageRow(
        origin="original",
        content_hash=hashlib.sha256(f"{split}{row}".encode()).hexdigest(),
        fingerprint=(row, 2**63 + row, 2**64 - 1, 0),
        width=64,
        height=64,
        label=label,
        split=split,
        home_split=split,
        home_row=row,
    )


def photo(name: str, content: str | None = None, label: int = 1) -> ImageRow:
    return ImageRow(
        origin="added",
        content_hash=content or hashlib.sha256(name.encode()).hexdigest(),
        fingerprint=(1, 2, 3, 4),
        width=500,
        height=374,
        label=label,
        split="train",
        file_hash=hashlib.sha256(b"file" + name.encode()).hexdigest(),
        format="jpeg",
        file_name=name,
        source=f"/photos/{name}",
        warnings=("grey",),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.db"
    Catalog.create(path, [original(0, label=1), original(1), original(0, "test")])
    return path


def add(catalog: Catalog, *images: ImageRow) -> list[int]:
    with catalog.transaction():
        command = catalog.log("add", "added photos")
        return [catalog.add(image, command) for image in images]


def test_an_image_comes_out_as_it_went_in(path: Path) -> None:
    with Catalog(path) as catalog:
        (image_id,) = add(catalog, photo("a.jpg"))
        (found,) = catalog.present([image_id])
    assert found.fingerprint == (1, 2, 3, 4)
    assert found.warnings == ("grey",)
    assert (found.file_name, found.source) == ("a.jpg", "/photos/a.jpg")
    assert found.added_at.endswith("Z")


def test_fingerprints_keep_all_64_bits(path: Path) -> None:
    with Catalog(path) as catalog:
        ids, prints = catalog.fingerprints_after(1)
    assert ids == [2, 3]
    assert prints.dtype == np.uint64
    assert prints.tolist()[0] == [1, 2**63 + 1, 2**64 - 1, 0]


def test_images_come_in_the_order_of_a_build(path: Path) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("b.jpg"), photo("a.jpg"))
        names = [image.file_name or image.ref for image in catalog.images()]
        cats = [image.ref for image in catalog.images(Selection(label=1, origin="original"))]
    assert names == ["train[0]", "train[1]", "test[0]", "b.jpg", "a.jpg"]
    assert cats == ["train[0]"]


def test_images_are_counted_by_origin_split_and_label(path: Path) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("a.jpg"))
        assert sorted(catalog.counts(), key=repr) == [
            Count("added", "train", 1, 1),
            Count("original", "test", 0, 1),
            Count("original", "train", 0, 1),
            Count("original", "train", 1, 1),
        ]


def test_a_failed_block_changes_nothing(path: Path) -> None:
    with Catalog(path) as catalog:
        before = catalog.digest()
        with pytest.raises(RuntimeError), catalog.transaction():
            catalog.add(photo("a.jpg"), catalog.log("add", ""))
            raise RuntimeError
        assert catalog.digest() == before
        assert catalog.commands() == []


def test_the_same_file_is_found_before_the_same_pixels(path: Path) -> None:
    with Catalog(path) as catalog:
        first = photo("a.jpg")
        add(catalog, first, photo("b.jpg", first.content_hash))
        assert first.file_hash
        found = catalog.same_picture(photo("b.jpg").file_hash or "", first.content_hash)
        assert found is not None
        assert found.file_name == "b.jpg"
        found = catalog.same_picture("0" * 64, first.content_hash)
        assert found is not None
        assert found.file_name == "a.jpg"
        assert catalog.same_picture("0" * 64, "0" * 64) is None


@pytest.mark.parametrize("ref", ["train[1]", "a.jpg", "abcd", "ABCDEF", "abcdef" + "0" * 58])
def test_an_image_is_found_by_row_by_name_and_by_hash(path: Path, ref: str) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("a.jpg", "abcdef" + "0" * 58))
        found = catalog.resolve(ref)
    assert found.ref == ("train[1]" if ref == "train[1]" else "abcdef" + "0" * 58)


def test_a_reference_to_nothing_suggests_what_may_be_meant(path: Path) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("kitten.jpg"))
        with pytest.raises(UnknownReference, match=r"No image is named kiten\.jpg") as raised:
            catalog.resolve("kiten.jpg")
    assert "Did you mean kitten.jpg?" in raised.value.hint


def test_a_reference_to_several_lists_them(path: Path) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("a.jpg", "abcd11" + "0" * 58), photo("b.jpg", "abcd22" + "0" * 58))
        with pytest.raises(UnknownReference, match="can mean 2 images") as raised:
            catalog.resolve("abcd")
    assert "abcd11 (a.jpg), abcd22 (b.jpg)" in raised.value.message


def test_a_short_reference_is_as_long_as_it_must_be(path: Path) -> None:
    first, second = "abcdef11" + "0" * 56, "abcdef12" + "0" * 56
    with Catalog(path) as catalog:
        add(catalog, photo("a.jpg", first), photo("b.jpg", second), photo("c.jpg", "9" * 64))
        refs = [catalog.short_ref(image) for image in catalog.images(Selection(origin="added"))]
    assert refs == ["abcdef11", "abcdef12", "999999"]


def test_reading_in_the_middle_of_a_list_keeps_no_writer_waiting(path: Path) -> None:
    with Catalog(path) as reader, Catalog(path) as writer:
        rows = reader.images()
        next(rows)
        add(writer, photo("a.jpg"))
        assert [row.file_name or row.ref for row in rows][-1] in {"a.jpg", "test[0]"}


def test_a_removed_image_is_in_no_list_and_named_by_nothing(path: Path) -> None:
    with Catalog(path) as catalog:
        image = catalog.resolve("train[1]")
        before = catalog.digest()
        with catalog.transaction():
            catalog.update(image, catalog.log("remove", ""), removed=True)
        assert [found.ref for found in catalog.images()] == ["train[0]", "test[0]"]
        assert [found.ref for found in catalog.images(Selection(removed=True))] == ["train[1]"]
        assert catalog.present([image.id]) == []
        assert catalog.fingerprints_after(0)[0] == [1, 3]
        assert catalog.digest() != before
        with pytest.raises(UnknownReference):
            catalog.resolve("train[1]")
        assert catalog.resolve("train[1]", removed=True).removed


def test_the_log_says_what_was_done_and_undone(path: Path) -> None:
    with Catalog(path) as catalog:
        add(catalog, photo("a.jpg"))
        with catalog.transaction():
            catalog.undo()
        log = [(command.name, command.summary, command.undone_by) for command in catalog.commands()]
    assert log == [("add", "added photos", 2), ("undo", "undid add: added photos", None)]


def test_undo_with_nothing_left_returns_nothing(path: Path) -> None:
    with Catalog(path) as catalog, catalog.transaction():
        assert catalog.undo() is None


@given(st.text(max_size=80) | st.from_regex(r"(train|test)\[[0-9]{1,12}\]", fullmatch=True))
@settings(max_examples=60, deadline=None)
def test_any_text_names_one_image_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, ref: str
) -> None:
    path = tmp_path_factory.mktemp("catalog") / "catalog.db"
    Catalog.create(path, [original(0), original(1, label=1), photo("a.jpg"), photo("b.jpg")])
    with Catalog(path) as catalog:
        for image in catalog.images():
            assert catalog.resolve(catalog.short_ref(image)) == image
            assert catalog.resolve(image.ref) == image
        with contextlib.suppress(UnknownReference):
            found = catalog.resolve(ref)
            assert found.ref.startswith(ref.lower()) or found.file_name == ref or ref == found.ref


CHANGES = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("label"), st.integers(0, 7)),
    st.tuples(st.just("split"), st.integers(0, 7)),
    st.tuples(st.just("removed"), st.integers(0, 7)),
)


@given(st.lists(CHANGES, max_size=12))
@settings(max_examples=30, deadline=None)
def test_as_many_undos_as_commands_restore_the_catalog(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("catalog") / "catalog.db"
    Catalog.create(path, [original(0), original(1, label=1)])
    with Catalog(path) as catalog:
        before = list(catalog.images())
        done = 0
        for kind, number in changes:
            images = [*catalog.images(), *catalog.images(Selection(removed=True))]
            with catalog.transaction():
                command = catalog.log(kind, f"{kind} {number}")
                if kind == "add":
                    catalog.add(photo(f"{done}.jpg"), command)
                else:
                    image = images[number % len(images)]
                    flipped: dict[str, str | int | bool] = {
                        "label": 1 - image.label,
                        "split": "test" if image.split == "train" else "train",
                        "removed": not image.removed,
                    }
                    catalog.update(image, command, **{kind: flipped[kind]})
            done += 1
        for _ in range(done):
            with catalog.transaction():
                assert catalog.undo() is not None
        assert list(catalog.images()) == before
        with catalog.transaction():
            assert catalog.undo() is None


def test_a_newer_catalog_is_refused_with_the_remedy(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WorkspaceError, match="newer catdata") as raised:
        Catalog(path)
    assert "pip install --upgrade catdata" in raised.value.hint


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(WorkspaceDamaged, match="catalog.db is damaged: file is not a database"):
        Catalog(path)


def test_a_full_disk_is_a_message_not_a_crash(path: Path) -> None:
    with Catalog(path) as catalog:
        catalog._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StorageFailed, match="database or disk is full"):
            add(catalog, *(photo(f"{i}.jpg") for i in range(200)))
        assert len(list(catalog.images())) == 3


def test_a_catalog_in_a_read_only_folder_can_be_read(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with Catalog(path) as catalog:
            assert len(list(catalog.images())) == 3
    finally:
        path.parent.chmod(0o755)
