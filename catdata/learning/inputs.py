"""How pictures become a network's inputs: flattened, as floats 0..1, and scaled if asked for.

Rows of floats that are no pictures, of any range, are inputs as they are.

What is subtracted and divided by is learnt from the training images alone and kept with the model,
so that every other picture is treated the very same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.learning.network import Floats, Rows

Pixels = NDArray[np.uint8] | NDArray[np.float64]
SLICE_ROWS = 256
WHITE = 255.0


class Pictures(Protocol):
    """Pictures by rows: an array in memory, or a file from which rows are read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(m, s, s, 3)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | Rows, /) -> Pixels: ...


class Augmenter(Protocol):
    """What alters the training images of a mini-batch, anew in each epoch."""

    def __call__(self, images: NDArray[np.uint8], rows: Rows, epoch: int, /) -> NDArray[np.uint8]:
        """Return altered copies, and leave the images as they are.

        Args:
            images: Shape (k, s, s, 3), uint8.
            rows: Their rows in the training set, shape (k,).
            epoch: Times that training has been through all images before.

        Returns:
            Shape (k, s, s, 3), uint8: always the same for the same arguments.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Some rows of pictures that are too many for memory, themselves read when asked for.

    Attributes:
        whole: The pictures.
        chosen: Rows of theirs, shape (k,).
    """

    whole: Pictures
    chosen: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        """(k, s, s, 3)."""
        return (len(self.chosen), *self.whole.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""
        return self.whole.dtype

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, rows: slice | Rows) -> Pixels:
        return self.whole[self.chosen[rows]]


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
    def of(cls, images: Pictures, *, standardize: bool) -> Scaling:
        """Learn from training images.

        Sums of whole pixels and of their squares stay below 2**53, so nothing is rounded before the
        division. Floats need their mean first, or the difference of large squares would be lost.

        Args:
            images: Shape (m, s, s, 3), uint8; or inputs as they are, shape (m, n0), float64.
            standardize: Whether to divide by the standard deviation.
        """
        count = len(images)
        if images.dtype != np.uint8:
            rows = images[:]
            spread = rows.std(axis=0) if standardize else np.ones(rows.shape[1])
            return cls(rows.mean(axis=0), np.where(spread == 0.0, 1.0, spread))
        sums, squares = np.zeros((2, inputs_in(images)))
        for _, values in float_slices(images):
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


def inputs_in(images: Pictures) -> int:
    """Return how many numbers a picture is."""
    return int(np.prod(images.shape[1:]))


def in_memory(images: Pictures) -> bool:
    """Tell whether pictures are an array, rather than read when they are asked for."""
    return isinstance(images, np.ndarray)


def row_slices(count: int) -> list[slice]:
    """Cut so many rows into slices of at most ``SLICE_ROWS``."""
    return [slice(start, min(start + SLICE_ROWS, count)) for start in range(0, count, SLICE_ROWS)]


def float_slices(
    images: Pictures, scaling: Scaling | None = None, stop: int | None = None
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield flattened pictures as 255 times their inputs, a bounded number of rows at a time.

    Args:
        images: Shape (m, s, s, 3), uint8; or inputs as they are, shape (m, n0), float64.
        scaling: How pixels become inputs; None for pixels / 255.
        stop: The row before which to stop; None for all.
    """
    for rows in row_slices(len(images) if stop is None else stop):
        values = _times_white(images[rows])
        if scaling is not None:
            scaling.apply(values)
        yield rows, values


def fill_inputs(images: Pixels, scaling: Scaling | None, inputs: Floats) -> None:
    """Fill *inputs*, of shape (m, n0), float64 or float32, with those of pictures."""
    if scaling is None and images.dtype == np.uint8:
        # A pixel over 255 is the same rounded to float32 at once or by way of float64.
        inputs[:] = images.reshape(len(images), -1)
        inputs /= WHITE
    else:
        values = _times_white(images)
        if scaling is not None:
            scaling.apply(values)
        np.divide(values, WHITE, out=inputs, casting="same_kind")


def _times_white(images: Pixels) -> NDArray[np.float64]:
    """Return flattened pictures, or 255 times rows of numbers that are inputs as they are."""
    values = images.reshape(len(images), -1).astype(np.float64)
    if images.dtype != np.uint8:
        values *= WHITE
    return values


def inputs_of(images: Pictures, scaling: Scaling | None = None) -> NDArray[np.float64]:
    """Return pictures as a network's inputs.

    Args:
        images: Shape (m, s, s, 3), uint8; or inputs as they are, shape (m, n0), float64.
        scaling: What the network was trained with.

    Returns:
        Shape (n0, m), one column an image.
    """
    values = np.empty((len(images), inputs_in(images)))
    fill_inputs(images[:], scaling, values)
    return values.T
