"""Say what a build of the catalog as it is now holds, by columns and in the order of its rows.

Everything is read in one go, so that a build sees one state of the catalog and no writer waits for
it. Train images that show what a test image shows are left out, and copies are drawn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catdata import engine, fingerprint, h5file
from catdata.dataset import copies, images
from catdata.dataset.catalog import ImageColumns, as_hex
from catdata.dataset.copies import Augmentation, Copies
from catdata.errors import BuildRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.images import Preparation
    from catdata.dataset.workspace import Workspace


_ROWS_AT_ONCE = 4096


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


@dataclass(frozen=True, slots=True, eq=False)
class SplitContents:
    """The rows of one file: its images, and after them their augmented copies."""

    images: ImageColumns
    copies: Copies

    def __len__(self) -> int:
        return len(self.images) + len(self.copies)

    def labels(self) -> NDArray[np.int64]:
        """Return the label of each row, shape (m,)."""
        images_and_parents = (self.images.labels, self.images.labels[self.copies.parents])
        return np.concatenate(images_and_parents, dtype=np.int64)

    def column(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return a column of some rows; see :class:`catdata.h5file.RowSources`."""
        return _COLUMNS[name](self, start, stop)

    def refs(self, start: int, stop: int) -> list[str]:
        """Return what the images that some rows show are called in builds."""
        return self.images.refs(self.shown(start, stop))

    def parameters(self, start: int, stop: int) -> list[str]:
        """Return what was done to some rows, as JSON; ``{}`` for an image itself."""
        end = len(self.images)
        whole = ["{}"] * (min(stop, end) - start)
        return whole + [
            self.copies.parameters[row - end].decode() for row in range(max(start, end), stop)
        ]

    def texts(self) -> Iterator[str]:
        """Yield what identifies the rows beside their pixels and labels, some lines at a time."""
        for start in range(0, len(self), _ROWS_AT_ONCE):
            span = (start, min(start + _ROWS_AT_ONCE, len(self)))
            rows = zip(self.refs(*span), self.numbers(*span), self.parameters(*span), strict=True)
            yield "".join(f"{ref} {copy} {drawn}\n" for ref, copy, drawn in rows)

    def numbers(self, start: int, stop: int) -> NDArray[np.int32]:
        """Return which copy some rows are, 0 for an image itself, shape (k,)."""
        end = len(self.images)
        whole = np.zeros(max(0, min(stop, end) - start), np.int32)
        copied = self.copies.numbers[max(0, start - end) : max(0, stop - end)]
        return np.concatenate([whole, copied])

    def shown(self, start: int, stop: int) -> NDArray[np.intp]:
        """Return which images some rows show: themselves, or the parents of copies, shape (k,)."""
        end = len(self.images)
        parents = self.copies.parents[max(0, start - end) : max(0, stop - end)]
        return np.concatenate([np.arange(start, min(stop, end)), parents])

    def lines(self) -> Iterator[str]:
        """Yield what ``build.json`` says of each row, as JSON."""
        for start in range(0, len(self), _ROWS_AT_ONCE):
            yield from self._lines(start, min(start + _ROWS_AT_ONCE, len(self)))

    def _lines(self, start: int, stop: int) -> Iterator[str]:
        shown = self.shown(start, stop)
        labels = self.images.labels[shown].tolist()
        is_original = self.images.is_original[shown].tolist()
        refs, copies = self.refs(start, stop), self.numbers(start, stop).tolist()
        parameters = self.parameters(start, stop)
        for at, image in enumerate(shown.tolist()):
            # Put together by hand, which takes a third of the time; a name alone needs escaping.
            line = f'{{"ref": "{refs[at]}", "label": "{h5file.CLASS_NAMES[labels[at]]}"'
            if not is_original[at]:
                line += f', "file": {json.dumps(self.images.file_names[image].decode())}'
            if copies[at]:
                drawn = json.dumps(json.loads(parameters[at]))
                line += f', "copy": {copies[at]}, "transforms": {drawn}'
            yield line + "}"

    def counts(self) -> SplitCounts:
        """Count the rows."""
        original = int(self.images.is_original.sum())
        return SplitCounts(
            images=len(self),
            cat=int(self.labels().sum()),
            original=original,
            added=len(self.images) - original,
            augmented=len(self.copies),
        )


_COLUMNS: dict[str, Callable[[SplitContents, int, int], NDArray[Any]]] = {
    "ref": lambda rows, *span: np.array(rows.refs(*span), "S"),
    "content_hash": lambda rows, *span: np.array(
        as_hex(rows.images.content_hashes[rows.shown(*span)]), "S"
    ),
    "fingerprint": lambda rows, *span: rows.images.fingerprints[rows.shown(*span)],
    "copy": SplitContents.numbers,
    "parameters": lambda rows, *span: np.array(rows.parameters(*span), "S"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a build made now would hold.

    Attributes:
        splits: The rows of each file.
        left_out: Train images that are near-duplicates of test images.
        catalog: Digest of the catalog that this was read from.
    """

    splits: Mapping[str, SplitContents]
    left_out: Sequence[LeftOut]
    catalog: str

    def counts(self) -> dict[str, SplitCounts]:
        """Count the rows of each file."""
        return {split: rows.counts() for split, rows in self.splits.items()}


def select(workspace: Workspace, augmentation: Augmentation | None = None) -> Contents:
    """Return what a build of the catalog as it is now would hold.

    Args:
        workspace: Where the catalog is.
        augmentation: Which copies it would hold; no copies if None.

    Raises:
        BuildRefused: If a split would be empty, or the classes cannot be balanced.
    """
    with workspace.catalog() as catalog:
        with catalog.snapshot():
            digest = catalog.digest()
            train, test = (catalog.columns(split) for split in h5file.SPLITS)
        # Writers go on: all that is read after this is how few digits of a hash say which it is.
        leaks = _leaks(train, test)
        leaking = catalog.short_refs([train[row] for row in leaks])
        because = catalog.short_refs([test[row] for row in leaks.values()])
    if leaks:
        train = train.take(np.delete(np.arange(len(train)), list(leaks)))
    for split, found in (("train", train), ("test", test)):
        if not len(found):
            raise BuildRefused(
                f"The {split} file would hold no image.",
                hint=f"Add photos to it: catdata add PATH --label cat --split {split}",
            )
    augmented = copies.plan(train, augmentation) if augmentation else Copies.none()
    splits = {
        "train": SplitContents(train, augmented),
        "test": SplitContents(test, Copies.none()),
    }
    return Contents(splits, list(map(LeftOut, leaking, because)), digest)


def _leaks(train: ImageColumns, test: ImageColumns) -> dict[int, int]:
    """Return the train images that show what is in test, ascending, each with the test image."""
    pairs = fingerprint.pairs_between(
        train.fingerprints, test.fingerprints, threads=engine.usable_cores()
    )
    return dict(map(tuple, pairs.tolist()))
