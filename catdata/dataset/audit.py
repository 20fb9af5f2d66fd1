"""Look for what could spoil a dataset: copies, leaks, conflicting labels, poor pictures, imbalance.

Nothing is changed. Each finding names the images and the value that was measured with its limit.
Pictures are judged as the network sees them, at the size of the builds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata import fingerprint
from catdata.dataset.pixels import PixelSource, workers
from catdata.dataset.status import NOTABLE_SHIFT, read_status
from catdata.h5file import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.catalog import Catalog, ImageRow
    from catdata.dataset.pixels import Pixels
    from catdata.dataset.status import Status
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs

DARK = 40.0  # mean grey level, 0..255
BRIGHT = 220.0
LOW_INFORMATION = 12.0  # standard deviation of the grey levels
BLURRY = 40.0  # variance of the Laplacian
ODD_ASPECT_RATIO = 2.5  # longer side by shorter side
IMBALANCE = 0.25  # share of the rarer class

_GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601 luma


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a look.

    Attributes:
        kind: Such as ``leak`` or ``dark``; docs/design.md lists them.
        refs: The images concerned.
        detail: What was measured, for people.
    """

    kind: str
    refs: tuple[str, ...]
    detail: str

    def to_json(self) -> dict[str, object]:
        """Return the finding as plain types."""
        return {"kind": self.kind, "refs": list(self.refs), "detail": self.detail}


def audit(
    workspace: Workspace,
    *,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Finding]:
    """Look through the whole catalog, the originals included.

    Args:
        workspace: What to look at.
        jobs: Number of workers or another engine; one worker for each usable core if None.
        on_progress: Called with the pictures looked at and their total.
    """
    status = read_status(workspace)
    done = 0
    shapes: list[Finding] = []
    looks: list[Finding] = []
    with workspace.catalog() as catalog:
        copies = list(_copies(catalog))
        for rows, block in _pages(workspace, catalog, jobs):
            refs = catalog.short_refs(rows)
            for row, ref in zip(rows, refs, strict=True):
                shapes += _shape(row, ref, workspace.settings.size)
            looks += _measure(block, refs)
            done += len(rows)
            if on_progress:
                on_progress(done, status.total().images)
    return [*copies, *shapes, *looks, *_balance(status)]


def _copies(catalog: Catalog) -> Iterator[Finding]:
    """Yield findings about images that show the same."""
    ids, prints = catalog.fingerprints_after(0)
    for i, j in fingerprint.pairs_within(prints):
        found = catalog.present([ids[i], ids[j]])
        if len(found) < 2:  # somebody else has just removed one
            continue
        first, second = found
        refs = (catalog.short_ref(first), catalog.short_ref(second))
        kind, detail = _likeness(first, second, prints[i], prints[j])
        yield Finding(kind, refs, detail)
        if first.split != second.split:
            yield Finding("leak", refs, f"one is in {first.split}, the other in {second.split}")
        if first.label != second.label:
            yield Finding(
                "label-conflict", refs, f"labelled {first.class_name} and {second.class_name}"
            )


def _likeness(
    first: ImageRow, second: ImageRow, one: NDArray[np.uint64], other: NDArray[np.uint64]
) -> tuple[str, str]:
    if first.content_hash == second.content_hash:
        return "duplicate", "the same pixels"
    dhash, phash = fingerprint.distances(one, other[None, :])
    detail = (
        f"dHash distance {dhash[0]} (limit {fingerprint.DHASH_LIMIT}), "
        f"pHash distance {phash[0]} (limit {fingerprint.PHASH_LIMIT})"
    )
    plain, mirrored = (
        (int(one[word]) ^ int(other[fingerprint.PLAIN_DHASH])).bit_count()
        for word in (fingerprint.PLAIN_DHASH, fingerprint.MIRRORED_DHASH)
    )
    return ("mirrored" if mirrored < plain else "near-duplicate"), detail


def _shape(row: ImageRow, ref: str, size: int) -> Iterator[Finding]:
    """Yield findings about the size of the file's picture."""
    shorter, longer = sorted((row.width, row.height))
    dimensions = f"{row.width} x {row.height} pixels"
    if shorter < size:
        yield Finding("upscaled", (ref,), f"{dimensions}, smaller than {size} x {size}")
    if longer / shorter > ODD_ASPECT_RATIO:
        ratio = longer / shorter
        detail = f"{dimensions}: the sides are {ratio:.1f} : 1 (limit {ODD_ASPECT_RATIO} : 1)"
        yield Finding("odd-aspect-ratio", (ref,), detail)


@dataclass(frozen=True, slots=True)
class Measure:
    """A property of a picture as the network sees it, and when it is worth a look.

    Attributes:
        value: Function of grey pictures, shape (k, size, size), that returns shape (k,).
        what: The value's name, for people.
        limit: The threshold.
        above: Whether values above it are the poor ones, instead of those below.
    """

    value: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    what: str
    limit: float
    above: bool = False


def _laplacian_variance(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how strong the edges are (Pech-Pacheco et al., 2000)."""
    if grey.shape[1] < 3:  # too small to have an edge
        return np.full(len(grey), np.inf)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    variance: NDArray[np.float64] = (around - 4 * inner).var(axis=(1, 2))
    return variance


MEASURES: dict[str, Measure] = {
    "dark": Measure(lambda grey: grey.mean(axis=(1, 2)), "mean grey level", DARK),
    "bright": Measure(lambda grey: grey.mean(axis=(1, 2)), "mean grey level", BRIGHT, above=True),
    "low-information": Measure(
        lambda grey: grey.std(axis=(1, 2)), "standard deviation of the grey levels", LOW_INFORMATION
    ),
    "blurry": Measure(_laplacian_variance, "variance of the Laplacian", BLURRY),
}


def _pages(
    workspace: Workspace, catalog: Catalog, jobs: Jobs
) -> Iterator[tuple[list[ImageRow], Pixels]]:
    """Yield all images some at a time, each page with its pixels."""
    ahead: deque[ImageRow] = deque()

    def rows() -> Iterator[ImageRow]:
        for row in catalog.images():
            ahead.append(row)
            yield row

    with (
        workers(jobs) as pool,
        PixelSource(workspace, workspace.settings.preparation, pool) as pixels,
    ):
        for block in pixels.slices(rows()):
            yield [ahead.popleft() for _ in block], block


def _measure(block: Pixels, refs: Sequence[str]) -> Iterator[Finding]:
    grey = block @ _GREY
    for kind, measure in MEASURES.items():
        for value, ref in zip(measure.value(grey), refs, strict=True):
            if (value > measure.limit) if measure.above else (value < measure.limit):
                detail = f"{measure.what} {value:.0f} (limit {measure.limit:.0f})"
                yield Finding(kind, (ref,), detail)


def _balance(status: Status) -> Iterator[Finding]:
    """Yield findings about the shares of the classes, and about builds that are out of date."""
    for split in SPLITS:
        counts = status.total(split=split)
        rarer = min(counts.cat_share, 1 - counts.cat_share)
        if counts.images and rarer < IMBALANCE:
            detail = f"{split} holds {counts.cat} cats among {counts.images} images"
            yield Finding("class-imbalance", (), f"{detail} (limit {IMBALANCE:.0%} of each class)")
    if status.shift:
        yield Finding("class-shift", (), f"{status.shift[:-1]} (limit {NOTABLE_SHIFT:.0%})")
    for build in status.builds:
        if not build.up_to_date:
            detail = f"{build.build} was written before the last change: catdata build-h5"
            yield Finding("build-out-of-date", (), f"{detail} {build.build}")
