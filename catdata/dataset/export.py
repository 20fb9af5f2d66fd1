"""Hand the dataset to other tools: an ImageFolder with ``metadata.csv``, or one npz file.

What is exported is what a build would hold, in its order, so adding an exported folder to an empty
workspace (``catdata add DIR --labels DIR/metadata.csv``) gives the same pictures again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.lib.format import write_array_header_1_0

from catdata import durable
from catdata.dataset import images
from catdata.dataset.catalog import ImageColumns, ImageSource
from catdata.dataset.contents import select
from catdata.dataset.images import Preparation
from catdata.dataset.pixels import PixelSource, workers
from catdata.dataset.rawstore import SUFFIXES
from catdata.errors import BuildRefused, shown
from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs

METADATA = "metadata.csv"
NPZ = "catdata.npz"
_COLUMNS = ("file_name", "label", "split", "ref", "original_name")
_REFS_AT_ONCE = 4096
_LONGEST = 4096  # pixels of the longer side of what becomes another format


Rows = Mapping[str, ImageColumns]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What ``export`` wrote.

    Attributes:
        left_out: Train images that are in test as well, and so in no build.
    """

    folder: Path
    format: str
    images: int
    left_out: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return asdict(self) | {"folder": str(self.folder), "left_out": list(self.left_out)}


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to write, and where the pictures come from.

    Attributes:
        folder: An empty folder.
        workspace: What is exported.
        pixels: Makes prepared squares.
        prepared: Whether prepared squares are wanted instead of the photos as they are.
    """

    folder: Path
    workspace: Workspace
    pixels: PixelSource
    prepared: bool


def export(
    workspace: Workspace,
    folder: Path,
    format: str = "imagefolder",  # noqa: A002 - the option's own name
    *,
    size: int | None = None,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write all images of train and test to a new folder.

    Args:
        workspace: What to export.
        folder: Where to; it must not exist yet, or be empty.
        format: A key of :data:`EXPORTERS`.
        size: Side in pixels of prepared squares; None for the photos as they are (npz: the
            workspace's size).
        jobs: Number of workers or another engine; one worker for each usable core if None.
        on_progress: Called with the images written so far and their total.

    Raises:
        BuildRefused: If *folder* holds something, or there is nothing to export.
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BuildRefused(
            f"{shown(folder)} is not empty, so nothing is written there.", hint="Name a new folder."
        )
    contents = select(workspace)
    rows = {split: held.images for split, held in contents.splits.items()}
    total = sum(map(len, rows.values()))
    preparation = Preparation(size or workspace.settings.size, workspace.settings.fit)
    folder = folder.absolute()
    durable.create_folder(folder.parent)
    with (
        workers(jobs) as pool,
        PixelSource(workspace, preparation, pool) as pixels,
        durable.replacing_folder(folder) as partial,
    ):
        target = _Target(partial, workspace, pixels, size is not None)
        for done, _ in enumerate(EXPORTERS[format](target, rows), start=1):
            if on_progress:
                on_progress(done, total)
    left_out = tuple(image.ref for image in contents.left_out)
    return ExportReport(folder, format, total, left_out)


def _write_imagefolder(target: _Target, rows: Rows) -> Iterator[None]:
    """Write ``train/cat/000209-3fa9c1.jpg`` and so on, and a table of what they are."""
    with (target.folder / METADATA).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        number = 0
        for split, images_of_split in rows.items():
            for row in images_of_split:
                data, suffix = _file_of(target, row)
                name = f"{split}/{row.class_name}/{number:06}-{_tag(row)}{suffix}"
                path = target.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                table.writerow([name, row.class_name, split, row.ref, row.file_name or ""])
                number += 1
                yield


def _file_of(target: _Target, row: ImageSource) -> tuple[bytes, str]:
    """Return the bytes and the ending of one exported picture."""
    if row.file_hash and row.format and not target.prepared:
        data = target.workspace.raw.read(row.file_hash, row.format, row.location)
        if row.format == "heif":  # what learns from such folders does not read it
            return images.encode_jpeg(images.preview(data, _LONGEST)), ".jpg"
        return data, SUFFIXES[row.format]
    return images.encode_png(target.pixels.one(row)), ".png"


def _tag(row: ImageSource) -> str:
    """Return a part of a file name that tells where the picture came from."""
    if row.origin == "original":
        return f"original-{row.home_split}-{row.home_row}"
    return row.content_hash[:8]


def _write_npz(target: _Target, rows: Rows) -> Iterator[None]:
    """Write one file with arrays named as in Keras' own data sets, and the refs of their rows.

    It is what ``np.savez_compressed`` writes, but pixels go into it as they come.
    """
    side = target.pixels.preparation.size
    with ZipFile(target.folder / NPZ, "w", ZIP_DEFLATED) as arrays:
        with _array(arrays, "class_names", (2,), "U7") as file:
            file.write(np.array(CLASS_NAMES).data)
        for split, images_of_split in rows.items():
            count = len(images_of_split)
            with _array(arrays, f"x_{split}", (count, side, side, 3), "u1") as file:
                for block in target.pixels.slices(images_of_split):
                    file.write(block.data)
                    yield from (None for _ in block)
            with _array(arrays, f"y_{split}", (count,), "i8") as file:
                file.write(images_of_split.labels.astype("i8").data)
            width = max(len(ref) for refs in _refs(images_of_split) for ref in refs)
            with _array(arrays, f"refs_{split}", (count,), f"U{width}") as file:
                for refs in _refs(images_of_split):
                    file.write(np.array(refs, f"U{width}").tobytes())


@contextmanager
def _array(arrays: ZipFile, name: str, shape: tuple[int, ...], dtype: str) -> Iterator[IO[bytes]]:
    """Begin an array, whose values the block writes."""
    form = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    with arrays.open(f"{name}.npy", "w", force_zip64=True) as file:
        write_array_header_1_0(file, form)
        yield file


def _refs(images_of_split: ImageColumns) -> Iterator[list[str]]:
    """Yield what builds call the images, some at a time."""
    count = len(images_of_split)
    for start in range(0, count, _REFS_AT_ONCE):
        yield images_of_split.refs(np.arange(start, min(start + _REFS_AT_ONCE, count)))


EXPORTERS: dict[str, Callable[[_Target, Rows], Iterator[None]]] = {
    "imagefolder": _write_imagefolder,
    "npz": _write_npz,
}
