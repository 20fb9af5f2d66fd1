"""Tests of reading in slices, of the bounds on memory, and of the course's own two files."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catdata.errors import H5Refused, StorageFailed
from catdata.h5file import KNOWN_LEAK, open_split, read_split, write_course_file
from catdata.h5file.library import h5py
from catdata.h5file.openfile import open_for_reading
from catdata.h5file.reading import open_file

Make = Callable[..., Path]


def test_slices_are_the_rows_in_order(make: Make, images: np.ndarray) -> None:
    with open_split(make(), "train") as file:
        slices = list(file.slices(rows=4))
        assert [len(part) for part in slices] == [4, 2]
        np.testing.assert_array_equal(np.concatenate(slices), images)
        np.testing.assert_array_equal(file.read(2, 5), images[2:5])
        assert file.read(6, 6).shape == (0, 8, 8, 3)
        assert (file.count, file.size, file.build_id, file.recipe) == (6, 8, "", "")


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 7)])
def test_rows_that_are_not_there_are_an_error(make: Make, start: int, stop: int) -> None:
    with open_split(make(), "train") as file, pytest.raises(IndexError, match="of 6"):
        file.read(start, stop)


def test_another_split_than_train_and_test_is_an_error(make: Make) -> None:
    with pytest.raises(ValueError, match="a split is one of train, test, not 'dev'"):
        open_split(make(), "dev")


def test_floats_keep_their_scale_in_every_slice(make: Make, images: np.ndarray) -> None:
    scaled = images / 255
    scaled[0] = 0  # a slice of zeros does not tell the scale
    with open_split(make(train_set_x=scaled), "train") as file:
        np.testing.assert_array_equal(file.read(1, 2), images[1:2])


def test_a_file_that_became_shorter_while_it_was_read_is_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    path = tmp_path / "train.h5"
    write_course_file(path, "train", images, labels)
    with open_split(path, "train") as file:
        os.truncate(path, 2000)
        with pytest.raises(H5Refused, match="the file became shorter while it was read"):
            file.read(0, 6)


def test_a_disk_that_fails_while_a_file_is_read_is_named(make: Make) -> None:
    path = make()
    folder = os.open(path.parent, os.O_RDONLY)
    with open_file(open_for_reading(path), "train") as file:
        os.dup2(folder, file._file.fileno())  # from here on every read fails
        with pytest.raises(StorageFailed) as caught:
            file.read(0, 6)
    os.close(folder)
    assert str(caught.value) == f"{path}: Is a directory"
    assert caught.value.errno == errno.EISDIR


def test_a_file_in_a_read_only_folder_is_read(make: Make, images: np.ndarray) -> None:
    path = make()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        np.testing.assert_array_equal(read_split(path, "train").images, images)
    finally:
        path.parent.chmod(0o700)


def test_a_file_that_another_process_has_open_for_writing_is_read(
    make: Make, images: np.ndarray
) -> None:
    path = make()
    with h5py.File(path, "r+", locking=True):
        np.testing.assert_array_equal(read_split(path, "train").images, images)


def test_a_refusal_prints_nothing_in_any_thread(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make(list_classes=None)
    data = bytearray(path.read_bytes())
    data[data.index(b"SNOD")] ^= 1
    path.write_bytes(data)
    refused = []

    def read() -> None:
        try:
            read_split(path, "train")
        except H5Refused as error:
            refused.append(error)

    for _ in range(2):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert len(refused) == 2
    assert capfd.readouterr() == ("", "")


def test_more_pixels_than_fit_in_memory_are_read_in_slices_only(tmp_path: Path) -> None:
    path = tmp_path / "train.h5"
    with h5py.File(path, "w") as file:
        # A hole in the file: 1.07 GB of pixels that take no place on the disk.
        images = file.create_dataset("train_set_x", (87_382, 64, 64, 3), "u1")
        images[-1] = images[0] = 1
        file["train_set_y"] = np.zeros(87_382, int)
        file["list_classes"] = np.array([b"non-cat", b"cat"])
    with pytest.raises(H5Refused) as caught:
        read_split(path, "train")
    assert caught.value.message == (
        f"{path}: its 87,382 pictures are 1,025 MiB of pixels,"
        " and 1,024 MiB is the most that is held in memory"
    )
    assert caught.value.hint.startswith("catdata train reads it as it goes; compare, sweep")
    with open_split(path, "train") as file:
        assert file.read(87_381, 87_382).all()


MEMORY = """
import resource, sys
from pathlib import Path
from catdata.errors import H5Refused, StorageFailed
from catdata.h5file import read_split
try:
    read_split(Path(sys.argv[1]), "train")
except H5Refused as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def test_pixels_that_expand_a_thousandfold_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "train.h5"
    with h5py.File(path, "w") as file:
        images = file.create_dataset(
            "train_set_x", (20_000, 64, 64, 3), "u1", chunks=(5000, 64, 64, 3), compression=9
        )
        chunk = zlib.compress(bytes(5000 * 64 * 64 * 3), 9)
        for start in range(0, 20_000, 5000):
            images.id.write_direct_chunk((start, 0, 0, 0), chunk)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, path], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    message, megabytes = done.stdout.splitlines()
    assert message == f"{path}: there is no train_set_y: the labels are missing"
    assert int(megabytes) < 160  # of 246 that the file declares


@pytest.mark.originals
def test_the_courses_leak_is_in_both_of_its_files(originals: Path) -> None:
    for split, row in (("train", 146), ("test", 17)):
        with open_split(originals / f"{split}_catvnoncat.h5", split) as file:
            (picture,) = file.read(row, row + 1)
        assert hashlib.sha256(picture.tobytes()).hexdigest() == KNOWN_LEAK
