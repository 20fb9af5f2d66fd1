"""The power law of learning curves: fit it, resample what it is fitted to, and follow it.

The error of a network that learnt from n images is taken to be a + b * n**-c: a remains however
many images there are, b * n**-c is what they take away (C. Cortes, L. D. Jackel, S. A. Solla,
V. Vapnik and J. S. Denker, "Learning curves: asymptotic values and rate of convergence", NIPS 6,
1993; found again with deep networks by J. Hestness et al., "Deep learning scaling is predictable,
empirically", 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]

FEWEST_SIZES = 4
"""Three numbers are fitted, and one point more has to tell how well they fit."""

RESAMPLES = 2000

_CELLS_AT_ONCE = 1 << 20

_EXPONENTS = np.geomspace(0.05, 2.0, 150)
"""Theory and experiment find 0.07 to 1 (Hestness et al., section 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerLaws:
    """One or more laws, error = floor + scale * n**-exponent.

    Attributes:
        floor: The error that remains, shape (k,), 0..1.
        scale: Shape (k,), 0 or more; 0 where the error does not fall.
        exponent: How fast it falls, shape (k,), above 0.
    """

    floor: Floats
    scale: Floats
    exponent: Floats

    @classmethod
    def fit(cls, sizes: Sequence[int] | Floats, errors: Floats) -> PowerLaws:
        """Fit a law to each row of errors by least squares, with neither part below 0.

        For a given exponent the law is a straight line in n**-c, so its best floor and scale are
        known in closed form; the best of many exponents is taken.

        Args:
            sizes: Numbers of images, shape (p,), ``FEWEST_SIZES`` or more, all different.
            errors: Shape (k, p), 0..1.

        Raises:
            ValueError: If there are too few sizes.
        """
        sizes = np.asarray(sizes, np.float64)
        if len(np.unique(sizes)) < FEWEST_SIZES:
            raise ValueError(f"{len(sizes)} sizes cannot tell a law; {FEWEST_SIZES} are needed")
        smallest = sizes.min()
        falling = (sizes / smallest) ** -_EXPONENTS[:, None]  # (exponents, p), 1 at the smallest
        centred = falling - falling.mean(axis=1, keepdims=True)
        mean = errors.mean(axis=1, keepdims=True)
        scale = np.maximum((errors @ centred.T) / (centred**2).sum(axis=1), 0.0)
        floor = mean - scale * falling.mean(axis=1)
        through_zero = (errors @ falling.T) / (falling**2).sum(axis=1)
        scale, floor = np.where(floor < 0.0, through_zero, scale), np.maximum(floor, 0.0)
        misses = floor[..., None] + scale[..., None] * falling - errors[:, None]
        best = np.arange(len(errors)), (misses**2).sum(axis=2).argmin(axis=1)
        exponent = _EXPONENTS[best[1]]
        return cls(floor[best], scale[best] * smallest**exponent, exponent)

    def accuracy(self, images: float | Floats) -> Floats:
        """Return the accuracy of each law at each number of images, shape (k, n)."""
        falling = np.atleast_1d(images) ** -self.exponent[:, None]
        return 1.0 - self.floor[:, None] - self.scale[:, None] * falling

    def images_for(self, accuracy: float) -> Floats:
        """Return how many images each law needs for an accuracy, shape (k,); infinity for never."""
        room = 1.0 - accuracy - self.floor
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            needed: Floats = np.where(
                room > 0.0, (self.scale / np.maximum(room, 0.0)) ** (1.0 / self.exponent), np.inf
            )
        return needed


def resampled_means(table: Floats, *, rng: np.random.Generator) -> Floats:
    """Return the mean at each size over resampled draws and resampled test images.

    A draw is resampled with all its sizes, a test image with all answers to it, so what they have
    in common stays. One fewer is drawn than there are, which gives a mean of few values the
    variance that it has (J. N. K. Rao and C. F. J. Wu, "Resampling inference with complex survey
    data", JASA 83, 1988).

    Args:
        table: Share of right answers, shape (sizes, draws, images), 0..1; 2 or more draws and
            images.
        rng: Source of the resamples.

    Returns:
        Shape (RESAMPLES, sizes).
    """
    sizes, draws, images = table.shape
    rows = max(1, _CELLS_AT_ONCE // images)
    means = np.empty((RESAMPLES, sizes))
    for start in range(0, RESAMPLES, rows):
        part = means[start : start + rows]
        draw_weights = _weights(rng, len(part), draws)
        image_weights = _weights(rng, len(part), images)
        for place, answers in enumerate(table):
            part[:, place] = ((draw_weights @ answers) * image_weights).sum(axis=1)
    return means


def _weights(rng: np.random.Generator, resamples: int, items: int) -> Floats:
    """Draw how often each of the items comes up, as shares, shape (resamples, items)."""
    return rng.multinomial(items - 1, [1 / items] * items, resamples) / (items - 1)
