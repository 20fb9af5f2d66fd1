"""Make the arm that tells "more data" from "more steps for each image".

A larger training set is often trained longer, counted in how often the network sees each image, or
shifts the balance of the classes. The control has as many rows as the larger set, but no new image.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused, shown
from catdata.learning.comparison import Arm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from catdata.h5file import ImageSet


def control_arm(arms: Sequence[Arm], *, seed: int = 0) -> Arm:
    """Return the first arm with its training images repeated up to the size of the largest other.

    Args:
        arms: The first is what the others are held against.
        seed: Decides which images are repeated once more than the others.

    Raises:
        ConfigRefused: If no other arm has more training images.
    """
    first, *others = arms
    train = first.pair.train
    size = max((len(arm.pair.train) for arm in others), default=0)
    if size <= len(train):
        raise ConfigRefused(
            f"there is nothing to control for: no build has more training images than"
            f" {shown(first.name)}, {len(train)}"
        )
    rows = repeated_rows(train.labels, size, rng=np.random.default_rng(seed))
    name = f"{first.name} x{size / len(train):.1f} (control)"
    return Arm(name, replace(first.pair, train=_rows_of(train, rows), build_id=""), control=True)


def repeated_rows(
    labels: NDArray[np.int64], size: int, *, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Resample rows to a larger number, with the same share of each class.

    Every row comes as often as any other of its class, but for one: a plain draw with replacement
    would leave out a third of them where the size hardly grows, and so be a smaller training set.

    Args:
        labels: Shape (m,), 0 or 1.
        size: How many rows to return, at least m.
        rng: Decides which rows come once more than others.

    Returns:
        Row numbers, shape (size,), ascending.
    """
    counts = np.bincount(labels, minlength=2)
    cats = round(size * counts[1] / len(labels))
    drawn = []
    for label, wanted in enumerate((size - cats, cats)):
        rows = np.flatnonzero(labels == label)
        if len(rows):
            whole, rest = divmod(wanted, len(rows))
            drawn += [np.repeat(rows, whole), rng.permutation(rows)[:rest]]
    return np.sort(np.concatenate(drawn))


def _rows_of(images: ImageSet, rows: NDArray[np.intp]) -> ImageSet:
    """Return some rows, perhaps several times, with all that is known of them."""
    hashes, prints = images.content_hashes, images.fingerprints
    return replace(
        images,
        images=images.images[rows],
        labels=images.labels[rows],
        refs=tuple(images.refs[row] for row in rows),
        content_hashes=None if hashes is None else hashes[rows],
        fingerprints=None if prints is None else prints[rows],
        copies=images.copies[rows],
    )
