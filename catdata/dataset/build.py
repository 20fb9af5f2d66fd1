"""Write a build: the catalog and a recipe in, the course's two h5 files and ``build.json`` out.

Rows stand in the order that docs/format.md gives, pixels are made by the engine's workers and
written as they come, and the three files take the place of the build before them together. The
same catalog and recipe give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from catdata import durable, h5file
from catdata.dataset import copies, manifest
from catdata.dataset.contents import Contents, LeftOut, Recipe, SplitCounts, select
from catdata.dataset.pixels import PixelSource, workers
from catdata.dataset.workspace import (
    ENLARGED,
    MANIFEST,
    ORIGINAL,
    Workspace,
    foreign_files,
    is_build_name,
)
from catdata.errors import BuildRefused, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from catdata.dataset.pixels import Pixels
    from catdata.engine import Jobs


_ROW_BYTES = 8 + 64 + 64 + 32 + 4  # of a label and of what the group catdata says of a row


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What ``build-h5`` wrote."""

    build: str
    build_id: str
    folder: Path
    splits: Mapping[str, SplitCounts]
    left_out: Sequence[LeftOut]

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return {
            "build": self.build,
            "build_id": self.build_id,
            "folder": str(self.folder),
            **{split: asdict(counts) for split, counts in self.splits.items()},
            "left_out": [left_out._asdict() for left_out in self.left_out],
        }


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What ``build-h5`` would write.

    Attributes:
        build: Its name.
        splits: What each file would hold.
        left_out: Train images that are near-duplicates of test images.
        bytes: Length of both h5 files together, roughly; when compressed, at most.
        recipe: How it would be made.
    """

    build: str
    splits: Mapping[str, SplitCounts]
    left_out: Sequence[LeftOut]
    bytes: int
    recipe: Recipe

    def to_json(self) -> dict[str, object]:
        """Return the plan as plain types."""
        return {
            "build": self.build,
            "dry_run": True,
            "bytes": self.bytes,
            **{split: asdict(counts) for split, counts in self.splits.items()},
            "left_out": [left_out._asdict() for left_out in self.left_out],
            "recipe": asdict(self.recipe),
        }


def build(
    workspace: Workspace,
    name: str = ENLARGED,
    recipe: Recipe | None = None,
    *,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> BuildReport:
    """Write the build *name*, in place of the one of that name before it.

    Args:
        workspace: Where the catalog and the photos are.
        name: The build's name, which is the name of its folder below ``data/``.
        recipe: How to make it; the workspace's settings if None.
        jobs: Number of workers or another engine; one worker for each usable core if None.
        on_progress: Called with the rows written so far and the rows in all.

    Raises:
        BuildRefused: If the name is not free for builds, or a split would be empty.
        WorkspaceDamaged: If a photo's file is missing or has changed.
        StorageFailed: If the disk refuses. The build before is then untouched.
    """
    settings = workspace.settings
    recipe = recipe or Recipe(settings.size, settings.fit)
    _check_name(workspace, name)
    with workspace.build_lock(), workers(jobs) as pool:
        contents = select(workspace, recipe)
        folder = workspace.data / name
        count = _counter(contents, on_progress)
        with (
            PixelSource(workspace, recipe.preparation, pool) as pixels,
            durable.replacing_folder(folder) as partial,
        ):

            def slices(split: str) -> Iterator[Pixels]:
                rows = contents.splits[split]
                yield from count(pixels.slices(rows.images))
                yield from count(copies.slices(rows.copies, rows.images, pixels))

            build_id = _write_files(partial, contents, recipe, slices)
            about = _describe(name, build_id, recipe, contents)
            lines = {split: rows.lines() for split, rows in contents.splits.items()}
            manifest.write(partial, about, lines)
    return BuildReport(name, build_id, folder, contents.counts(), contents.left_out)


def plan(workspace: Workspace, name: str = ENLARGED, recipe: Recipe | None = None) -> BuildPlan:
    """Tell what :func:`build` would write, and write nothing.

    Raises:
        BuildRefused: As :func:`build` does.
    """
    settings = workspace.settings
    recipe = recipe or Recipe(settings.size, settings.fit)
    _check_name(workspace, name)
    contents = select(workspace, recipe)
    longest = contents.splits["train"].copies.parameters.longest() or len("{}")
    counts = contents.counts()
    rows = counts["train"].images * (_ROW_BYTES + longest) + counts["test"].images * _ROW_BYTES
    pixels = sum(count.images for count in counts.values()) * 3 * recipe.size**2
    return BuildPlan(name, counts, contents.left_out, pixels + rows, recipe)


def _check_name(workspace: Workspace, name: str) -> None:
    if name == ORIGINAL:
        raise BuildRefused(
            "The build named original is the course's own pair and is never changed.",
            hint=f"Choose another name, such as: catdata build-h5 {ENLARGED}",
        )
    if not is_build_name(name):
        raise BuildRefused(
            f"{shown(name)!r} can't be the name of a build.",
            hint="Use letters, digits, - and _, and begin with a letter or digit.",
        )
    folder = workspace.data / name
    if not folder.exists():
        return
    foreign = foreign_files(folder)
    if foreign or "build_id" not in workspace.manifest(name):
        found = shown(foreign[0]) if foreign else f"no {MANIFEST} of a build"
        raise BuildRefused(
            f"{shown(folder)} is not only a build ({found} in it), so it is not replaced.",
            hint="Choose another name, or move that folder away.",
        )


def _write_files(
    folder: Path,
    contents: Contents,
    recipe: Recipe,
    slices: Callable[[str], Iterator[Pixels]],
) -> str:
    """Write both h5 files and return the id they share, a hash of all that is in them."""
    description = json.dumps(asdict(recipe), sort_keys=True)
    digest = hashlib.sha256(description.encode())
    for split, rows in contents.splits.items():
        labels = rows.labels()
        pixel_hash = h5file.write_split(
            folder / h5file.FILE_NAMES[split],
            split,
            labels=labels,
            slices=slices(split),
            size=recipe.size,
            rows=rows,
            recipe=description,
            compress=recipe.compress,
        )
        digest.update(pixel_hash.encode())
        digest.update(labels.data)
        for text in rows.texts():
            digest.update(text.encode())
    build_id = digest.hexdigest()
    for name in h5file.FILE_NAMES.values():
        h5file.set_build_id(folder / name, build_id)
    return build_id


def _describe(name: str, build_id: str, recipe: Recipe, contents: Contents) -> dict[str, object]:
    """Return what ``build.json`` says of the build as a whole."""
    return {
        "build": name,
        "build_id": build_id,
        "catalog": contents.catalog,
        "recipe": asdict(recipe),
        **{split: asdict(counts) for split, counts in contents.counts().items()},
        "left_out": [left_out._asdict() for left_out in contents.left_out],
    }


def _counter(
    contents: Contents, on_progress: Callable[[int, int], None] | None
) -> Callable[[Iterator[Pixels]], Iterator[Pixels]]:
    """Return a function that hands slices through and reports the rows so far with their total."""
    total = sum(map(len, contents.splits.values()))
    done = 0

    def count(slices: Iterator[Pixels]) -> Iterator[Pixels]:
        nonlocal done
        for block in slices:
            yield block
            done += len(block)
            if on_progress:
                on_progress(done, total)

    return count
