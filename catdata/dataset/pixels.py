"""Pixels as builds hold them: of catalog rows, and of files that are not in the catalog."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catdata import engine, fingerprint, h5file
from catdata.dataset import images
from catdata.dataset.augment import Subject
from catdata.dataset.catalog import fingerprints
from catdata.dataset.workspace import ORIGINAL
from catdata.errors import ImageRefused, WorkspaceDamaged, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.images import Picture, Preparation
    from catdata.dataset.labels import Entry
    from catdata.dataset.workspace import Workspace

Pixels: TypeAlias = NDArray[np.uint8]

ROWS_AT_ONCE = 64


class PixelSource:
    """Makes the pixels of images as builds hold them; a context manager.

    Args:
        workspace: Where the photos and the original pair are.
        preparation: How photos become squares.
        pool: Where photos are decoded.
    """

    def __init__(self, workspace: Workspace, preparation: Preparation, pool: Executor) -> None:
        self._workspace = workspace
        self._preparation = preparation
        self.pool = pool
        self._open_files = ExitStack()
        self._originals: dict[str, h5file.SplitFile] = {}

    def __enter__(self) -> Self:
        if ORIGINAL in self._workspace.builds():
            folder = self._workspace.build_folder(ORIGINAL)
            for split, name in h5file.FILE_NAMES.items():
                file = self._open_files.enter_context(h5file.open_split(folder / name, split))
                self._originals[split] = file
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open_files.close()

    @property
    def row_bytes(self) -> int:
        """The bytes of one image as builds hold it."""
        return 3 * self._preparation.size**2

    def slices(self, rows: Iterable[ImageRow]) -> Iterator[Pixels]:
        """Yield the pixels of *rows*, in order, as arrays of shape (k, size, size, 3), uint8.

        Raises:
            WorkspaceDamaged: If a photo's file is missing or has changed.
        """
        chunks = _chunks(rows)
        yield from engine.map_in_order(self.pool, self._block, chunks, engine.Flow(in_flight=8))

    def _block(self, rows: list[ImageRow]) -> Pixels:
        return np.stack([self.one(row) for row in rows])

    def one(self, row: ImageRow) -> Pixels:
        """Return the pixels of one image, shape (size, size, 3), uint8."""
        if row.home_split is not None and row.home_row is not None:
            pixels = self._original(row.home_split, row.home_row)
            return images.resize(pixels, self._preparation.size)
        data = self._workspace.raw.read(row.file_hash or "", row.format or "")
        return images.decode(data, self._preparation).pixels

    def subject(self, row: ImageRow) -> Subject:
        """Return one image as augmented copies are made of it."""
        if row.home_split is not None and row.home_row is not None:
            whole = self._original(row.home_split, row.home_row)
            # A row of the original pair has been fitted already.
            stretched = replace(self._preparation, fit="stretch")
            return Subject(images.resize(whole, stretched.size), whole, stretched)
        data = self._workspace.raw.read(row.file_hash or "", row.format or "")
        return Subject(*images.decode_whole(data, self._preparation), self._preparation)

    def _original(self, split: str, number: int) -> Pixels:
        if split not in self._originals:
            raise WorkspaceDamaged(
                f"{shown(self._workspace.data / ORIGINAL)}: the course's files are missing.",
                hint="Copy both back into that folder; their sha256 is in its build.json.",
            )
        pixels: Pixels = self._originals[split].read(number, number + 1)[0]
        return pixels

    def whole(self, row: ImageRow) -> Pixels:
        """Return an image as people look at it: the whole upright photo, or the original row.

        Returns:
            Shape (height, width, 3), uint8.
        """
        if row.origin == "original":
            return self.one(row)
        return images.preview(self._workspace.raw.read(row.file_hash or "", row.format or ""))


def _chunks(rows: Iterable[ImageRow]) -> Iterator[list[ImageRow]]:
    chunk: list[ImageRow] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True, eq=False)
class Everything:
    """All images of the catalog in memory.

    Attributes:
        images: Shape (m, size, size, 3), uint8.
        labels: Shape (m,), int64, 0 or 1.
        refs: Their short references.
        groups: A number for each group of near-duplicates, shape (m,).
    """

    images: Pixels
    labels: NDArray[np.int64]
    refs: list[str]
    groups: NDArray[np.intp]


def everything(workspace: Workspace, *, jobs: int | None = None) -> Everything:
    """Return all images of train and test, as builds hold them.

    Raises:
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    with workspace.catalog() as catalog, catalog.snapshot():
        rows = list(catalog.images())
        refs = [catalog.short_ref(row) for row in rows]
    preparation = workspace.settings.preparation
    with (
        engine.executor(jobs=jobs) as pool,
        PixelSource(workspace, preparation, pool) as pixels,
    ):
        nothing = np.empty((0, preparation.size, preparation.size, 3), np.uint8)
        images_of_all = np.concatenate([nothing, *pixels.slices(rows)])
    labels = np.array([row.label for row in rows], dtype=np.int64)
    return Everything(images_of_all, labels, refs, fingerprint.groups_within(fingerprints(rows)))


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An image as people look at it and as the network sees it.

    Attributes:
        ref: Its short reference.
        class_name: Its label.
        whole: Shape (height, width, 3), uint8.
        square: Shape (size, size, 3), uint8.
    """

    ref: str
    class_name: str
    whole: Pixels
    square: Pixels


def view(workspace: Workspace, refs: Iterable[str]) -> list[View]:
    """Return images of the catalog, removed ones too, for people to look at.

    Raises:
        UnknownReference: If a name means no image, or several.
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    with (
        workspace.catalog() as catalog,
        engine.executor(jobs=1) as pool,
        PixelSource(workspace, workspace.settings.preparation, pool) as pixels,
    ):
        rows = [catalog.resolve(ref, removed=True) for ref in refs]
        return [
            View(catalog.short_ref(row), row.class_name, pixels.whole(row), pixels.one(row))
            for row in rows
        ]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFile:
    """A picture file as a network would see it, or the reason why it cannot.

    Attributes:
        path: The file.
        picture: What it shows, or None.
        refused: Why it could not be read, if it could not.
    """

    path: Path
    picture: Picture | None = None
    refused: ImageRefused | None = None


def prepare_files(
    entries: Iterable[Entry], preparation: Preparation, *, jobs: int | None = None
) -> Iterator[PreparedFile]:
    """Prepare picture files that are not in the workspace, the very way that builds are made.

    Args:
        entries: What to prepare; files found in a folder that are no pictures are passed over.
        preparation: How they become squares.
        jobs: Number of workers; one for each usable core if None.
    """

    def prepare(entry: Entry) -> PreparedFile | None:
        path = entry.path
        if entry.problem:
            refused = ImageRefused(f"{shown(path)}: {entry.problem}")
            return PreparedFile(path, refused=refused)
        try:
            data = images.read_file(path)
            if entry.found and not images.is_meant_as_picture(path, data):
                return None
            return PreparedFile(path, images.decode(data, preparation, name=str(path)))
        except ImageRefused as refused:
            return PreparedFile(path, refused=refused)

    with engine.executor(jobs=jobs) as pool:
        for prepared in engine.map_in_order(pool, prepare, entries):
            if prepared:
                yield prepared
