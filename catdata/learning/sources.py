"""The images of a training as its first layer takes them, made once and shared between runs.

``Gram`` holds the products of all images with one another, ``PixelRows`` the pixels themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from catdata.learning.inputs import (
    WHITE,
    Pictures,
    Pixels,
    Scaling,
    fill_inputs,
    float_slices,
    inputs_in,
    row_slices,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from catdata.learning.config import TrainConfig
    from catdata.learning.inputs import Augmenter
    from catdata.learning.network import Floats, Rows

Shape = tuple[int, int, int]

HELD_BYTES = 512 * 2**20
"""The most that training images may take as floats to be kept so; more are converted anew."""


class Gram:
    """The products of all pictures of a training set with one another, shared between runs.

    With X the inputs, one column an image, the matrix is K = XᵀX + 1; the 1 stems from the
    constant input. Without scaling the sums of products of whole pixels stay below 2**53 and are
    not rounded at all: K does not depend on the BLAS, on its threads or on the slices.

    Args:
        images: Shape (m, s, s, 3), uint8.
        others: Further sets of images by name, each of shape (k, s, s, 3), uint8.
        scaling: How pixels become inputs; None for pixels / 255.
        dtype: What the loop computes in.

    Attributes:
        images: As given.
        matrix: K, shape (m, m), rounded to *dtype* in the end.
        others: By name: the images as given, and their products with the training images (m, k).
        scaling: As given.
    """

    def __init__(
        self,
        images: Pictures,
        others: Mapping[str, Pictures] | None = None,
        scaling: Scaling | None = None,
        dtype: str = "float64",
    ) -> None:
        self.images = images
        self.scaling = scaling
        self.matrix = np.empty((len(images), len(images)), dtype)
        for rows, left in float_slices(images, scaling):
            self.matrix[rows, rows] = _scale_products(left @ left.T)
            for columns, right in float_slices(images, scaling, stop=rows.start):
                block = _scale_products(left @ right.T)
                self.matrix[rows, columns] = block
                self.matrix[columns, rows] = block.T
        self.others = {
            name: (other, self._products_with(other)) for name, other in (others or {}).items()
        }

    def part(
        self, images: Pictures, rows: Rows, others: Mapping[str, tuple[Pictures, str, Rows]]
    ) -> Gram:
        """Take out the products of some of the images, which need not be computed again.

        Only without scaling, which would have to be learnt from those images alone.

        Args:
            images: Those images, shape (k, s, s, 3), uint8.
            rows: Which they are of the images that this was made of, shape (k,).
            others: By name: images of another set, that set's name here, and which of it they are.

        Raises:
            ValueError: If this was made with scaling.
        """
        if self.scaling is not None:
            raise ValueError("a part of scaled images has another scaling")
        part = object.__new__(Gram)
        part.images = images
        part.scaling = None
        part.matrix = self.matrix[np.ix_(rows, rows)]
        part.others = {
            name: (pixels, self.others[whole][1][np.ix_(rows, columns)])
            for name, (pixels, whole, columns) in others.items()
        }
        return part

    def check_made_of(
        self,
        images: Pictures,
        others: Mapping[str, Pictures],
        scaling: Scaling | None = None,
        dtype: str = "float64",
    ) -> None:
        """Refuse to stand in for the products of other arrays than those this was made of.

        Raises:
            ValueError: If it was made of others, or with another scaling or dtype; equal copies of
                the images count as others.
        """
        same = scaling.equals(self.scaling) if scaling else self.scaling is None
        if not same or self.matrix.dtype != dtype:
            raise ValueError("the Gram matrix was made with another scaling or dtype")
        if self.images is not images:
            raise ValueError("the Gram matrix was made of other images: train")
        for name, other in others.items():
            if name not in self.others or self.others[name][0] is not other:
                raise ValueError(f"the Gram matrix was made of other images: {name}")

    def parameter_shapes(self, runs: int, units: int, *, decays: bool = False) -> list[Shape]:
        """Return the shapes of the first layer's parameters.

        Args:
            runs: Networks in the stack.
            units: Width of the layer.
            decays: Whether L2 will shrink them, which needs two numbers more a unit.
        """
        coefficients = (runs, units, len(self.images))
        return [coefficients, (runs, units, 2)] if decays else [coefficients]

    def _products_with(self, others: Pictures) -> Floats:
        products = np.empty((len(self.images), len(others)), self.matrix.dtype)
        for rows, left in float_slices(self.images, self.scaling):
            for columns, right in float_slices(others, self.scaling):
                products[rows, columns] = _scale_products(left @ right.T)
        return products


def _scale_products(products: Floats) -> Floats:
    """Scale products of pixels 0..255 to 0..1 and add the constant input's 1, in place."""
    products /= WHITE**2
    products += 1.0
    return products


class PixelRows:
    """The pictures of a training set for the direct form; shared between runs.

    They become floats once where all are looked at in each iteration and that many floats are
    bearable, and else a slice or a mini-batch at a time.

    Args:
        images: Shape (m, s, s, 3), uint8.
        others: Further sets of images by name, each of shape (k, s, s, 3), uint8.
        scaling: How pixels become inputs; None for pixels / 255.
        dtype: What the loop computes in.
        batches: Whether only some of the images are looked at in an iteration.
        augment: What a step learns from in place of the images of its mini-batch.

    Attributes:
        images: As given.
        others: As given.
        matrix: The inputs and a last column of ones, shape (m, n0 + 1); None if they are made when
            they are needed.
        inputs: Numbers in a row of it, n0 + 1.
    """

    def __init__(
        self,
        images: Pictures,
        others: Mapping[str, Pictures] | None = None,
        scaling: Scaling | None = None,
        dtype: str = "float64",
        *,
        batches: bool = False,
        augment: Augmenter | None = None,
    ) -> None:
        self.images = images
        self.others = dict(others or {})
        self.inputs = inputs_in(images) + 1
        self._scaling = scaling
        self._dtype = dtype
        self._augment = augment
        self.matrix: Floats | None = None
        if not batches and is_held(len(images), self.inputs, dtype):
            self.matrix = self.buffer(len(images))
            for rows in row_slices(len(images)):
                self.fill(images[rows], self.matrix[rows])

    def batch(self, rows: slice | Rows, epoch: int | None) -> Pixels:
        """Return some pictures; in an epoch of training, altered if they are to be."""
        images = self.images[rows]
        if self._augment is None or epoch is None or isinstance(rows, slice):
            return images
        # Training refuses to alter what is no picture.
        altered = self._augment(cast("NDArray[np.uint8]", images), rows, epoch)
        if altered.shape != images.shape or altered.dtype != images.dtype:
            raise ValueError(
                f"augment returned {altered.dtype} of shape {altered.shape}"
                f" for {images.dtype} of shape {images.shape}"
            )
        return altered

    def buffer(self, images: int) -> Floats:
        """Return an array for :meth:`fill`, shape (images, n0 + 1), its last column of ones."""
        return np.ones((images, self.inputs), self._dtype)

    def fill(self, images: Pixels, buffer: Floats) -> None:
        """Fill all but the last column of a buffer with the inputs of as many pictures."""
        fill_inputs(images, self._scaling, buffer[:, :-1])

    def parameter_shapes(self, runs: int, units: int, *, decays: bool = False) -> list[Shape]:  # noqa: ARG002 - L2 needs nothing more here
        """Return the shape of the parameters: weights of the pixels, and biases."""
        return [(runs, units, self.inputs)]


def is_held(images: int, inputs: int, dtype: str) -> bool:
    """Tell whether the inputs of so many images are few enough to be kept as floats."""
    return images * inputs * np.dtype(dtype).itemsize <= HELD_BYTES


Source = Gram | PixelRows


def source_of(
    form: str,
    images: Pictures,
    others: Mapping[str, Pictures],
    scaling: Scaling | None,
    config: TrainConfig,
    augment: Augmenter | None = None,
) -> Source:
    """Return the images as the first layer takes them in a form, ``gram`` or ``direct``."""
    if form == "gram":
        return Gram(images, others, scaling, config.dtype)
    batches = config.batch_size > 0
    return PixelRows(images, others, scaling, config.dtype, batches=batches, augment=augment)
