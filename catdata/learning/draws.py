"""What is drawn anew at each iteration: the images of a mini-batch, and the units left out.

Both depend on the seed and the iteration alone, so an iteration can be repeated at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.network import Floats, Rows

_BATCHES, _DROPOUT = 1, 2  # two streams of numbers from one seed


class Batches:
    """Mini-batches: every epoch goes through all images once, in an order of its own.

    Args:
        images: Number of training images.
        size: Images in a batch; the last one of an epoch may have fewer.
        seed: Decides the orders.
    """

    def __init__(self, images: int, size: int, seed: int) -> None:
        self._images = images
        self._size = size
        self._seed = seed
        self._epoch = -1
        self._order = np.empty(0, np.intp)

    def epoch(self, iteration: int) -> int:
        """Return how often all images have been gone through before an iteration."""
        return iteration // -(-self._images // self._size)

    def rows(self, iteration: int) -> Rows:
        """Return the images of the batch of an iteration."""
        epoch, batch = divmod(iteration, -(-self._images // self._size))
        if epoch != self._epoch:
            rng = np.random.default_rng([self._seed, _BATCHES, epoch])
            self._order, self._epoch = rng.permutation(self._images), epoch
        return self._order[batch * self._size : (batch + 1) * self._size]


def dropped_units(
    seeds: Sequence[int], iteration: int, share: float, shapes: Sequence[tuple[int, ...]]
) -> list[Floats]:
    """Draw which hidden units are left out in an iteration, for each image anew.

    Args:
        seeds: The seed of each run.
        iteration: Steps made before.
        share: Share of the units that is left out, 0..1.
        shapes: The shape of each hidden layer's activation, (runs, units, m).

    Returns:
        For each layer what its activation is multiplied by (inverted dropout, N. Srivastava et al.,
        2014): 0 or 1 / (1 - share), float32.
    """
    factors: list[Floats] = [np.empty(shape, np.float32) for shape in shapes]
    for run, seed in enumerate(seeds):
        rng = np.random.default_rng([seed, _DROPOUT, iteration])
        for factor in factors:
            kept = rng.random(factor.shape[1:], np.float32) >= share
            np.multiply(kept, 1.0 / (1.0 - share), out=factor[run])
    return factors
