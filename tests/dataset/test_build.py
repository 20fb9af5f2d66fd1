"""A build holds the original rows and the added ones in the course's own form, always the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from pictures import TEST_IMAGES, TRAIN_IMAGES, course_arrays, save

from catdata import durable, h5file
from catdata.dataset import build, edit, images, ingest
from catdata.dataset.labels import Entry
from catdata.dataset.originals import init
from catdata.dataset.status import read_status
from catdata.dataset.workspace import Workspace
from catdata.errors import BuildRefused, WorkspaceDamaged


def load_data(folder: Path) -> tuple[np.ndarray, ...]:
    """Load a pair as the course's notebook does."""
    train = h5py.File(folder / "train_catvnoncat.h5", "r")
    test = h5py.File(folder / "test_catvnoncat.h5", "r")
    with train, test:
        train_x, train_y = np.array(train["train_set_x"][:]), np.array(train["train_set_y"][:])
        test_x, test_y = np.array(test["test_set_x"][:]), np.array(test["test_set_y"][:])
        classes = np.array(test["list_classes"][:])
    return train_x, train_y.reshape((1, -1)), test_x, test_y.reshape((1, -1)), classes


@pytest.fixture
def photos_added(workspace: Workspace, tmp_path: Path) -> list[Path]:
    paths = [save(tmp_path / f"{i}.jpg", i) for i in range(5)]
    sides = ["train", "test", "train", "train", "test"]
    ingest.add(workspace, [Entry(p, i % 2, s) for i, (p, s) in enumerate(zip(paths, sides))])
    return paths


def bytes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_course_notebook_reads_a_build(workspace: Workspace, photos_added: list[Path]) -> None:
    build.build(workspace)
    train_x, train_y, test_x, test_y, classes = load_data(workspace.data / "enlarged")
    originals, labels = course_arrays("train")
    assert train_x.dtype == np.uint8
    assert train_y.dtype == np.int64
    assert classes.tolist() == [b"non-cat", b"cat"]
    np.testing.assert_array_equal(train_x[:TRAIN_IMAGES], originals)
    np.testing.assert_array_equal(train_y[0], [*labels, 0, 0, 1])
    np.testing.assert_array_equal(test_x[:TEST_IMAGES], course_arrays("test")[0])
    np.testing.assert_array_equal(test_y[0, TEST_IMAGES:], [1, 0])
    prepared = images.decode(photos_added[2].read_bytes(), images.Preparation())
    np.testing.assert_array_equal(train_x[TRAIN_IMAGES + 1], prepared.pixels)


def test_a_build_is_the_same_to_the_byte_whatever_the_number_of_workers(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    first = build.build(workspace, jobs=1)
    before = bytes_of(first.folder)
    again = build.build(workspace, jobs=3)
    assert bytes_of(again.folder) == before
    assert again.build_id == first.build_id


def test_both_files_carry_the_id_that_the_report_names(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    report = build.build(workspace)
    assert h5file.read_pair(report.folder).build_id == report.build_id
    assert workspace.manifest("enlarged")["build_id"] == report.build_id


def test_each_row_says_where_it_came_from(workspace: Workspace, photos_added: list[Path]) -> None:
    report = build.build(workspace)
    pair = h5file.read_pair(report.folder)
    with workspace.catalog() as catalog:
        photo = catalog.resolve("2.jpg")
    assert pair.train.refs[0] == "train[0]"
    assert pair.train.refs[TRAIN_IMAGES + 1] == photo.content_hash
    rows = json.loads((report.folder / "build.json").read_text())["rows"]
    row = rows["train"][TRAIN_IMAGES + 1]
    assert row == {"ref": photo.content_hash, "label": "non-cat", "file": "2.jpg"}


def test_the_report_counts_by_origin_and_class(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    record = build.build(workspace).to_json()
    assert record["train"] == {
        "images": TRAIN_IMAGES + 3,
        "cat": int(course_arrays("train")[1].sum()) + 1,
        "original": TRAIN_IMAGES,
        "added": 3,
        "augmented": 0,
    }


def test_a_train_row_that_is_in_test_is_left_out_and_named(tmp_path: Path) -> None:
    pair = {split: tmp_path / name for split, name in h5file.FILE_NAMES.items()}
    train, labels = course_arrays("train")
    test, test_labels = course_arrays("test")
    test[2] = train[5]
    h5file.write_course_file(pair["train"], "train", train, labels)
    h5file.write_course_file(pair["test"], "test", test, test_labels)
    assert init(tmp_path / "workspace", pair).shared == [("train[5]", "test[2]")]
    report = build.build(Workspace(tmp_path / "workspace"))
    assert report.left_out == [build.LeftOut("train[5]", "test[2]")]
    assert "train[5]" not in h5file.read_pair(report.folder).train.refs


def test_a_removed_or_relabelled_image_shows_in_the_next_build_only(workspace: Workspace) -> None:
    build.build(workspace, "before")
    edit.remove(workspace, ["train[0]"])
    edit.relabel(workspace, ["train[1]"], 0)
    report = build.build(workspace, "after")
    after = h5file.read_pair(report.folder).train
    assert after.refs[0] == "train[1]"
    assert after.labels[0] == 0
    assert [b.up_to_date for b in read_status(workspace).builds] == [True, True, False]


def test_another_size_scales_originals_and_photos(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    report = build.build(workspace, "small", build.Recipe(size=32))
    assert h5file.read_pair(report.folder).train.images.shape[1:] == (32, 32, 3)


def test_a_compressed_build_holds_the_same_pixels(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    plain = h5file.read_pair(build.build(workspace).folder)
    packed = build.build(workspace, "packed", build.Recipe(compress=True))
    np.testing.assert_array_equal(h5file.read_pair(packed.folder).train.images, plain.train.images)


def test_photos_alone_make_a_build(tmp_path: Path) -> None:
    init(tmp_path / "workspace", {})
    workspace = Workspace(tmp_path / "workspace")
    with pytest.raises(BuildRefused, match="The train file would hold no image"):
        build.build(workspace)
    entries = [Entry(save(tmp_path / f"{i}.png", i), i % 2, s) for i, s in enumerate(h5file.SPLITS)]
    ingest.add(workspace, entries)
    assert build.build(workspace).splits["test"].images == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("original", "is the course's own pair and is never changed", id="original"),
        pytest.param("../x", "can't be the name of a build", id="path"),
        pytest.param("runs", "can't be the name of a build", id="reserved"),
    ],
)
def test_a_name_that_is_not_free_is_refused(workspace: Workspace, name: str, message: str) -> None:
    with pytest.raises(BuildRefused, match=message):
        build.build(workspace, name)


def test_a_folder_with_other_files_is_not_replaced(workspace: Workspace) -> None:
    folder = build.build(workspace).folder
    (folder / "notes.txt").touch()
    with pytest.raises(BuildRefused, match=r"notes\.txt in it"):
        build.build(workspace)
    assert (folder / "notes.txt").exists()


def test_a_pair_that_somebody_put_there_is_not_replaced(
    workspace: Workspace, pair: dict[str, Path]
) -> None:
    folder = workspace.data / "mine"
    folder.mkdir()
    for path in pair.values():
        (folder / path.name).write_bytes(path.read_bytes())
    with pytest.raises(BuildRefused, match=r"no build\.json of a build in it"):
        build.build(workspace, "mine")


def test_a_missing_photo_stops_the_build_and_keeps_the_one_before(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    before = bytes_of(build.build(workspace).folder)
    with workspace.catalog() as catalog:
        row = catalog.resolve("0.jpg")
    workspace.raw.path(row.file_hash or "", "jpeg").unlink()
    shutil.rmtree(workspace.data / "cache")
    with pytest.raises(WorkspaceDamaged, match="does not exist: the catalog lists"):
        build.build(workspace)
    assert bytes_of(workspace.data / "enlarged") == before
    assert sorted(path.name for path in workspace.data.iterdir()) == [
        ".lock",
        "catalog.db",
        "enlarged",
        "log.jsonl",
        "original",
    ]


def test_an_original_pair_that_has_changed_is_not_passed_on(workspace: Workspace) -> None:
    path = workspace.data / "original" / h5file.FILE_NAMES["test"]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WorkspaceDamaged, match="test_catvnoncat.h5 has changed"):
        build.build(workspace)


def test_leftovers_of_a_killed_build_go_with_the_next(workspace: Workspace) -> None:
    durable.partial_path(workspace.data / "enlarged").mkdir()
    build.build(workspace)
    assert not list(workspace.data.glob(".partial-*"))


def test_build_json_says_nothing_of_time_or_place(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    text = (build.build(workspace).folder / "build.json").read_text()
    assert str(workspace.root) not in text
    assert set(json.loads(text)) == {
        "build",
        "build_id",
        "catalog",
        "recipe",
        "train",
        "test",
        "left_out",
        "files",
        "rows",
    }


def test_progress_counts_all_rows(workspace: Workspace, photos_added: list[Path]) -> None:
    seen: list[tuple[int, int]] = []
    build.build(workspace, on_progress=lambda done, total: seen.append((done, total)))
    total = TRAIN_IMAGES + TEST_IMAGES + 5
    assert seen[-1] == (total, total)


def test_a_build_holds_the_catalog_as_it_was_when_it_began(
    workspace: Workspace, photos_added: list[Path]
) -> None:
    before = bytes_of(build.build(workspace).folder)
    changed = []

    def change(_done: int, _total: int) -> None:
        if not changed:
            edit.undo(workspace)  # the photos' rows are gone
            edit.remove(workspace, ["train[3]"])
            changed.append(True)

    assert bytes_of(build.build(workspace, on_progress=change).folder) == before
    assert changed
    assert read_status(workspace).total().images == TRAIN_IMAGES + TEST_IMAGES - 1
    assert [one.up_to_date for one in read_status(workspace).builds] == [True, False]
