"""Pixels as builds hold them: of catalog rows, and of files that are not in the catalog."""

from __future__ import annotations

import hashlib
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from catdata import engine, fingerprint, h5file
from catdata.dataset import images
from catdata.dataset.augment import Subject, subject_of
from catdata.dataset.catalog import fingerprints
from catdata.dataset.examine import Examined, Task, deadly, examine, prepare, preview
from catdata.dataset.rawstore import Stored
from catdata.dataset.workspace import ORIGINAL
from catdata.errors import ImageRefused, WorkspaceDamaged, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from catdata.dataset.catalog import ImageSource
    from catdata.dataset.images import Picture, Preparation
    from catdata.dataset.labels import Entry
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs

Pixels: TypeAlias = NDArray[np.uint8]
Result = TypeVar("Result")

ROWS_AT_ONCE = 64
_PRELOAD = ("catdata.dataset.examine", "catdata.dataset.augment")


def workers(jobs: Jobs) -> Executor:
    """Return an executor whose workers can decode photos and make copies of them."""
    return engine.Engine.of(jobs).executor(_PRELOAD)


class _Page(NamedTuple):
    """Some rows with their pixels, as far as these are known without decoding.

    Attributes:
        block: Shape (k, size, size, 3), uint8.
        missing: Which of them are not known yet.
    """

    rows: list[ImageSource]
    block: Pixels
    missing: list[int]


class PixelSource:
    """Makes the pixels of images as builds hold them; a context manager.

    Args:
        workspace: Where the photos and the original pair are.
        preparation: How photos become squares.
        pool: Where photos are decoded; see :func:`workers`.
    """

    def __init__(self, workspace: Workspace, preparation: Preparation, pool: Executor) -> None:
        self._workspace = workspace
        self.preparation = preparation
        self.pool = pool
        self._open_files = ExitStack()
        self._originals: dict[str, h5file.SplitFile] = {}

    def __enter__(self) -> Self:
        self._cache = self._open_files.enter_context(self._workspace.pixel_cache(self.preparation))
        return self

    def _open_originals(self) -> None:
        """Open the original pair: what needs no row of it goes on where it is damaged."""
        folder = self._workspace.build_folder(ORIGINAL)
        known = self._workspace.manifest(ORIGINAL).get("files", {})
        for split, name in h5file.FILE_NAMES.items():
            _check_unchanged(folder / name, known.get(name, {}).get("sha256"))
            file = self._open_files.enter_context(h5file.open_split(folder / name, split))
            self._originals[split] = file

    def __exit__(self, *_exception: object) -> None:
        self._open_files.close()

    @property
    def row_bytes(self) -> int:
        """The bytes of one image as builds hold it."""
        return 3 * self.preparation.size**2

    def slices(self, rows: Iterable[ImageSource]) -> Iterator[Pixels]:
        """Yield the pixels of *rows*, in order, as arrays of shape (k, size, size, 3), uint8.

        What is in the cache is not decoded, and what is decoded goes there.

        Raises:
            WorkspaceDamaged: If a photo's file that is needed is missing or has changed.
        """
        pages = map(self._page, _chunks(rows))
        for is_known, run in groupby(pages, key=lambda page: not page.missing):
            if is_known:
                yield from (page.block for page in run)
            else:
                yield from self._decoded(run)

    def _page(self, rows: list[ImageSource]) -> _Page:
        side = self.preparation.size
        block = np.empty((len(rows), side, side, 3), np.uint8)
        missing = self._cache.get([row.file_hash or "" for row in rows], block)
        for at in missing:
            if rows[at].origin == "original":
                block[at] = self._resized_original(rows[at])
        return _Page(rows, block, [at for at in missing if rows[at].origin == "added"])

    def _decoded(self, pages: Iterable[_Page]) -> Iterator[Pixels]:
        """Yield the pixels of pages that each miss some."""
        ahead: deque[_Page] = deque()

        def files() -> Iterator[Stored]:
            for page in pages:
                ahead.append(page)
                yield from (self._stored(page.rows[at]) for at in page.missing)

        decode = partial(prepare, preparation=self.preparation)
        flow = engine.Flow(256, 16, lambda _file: self.row_bytes, 128 << 20, 1 << 20)
        squares = engine.map_chunks(self.pool, decode, files(), flow, on_death=refuse)
        for first in squares:
            page = ahead.popleft()
            page.block[page.missing] = [first, *islice(squares, len(page.missing) - 1)]
            hashes = [page.rows[at].file_hash or "" for at in page.missing]
            self._cache.add(hashes, page.block[page.missing])
            yield page.block

    def one(self, row: ImageSource) -> Pixels:
        """Return the pixels of one image, shape (size, size, 3), uint8."""
        pixels: Pixels = next(self.slices([row]))[0]
        return pixels

    def _stored(self, row: ImageSource) -> Stored:
        return self._workspace.raw.stored(row.file_hash or "", row.format or "", row.location)

    def cached(self, row: ImageSource) -> Pixels | None:
        """Return the square of an added image, if it is in the cache."""
        side = self.preparation.size
        block = np.empty((1, side, side, 3), np.uint8)
        return None if self._cache.get([row.file_hash or ""], block) else block[0]

    def origin(self, row: ImageSource) -> Stored | Pixels:
        """Return what augmented copies of an image are made of: its file, or its original row."""
        return self._stored(row) if row.origin == "added" else self._original(row)

    def subject(self, row: ImageSource) -> Subject:
        """Return one image as augmented copies are made of it."""
        if row.origin == "original":
            return subject_of(self._original(row), self.preparation)
        return self._in_worker(partial(subject_of, preparation=self.preparation), row)

    def _resized_original(self, row: ImageSource) -> Pixels:
        return images.resize(self._original(row), self.preparation.size)

    def _original(self, row: ImageSource) -> Pixels:
        split, number = row.home_split or "", row.home_row or 0
        if not self._originals and ORIGINAL in self._workspace.builds():
            self._open_originals()
        if split not in self._originals:
            raise WorkspaceDamaged(
                f"{shown(self._workspace.data / ORIGINAL)}: the course's files are missing.",
                hint="Copy both back into that folder; their sha256 is in its build.json.",
            )
        pixels: Pixels = self._originals[split].read(number, number + 1)[0]
        return pixels

    def whole(self, row: ImageSource) -> Pixels:
        """Return an image as people look at it: the whole upright photo, or the original row.

        Returns:
            Shape (height, width, 3), uint8.
        """
        if row.origin == "original":
            return self.one(row)
        return self._in_worker(preview, row)

    def _in_worker(self, function: Callable[[Stored], Result], row: ImageSource) -> Result:
        """Have a worker make something of an added image's file."""
        files = [self._stored(row)]
        (made,) = engine.map_in_order(self.pool, function, files, on_death=refuse)
        return made


def _check_unchanged(path: Path, known: str | None) -> None:
    """Refuse a file of the original pair that is not what was copied: builds would pass it on."""
    if known is None or not path.is_file():
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != known:
        raise WorkspaceDamaged(
            f"{shown(path)} has changed: its sha256 is not the one that build.json notes.",
            hint="Copy the course's own file back into that folder.",
        )


def refuse(file: Stored | Pixels, died: engine.WorkerDied) -> NoReturn:
    """Say that a file of the workspace, or a row of the original pair, kills its workers.

    Raises:
        WorkspaceDamaged: Always.
    """
    if not isinstance(file, Stored):
        raise WorkspaceDamaged(f"A copy can't be made: {died.reason}.")
    raise WorkspaceDamaged(
        f"{shown(file.path)} can't be decoded: {died.reason}.",
        hint=f"Take it out of builds with: catdata remove {file.file_hash[:12]}",
    ) from died


def _chunks(rows: Iterable[ImageSource]) -> Iterator[list[ImageSource]]:
    chunk: list[ImageSource] = []
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
        ids: Their numbers in the catalog.
        refs: Their short references.
        groups: A number for each group of near-duplicates, shape (m,).
    """

    images: Pixels
    labels: NDArray[np.int64]
    ids: list[int]
    refs: list[str]
    groups: NDArray[np.intp]


def everything(workspace: Workspace, *, most: int, jobs: Jobs = None) -> Everything | None:
    """Return all images of train and test, as builds hold them.

    Args:
        workspace: Where they are.
        most: How many may be in memory.
        jobs: Number of workers or another engine; one worker for each usable core if None.

    Returns:
        None if there are more than *most*.

    Raises:
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    with workspace.catalog() as catalog, catalog.snapshot():
        if sum(count.images for count in catalog.counts()) > most:
            return None
        rows = list(catalog.images())
        refs = catalog.short_refs(rows)
    preparation = workspace.settings.preparation
    with (
        workers(jobs) as pool,
        PixelSource(workspace, preparation, pool) as pixels,
    ):
        nothing = np.empty((0, preparation.size, preparation.size, 3), np.uint8)
        images_of_all = np.concatenate([nothing, *pixels.slices(rows)])
    labels = np.array([row.label for row in rows], dtype=np.int64)
    groups = fingerprint.groups_within(fingerprints(rows))
    return Everything(images_of_all, labels, [row.id for row in rows], refs, groups)


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
        workers(1) as pool,
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
    entries: Iterable[Entry], preparation: Preparation, *, jobs: Jobs = None
) -> Iterator[PreparedFile]:
    """Prepare picture files that are not in the workspace, the very way that builds are made.

    Args:
        entries: What to prepare; files found in a folder that are no pictures are passed over.
        preparation: How they become squares.
        jobs: Number of workers or another engine; one worker for each usable core if None.
    """
    paths: deque[Path] = deque()

    def tasks() -> Iterator[Task]:
        for entry in entries:
            paths.append(entry.path)
            yield Task(str(entry.path), entry.found, entry.problem)

    look = partial(examine, preparation=preparation)
    with workers(jobs) as pool:
        for outcome in engine.map_chunks(pool, look, tasks(), on_death=deadly):
            path = paths.popleft()
            if isinstance(outcome, Examined):
                yield PreparedFile(path, outcome.picture)
            elif not outcome.skipped:
                refused = ImageRefused(f"{shown(path)}: {outcome.reason}", hint=outcome.hint)
                yield PreparedFile(path, refused=refused)


def previews(paths: Iterable[Path], *, jobs: Jobs = None) -> Iterator[Pixels]:
    """Yield picture files upright and whole, as people look at them.

    Args:
        paths: Files that are not in the workspace.
        jobs: Number of workers or another engine; one worker for each usable core if None.

    Raises:
        ImageRefused: If one cannot be read, or no worker survives it.
    """
    with workers(jobs) as pool:
        yield from engine.map_in_order(
            pool, images.preview, map(images.read_file, paths), on_death=_refuse_preview
        )


def _refuse_preview(_data: bytes, died: engine.WorkerDied) -> NoReturn:
    raise ImageRefused(f"A picture can't be drawn: {died.reason}.") from died
