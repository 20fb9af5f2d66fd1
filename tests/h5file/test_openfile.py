"""Tests of the open file between HDF5 and the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from catdata.h5file.openfile import open_for_reading, open_for_writing


def test_a_read_is_whole_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdef")
    with open_for_reading(path) as file:
        buffer = bytearray(4)
        assert file.readinto(buffer) == 4
        assert buffer == b"abcd"
        with pytest.raises(EOFError, match="became shorter"):
            file.readinto(buffer)
        assert file.failure is None


def test_a_failed_write_is_remembered_and_ends_all_writing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with open_for_writing(path, create=True) as file:
        file.write(b"abc")
        os.close(file.fileno())  # as if the disk had gone
        assert file.write(b"def") == 3
        assert file.failure is not None
        assert file.failure.errno == errno.EBADF
        first = file.failure
        file.write(b"ghi")
        file.truncate(1)
        file.close()
        assert file.failure is first
    assert path.read_bytes() == b"abc"


def test_opening_to_write_empties_the_file_only_where_it_is_created(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    open_for_writing(path, create=False).close()
    assert path.read_bytes() == b"abc"
    open_for_writing(path, create=True).close()
    assert path.read_bytes() == b""


def test_a_failed_sync_is_remembered_and_ends_all_writing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with open_for_writing(path, create=True) as file:
        file.write(b"abc")
        file.sync()
        assert file.failure is None
        os.close(file.fileno())  # as if the disk had gone
        file.sync()
        assert file.failure is not None
        assert file.failure.errno == errno.EBADF
        assert file.write(b"def") == 3
        file.close()
    assert path.read_bytes() == b"abc"


def test_a_seek_that_fails_is_remembered_and_nothing_is_written(tmp_path: Path) -> None:
    file = open_for_writing(tmp_path / "a.h5", create=True)
    reading, writing = os.pipe()
    os.dup2(writing, file.fileno())  # where nobody can seek
    os.close(writing)
    with file:
        assert file.seek(5) == 5
        assert file.write(b"lost") == 4
        with pytest.raises(OSError, match="Illegal seek"):
            file.readinto(bytearray(4))
    assert file.failure is not None
    assert os.read(reading, 9) == b""
    os.close(reading)
