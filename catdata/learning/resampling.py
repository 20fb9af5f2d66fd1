"""Draw how far a mean over random seeds and random images may lie from what was measured.

What networks scored is a table with a row a seed and a column an image. Seeds and images are both
drawn from many more, so both are resampled together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]

RESAMPLES = 10_000

_CELLS_AT_ONCE = 1 << 18
_NOTHING = 1e-18  # a variance that is rounding


def deviations(
    tables: Sequence[Floats],
    rng: np.random.Generator,
    train_errors: Sequence[float],
    *,
    image_share: float = 1.0,
) -> Floats:
    """Draw how far the mean of each table may lie from what was measured.

    Seeds and images are resampled independently and every cell counts as often as its seed times
    its image: the two-way bootstrap of A. B. Owen, "The pigeonhole bootstrap", Annals of Applied
    Statistics 1, 2007. It errs on the side of width: what belongs to single cells enters its
    variance three times (no bootstrap of such tables is exact: P. McCullagh, "Resampling and
    exchangeable arrays", Bernoulli 6, 2000), and arms that differ in their seeds alone are hardly
    ever told apart. Its draws are therefore scaled to the unbiased standard error of
    :func:`precision`, and, as ten seeds give that error only roughly, spread as Student's t is:
    by the root of degrees / chi-square.

    Args:
        tables: Tables of one shape (seeds, images), resampled together.
        rng: Source of the resamples.
        train_errors: For each table the standard error that stems from the training images, which
            are none of its columns; added as a normal deviate.
        image_share: See :func:`precision`.

    Returns:
        Shape (tables, RESAMPLES).
    """
    draws = resampled_means(tables, rng)
    draws -= draws.mean(axis=1, keepdims=True)
    spread = draws.std(axis=1)
    found = [precision(table, image_share) for table in tables]
    errors = np.array([one.standard_error for one in found])
    scale = np.divide(errors, spread, out=np.zeros_like(errors), where=spread > 0)
    degrees = min(one.degrees for one in found)
    student = np.sqrt(degrees / rng.chisquare(degrees, RESAMPLES)) if degrees < math.inf else 1.0
    draws *= scale[:, None] * student
    draws += np.array(train_errors)[:, None] * rng.standard_normal(draws.shape)
    return draws


def resampled_means(tables: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """Return the mean of each table over resampled seeds and images, shape (tables, RESAMPLES)."""
    seeds, images = tables[0].shape
    rows = max(1, _CELLS_AT_ONCE // images)
    means = np.empty((len(tables), RESAMPLES))
    for start in range(0, RESAMPLES, rows):
        stop = min(start + rows, RESAMPLES)
        seed_weights = _weights(rng, stop - start, seeds)
        image_weights = _weights(rng, stop - start, images)
        for index, table in enumerate(tables):
            means[index, start:stop] = ((seed_weights @ table) * image_weights).sum(axis=1)
    return means


def _weights(rng: np.random.Generator, resamples: int, items: int) -> Floats:
    """Draw how often each item comes up, as shares, shape (resamples, items)."""
    picks = rng.integers(items, size=(resamples, items))
    picks += items * np.arange(resamples)[:, None]
    counts = np.bincount(picks.ravel(), minlength=resamples * items)
    return counts.reshape(resamples, items) / items


class Precision(NamedTuple):
    """The standard error of a table's mean and its degrees of freedom."""

    standard_error: float
    degrees: float


def precision(table: Floats, image_share: float = 1.0) -> Precision:
    """Estimate the standard error of a table's mean over random seeds and random images.

    The two-way random-effects analysis of variance (S. R. Searle, G. Casella and C. E. McCulloch,
    "Variance components", 1992): the variance is what single cells contribute, plus what seeds and
    images contribute above that, never less than nothing. The sum has the degrees of freedom of
    F. E. Satterthwaite, Biometrics Bulletin 2, 1946.

    Args:
        table: Shape (seeds, images).
        image_share: How often what the images contribute is counted.
    """
    seeds, images = table.shape
    seed_square = images * variance_of(table.mean(axis=1))
    image_square = seeds * variance_of(table.mean(axis=0))
    degrees = np.array([seeds - 1, images - 1, (seeds - 1) * (images - 1)])
    cells = float(((table - table.mean()) ** 2).sum())
    cells -= degrees[0] * seed_square + degrees[1] * image_square
    cell_square = max(cells, 0.0) / degrees[2] if degrees[2] else 0.0
    counts = np.array([seed_square > cell_square, image_share * (image_square > cell_square), 1.0])
    counts[2] -= counts[:2].sum()
    parts = counts * [seed_square, image_square, cell_square]
    variance = float(parts.sum())
    if variance <= _NOTHING:
        return Precision(0.0, math.inf)
    spread = float((parts[degrees > 0] ** 2 / degrees[degrees > 0]).sum())
    return Precision(math.sqrt(variance / table.size), variance**2 / spread)


def variance_of(values: Floats) -> float:
    """Return the unbiased variance of some values, 0 for a single one."""
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
