"""Make of a photo what the page shows: a preview, the square as the network sees it, an opinion.

All of this runs in guarded workers, since a file from anywhere may crash a decoder or stop it.
Previews are encoded anew from pixels, so neither EXIF data nor a place leaves the file.
"""

from __future__ import annotations

import functools
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.dataset import images
from catdata.dataset.catalog import ImageRow
from catdata.dataset.examine import Examined, Task, examine
from catdata.dataset.images import Preparation
from catdata.dataset.outcomes import Refused, Skipped
from catdata.dataset.pixels import PixelSource
from catdata.dataset.plainfile import read_file
from catdata.dataset.rawstore import file_hash
from catdata.dataset.workspace import Workspace
from catdata.engine import InlineExecutor, begin_item
from catdata.errors import CatdataError, shown
from catdata.learning import models

if TYPE_CHECKING:
    from pathlib import Path

    from catdata.dataset.images import Picture
    from catdata.dataset.labels import Entry
    from catdata.dataset.pixels import Pixels

_NICENESS = 5  # the page goes before what is made ahead for it
LONGEST = 960  # pixels of a preview: a photo of 12 megapixels is decoded at half its size for it


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs to know.

    Attributes:
        workspace: The workspace's folder.
        models: Folders of the saved models whose opinion is asked.
    """

    workspace: Path
    models: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to make ready.

    Attributes:
        subject: A file, or an image of the catalog.
        preview: Whether it will be shown; else only the models are asked.
    """

    subject: Entry | ImageRow
    preview: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A photo as the page shows it.

    Attributes:
        file_hash: sha256 of the file; empty for a row of the original pair.
        examined: What the file is; None for an image of the catalog.
        preview: A JPEG file, upright, at most 960 pixels long; empty if none was asked for.
        square: A PNG file, as the network sees the photo; empty if none was asked for.
        probabilities: That it shows a cat, by each model, 0..1.
    """

    file_hash: str
    examined: Examined | None
    preview: bytes
    square: bytes
    probabilities: tuple[float, ...]

    @property
    def picture(self) -> Picture | None:
        """What the file shows; None for an image of the catalog."""
        return self.examined.picture if self.examined else None


Made = Prepared | Skipped | Refused


def begin(setup: Setup) -> None:
    """Open in this worker what making photos needs, ahead of the first.

    Raises:
        CatdataError: If the workspace or a model cannot be read.
    """
    _maker(setup)


def make(setup: Setup, job: Job) -> Made:
    """Return a photo made ready in this worker, or why it is not shown.

    Raises:
        MemoryError: If the worker may not use as much as it needs.
    """
    begin_item()
    try:
        return _maker(setup).make(job)
    except CatdataError as error:
        return Refused(name_of(job.subject), error.message, error.hint)


def name_of(subject: Entry | ImageRow) -> str:
    """Return what a photo is called in a refusal."""
    if isinstance(subject, ImageRow):
        return subject.file_name or subject.ref
    return shown(subject.path)


@functools.cache
def _maker(setup: Setup) -> _Maker:
    """Return what this worker keeps open as long as it lives."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    return _Maker(setup)


class _Maker:
    """Makes photos ready one by one.

    Args:
        setup: Where the workspace is, and which models are asked.

    Raises:
        CatdataError: If the workspace or a model cannot be read.
    """

    def __init__(self, setup: Setup) -> None:
        self._workspace = Workspace(setup.workspace)
        self._models = [models.load(folder) for folder in setup.models]
        self._preparation = self._workspace.settings.preparation
        self._open = ExitStack()
        self._sources: dict[Preparation, PixelSource] = {}

    def make(self, job: Job) -> Made:
        """Return a photo made ready, or why it is not shown."""
        if isinstance(job.subject, ImageRow):
            return self._known(job.subject, preview=job.preview)
        return self._file(job.subject, preview=job.preview)

    def _file(self, entry: Entry, *, preview: bool) -> Made:
        task = Task(os.path.abspath(entry.path), entry.found, entry.problem)  # noqa: PTH100
        (examined,) = examine([task], self._preparation)
        if not isinstance(examined, Examined):
            if examined.skipped:
                return Skipped(name_of(entry), examined.reason)
            return Refused(name_of(entry), examined.reason, examined.hint)
        data, picture = read_file(entry.path), examined.picture
        if file_hash(data) != examined.file_hash:
            return Refused(name_of(entry), "it changed while it was being read")
        squares = {self._preparation: picture.pixels}
        for wanted in self._wanted() - set(squares):
            squares[wanted] = images.decode(data, wanted).pixels
        return Prepared(
            examined.file_hash,
            examined,
            images.encode_jpeg(images.preview(data, LONGEST)) if preview else b"",
            images.encode_png(picture.pixels) if preview else b"",
            self._ask(squares),
        )

    def _known(self, row: ImageRow, *, preview: bool) -> Made:
        squares = {wanted: self._source(wanted).one(row) for wanted in self._wanted()}
        shown_square = b""
        whole = b""
        if preview:
            source = self._source(self._preparation)
            shown_square = images.encode_png(source.one(row))
            whole = images.encode_jpeg(source.whole(row))
        return Prepared(row.file_hash or "", None, whole, shown_square, self._ask(squares))

    def _wanted(self) -> set[Preparation]:
        return {Preparation(model.origin.size, model.origin.fit) for model in self._models}

    def _ask(self, squares: dict[Preparation, Pixels]) -> tuple[float, ...]:
        answers = []
        for model in self._models:
            square = squares[Preparation(model.origin.size, model.origin.fit)]
            answers.append(float(model.probabilities(np.asarray(square)[None])[0]))
        return tuple(answers)

    def _source(self, preparation: Preparation) -> PixelSource:
        """Return where the catalog's images come from, opened once."""
        if preparation not in self._sources:
            source = PixelSource(self._workspace, preparation, InlineExecutor())
            self._sources[preparation] = self._open.enter_context(source)
        return self._sources[preparation]
