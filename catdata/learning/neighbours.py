"""Find the picture nearest to another, pixel by pixel: the simplest classifier there is.

What a network names no better than its nearest neighbour does, it has not understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.learning.inputs import WHITE, Pixels, float_slices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.learning.network import Floats
    from catdata.learning.records import LabelledImages


class Nearest(NamedTuple):
    """For each picture the row of the nearest one, and the distance: root mean square, 0..1."""

    rows: NDArray[np.intp]
    distances: Floats


def nearest(pictures: Pixels, among: Pixels) -> Nearest:
    """Find for each picture the nearest of others; of equally near ones the first.

    Products of whole pixels are exact in float64, so the answer depends on no BLAS.

    Args:
        pictures: Shape (m, s, s, 3), uint8.
        among: Shape (k, s, s, 3), uint8, k at least 1.
    """
    return _nearest(pictures, among, but_itself=False)


def nearest_others(pictures: Pixels) -> Nearest:
    """Find for each picture the nearest other one.

    Args:
        pictures: Shape (m, s, s, 3), uint8, m at least 2.
    """
    return _nearest(pictures, pictures, but_itself=True)


def accuracy(train: LabelledImages, test: LabelledImages) -> float:
    """Return the share of test images that have the label of the nearest training image.

    The nearest-neighbour rule of T. M. Cover and P. E. Hart ("Nearest neighbor pattern
    classification", IEEE Transactions on Information Theory 13, 1967).
    """
    rows = nearest(test.images[:], train.images[:]).rows
    return float((train.labels[rows] == test.labels).mean())


def _nearest(pictures: Pixels, among: Pixels, *, but_itself: bool) -> Nearest:
    """Go through both sets by slices, so that no memory is taken for all distances at once."""
    left, right = pictures.reshape(len(pictures), -1), among.reshape(len(among), -1)
    rows, squares = np.zeros(len(left), np.intp), np.full(len(left), np.inf)
    for columns, others in float_slices(right):
        lengths = np.einsum("ip,ip->i", others, others)
        for places, values in float_slices(left):
            own = np.einsum("ip,ip->i", values, values)
            block = own[:, None] + lengths - 2 * (values @ others.T)
            if but_itself and places == columns:
                np.fill_diagonal(block, np.inf)
            best = block.argmin(axis=1)
            found = block[np.arange(len(best)), best]
            nearer = found < squares[places]
            rows[places] = np.where(nearer, columns.start + best, rows[places])
            squares[places] = np.where(nearer, found, squares[places])
    return Nearest(rows, np.sqrt(squares / left.shape[1]) / WHITE)
