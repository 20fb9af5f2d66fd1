"""The raw store keeps files byte for byte, whole, under their sha256."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from catdata import durable
from catdata.dataset.rawstore import FilesChanged, RawFile, RawStore
from catdata.errors import WorkspaceDamaged

DATA = b"any bytes will do"
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def store(tmp_path: Path, photo: Path) -> RawStore:
    store = RawStore(tmp_path / "raw")
    store.folder.mkdir()
    store.store([RawFile(HASH, "jpeg", str(photo))])
    return store


def test_a_file_lies_under_its_hash(store: RawStore) -> None:
    assert store.path(HASH, "jpeg") == store.folder / HASH[:2] / f"{HASH}.jpg"
    assert store.read(HASH, "jpeg") == DATA


def test_storing_again_changes_nothing(store: RawStore, photo: Path) -> None:
    before = store.path(HASH, "jpeg").stat()
    store.store([RawFile(HASH, "jpeg", str(photo))])
    assert store.path(HASH, "jpeg").stat() == before


def test_leftovers_of_a_killed_writer_go_with_the_next_command(store: RawStore) -> None:
    left = [
        durable.partial_path(folder / "x.jpg") for folder in (store.folder, store.folder / "ab")
    ]
    left[1].parent.mkdir()
    for path in left:
        path.touch()
    RawStore(store.folder).store([])
    assert not any(path.exists() for path in left)
    assert store.read(HASH, "jpeg") == DATA


def test_a_changed_file_is_named_when_it_is_read(store: RawStore) -> None:
    path = store.path(HASH, "jpeg")
    path.write_bytes(b"other")
    with pytest.raises(WorkspaceDamaged, match="its bytes no longer have the sha256") as raised:
        store.read(HASH, "jpeg")
    assert str(path) in raised.value.message


def test_a_missing_file_is_named_when_it_is_read(store: RawStore) -> None:
    store.path(HASH, "jpeg").unlink()
    with pytest.raises(WorkspaceDamaged, match="does not exist: the catalog lists"):
        store.read(HASH, "jpeg")


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "changed"])
def test_a_file_that_changed_since_it_was_hashed_is_not_stored(
    store: RawStore, photo: Path, *, lost: bool
) -> None:
    store.path(HASH, "jpeg").unlink()
    photo.write_bytes(b"other bytes")
    if lost:
        photo.unlink()
    with pytest.raises(FilesChanged) as raised:
        store.store([RawFile(HASH, "jpeg", str(photo))])
    assert raised.value.file_hashes == {HASH}
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_a_file_in_place_is_read_where_it_is(store: RawStore, photo: Path) -> None:
    assert store.read(HASH, "jpeg", str(photo)) == DATA
    photo.write_bytes(b"other")
    with pytest.raises(WorkspaceDamaged, match="its bytes no longer have the sha256"):
        store.read(HASH, "jpeg", str(photo))
