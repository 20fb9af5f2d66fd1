"""The pixel cache never gives wrong pixels, whatever became of its files."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pictures import save

from catdata.dataset import build, ingest, pixels
from catdata.dataset.cache import PixelCache
from catdata.dataset.images import Preparation
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.engine import Engine, Jobs

SIZE = 5  # 75 bytes a record: no whole number of words
ROW = 3 * SIZE**2
HASHES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(8)]
SQUARES = np.random.default_rng(0).integers(0, 256, (8, SIZE, SIZE, 3), np.uint8)
PREPARATION = Preparation(SIZE)


def opened(folder: Path, most: int = 1 << 20) -> PixelCache:
    return PixelCache(folder, PREPARATION, most)


def known(folder: Path, hashes: list[str] = HASHES) -> list[int]:
    """Return which of the squares are there, after comparing them with what was kept."""
    into = np.zeros((len(hashes), SIZE, SIZE, 3), np.uint8)
    cache = opened(folder)
    missing = cache.get(hashes, into)
    cache.close()
    here = [at for at in range(len(hashes)) if at not in missing]
    for at in here:
        assert (into[at] == SQUARES[HASHES.index(hashes[at])]).all()
    return here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    cache = opened(folder)
    cache.add(HASHES[:4], SQUARES[:4])
    cache.add(HASHES[4:7], SQUARES[4:7])
    cache.close()
    return folder


def test_what_was_kept_is_found_in_any_order(folder: Path) -> None:
    assert known(folder) == [0, 1, 2, 3, 4, 5, 6]
    assert known(folder, [HASHES[at] for at in (6, 2, 3, 7, 0)]) == [0, 1, 2, 4]
    assert known(folder, [HASHES[1], "", HASHES[1]]) == [0, 2]


def test_there_is_nothing_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert known(tmp_path / "nowhere") == []


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def squares(folder: Path) -> Path:
    return folder / f"{SIZE}-stretch.squares"


def keys(folder: Path) -> Path:
    return folder / f"{SIZE}-stretch.keys"


def swap_two(folder: Path) -> None:
    data = squares(folder).read_bytes()
    squares(folder).write_bytes(data[ROW : 2 * ROW] + data[:ROW] + data[2 * ROW :])


DAMAGE: dict[str, tuple[Callable[[Path], object], list[int]]] = {
    "a flipped pixel": (lambda folder: flip(squares(folder), 2 * ROW + 7), [0, 1, 3, 4, 5, 6]),
    "the last byte of a record": (
        lambda folder: flip(squares(folder), ROW - 1),
        [1, 2, 3, 4, 5, 6],
    ),
    "a flipped key": (lambda folder: flip(keys(folder), 40 + 3), [0, 2, 3, 4, 5, 6]),
    "a flipped checksum": (lambda folder: flip(keys(folder), 40 + 39), [0, 2, 3, 4, 5, 6]),
    "two records swapped": (swap_two, [2, 3, 4, 5, 6]),
    "zeros after a power cut": (
        lambda folder: squares(folder).write_bytes(bytes(7 * ROW)),
        [],
    ),
    "records cut off": (
        lambda folder: squares(folder).write_bytes(squares(folder).read_bytes()[: 5 * ROW - 1]),
        [0, 1, 2, 3],
    ),
    "a key cut in two": (
        lambda folder: keys(folder).write_bytes(keys(folder).read_bytes()[: 3 * 40 + 11]),
        [0, 1, 2],
    ),
    "no records": (lambda folder: squares(folder).unlink(), []),
    "no keys": (lambda folder: keys(folder).unlink(), []),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_counts_as_missing(folder: Path, damage: str) -> None:
    inflict, sound = DAMAGE[damage]
    inflict(folder)
    assert known(folder, HASHES[:7]) == sound
    cache = opened(folder)
    cache.add(HASHES[7:], SQUARES[7:])
    cache.close()
    assert 7 in known(folder)


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    cache = opened(tmp_path / "cache", most=3 * (ROW + 40))
    cache.add(HASHES[:2], SQUARES[:2])
    cache.add(HASHES[2:], SQUARES[2:])
    cache.close()
    assert known(tmp_path / "cache") == [0, 1, 2]


def test_another_preparation_makes_way(folder: Path) -> None:
    other = PixelCache(folder, Preparation(SIZE, "crop"), 8 * (ROW + 40))
    other.add(HASHES, SQUARES)
    other.close()
    assert not squares(folder).exists()
    assert (folder / f"{SIZE}-crop.squares").stat().st_size == 8 * ROW


def test_a_cache_of_no_size_makes_no_file(tmp_path: Path) -> None:
    cache = opened(tmp_path / "cache", most=0)
    cache.add(HASHES, SQUARES)
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def added(workspace: Workspace, tmp_path: Path) -> Workspace:
    paths = [save(tmp_path / f"{number}.jpg", number) for number in range(6)]
    ingest.add(workspace, [Entry(path, 1, "train") for path in paths])
    return workspace


def test_a_build_decodes_nothing_that_was_added(added: Workspace) -> None:
    before = build.build(added).build_id
    shutil.rmtree(added.raw.folder)
    assert build.build(added).build_id == before


def test_a_build_without_the_cache_is_the_same_and_fills_it(added: Workspace) -> None:
    before = build.build(added).build_id
    shutil.rmtree(added.data / "cache")
    assert build.build(added).build_id == before
    shutil.rmtree(added.raw.folder)
    assert build.build(added).build_id == before


def everything(workspace: Workspace, jobs: Jobs) -> pixels.Pixels:
    whole = pixels.everything(workspace, most=100, jobs=jobs)
    assert whole is not None
    return whole.images


def test_more_images_than_asked_for_are_not_read(added: Workspace) -> None:
    shutil.rmtree(added.data / "cache")
    shutil.rmtree(added.raw.folder)
    assert pixels.everything(added, most=3) is None


def test_pages_with_and_without_missing_pixels_keep_their_order(
    added: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "ROWS_AT_ONCE", 2)
    whole = everything(added, Engine("inline"))
    path = added.data / "cache" / "64-stretch.squares"
    for number in (1, 4, 5):
        flip(path, number * 64 * 64 * 3)
    assert (everything(added, 2) == whole).all()


def test_a_cache_that_cannot_be_read_is_none(added: Workspace) -> None:
    before = build.build(added).build_id
    squares = added.data / "cache" / "64-stretch.squares"
    squares.unlink()
    squares.mkdir()
    assert build.build(added).build_id == before
