"""Draw ever larger parts of a training set, each of which holds the one before.

The parts of one draw are nested and hold the classes in one proportion, so what moves along a
learning curve is the number of images alone. Near-duplicates and augmented copies come together
with their picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused
from catdata.fingerprint import fingerprints, groups_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from catdata.h5file import ImageSet


class Nest:
    """A training set of which nested parts are drawn.

    Sizes count pictures; augmented copies come on top of them. A part may hold a few pictures more
    than was asked for, where the last group of near-duplicates is a large one.

    Args:
        train: All images.
        always: References of images that every part holds, with their near-duplicates.

    Attributes:
        images: Number of pictures in all.
        fewest: How many of them every part holds.
    """

    def __init__(self, train: ImageSet, always: Sequence[str] = ()) -> None:
        self._train = train
        prints = fingerprints(train.images) if train.fingerprints is None else train.fingerprints
        _, self._group = np.unique(groups_within(prints), return_inverse=True)
        pictures = (train.copies == 0).astype(np.float64)
        self._sizes = np.bincount(self._group, weights=pictures)
        held = set(always)
        fixed = np.array([ref in held for ref in train.refs], dtype=np.float64)
        self._fixed = np.bincount(self._group, weights=fixed) > 0
        cats = np.bincount(self._group, weights=train.labels)
        self._is_cat = 2 * cats > np.bincount(self._group)
        self.images = int(self._sizes.sum())
        self.fewest = int(self._sizes[self._fixed].sum())

    def draw(self, sizes: Sequence[int], *, rng: np.random.Generator) -> list[NDArray[np.intp]]:
        """Draw one nested part for each size.

        Args:
            sizes: Numbers of pictures, ascending.
            rng: Decides which pictures come first.

        Returns:
            The rows of each part, ascending.

        Raises:
            ConfigRefused: If a part would hold images of one class only.
        """
        order = self._order(rng)
        before = np.concatenate([[0.0], np.cumsum(self._sizes[order])])[:-1]
        parts = []
        for size in sizes:
            held = self._fixed.copy()
            held[order[before < size]] = True
            rows = np.flatnonzero(held[self._group])
            if len(np.unique(self._train.labels[rows])) < 2:
                raise ConfigRefused(
                    f"{size} images are too few: a part drawn from the training set has images of"
                    " one class only",
                    hint="Begin with a larger size (--sizes).",
                )
            parts.append(rows)
        return parts

    def _order(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return all groups, those of every part first, then both classes evenly mixed."""
        turn = np.full(len(self._sizes), -1.0)
        for is_cat in (False, True):
            groups = rng.permutation(np.flatnonzero((self._is_cat == is_cat) & ~self._fixed))
            sizes = self._sizes[groups]
            # Where a group stands among those of its class, 0..1: the middle of its own share.
            turn[groups] = (np.cumsum(sizes) - sizes / 2) / max(sizes.sum(), 1.0)
        return np.argsort(turn, kind="stable")
