"""Tests of reading single rows of an open file, in any order and from any storage."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catdata.errors import H5Refused
from catdata.h5file import FILE_NAMES, ImageSet, SplitFile, open_pair, open_split, write_course_file
from catdata.h5file.library import h5py

Make = Callable[..., Path]
ROWS = np.array([4, 0, 5, 0])


@pytest.mark.parametrize(
    ("storage", "convert"),
    [
        pytest.param(None, np.uint8, id="contiguous"),
        pytest.param({"chunks": (4, 8, 8, 3)}, np.uint8, id="chunked"),
        pytest.param({"chunks": (2, 8, 8, 3), "compression": "gzip"}, np.uint8, id="compressed"),
        pytest.param(None, np.float32, id="as floats"),
        pytest.param(None, np.dtype(">u2"), id="as big-endian numbers"),
    ],
)
def test_rows_are_the_same_from_any_storage(
    make: Make, images: np.ndarray, storage: dict[str, object] | None, convert: type
) -> None:
    path = make(train_set_x=images.astype(convert), storage=storage)
    with open_split(path, "train") as file:
        np.testing.assert_array_equal(file.images[ROWS], images[ROWS])
        np.testing.assert_array_equal(file.images[2:4], images[2:4])
        np.testing.assert_array_equal(file.images[:], images)
        assert file.images[5:3].shape == (0, 8, 8, 3)
        assert file.images[ROWS[:0]].shape == (0, 8, 8, 3)
        assert (file.images.shape, file.images.dtype, len(file.images)) == (
            images.shape,
            np.uint8,
            6,
        )


def test_rows_are_found_behind_a_user_block(tmp_path: Path, images: np.ndarray) -> None:
    path = tmp_path / "train.h5"
    with h5py.File(path, "w", userblock_size=512) as handle:
        handle["train_set_x"] = images
        handle["train_set_y"] = np.zeros(6, int)
    with open_split(path, "train") as file:
        np.testing.assert_array_equal(file.images[ROWS], images[ROWS])


@pytest.mark.parametrize("rows", [[6], [-1], [0, 6]])
def test_rows_that_are_not_there_are_refused(make: Make, rows: list[int]) -> None:
    with open_split(make(), "train") as file, pytest.raises(IndexError, match="of 6"):
        file.read_rows(np.array(rows))


def test_only_every_row_can_be_sliced(make: Make) -> None:
    with open_split(make(), "train") as file, pytest.raises(IndexError, match="steps of 1, not 2"):
        file.images[::2]


def test_a_file_cut_short_while_it_is_read_is_refused(make: Make) -> None:
    path = make()
    with open_split(path, "train") as file:
        os.truncate(path, 2000)
        with pytest.raises(H5Refused, match="the file became shorter while it was read"):
            file.images[ROWS]


def test_threads_read_rows_and_slices_of_one_file_side_by_side(
    make: Make, images: np.ndarray
) -> None:
    wrong = []

    def read(first: int) -> None:
        for turn in range(100):
            rows = (ROWS + first + turn) % 6
            if not np.array_equal(file.images[rows], images[rows]):
                wrong.append(rows)
            if not np.array_equal(file.images[first:], images[first:]):
                wrong.append(first)

    with open_split(make(), "train") as file:
        threads = [threading.Thread(target=read, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def write_pair(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    for split, name in FILE_NAMES.items():
        write_course_file(folder / name, split, images, labels)


def test_a_pair_is_opened_with_its_larger_sets_on_the_disk(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    images[3] = 0
    write_pair(tmp_path, images, labels)
    warnings = tuple(f"{name}: 1 of its pictures are all black" for name in FILE_NAMES.values())
    with open_pair(tmp_path, in_memory=images.nbytes) as pair:
        assert isinstance(pair.train, ImageSet)
        assert pair.warnings == warnings
    with open_pair(tmp_path, in_memory=images.nbytes - 1) as pair:
        assert isinstance(pair.train, SplitFile)
        assert pair.warnings == warnings
        assert (len(pair.train), pair.train.size) == (6, 8)
        np.testing.assert_array_equal(pair.train.images[ROWS], images[ROWS])
        np.testing.assert_array_equal(pair.train.labels, labels)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        pytest.param(np.zeros((6, 8, 8, 3), np.uint8), "zero throughout", id="all zero"),
        pytest.param(np.full((6, 8, 8, 3), np.nan), "holds the value nan", id="not a number"),
    ],
)
def test_a_pair_with_hopeless_pixels_is_not_opened(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, pixels: np.ndarray, reason: str
) -> None:
    write_pair(tmp_path, images, labels)
    with h5py.File(tmp_path / FILE_NAMES["train"], "r+") as file:
        del file["train_set_x"]
        file["train_set_x"] = pixels
    with pytest.raises(H5Refused, match=reason), open_pair(tmp_path, in_memory=0):
        pass
