"""Read whole files that strangers have named.

A name may be a FIFO that never answers, a device, a link to nowhere or a terabyte of zeros. Only
plain files, or links to them, are opened, without ever waiting, and at most 128 MiB are read.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catdata.errors import ImageRefused, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES = 128 << 20  # a 45-megapixel PNG of pure noise; no phone or camera JPEG comes near


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read a whole plain file, following links, without ever waiting for one.

    Args:
        path: The file.

    Returns:
        Its bytes, at most 128 MiB.

    Raises:
        ImageRefused: If it is missing, no plain file, too large, or cannot be read.
    """
    with opened(path) as (descriptor, size):
        if size <= MAX_FILE_BYTES:
            data = os.read(descriptor, size + 1)
            if len(data) == size:
                return data
            data += _rest(descriptor, MAX_FILE_BYTES + 1 - len(data))
            if len(data) <= MAX_FILE_BYTES:
                return data
    raise ImageRefused(
        f"{shown(path)} has more than {MAX_FILE_BYTES >> 20} MiB, the most that is read",
        hint="Scale the picture down or save it as JPEG.",
    )


def _rest(descriptor: int, most: int) -> bytes:
    """Read on to the end of a file that grows, or has no true size, or at most so many bytes."""
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(most)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[int, int]]:
    """Open a plain file for reading.

    Args:
        path: The file.

    Yields:
        Its descriptor and its size in bytes.

    Raises:
        ImageRefused: If it is missing, no plain file, or an operating-system call on it fails.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    # The file may become a FIFO between the look and the opening: O_NONBLOCK waits for no writer.
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    descriptor = -1
    try:
        _check_plain(os.stat(path), path)  # noqa: PTH116 - first: opening a device can have effects
        descriptor = os.open(path, flags)
        status = os.fstat(descriptor)
        _check_plain(status, path)
        yield descriptor, status.st_size
    except ImageRefused:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that the system cannot be asked for
        raise _unreadable(Path(path), shown(path), error) from error
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _check_plain(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "a device")
    raise ImageRefused(f"{shown(path)} is {kind}, not a picture file")


def _unreadable(path: Path, where: str, error: OSError | ValueError) -> ImageRefused:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ELOOP:
        return ImageRefused(f"{where} is a link that leads back to itself")
    if code == errno.ENOENT and path.is_symlink():
        return ImageRefused(f"{where} is a link to {shown(path.readlink())}, which does not exist")
    if code in (errno.ENOENT, errno.ENOTDIR):
        return ImageRefused(f"{where} does not exist")
    if code == errno.EACCES:
        return ImageRefused(f"{where} may not be read", hint="Give yourself permission to read it.")
    reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
    return ImageRefused(f"{where} cannot be read: {reason}")
