"""Tests that a file on which HDF5 crashes is refused like any other."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catdata.errors import H5Refused
from catdata.h5file import open_split, read_split, write_course_file

Make = Callable[..., Path]
AGAIN = "Get the file again from where it came, best as a zip archive, and try anew."


@pytest.fixture
def deadly(make: Make) -> Path:
    """A file whose chunks are found through a tree in which a node is its own child."""
    path = make(storage={"chunks": (2, 8, 8, 3), "compression": "gzip"})
    data = bytearray(path.read_bytes())
    node = data.index(b"TREE\x01")
    data[node + 5] = 1  # the node's level: its children are nodes, not chunks
    first_child = node + 24 + 8 + 8 * 5  # after the node's head, and a key: length, mask, 5 offsets
    data[first_child : first_child + 8] = node.to_bytes(8, "little")
    path.write_bytes(data)
    return path


def test_a_file_on_which_hdf5_crashes_is_refused(deadly: Path) -> None:
    for _ in range(2):  # it is not remembered as harmless
        with pytest.raises(H5Refused) as caught:
            open_split(deadly, "train")
        assert caught.value.message.startswith(f"{deadly}: ")
        assert caught.value.hint == AGAIN
    # HDF5 up to 2.0 uses up the stack; a later one may notice.
    assert "HDF5" in caught.value.message


def test_what_the_trial_refuses_is_refused_in_its_words(make: Make) -> None:
    path = make(name="é \n.h5", train_set_y=None)
    with pytest.raises(H5Refused) as caught:
        read_split(path, "train")
    assert caught.value.message == (
        f"{path.parent}/é \\n.h5: there is no train_set_y: the labels are missing"
    )
    assert caught.value.hint == AGAIN


def test_a_sound_file_is_read_after_its_trial(make: Make, images: np.ndarray) -> None:
    path = make()
    for copy in (path, shutil.copy(path, path.with_name("copy.h5"))):
        np.testing.assert_array_equal(read_split(copy, "train").images, images)


def test_without_another_process_a_file_is_read_all_the_same(
    make: Make,
    images: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = make(train_set_x=images ^ 1)  # a content that no other test has tried
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with caplog.at_level(logging.DEBUG, "catdata"):
        np.testing.assert_array_equal(read_split(path, "train").images, images ^ 1)
    assert caplog.messages == [
        f"{path} was not tried first: [Errno 2] No such file or directory: '/nowhere/python'"
    ]


def test_what_this_process_wrote_is_not_tried(
    tmp_path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "train.h5"
    write_course_file(path, "train", images ^ 2, labels)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with caplog.at_level(logging.DEBUG, "catdata"):
        np.testing.assert_array_equal(read_split(path, "train").images, images ^ 2)
    assert caplog.messages == []
