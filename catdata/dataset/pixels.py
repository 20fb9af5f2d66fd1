"""Pixels as builds hold them: of catalog rows, and of files that are not in the catalog."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catdata import engine, h5file
from catdata.dataset import images
from catdata.dataset.workspace import ORIGINAL
from catdata.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.images import Picture, Preparation
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
        self._pool = pool
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

    def slices(self, rows: Iterable[ImageRow]) -> Iterator[Pixels]:
        """Yield the pixels of *rows*, in order, as arrays of shape (k, size, size, 3), uint8.

        Raises:
            WorkspaceDamaged: If a photo's file is missing or has changed.
        """
        chunks = _chunks(rows)
        yield from engine.map_in_order(self._pool, self._block, chunks, in_flight=8)

    def _block(self, rows: list[ImageRow]) -> Pixels:
        return np.stack([self.one(row) for row in rows])

    def one(self, row: ImageRow) -> Pixels:
        """Return the pixels of one image, shape (size, size, 3), uint8."""
        if row.home_split is not None and row.home_row is not None:
            pixels = self._originals[row.home_split].read(row.home_row, row.home_row + 1)[0]
            return images.resize(pixels, self._preparation.size)
        data = self._workspace.raw.read(row.file_hash or "", row.format or "")
        return images.decode(data, self._preparation).pixels


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
    paths: Iterable[Path], preparation: Preparation, *, jobs: int | None = None
) -> Iterator[PreparedFile]:
    """Prepare picture files that are not in the workspace, the very way that builds are made.

    Args:
        paths: Plain files.
        preparation: How they become squares.
        jobs: Number of workers; one for each usable core if None.
    """

    def prepare(path: Path) -> PreparedFile:
        try:
            return PreparedFile(path, images.decode(images.read_file(path), preparation))
        except ImageRefused as refused:
            return PreparedFile(path, refused=refused)

    with engine.executor(jobs=jobs) as pool:
        yield from engine.map_in_order(pool, prepare, paths)
