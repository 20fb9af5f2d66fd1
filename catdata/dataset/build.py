"""Write a build: the catalog and a recipe in, the course's two h5 files and ``build.json`` out.

Rows stand in the order that docs/format.md gives, pixels are made by the engine's workers and
written as they come, and the three files take the place of the build before them together. The
same catalog and recipe give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata import durable, fingerprint, h5file
from catdata.dataset import copies, images
from catdata.dataset.catalog import Selection, fingerprints
from catdata.dataset.copies import Augmentation
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

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.copies import Copy
    from catdata.dataset.images import Preparation
    from catdata.dataset.pixels import Pixels
    from catdata.engine import Jobs


_ROW_BYTES = 8 + 64 + 64 + 32 + 4  # of a label and of what the group catdata says of a row


@dataclass(frozen=True, slots=True)
class Recipe(Augmentation):
    """All that determines a build besides the catalog; how it is augmented is given by name.

    Attributes:
        size: Side of the pictures, in pixels.
        fit: How a photo becomes a square, a key of :data:`catdata.dataset.images.FITS`.
        compress: Whether the pixels are stored compressed.
    """

    size: int = 64
    fit: str = "stretch"
    compress: bool = False

    @property
    def preparation(self) -> Preparation:
        """How photos are prepared."""
        return images.Preparation(self.size, self.fit)


class LeftOut(NamedTuple):
    """A train image that a build leaves out, since it shows what a test image shows."""

    ref: str
    because: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a build made now would hold.

    Attributes:
        rows: The images of each file, in order.
        left_out: Train images that are near-duplicates of test images.
        catalog: Digest of the catalog that this was read from.
        copies: Augmented copies of train images, which follow them.
    """

    rows: Mapping[str, Sequence[ImageRow]]
    left_out: Sequence[LeftOut]
    catalog: str
    copies: Sequence[Copy] = ()

    def copies_in(self, split: str) -> Sequence[Copy]:
        """Return the augmented copies that follow the images of a split."""
        return self.copies if split == "train" else ()


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """How many rows one file of a build holds, and of which kind."""

    images: int
    cat: int
    original: int
    added: int
    augmented: int = 0

    @property
    def cat_share(self) -> float:
        """Share of cats, 0..1."""
        return self.cat / self.images


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
                yield from count(pixels.slices(contents.rows[split]))
                yield from count(copies.slices(contents.copies_in(split), pixels))

            build_id = _write_files(partial, contents, recipe, slices)
            report = BuildReport(name, build_id, folder, _count(contents), contents.left_out)
            _write_manifest(partial, report, recipe, contents)
    return report


def plan(workspace: Workspace, name: str = ENLARGED, recipe: Recipe | None = None) -> BuildPlan:
    """Tell what :func:`build` would write, and write nothing.

    Raises:
        BuildRefused: As :func:`build` does.
    """
    settings = workspace.settings
    recipe = recipe or Recipe(settings.size, settings.fit)
    _check_name(workspace, name)
    contents = select(workspace, recipe)
    longest = max((len(copy.parameters) for copy in contents.copies), default=2)
    counts = _count(contents)
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


def select(workspace: Workspace, augmentation: Augmentation | None = None) -> Contents:
    """Return what a build of the catalog as it is now would hold.

    Args:
        workspace: Where the catalog is.
        augmentation: Which copies it would hold; no copies if None.

    Raises:
        BuildRefused: If a split would be empty, or the classes cannot be balanced.
    """
    with workspace.catalog() as catalog, catalog.snapshot():
        digest = catalog.digest()
        rows = {split: list(catalog.images(Selection(split=split))) for split in h5file.SPLITS}
        train, test = (fingerprints(rows[split]) for split in h5file.SPLITS)
        leaks = {int(i): rows["test"][int(j)] for i, j in fingerprint.pairs_between(train, test)}
        left_out = [
            LeftOut(catalog.short_ref(rows["train"][i]), catalog.short_ref(leaks[i]))
            for i in sorted(leaks)
        ]
    rows["train"] = [row for i, row in enumerate(rows["train"]) if i not in leaks]
    for split, images_of_split in rows.items():
        if not images_of_split:
            raise BuildRefused(
                f"The {split} file would hold no image.",
                hint=f"Add photos to it: catdata add PATH --label cat --split {split}",
            )
    augmented = copies.plan(rows["train"], augmentation) if augmentation else ()
    return Contents(rows, left_out, digest, augmented)


def _write_files(
    folder: Path,
    contents: Contents,
    recipe: Recipe,
    slices: Callable[[str], Iterator[Pixels]],
) -> str:
    """Write both h5 files and return the id they share, a hash of all that is in them."""
    description = json.dumps(asdict(recipe), sort_keys=True)
    digest = hashlib.sha256(description.encode())
    for split, images_of_split in contents.rows.items():
        copies_of_split = contents.copies_in(split)
        together: list[ImageRow | Copy] = [*images_of_split, *copies_of_split]
        labels = np.array([row.label for row in together], dtype=np.int64)
        sources = [_row_source(row) for row in images_of_split]
        sources += [
            _row_source(copy.parent, copy.number, copy.parameters) for copy in copies_of_split
        ]
        pixel_hash = h5file.write_split(
            folder / h5file.FILE_NAMES[split],
            split,
            labels=labels,
            slices=slices(split),
            size=recipe.size,
            rows=sources,
            recipe=description,
            compress=recipe.compress,
        )
        digest.update(pixel_hash.encode())
        digest.update(labels.tobytes())
        lines = (f"{source.ref} {source.copy} {source.parameters}\n" for source in sources)
        digest.update("".join(lines).encode())
    build_id = digest.hexdigest()
    for name in h5file.FILE_NAMES.values():
        h5file.set_build_id(folder / name, build_id)
    return build_id


def _row_source(image: ImageRow, copy: int = 0, parameters: str = "{}") -> h5file.RowSource:
    return h5file.RowSource(image.ref, image.content_hash, image.fingerprint, copy, parameters)


def _counter(
    contents: Contents, on_progress: Callable[[int, int], None] | None
) -> Callable[[Iterator[Pixels]], Iterator[Pixels]]:
    """Return a function that hands slices through and reports the rows so far with their total."""
    total = sum(map(len, contents.rows.values())) + len(contents.copies)
    done = 0

    def count(slices: Iterator[Pixels]) -> Iterator[Pixels]:
        nonlocal done
        for block in slices:
            yield block
            done += len(block)
            if on_progress:
                on_progress(done, total)

    return count


def _count(contents: Contents) -> dict[str, SplitCounts]:
    counts = {}
    for split, images_of_split in contents.rows.items():
        together: list[ImageRow | Copy] = [*images_of_split, *contents.copies_in(split)]
        counts[split] = SplitCounts(
            images=len(together),
            cat=sum(row.label for row in together),
            original=sum(row.origin == "original" for row in images_of_split),
            added=sum(row.origin == "added" for row in images_of_split),
            augmented=len(contents.copies_in(split)),
        )
    return counts


def _write_manifest(folder: Path, report: BuildReport, recipe: Recipe, contents: Contents) -> None:
    """Write ``build.json``; it says nothing of when or where, so it too is the same every time.

    Each row takes one line, which people find sooner and Python writes ten times faster.
    """
    manifest = {
        "build": report.build,
        "build_id": report.build_id,
        "catalog": contents.catalog,
        "recipe": asdict(recipe),
        **{split: asdict(counts) for split, counts in report.splits.items()},
        "left_out": [left_out._asdict() for left_out in report.left_out],
        "files": {name: _describe(folder / name) for name in h5file.FILE_NAMES.values()},
    }
    head = json.dumps(manifest, indent=1).removesuffix("\n}")
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{head},\n "rows": {{')
        for number, (split, images_of_split) in enumerate(contents.rows.items()):
            file.write(f'{"," if number else ""}\n  "{split}": [')
            file.writelines(_lines(images_of_split, contents.copies_in(split)))
            file.write("\n  ]")
        file.write("\n }\n}\n")


def _lines(images_of_split: Sequence[ImageRow], copies_of_split: Sequence[Copy]) -> Iterator[str]:
    """Yield what is said of each row, one by one: together they would take much memory."""
    rows = chain(map(_source, images_of_split), map(_source_of_copy, copies_of_split))
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n   {json.dumps(row)}"


def _describe(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": file.tell(), "sha256": digest}


def _source(row: ImageRow) -> dict[str, object]:
    """Say where one row of a build came from."""
    if row.origin == "original":
        return {"ref": row.ref, "label": row.class_name}
    return {"ref": row.ref, "label": row.class_name, "file": row.file_name}


def _source_of_copy(copy: Copy) -> dict[str, object]:
    """Say which copy of what one row of a build is, and how it was altered."""
    drawn = json.loads(copy.parameters)
    return {**_source(copy.parent), "copy": copy.number, "transforms": drawn}
