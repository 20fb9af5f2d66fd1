"""The one place where a failure of HDF5 becomes an error of catdata.

On a damaged file HDF5 and h5py raise nearly every builtin exception. The checks in here raise
:class:`NotTheForm`, which knows no path; :func:`refusing` adds it and translates all the rest.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from catdata.errors import CatdataError, H5Refused, StorageFailed, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catdata.h5file.openfile import PlainFile

GET_AGAIN = "Get the file again from where it came, best as a zip archive, and try anew."

_LONGEST_REASON = 200  # characters of HDF5's own message


class NotTheForm(Exception):
    """What is wrong inside a file, and the next step where there is one."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


@contextmanager
def refusing(file: PlainFile) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into a refusal of that file.

    Raises:
        H5Refused: If the file is not in the form, damaged, or cut short while it was read.
        StorageFailed: If the disk failed, or the system allows no more open files or processes.
    """
    try:
        yield
    except CatdataError:
        raise
    except NotTheForm as error:
        raise H5Refused(f"{shown(file.path)}: {error}", hint=error.hint) from None
    except Exception as error:
        # HDF5 itself asks nothing of the system, so its own errors have no number.
        failure = error if isinstance(error, OSError) and error.errno else file.failure
        if failure is not None:
            raise storage_failed(file.path, failure) from error
        raise H5Refused(
            f"{shown(file.path)}: the file is damaged, HDF5 cannot read it ({_one_line(error)})",
            hint=GET_AGAIN,
        ) from error


@contextmanager
def failing(file: PlainFile) -> Iterator[None]:
    """Turn a failure of the disk while a file is written into one error that names the file.

    Raises:
        StorageFailed: If a write failed, whether or not HDF5 complained of it.
    """
    try:
        yield
    except Exception as error:
        if file.failure is not None:
            raise storage_failed(file.path, file.failure) from error
        raise
    if file.failure is not None:
        raise storage_failed(file.path, file.failure)


def storage_failed(path: Path, error: OSError) -> StorageFailed:
    """Return the error for a disk that is full, read-only or failing."""
    failed = StorageFailed(f"{shown(path)}: {error.strerror or error}")
    failed.errno = error.errno
    return failed


def _one_line(error: Exception) -> str:
    quoted = isinstance(error, KeyError) and error.args  # its own text comes in quotes
    said = error.args[0] if quoted else error
    text = " ".join(str(said).split()) or type(error).__name__
    return shown(text[:_LONGEST_REASON])
