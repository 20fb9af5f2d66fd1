"""Put files on disk whole or not at all.

Everything catdata writes goes through here: a temporary name on the same file system, fsync,
rename, fsync of the folder. A reader sees the old content or the new one, and so does the next
start after a power cut. ``TMPDIR`` is never used, since a rename cannot cross file systems.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTIAL_PREFIX = ".partial-"
"""Every temporary name starts so: hidden, and recognised by whoever cleans up after a crash."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power cut (where the system can open folders)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content of a file that another library wrote survive a power cut."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def partial_path(path: Path) -> Path:
    """Return a temporary name beside *path* that no other process uses."""
    return path.with_name(f"{PARTIAL_PREFIX}{os.getpid()}-{os.urandom(4).hex()}{path.suffix}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes the place of *path* when the block ends well.

    Raises:
        OSError: If the disk refuses; *path* is then what it was.
    """
    partial = partial_path(path)
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of *path*, durably and all at once."""
    with replacing(path) as file:
        file.write(data)


def create_folder(folder: Path) -> None:
    """Create *folder* and its missing parents so that they survive a power cut."""
    missing = [folder, *folder.parents]
    missing = [path for path in missing if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of *folder* when the block ends well.

    What a killed writer of the same folder left is cleared first: the caller holds a lock, or
    otherwise knows that nobody else replaces the same folder meanwhile.

    Raises:
        OSError: If the disk refuses; *folder* is then what it was.
    """
    partial = folder.with_name(f"{PARTIAL_PREFIX}{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        _sync_all(partial)
        if folder.exists():
            _exchange(partial, folder)
        else:
            partial.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sync_all(folder: Path) -> None:
    """Make a folder with all in it survive a power cut; its files may be too many to list."""
    with os.scandir(folder) as entries:
        for entry in entries:
            (_sync_all if entry.is_dir() else sync_file)(Path(entry.path))
    sync_folder(folder)


def _exchange(partial: Path, folder: Path) -> None:
    """Swap two folders in one step where the system can, in two renames where it cannot."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        names = (os.fsencode(partial), os.fsencode(folder))
        if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
            return
    old = partial_path(folder)
    folder.rename(old)
    partial.rename(folder)
    old.rename(partial)


def remove_partials(folder: Path) -> None:
    """Delete what a killed writer left in *folder*; the caller holds the lock that writers hold."""
    for path in folder.glob(f"{PARTIAL_PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Let one process at a time into the block; the others wait.

    The lock goes with the process that holds it, so a killed holder blocks nobody. The file stays.
    """
    with lock.open("ab") as file:
        if os.name == "nt":  # pragma: no cover
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class SourceFailed(OSError):
    """The file to be copied cannot be read."""


_BINARY = getattr(os, "O_BINARY", 0)
_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file until one is changed
_PIECE = 1 << 20
_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def copy_file(source: str, target: str) -> str:
    """Copy a file to a new name, on disk for good when this returns, and return its sha256.

    Where the file system can, both share their blocks until one is changed. Of a file that is being
    changed some mixture is copied: the hash tells what.

    Raises:
        SourceFailed: If *source* cannot be read.
        OSError: If the disk refuses.
    """
    with contextlib.ExitStack() as opened:
        try:
            reading = os.open(source, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            if error.errno in _SHORTAGES:  # which is nobody's but ours
                raise
            raise SourceFailed(*error.args) from error
        opened.callback(os.close, reading)
        if not stat.S_ISREG(os.fstat(reading).st_mode):
            raise SourceFailed(errno.EINVAL, "no plain file any more")
        writing = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        opened.callback(os.close, writing)
        digest = hashlib.sha256()
        is_shared = _shares(reading, writing)
        while piece := _read_piece(writing if is_shared else reading):
            digest.update(piece)
            if not is_shared:
                _write_all(writing, piece)
        os.fsync(writing)
    return digest.hexdigest()


def _shares(reading: int, writing: int) -> bool:
    """Make the new file share all blocks of the other one, where that can be done."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(writing, _FICLONE, reading)
    except OSError:  # another file system, or one that cannot
        return False
    return True


def _read_piece(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except OSError as error:
        raise SourceFailed(*error.args) from error


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
