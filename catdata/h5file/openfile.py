"""An open file between HDF5 and the disk.

HDF5 takes a short read for a whole one, and may crash the interpreter when a write fails. Here a
read is whole or raises, a failed write is remembered and not passed on, and nothing is locked, so
that a file in a read-only folder or on a network share opens like any other.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from catdata.errors import H5Refused, shown
from catdata.h5file.boundary import storage_failed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_NOT_THE_DISK = {
    errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
    errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EPERM,
}  # fmt: skip


class PlainFile(io.FileIO):
    """A plain file, open in binary and without buffering.

    Args:
        descriptor: An open file descriptor, which this object closes.
        path: Where the file lies.
        mode: ``r`` or ``r+``.

    Attributes:
        failure: The first error of the disk, or None.
        size: The file's length in bytes when it was opened.
    """

    def __init__(self, descriptor: int, path: Path, mode: str) -> None:
        super().__init__(descriptor, mode)
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, or remember why that failed: then nothing is read or written any more.

        HDF5 goes on after an exception, and h5py then stumbles over it.
        """
        try:
            return super().seek(offset, whence)
        except OSError as error:
            self.failure = self.failure or error
            return offset if whence == os.SEEK_SET else self.size

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the whole buffer.

        Raises:
            OSError: If the disk fails, or has failed before.
            EOFError: If the file ends before.
        """
        if self.failure is not None:
            raise self.failure
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view):
            try:
                count = super().readinto(view[filled:])
            except OSError as error:
                self.failure = self.failure or error
                raise
            if not count:
                raise EOFError("the file became shorter while it was read")
            filled += count
        return filled

    def write(self, data: ReadableBuffer) -> int:
        """Write everything, or remember why that failed and drop this and all later writes."""
        view = memoryview(data).cast("B")
        written = 0
        try:
            while self.failure is None and written < len(view):
                written += super().write(view[written:])
        except OSError as error:
            self.failure = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Set the file's length, or remember why that failed."""
        try:
            if self.failure is None:
                super().truncate(size)
        except OSError as error:
            self.failure = error
        return self.tell() if size is None else size

    def sync(self) -> None:
        """Wait until the disk has taken what was written, or remember why it did not."""
        try:
            os.fsync(self.fileno())
        except OSError as error:
            self.failure = self.failure or error

    def close(self) -> None:
        """Close the file, or remember why the disk did not take the last of it."""
        try:
            super().close()
        except OSError as error:
            self.failure = self.failure or error


def open_for_reading(path: Path) -> PlainFile:
    """Open a plain file without ever waiting for it.

    Raises:
        H5Refused: If there is no such file, it may not be read, or it is no plain file.
        StorageFailed: If the disk fails.
    """
    try:
        return _open(path, os.O_RDONLY, "r")
    except ValueError:  # such as a zero byte
        raise H5Refused(f"{shown(path)}: No file can have this name") from None
    except OSError as error:
        if error.errno not in _NOT_THE_DISK:
            raise storage_failed(path, error) from error
        hint = "" if error.errno != errno.ENOENT else "Check the name and the folder."
        raise H5Refused(f"{shown(path)}: {error.strerror}", hint=hint) from None


def open_for_writing(path: Path, *, create: bool) -> PlainFile:
    """Open a plain file for writing; an older one is emptied if *create*, else must be there.

    Raises:
        StorageFailed: If that is not possible.
    """
    flags = os.O_RDWR | (os.O_CREAT | os.O_TRUNC if create else 0)
    try:
        return _open(path, flags, "r+")
    except OSError as error:
        raise storage_failed(path, error) from error


def _open(path: Path, flags: int, mode: str) -> PlainFile:
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return PlainFile(descriptor, path, mode)
    os.close(descriptor)
    raise OSError(errno.EISDIR, "not a plain file")
