"""Hand the dataset to other tools: an ImageFolder with ``metadata.csv``, or one npz file.

What is exported is what a build would hold, in its order, so adding an exported folder to an empty
workspace (``catdata add DIR --labels DIR/metadata.csv``) gives the same pictures again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
    """Write one file with arrays named as in Keras' own data sets, and the refs of their rows."""
    arrays: dict[str, np.ndarray] = {"class_names": np.array(CLASS_NAMES)}
    for split, images_of_split in rows.items():
        blocks = []
        for block in target.pixels.slices(images_of_split):
            blocks.append(block)
            yield from (None for _ in block)
        arrays[f"x_{split}"] = np.concatenate(blocks)
        arrays[f"y_{split}"] = np.array([row.label for row in images_of_split], dtype=np.int64)
        arrays[f"refs_{split}"] = np.array([row.ref for row in images_of_split])
    np.savez_compressed(target.folder / NPZ, allow_pickle=False, **arrays)


EXPORTERS: dict[str, Callable[[_Target, Rows], Iterator[None]]] = {
    "imagefolder": _write_imagefolder,
    "npz": _write_npz,
}
