"""The raw store keeps files byte for byte, whole, under their sha256."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from catdata import durable
from catdata.dataset.rawstore import RawFile, RawStore
from catdata.errors import WorkspaceDamaged

DATA = b"any bytes will do"
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    store = RawStore(tmp_path)
    store.store([RawFile(HASH, "jpeg", DATA)])
    return store


def test_a_file_lies_under_its_hash(store: RawStore) -> None:
    assert store.path(HASH, "jpeg") == store.folder / HASH[:2] / f"{HASH}.jpg"
    assert store.read(HASH, "jpeg") == DATA


def test_storing_again_changes_nothing(store: RawStore) -> None:
    before = store.path(HASH, "jpeg").stat()
    store.store([RawFile(HASH, "jpeg", DATA)])
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
    with pytest.raises(WorkspaceDamaged, match="is missing"):
        store.read(HASH, "jpeg")
