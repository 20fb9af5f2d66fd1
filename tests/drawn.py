"""Small sets of labelled pictures for the tests of training, drawn from noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pictures with labels, as training takes them."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def drawn(count: int, size: int = 4, seed: int = 0, cats: float = 0.4) -> Drawn:
    """Draw noise in which cats are somewhat redder than the rest."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) < round(cats * count)).astype(np.int64)
    images = rng.integers(0, 200, (count, size, size, 3))
    images[labels == 1, :, :, 0] += 55
    order = rng.permutation(count)
    return Drawn(images[order].astype(np.uint8), labels[order])
