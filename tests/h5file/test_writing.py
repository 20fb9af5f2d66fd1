"""Tests of writing: just the course's form, the same bytes every time, and disks that fail."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import resource
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sources import RowSource, Sources

from catdata.errors import BuildRefused, StorageFailed
from catdata.h5file import (
    open_split,
    read_split,
    set_build_id,
    write_course_file,
    write_split,
)
from catdata.h5file.library import h5py

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD_ID = "5e" * 32


def write(path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources, **changes: Any) -> str:
    """Write one file of a build, with its id."""
    options = {"slices": [images], "size": images.shape[1], "recipe": '{"seed":1}'} | changes
    digest = write_split(path, "train", labels=labels, rows=rows, **options)
    set_build_id(path, BUILD_ID)
    return digest


def course_load_data(folder: Path) -> tuple[np.ndarray, ...]:
    """Read a folder as the course's notebook does: by h5py, every data set whole."""
    loaded = []
    for split in ("train", "test"):
        with h5py.File(folder / f"{split}_catvnoncat.h5", "r") as file:
            loaded += [np.array(file[f"{split}_set_{part}"][:]) for part in "xy"]
            classes = np.array(file["list_classes"][:])
    return (*(part if part.ndim > 1 else part.reshape(1, -1) for part in loaded), classes)


@pytest.mark.parametrize("compress", [False, True])
def test_the_courses_notebook_reads_a_build(
    tmp_path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    rows: Sources,
    compress: bool,
) -> None:
    for split in ("train", "test"):
        write_split(
            tmp_path / f"{split}_catvnoncat.h5",
            split,
            labels=labels,
            slices=[images],
            size=8,
            rows=rows,
            recipe="{}",
            compress=compress,
        )
    train_x, train_y, test_x, test_y, classes = course_load_data(tmp_path)
    np.testing.assert_array_equal(train_x, images)
    np.testing.assert_array_equal(test_x, images)
    assert train_y.tolist() == test_y.tolist() == [labels.tolist()]
    assert (train_y.dtype, classes.dtype) == (np.int64, np.dtype("S7"))
    assert classes[1].decode("utf-8") == "cat"


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_written_is_read_back_without_a_warning(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources, compress: bool
) -> None:
    path = tmp_path / "train.h5"
    digest = write(path, images, labels, rows, compress=compress)
    assert digest == hashlib.sha256(images.tobytes()).hexdigest()
    found = read_split(path, "train")
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.warnings == ()
    with open_split(path, "train") as file:
        assert (file.build_id, file.recipe) == (BUILD_ID, '{"seed":1}')


@pytest.mark.parametrize("compress", [False, True])
def test_the_same_rows_give_the_same_bytes_however_they_are_sliced(
    tmp_path: Path, labels: np.ndarray, compress: bool
) -> None:
    # Rows of 48 kB, ten to a chunk.
    images = np.random.default_rng(2).integers(0, 9, (25, 128, 128, 3), np.uint8)
    labels = np.arange(25) % 2
    rows = Sources([RowSource("a" * 64, "a" * 64, (1, 2, 3, 4))] * 25)
    written = set()
    for number, cuts in enumerate([[], [1, 2, 3], [9, 11, 20], [7, 7, 14], range(25)]):
        path = tmp_path / f"{number}.h5"
        write(path, images, labels, rows, slices=np.split(images, cuts), compress=compress)
        written.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(written) == 1


def test_a_file_is_laid_out_like_the_courses(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    path = tmp_path / "train.h5"
    write_course_file(path, "train", images, labels)
    with h5py.File(path) as file:
        assert list(file) == ["list_classes", "train_set_x", "train_set_y"]
        for key, dtype in {"list_classes": "S7", "train_set_x": "u1", "train_set_y": "<i8"}.items():
            stored = file[key]
            assert stored.dtype == dtype
            assert (stored.chunks, stored.compression, list(stored.attrs)) == (None, None, [])
        assert file["list_classes"][:].tolist() == [b"non-cat", b"cat"]


def test_no_clock_is_in_a_file(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    path = tmp_path / "train.h5"
    start = int(time.time())
    write_course_file(path, "train", images, labels)
    written = path.read_bytes()
    for second in range(start, int(time.time()) + 1):
        assert second.to_bytes(4, "little") not in written


def test_a_compressed_build_is_deflated_in_chunks_of_whole_pictures(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources
) -> None:
    path = tmp_path / "train.h5"
    write(path, images, labels, rows, compress=True)
    with h5py.File(path) as file:
        stored = file["train_set_x"]
        assert (stored.chunks, stored.compression, stored.shuffle) == (images.shape, "gzip", True)


@pytest.mark.originals
def test_the_courses_files_written_anew_hold_the_same(originals: Path, tmp_path: Path) -> None:
    for split in ("train", "test"):
        theirs = read_split(originals / f"{split}_catvnoncat.h5", split)
        write_course_file(tmp_path / "new.h5", split, theirs.images, theirs.labels)
        ours = read_split(tmp_path / "new.h5", split)
        np.testing.assert_array_equal(ours.images, theirs.images)
        np.testing.assert_array_equal(ours.labels, theirs.labels)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"slices": []}, "0 pictures for 6 labels", id="none"),
        pytest.param({"slices": [np.ones((5, 8, 8, 3), "u1")]}, "5 pictures for 6", id="fewer"),
        pytest.param({"slices": [np.ones((7, 8, 8, 3), "u1")]}, "more pictures than", id="more"),
        pytest.param(
            {"slices": [np.ones((6, 8, 8, 3), "f4")]}, "a slice of float32", id="other-type"
        ),
        pytest.param({"slices": [np.ones((6, 9, 9, 3), "u1")]}, r"\(6, 9, 9, 3\)", id="other-size"),
        pytest.param({"labels": np.arange(6)}, "are 0 or 1", id="labels"),
        pytest.param({"labels": np.zeros(5, int)}, "6 rows for 5 labels", id="fewer-labels"),
        pytest.param({"size": 0}, "not \\(number, side, side, 3\\)", id="no-size"),
    ],
)
def test_rows_that_do_not_fit_together_are_an_error(
    tmp_path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    rows: Sources,
    changes: dict[str, Any],
    reason: str,
) -> None:
    with pytest.raises(ValueError, match=reason):
        write(tmp_path / "train.h5", images, changes.pop("labels", labels), rows, **changes)


@pytest.mark.parametrize(
    ("count", "size"),
    [
        pytest.param(200_001, 1, id="rows"),
        pytest.param(1, 2049, id="side"),
        pytest.param(10_000, 512, id="bytes"),
    ],
)
def test_a_build_that_no_reader_accepts_is_refused(tmp_path: Path, count: int, size: int) -> None:
    rows = Sources([RowSource("a" * 64, "a" * 64, (1, 2, 3, 4))] * count)
    with pytest.raises(BuildRefused, match=f"{count:,} pictures of {size:,} pixels a side are too"):
        write_split(
            tmp_path / "train.h5",
            "train",
            labels=np.zeros(count, int),
            slices=[],
            size=size,
            rows=rows,
            recipe="",
        )


def test_an_error_of_the_slices_own_passes_through(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources
) -> None:
    def slices() -> Iterator[np.ndarray]:
        yield images[:2]
        raise KeyError("of its own")

    with pytest.raises(KeyError, match="of its own"):
        write(tmp_path / "train.h5", images, labels, rows, slices=slices())


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    count = 2000  # 98 MB
    one = np.full((20, 128, 128, 3), 7, np.uint8)
    rows = Sources([RowSource("a" * 64, "a" * 64, (1, 2, 3, 4))] * count)
    tracemalloc.start()
    write(tmp_path / "x.h5", one, np.zeros(count, int), rows, slices=(one for _ in range(100)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("build_id", ["", "a b", "../up", "x" * 65, "é"])
def test_a_build_id_of_another_form_is_an_error(tmp_path: Path, build_id: str) -> None:
    with pytest.raises(ValueError, match="not a build's id"):
        set_build_id(tmp_path / "train.h5", build_id)


@contextlib.contextmanager
def full_disk(length: int) -> Iterator[None]:
    """Let files grow to a given length only, as on a disk that fills up.

    Only inside the block, since the limit holds for the test's own output too.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("compress", [False, True])
def test_a_disk_that_fills_up_at_any_byte_is_one_error_that_names_the_file(
    tmp_path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    rows: Sources,
    compress: bool,
) -> None:
    path = tmp_path / "train.h5"
    write(path, images, labels, rows, compress=compress)
    whole = path.stat().st_size
    for length in range(0, whole, 97):
        with full_disk(length), pytest.raises(StorageFailed) as caught:
            write(path, images, labels, rows, compress=compress)
        assert str(caught.value) == f"{path}: File too large"
        assert caught.value.errno == errno.EFBIG
    with full_disk(whole):
        write(path, images, labels, rows, compress=compress)


def test_a_disk_that_fails_while_it_takes_a_large_file_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    count = 700  # 34 MB: the disk is given 32 MB before the rest is written
    one = np.full((20, 128, 128, 3), 7, np.uint8)
    rows = Sources([RowSource("a" * 64, "a" * 64, (1, 2, 3, 4))] * count)
    path = tmp_path / "train.h5"
    with pytest.raises(StorageFailed, match="Input/output error") as caught:
        write(path, one, np.zeros(count, int), rows, slices=(one for _ in range(35)))
    assert caught.value.errno == errno.EIO


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("missing/train.h5", "No such file or directory", id="no-folder"),
        pytest.param(".", "Is a directory", id="folder"),
        pytest.param("/dev/full", "not a plain file", id="device"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_error(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, name: str, reason: str
) -> None:
    with pytest.raises(StorageFailed, match=rf"{reason}$"):
        write_course_file(tmp_path / name, "train", images, labels)


def test_an_id_for_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"No such file or directory$"):
        set_build_id(tmp_path / "train.h5", BUILD_ID)
