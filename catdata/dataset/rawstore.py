"""The user's files, byte for byte, each named by its sha256: ``raw_images/ab/abcdef….jpg``.

A file is in the store whole or not at all. Nothing in it is ever rewritten; a file under the right
name with the wrong bytes is damage, and reading it says so.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from catdata import durable
from catdata.dataset.plainfile import read_file
from catdata.errors import ImageRefused, WorkspaceDamaged, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "heif": ".heic"}
"""Which ending a stored file has, by the format that its bytes show."""


# Writers only wait, and a file system commits together what many of them sync at once.
_WRITERS = 8
Item = TypeVar("Item")


def file_hash(data: bytes) -> str:
    """Return the sha256 of a file's bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class RawFile(NamedTuple):
    """A file on its way into the store.

    Attributes:
        file_hash: sha256 that its bytes are to have.
        format: ``jpeg``, ``png``, ``webp`` or ``heif``.
        source: Where it is now.
    """

    file_hash: str
    format: str
    source: str


class Stored(NamedTuple):
    """A file that is an image, here or where it was catalogued in place.

    Attributes:
        path: Its absolute path.
        file_hash: sha256 of its bytes.
    """

    path: str
    file_hash: str

    def read(self) -> bytes:
        """Return the bytes, checked against the hash.

        Raises:
            WorkspaceDamaged: If the file is missing or its bytes have changed.
        """
        try:
            data = read_file(self.path)
        except ImageRefused as error:
            raise WorkspaceDamaged(
                f"{error.message}: the catalog lists a picture that it held.",
                hint="Put the file back from a backup, or add the photo again from where it came.",
            ) from None
        if file_hash(data) != self.file_hash:
            raise WorkspaceDamaged(
                f"{shown(self.path)} has changed: its bytes no longer have the sha256 that names "
                "it.",
                hint="Put the file back from a backup, or delete it and add the photo again.",
            )
        return data

    def is_sound(self) -> bool:
        """Tell whether the bytes are there and have the hash."""
        try:
            self.read()
        except WorkspaceDamaged:
            return False
        return True


class FilesChanged(Exception):
    """Files were not what they had been when they were examined.

    Args:
        file_hashes: The sha256 that they had.
    """

    def __init__(self, file_hashes: set[str]) -> None:
        super().__init__(file_hashes)
        self.file_hashes = file_hashes


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
            FilesChanged: If a source has other bytes now, or cannot be read any more. The others
                are stored.
            OSError: If the disk is full, read-only or failing. No file is then there in part.
        """
        for folder in (self.folder, *self.folder.iterdir()) if self._is_first else ():
            if folder.is_dir():
                durable.remove_partials(folder)
        self._is_first = False
        folders = [self.folder / name for name in sorted({file.file_hash[:2] for file in files})]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        durable.sync_folder(self.folder)  # also for a folder that a killed writer made
        changed = set().union(*self._writers.map(self._write_all, _shared_out(files)))
        list(self._writers.map(_sync_all, _shared_out(folders)))
        if changed:
            raise FilesChanged(changed)

    def read(self, file_hash: str, format: str, location: str | None = None) -> bytes:  # noqa: A002
        """Return a file's bytes, checked against its hash.

        Args:
            file_hash: sha256 of the file.
            format: ``jpeg``, ``png``, ``webp`` or ``heif``.
            location: Where it is, if it is not in the store.

        Raises:
            WorkspaceDamaged: If the file is missing or its bytes have changed.
        """
        return self.stored(file_hash, format, location).read()

    def stored(self, file_hash: str, format: str, location: str | None = None) -> Stored:  # noqa: A002
        """Return where a file's bytes are, and what they should be."""
        return Stored(location or str(self.path(file_hash, format)), file_hash)

    def _write_all(self, files: Sequence[RawFile]) -> set[str]:
        """Copy files under temporary names, sync and rename them; return those that have changed.

        The temporary name is in the target folder: one folder for all would be a bottleneck.
        """
        name = f"{os.sep}{durable.partial_path(self.folder / 'file').name}"
        changed = set()
        for file in files:
            path = str(self.path(file.file_hash, file.format))
            if os.path.exists(path) and _hash_of(path) == file.file_hash:  # noqa: PTH110 - fast
                continue  # stored by a former command that was interrupted
            partial = os.path.dirname(path) + name  # noqa: PTH120
            try:
                is_same = durable.copy_file(file.source, partial) == file.file_hash
            except durable.SourceFailed:
                is_same = False
            if is_same:
                os.replace(partial, path)  # noqa: PTH105
            else:
                Path(partial).unlink(missing_ok=True)
                changed.add(file.file_hash)
        return changed


def _hash_of(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_all(folders: Sequence[Path]) -> None:
    for folder in folders:
        durable.sync_folder(folder)


def _shared_out(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Return *items* in as many shares as there are writers."""
    return [items[start::_WRITERS] for start in range(min(_WRITERS, len(items)))]
