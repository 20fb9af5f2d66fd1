"""The images of a training as its first layer takes them, made once and shared between runs.

``Gram`` holds the products of all images with one another, ``PixelRows`` the pixels as floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.inputs import WHITE, Pixels, Scaling, float_slices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catdata.learning.network import Floats, Rows

Shape = tuple[int, int, int]


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
        pixels: The images, flattened to (m, n0), uint8.
        matrix: K, shape (m, m), rounded to *dtype* in the end.
        others: By name: the flattened pixels (k, n0) and the products with the training images
            (m, k).
        scaling: As given.
    """

    def __init__(
        self,
        images: Pixels,
        others: Mapping[str, Pixels] | None = None,
        scaling: Scaling | None = None,
        dtype: str = "float64",
    ) -> None:
        self._made_of = {"": images, **(others or {})}
        self.scaling = scaling
        self.pixels = images.reshape(len(images), -1)
        self.matrix = np.empty((len(images), len(images)), dtype)
        for rows, left in float_slices(self.pixels, scaling):
            self.matrix[rows, rows] = _scale_products(left @ left.T)
            for columns, right in float_slices(self.pixels[: rows.start], scaling):
                block = _scale_products(left @ right.T)
                self.matrix[rows, columns] = block
                self.matrix[columns, rows] = block.T
        self.others = {
            name: (flat, self._products_with(flat))
            for name, flat in _flattened(others or {}).items()
        }

    def part(
        self, images: Pixels, rows: Rows, others: Mapping[str, tuple[Pixels, str, Rows]]
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
        part._made_of = {"": images, **{name: pixels for name, (pixels, _, _) in others.items()}}
        part.scaling = None
        part.pixels = images.reshape(len(images), -1)
        part.matrix = self.matrix[np.ix_(rows, rows)]
        part.others = {
            name: (pixels.reshape(len(pixels), -1), self.others[whole][1][np.ix_(rows, columns)])
            for name, (pixels, whole, columns) in others.items()
        }
        return part

    def check_made_of(
        self,
        images: Pixels,
        others: Mapping[str, Pixels],
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
        for name, pixels in {"": images, **others}.items():
            if self._made_of.get(name) is not pixels:
                raise ValueError(f"the Gram matrix was made of other images: {name or 'train'}")

    def parameter_shapes(self, runs: int, units: int, *, decays: bool = False) -> list[Shape]:
        """Return the shapes of the first layer's parameters.

        Args:
            runs: Networks in the stack.
            units: Width of the layer.
            decays: Whether L2 will shrink them, which needs two numbers more a unit.
        """
        coefficients = (runs, units, len(self.pixels))
        return [coefficients, (runs, units, 2)] if decays else [coefficients]

    def _products_with(self, pixels: Pixels) -> Floats:
        products = np.empty((len(self.pixels), len(pixels)), self.matrix.dtype)
        for rows, left in float_slices(self.pixels, self.scaling):
            for columns, right in float_slices(pixels, self.scaling):
                products[rows, columns] = _scale_products(left @ right.T)
        return products


def _scale_products(products: Floats) -> Floats:
    """Scale products of pixels 0..255 to 0..1 and add the constant input's 1, in place."""
    products /= WHITE**2
    products += 1.0
    return products


class PixelRows:
    """The pictures of a training set as floats, for the direct form; shared between runs.

    Args:
        images: Shape (m, s, s, 3), uint8.
        others: Further sets of images by name, each of shape (k, s, s, 3), uint8.
        scaling: How pixels become inputs; None for pixels / 255.
        dtype: What the loop computes in.

    Attributes:
        matrix: The inputs and a last column of ones, shape (m, n0 + 1).
        others: The same for each further set.
    """

    def __init__(
        self,
        images: Pixels,
        others: Mapping[str, Pixels] | None = None,
        scaling: Scaling | None = None,
        dtype: str = "float64",
    ) -> None:
        self.matrix = _rows_of_inputs(images.reshape(len(images), -1), scaling, dtype)
        self.others = {
            name: _rows_of_inputs(flat, scaling, dtype)
            for name, flat in _flattened(others or {}).items()
        }

    def parameter_shapes(self, runs: int, units: int, *, decays: bool = False) -> list[Shape]:  # noqa: ARG002 - L2 needs nothing more here
        """Return the shape of the parameters: weights of the pixels, and biases."""
        return [(runs, units, self.matrix.shape[1])]


def _flattened(sets: Mapping[str, Pixels]) -> dict[str, Pixels]:
    return {name: images.reshape(len(images), -1) for name, images in sets.items()}


def _rows_of_inputs(pixels: Pixels, scaling: Scaling | None, dtype: str) -> Floats:
    inputs = np.ones((len(pixels), pixels.shape[1] + 1), dtype)
    for rows, values in float_slices(pixels, scaling):
        inputs[rows, :-1] = values / WHITE
    return inputs


Source = Gram | PixelRows

SOURCES: dict[str, Callable[[Pixels, Mapping[str, Pixels], Scaling | None, str], Source]] = {
    "gram": Gram,
    "direct": PixelRows,
}
