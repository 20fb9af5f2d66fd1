"""The user's files, byte for byte, each named by its sha256: ``raw_images/ab/abcdef….jpg``.

A file is in the store whole or not at all. Nothing in it is ever rewritten; a file under the right
name with the wrong bytes is damage, and reading it says so.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata import durable
from catdata.errors import WorkspaceDamaged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
"""Which ending a stored file has, by the format that its bytes show."""


# Writers only wait, and a file system commits together what many of them sync at once.
_WRITERS = 16


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

    def path(self, file_hash: str, format: str) -> Path:  # noqa: A002 - the field's own word
        """Return where the file with this hash lies, or would lie."""
        return self.folder / file_hash[:2] / f"{file_hash}{SUFFIXES[format]}"

    def store(self, files: Sequence[RawFile]) -> None:
        """Put *files* into the store; they are on disk for good when this returns.

        The caller holds the catalog's write lock; what a killed writer left is nobody's and goes.

        Raises:
            OSError: If the disk is full, read-only or failing. No file is then there in part.
        """
        durable.remove_partials(self.folder)
        new = [file for file in files if not self._is_stored(file)]
        folders = {self.folder / file.file_hash[:2] for file in new}
        missing = [folder for folder in folders if not folder.exists()]
        for folder in missing:
            folder.mkdir()
        if missing:
            durable.sync_folder(self.folder)
        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(self._write, new))
            list(pool.map(durable.sync_folder, folders))

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
                f"{path} is missing: the catalog lists a picture whose file is gone.",
                hint="Put the file back from a backup, or add the photo again from where it came.",
            ) from None
        if hashlib.sha256(data).hexdigest() != file_hash:
            raise WorkspaceDamaged(
                f"{path} has changed: its bytes no longer have the sha256 that names it.",
                hint="Put the file back from a backup, or delete it and add the photo again.",
            )
        return data

    def _is_stored(self, file: RawFile) -> bool:
        """Tell whether a former, interrupted command has stored this very file already."""
        path = self.path(file.file_hash, file.format)
        return path.exists() and path.read_bytes() == file.data

    def _write(self, file: RawFile) -> None:
        partial = durable.partial_path(self.folder / file.file_hash[2:])
        with partial.open("xb") as stream:
            stream.write(file.data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self.path(file.file_hash, file.format))
