"""How pictures become a network's inputs: flattened, as floats 0..1, and scaled if asked for.

Rows of floats that are no pictures, of any range, are inputs as they are.

What is subtracted and divided by is learnt from the training images alone and kept with the model,
so that every other picture is treated the very same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Pixels = NDArray[np.uint8] | NDArray[np.float64]
SLICE_ROWS = 256
WHITE = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What is taken off every pixel, and what it is then divided by.

    Attributes:
        mean: The training images' mean picture, shape (n0,), 0..1.
        deviation: Shape (n0,), above 0: ones, or each pixel's standard deviation over them. A pixel
            that never changes is divided by 1.
    """

    mean: NDArray[np.floating[Any]]
    deviation: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, images: Pixels, *, standardize: bool) -> Scaling:
        """Learn from training images.

        Sums of whole pixels and of their squares stay below 2**53, so nothing is rounded before the
        division. Floats need their mean first, or the difference of large squares would be lost.

        Args:
            images: Shape (m, s, s, 3), uint8; or inputs as they are, shape (m, n0), float64.
            standardize: Whether to divide by the standard deviation.
        """
        flat, count = images.reshape(len(images), -1), len(images)
        if images.dtype != np.uint8:
            spread = flat.std(axis=0) if standardize else np.ones(flat.shape[1])
            return cls(flat.mean(axis=0), np.where(spread == 0.0, 1.0, spread))
        sums, squares = np.zeros((2, flat.shape[1]))
        for _, values in float_slices(flat):
            sums += values.sum(axis=0)
            squares += np.einsum("ip,ip->p", values, values)
        deviation = np.ones_like(sums)
        if standardize:
            deviation = np.sqrt(count * squares - sums**2) / (count * WHITE)
            deviation[deviation == 0.0] = 1.0
        return cls(sums / (count * WHITE), deviation)

    def apply(self, values: NDArray[np.float64]) -> None:
        """Scale rows of pixels 0..255, in place; divided by 255 they are inputs."""
        values -= self.mean * WHITE
        values /= self.deviation

    def equals(self, other: Scaling | None) -> bool:
        """Tell whether another scaling does the same."""
        return (
            other is not None
            and np.array_equal(self.mean, other.mean)
            and np.array_equal(self.deviation, other.deviation)
        )


def float_slices(
    pixels: Pixels, scaling: Scaling | None = None
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield flattened pictures as 255 times their inputs, a bounded number of rows at a time."""
    for start in range(0, len(pixels), SLICE_ROWS):
        rows = slice(start, min(start + SLICE_ROWS, len(pixels)))
        values = pixels[rows].astype(np.float64)
        if pixels.dtype != np.uint8:
            values *= WHITE
        if scaling is not None:
            scaling.apply(values)
        yield rows, values


def inputs_of(images: Pixels, scaling: Scaling | None = None) -> NDArray[np.float64]:
    """Return pictures as a network's inputs.

    Args:
        images: Shape (m, s, s, 3), uint8; or inputs as they are, shape (m, n0), float64.
        scaling: What the network was trained with.

    Returns:
        Shape (n0, m), one column an image.
    """
    flat = images.reshape(len(images), -1)
    slices = [values / WHITE for _, values in float_slices(flat, scaling)]
    return np.concatenate([np.empty((0, flat.shape[1])), *slices]).T
