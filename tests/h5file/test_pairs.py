"""Tests of reading the two files of a folder as one pair."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sources import RowSource, Sources

from catdata.errors import H5Refused
from catdata.h5file import (
    FILE_NAMES,
    SPLITS,
    read_pair,
    set_build_id,
    write_course_file,
    write_split,
)
from catdata.h5file.library import h5py

WritePair = Callable[..., None]


def write_build(folder: Path, build_id: str, value: int) -> None:
    """Write a pair whose every pixel has one value."""
    folder.mkdir(exist_ok=True)
    for split in SPLITS:
        path = folder / FILE_NAMES[split]
        write_split(
            path,
            split,
            labels=np.array([0, 1]),
            slices=[np.full((2, 8, 8, 3), value, np.uint8)],
            size=8,
            rows=Sources([RowSource("a" * 64, "a" * 64, (1, 2, 3, 4))] * 2),
            recipe="{}",
        )
        set_build_id(path, build_id)


def test_a_pair_is_read_with_its_warnings_by_file(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    for split, name in FILE_NAMES.items():
        write_course_file(tmp_path / name, split, images, labels)
    with h5py.File(tmp_path / FILE_NAMES["test"], "a") as file:
        file["mean"] = 1
    pair = read_pair(tmp_path)
    np.testing.assert_array_equal(pair.train.images, images)
    assert pair.test.refs[5] == "test[5]"
    assert (pair.build_id, pair.folder) == ("", tmp_path)
    assert pair.warnings == ("test_catvnoncat.h5: 1 further key is ignored: mean",)


def test_a_build_has_one_id(tmp_path: Path) -> None:
    write_build(tmp_path, "a1", 1)
    assert read_pair(tmp_path).build_id == "a1"


def test_two_files_of_two_builds_are_refused(tmp_path: Path) -> None:
    write_build(tmp_path, "a1", 1)
    set_build_id(tmp_path / FILE_NAMES["test"], "b2")
    with pytest.raises(H5Refused) as caught:
        read_pair(tmp_path)
    assert caught.value.message == (
        f"{tmp_path}: the two files are of two different builds (a1 and b2)"
    )
    assert caught.value.hint == "Build it again."


def test_a_build_beside_an_original_is_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    write_build(tmp_path, "a1", 1)
    write_course_file(tmp_path / FILE_NAMES["test"], "test", images, labels)
    with pytest.raises(H5Refused, match=r"two different builds \(a1 and none\)$"):
        read_pair(tmp_path)


def test_two_sizes_are_refused(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    write_course_file(tmp_path / FILE_NAMES["train"], "train", images, labels)
    write_course_file(tmp_path / FILE_NAMES["test"], "test", images[:, :4, :4], labels)
    with pytest.raises(H5Refused, match=r"the pictures are 8 pixels wide in train and 4 in test$"):
        read_pair(tmp_path)


def test_two_sets_of_classes_are_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    names = ("cat", "non-cat")
    write_course_file(tmp_path / FILE_NAMES["train"], "train", images, labels)
    write_course_file(tmp_path / FILE_NAMES["test"], "test", images, labels, class_names=names)
    with pytest.raises(
        H5Refused, match=r"the classes are non-cat and cat in train and cat and non-cat in test$"
    ):
        read_pair(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    write_course_file(tmp_path / FILE_NAMES["train"], "train", images, labels)
    with pytest.raises(H5Refused, match=r"test_catvnoncat\.h5: No such file or directory$"):
        read_pair(tmp_path)


def test_a_pair_that_is_replaced_meanwhile_is_never_mixed(tmp_path: Path) -> None:
    for number in (1, 2):
        write_build(tmp_path / f"new{number}", f"a{number}", number)
    folder = tmp_path / "build"
    folder.symlink_to("new1")
    stop = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        number = 1
        while not stop.wait(0.1):
            swaps, number = swaps + 1, 3 - number
            link = tmp_path / "link"
            link.symlink_to(f"new{number}")
            link.replace(folder)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        while swaps < 10:
            pair = read_pair(folder)
            assert {pair.build_id} == {f"a{value}" for value in np.unique(pair.train.images)}
            assert np.array_equal(pair.train.images, pair.test.images)
    finally:
        stop.set()
        swapping.join()


@pytest.mark.originals
def test_the_courses_own_pair_is_read(originals: Path) -> None:
    pair = read_pair(originals)
    assert pair.train.images.shape == (209, 64, 64, 3)
    assert pair.test.images.shape == (50, 64, 64, 3)
    assert (pair.train.labels.sum(), pair.test.labels.sum()) == (72, 33)
    assert pair.train.class_names == ("non-cat", "cat")
    assert pair.warnings == ()
