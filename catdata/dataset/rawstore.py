"""The user's files, byte for byte, each named by its sha256: ``raw_images/ab/abcdef….jpg``.

A file is in the store whole or not at all. Nothing in it is ever rewritten; a file under the right
name with the wrong bytes is damage, and reading it says so.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catdata import durable
from catdata.errors import WorkspaceDamaged, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
"""Which ending a stored file has, by the format that its bytes show."""


# Writers only wait, and a file system commits together what many of them sync at once.
_WRITERS = 8
_BINARY = getattr(os, "O_BINARY", 0)
Item = TypeVar("Item")


def file_hash(data: bytes) -> str:
    """Return the sha256 of a file's bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class RawFile:
    """A file on its way into the store.

    Attributes:
        file_hash: sha256 of *data*.
        format: ``jpeg``, ``png`` or ``webp``.
        data: The whole file.
    """

    file_hash: str
    format: str
    data: bytes


class RawStore:
    """The content-addressed files below one folder.

    Args:
        folder: ``raw_images/`` of the workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writers = ThreadPoolExecutor(_WRITERS)
        self._is_first = True  # whether leftovers have not been looked for yet

    def path(self, file_hash: str, format: str) -> Path:  # noqa: A002 - the field's own word
        """Return where the file with this hash lies, or would lie."""
        return self.folder / file_hash[:2] / f"{file_hash}{SUFFIXES[format]}"

    def store(self, files: Sequence[RawFile]) -> None:
        """Put *files* into the store; they are on disk for good when this returns.

        The caller holds the catalog's write lock; what a killed writer left is nobody's and goes.

        Raises:
            OSError: If the disk is full, read-only or failing. No file is then there in part.
        """
        for folder in (self.folder, *self.folder.iterdir()) if self._is_first else ():
            if folder.is_dir():
                durable.remove_partials(folder)
        self._is_first = False
        folders = [self.folder / name for name in sorted({file.file_hash[:2] for file in files})]
        missing = [folder for folder in folders if not folder.exists()]
        for folder in missing:
            folder.mkdir()
        if missing:
            durable.sync_folder(self.folder)
        list(self._writers.map(self._write_all, _shared_out(files)))
        list(self._writers.map(_sync_all, _shared_out(folders)))

    def read(self, file_hash: str, format: str) -> bytes:  # noqa: A002
        """Return a stored file's bytes, checked against its hash.

        Raises:
            WorkspaceDamaged: If the file is missing or its bytes have changed.
        """
        path = self.path(file_hash, format)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise WorkspaceDamaged(
                f"{shown(path)} is missing: the catalog lists a picture whose file is gone.",
                hint="Put the file back from a backup, or add the photo again from where it came.",
            ) from None
        if hashlib.sha256(data).hexdigest() != file_hash:
            raise WorkspaceDamaged(
                f"{shown(path)} has changed: its bytes no longer have the sha256 that names it.",
                hint="Put the file back from a backup, or delete it and add the photo again.",
            )
        return data

    def _write_all(self, files: Sequence[RawFile]) -> None:
        """Write files under temporary names, sync and rename them; a few system calls for each.

        The temporary name is in the target folder: one folder for all would be a bottleneck.
        """
        name = f"{os.sep}{durable.partial_path(self.folder / 'file').name}"
        for file in files:
            path = str(self.path(file.file_hash, file.format))
            partial = os.path.dirname(path) + name  # noqa: PTH120
            if os.path.exists(path) and Path(path).read_bytes() == file.data:  # noqa: PTH110 - fast
                continue  # stored by a former command that was interrupted
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
            try:
                _write(descriptor, file.data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(partial, path)  # noqa: PTH105


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_all(folders: Sequence[Path]) -> None:
    for folder in folders:
        durable.sync_folder(folder)


def _shared_out(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Return *items* in as many shares as there are writers."""
    return [items[start::_WRITERS] for start in range(min(_WRITERS, len(items)))]
