"""The first layer, which alone sees pixels, in two exact forms behind one interface.

``DirectInput`` multiplies weights by pixels, as every textbook does. ``GramInput`` rests on this:
full-batch gradient descent moves W1 only within the span of the images, so W1 = W1⁰ + C Xᵀ with one
coefficient for each unit and image, and the pre-activation is W1⁰ X + C K with K = XᵀX, images by
images. The step of C is the gradient of the pre-activation itself; pixels are needed before and
after the loop only, and the numbers are the same. An input that is always 1 carries the bias.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from catdata.errors import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from catdata.learning.network import Floats

Pixels = NDArray[np.uint8]
SLICE_ROWS = 256
WHITE = 255.0


def float_slices(pixels: Pixels) -> Iterator[tuple[slice, Floats]]:
    """Yield flattened pictures as floats 0..255, a bounded number of rows at a time."""
    for start in range(0, len(pixels), SLICE_ROWS):
        rows = slice(start, min(start + SLICE_ROWS, len(pixels)))
        yield rows, pixels[rows].astype(np.float64)


class Gram:
    """The products of all pictures of a training set with one another, shared between runs.

    With X the pixels / 255, one column an image, the matrix is K = XᵀX + 1; the 1 stems from the
    constant input. The sums of products of whole pixels stay below 2**53 and are not rounded at
    all: K does not depend on the BLAS, on its threads or on the slices.

    Args:
        images: Shape (m, s, s, 3), uint8.
        others: Further sets of images by name, each of shape (k, s, s, 3), uint8.

    Attributes:
        pixels: The images, flattened to (m, n0), uint8.
        matrix: K, shape (m, m), float64.
        others: By name: the flattened pixels (k, n0) and the products with the training images
            (m, k).
    """

    def __init__(self, images: Pixels, others: Mapping[str, Pixels] | None = None) -> None:
        self._made_of = {"": images, **(others or {})}
        self.pixels = images.reshape(len(images), -1)
        self.matrix = np.empty((len(images), len(images)))
        for rows, left in float_slices(self.pixels):
            self.matrix[rows, rows] = left @ left.T
            for columns, right in float_slices(self.pixels[: rows.start]):
                block = left @ right.T
                self.matrix[rows, columns] = block
                self.matrix[columns, rows] = block.T
        _scale_products(self.matrix)
        self.others = {
            name: (flat, self._products_with(flat))
            for name, flat in _flattened(others or {}).items()
        }

    def check_made_of(self, images: Pixels, others: Mapping[str, Pixels]) -> None:
        """Refuse to stand in for the products of other arrays than those this was made of.

        Raises:
            ValueError: If it was made of others; equal copies count as others.
        """
        for name, pixels in {"": images, **others}.items():
            if self._made_of.get(name) is not pixels:
                raise ValueError(f"the Gram matrix was made of other images: {name or 'train'}")

    def parameter_shape(self, runs: int, units: int) -> tuple[int, int, int]:
        """Return the shape of the first layer's parameters: coefficients of the images."""
        return runs, units, len(self.pixels)

    def layer(self, initial: Floats, parameters: Floats, gradient: Floats) -> GramInput:
        """Return the first layer of a stack of networks on these images."""
        return GramInput(self, initial, parameters, gradient)

    def _products_with(self, pixels: Pixels) -> Floats:
        products = np.empty((len(self.pixels), len(pixels)))
        for rows, left in float_slices(self.pixels):
            for columns, right in float_slices(pixels):
                products[rows, columns] = left @ right.T
        return _scale_products(products)


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

    Attributes:
        matrix: Pixels / 255 and a last column of ones, shape (m, n0 + 1), float64.
        others: The same for each further set.
    """

    def __init__(self, images: Pixels, others: Mapping[str, Pixels] | None = None) -> None:
        self.matrix = _rows_of_inputs(images.reshape(len(images), -1))
        self.others = {
            name: _rows_of_inputs(flat) for name, flat in _flattened(others or {}).items()
        }

    def parameter_shape(self, runs: int, units: int) -> tuple[int, int, int]:
        """Return the shape of the first layer's parameters: weights of the pixels, and biases."""
        return runs, units, self.matrix.shape[1]

    def layer(self, initial: Floats, parameters: Floats, gradient: Floats) -> DirectInput:
        """Return the first layer of a stack of networks on these images."""
        return DirectInput(self, initial, parameters, gradient)


def _flattened(sets: Mapping[str, Pixels]) -> dict[str, Pixels]:
    return {name: images.reshape(len(images), -1) for name, images in sets.items()}


def _rows_of_inputs(pixels: Pixels) -> Floats:
    inputs = np.ones((len(pixels), pixels.shape[1] + 1))
    np.divide(pixels, WHITE, out=inputs[:, :-1])
    return inputs


class InputLayer(Protocol):
    """What training asks of the first layer of a stack of networks.

    Attributes:
        signal: Shape (runs, units, m). The pre-activation of the training images after
            :meth:`forward`; the layers above then replace it by its gradient.
    """

    form: ClassVar[str]
    signal: Floats

    def forward(self) -> None:
        """Fill *signal* with the pre-activation of the training images."""
        ...

    def backward(self) -> None:
        """Fill this layer's gradient from *signal*, which holds the pre-activation's."""
        ...

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,)."""
        ...

    def forward_other(self, name: str) -> Floats:
        """Return the pre-activation of another set of images, shape (runs, units, k)."""
        ...

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        ...


class Source(Protocol):
    """The images of a training in the form that a first layer takes, shared between runs."""

    def parameter_shape(self, runs: int, units: int) -> tuple[int, int, int]:
        """Return the shape of the first layer's share of the parameters."""
        ...

    def layer(self, initial: Floats, parameters: Floats, gradient: Floats) -> InputLayer:
        """Return the first layer of a stack of networks on these images.

        Args:
            initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
            parameters: This layer's share of the vector that training moves, for it to fill.
            gradient: The same shape, for it to fill.
        """
        ...


SOURCES: dict[str, Callable[[Pixels, Mapping[str, Pixels]], Source]] = {
    "gram": Gram,
    "direct": PixelRows,
}


class DirectInput:
    """The first layer as weights times pixels: its parameters are W1 and b1 themselves.

    Args:
        source: The images.
        initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
        parameters: Shape (runs, units, n0 + 1), this layer's share of the vector that training
            moves; filled here.
        gradient: The same shape, for :meth:`backward` to fill.
    """

    form: ClassVar[str] = "direct"

    def __init__(
        self, source: PixelRows, initial: Floats, parameters: Floats, gradient: Floats
    ) -> None:
        runs, units, inputs = parameters.shape
        parameters[:, :, :-1] = initial
        parameters[:, :, -1] = 0.0
        self._source = source
        self._parameters = parameters
        self._gradient = gradient
        self._rows = parameters.reshape(-1, inputs)
        self._gradient_rows = gradient.reshape(-1, inputs)
        self.signal = np.empty((runs, units, len(source.matrix)))
        self._signal_rows = self.signal.reshape(runs * units, -1)

    def forward(self) -> None:
        """Fill *signal* with W1 X + b1."""
        np.matmul(self._rows, self._source.matrix.T, out=self._signal_rows)

    def backward(self) -> None:
        """Fill the gradient of W1 and b1 from that of the pre-activation."""
        np.matmul(self._signal_rows, self._source.matrix, out=self._gradient_rows)

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,)."""
        norms: Floats = np.linalg.norm(self._gradient[:, :, :-1], axis=(1, 2))
        return norms

    def forward_other(self, name: str) -> Floats:
        """Return the pre-activation of another set of images, shape (runs, units, k)."""
        signal: Floats = np.matmul(self._parameters, self._source.others[name].T)
        return signal

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        return self._parameters[run, :, :-1].copy(), self._parameters[run, :, -1:].copy()


class GramInput:
    """The first layer by the products of images: its parameters are the coefficients C.

    Args:
        source: The products of the images.
        initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
        parameters: C, shape (runs, units, m), this layer's share of the vector that training
            moves; filled here.
        gradient: The same shape. It serves as *signal* too: what the layers above leave there,
            the gradient of the pre-activation, is the step of C.
    """

    form: ClassVar[str] = "gram"

    def __init__(self, source: Gram, initial: Floats, parameters: Floats, gradient: Floats) -> None:
        runs, units, images = parameters.shape
        parameters[:] = 0.0
        self._source = source
        self._initial = initial
        self._coefficients = parameters
        self._coefficient_rows = parameters.reshape(runs * units, images)
        self.signal = gradient
        self._signal_rows = gradient.reshape(runs * units, images)
        # K is symmetric; read by columns, OpenBLAS multiplies large ones a fifth faster.
        self._products = source.matrix.T
        self._start = self._initial_signal(source.pixels)
        self._others_start = {
            name: self._initial_signal(pixels) for name, (pixels, _) in source.others.items()
        }

    def _initial_signal(self, pixels: Pixels) -> Floats:
        signal = np.empty((*self._initial.shape[:2], len(pixels)))
        for rows, values in float_slices(pixels):
            np.matmul(self._initial, values.T, out=signal[:, :, rows])
        signal /= WHITE
        return signal

    def forward(self) -> None:
        """Fill *signal* with W1⁰ X + C K."""
        np.matmul(self._coefficient_rows, self._products, out=self._signal_rows)
        np.add(self.signal, self._start, out=self.signal)

    def backward(self) -> None:
        """Leave the pre-activation's gradient as it is: it is the step of C."""

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,).

        With D the pre-activation's gradient it is D Xᵀ, so its squared length is the sum of
        D ∘ (D XᵀX), and XᵀX = K - 1.
        """
        gradient = self.signal
        by_image = np.matmul(gradient, self._products)
        by_image -= gradient.sum(axis=2, keepdims=True)
        squares = np.einsum("rui,rui->r", gradient, by_image)
        norms: Floats = np.sqrt(np.maximum(squares, 0.0))
        return norms

    def forward_other(self, name: str) -> Floats:
        """Return the pre-activation of another set of images, shape (runs, units, k)."""
        _, products = self._source.others[name]
        signal: Floats = np.matmul(self._coefficients, products) + self._others_start[name]
        return signal

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 = W1⁰ + C Xᵀ of shape (units, n0) and b1 of shape (units, 1)."""
        coefficients = self._coefficients[run]
        weights = np.zeros_like(self._initial[run])
        for rows, values in float_slices(self._source.pixels):
            weights += coefficients[:, rows] @ values
        weights /= WHITE
        weights += self._initial[run]
        return weights, coefficients.sum(axis=1, keepdims=True)


GRAM_BYTES = 2 * 2**30
"""The largest matrix K that is chosen without being asked for."""
MEMORY_LIMIT = 8 * 2**30
"""Bytes that one training may take."""


def cheaper_form(dims: Sequence[int], images: int, iterations: int) -> str:
    """Choose the form that needs fewer operations and whose matrix is of bearable size.

    Args:
        dims: Widths of all layers, input and output included.
        images: Number of training images.
        iterations: Iterations of all runs that share the matrix.

    Returns:
        ``gram`` or ``direct``.
    """
    pixels, units = dims[:2]
    once = images**2 * pixels + 4 * units * pixels * images
    gram = once + iterations * 2 * units * images**2
    direct = iterations * 4 * units * pixels * images
    return "gram" if gram < direct and 8 * images**2 <= GRAM_BYTES else "direct"


def check_memory(form: str, dims: Sequence[int], images: int, runs: int) -> None:
    """Refuse networks whose arrays would not fit in memory, before any of them is made.

    Args:
        form: ``gram`` or ``direct``.
        dims: Widths of all layers, input and output included.
        images: Number of training images.
        runs: Networks that are in memory at once.

    Raises:
        ConfigRefused: If they need more than ``MEMORY_LIMIT``; the message says how much.
    """
    pixels, units = dims[:2]
    first = units * (images if form == "gram" else pixels + 1)
    others = sum(above * (below + 1) for below, above in pairwise(dims[1:]))
    # Parameters, gradient, step and two copies to return to; W1 before training; two signals.
    for_a_run = 5 * (first + others) + units * pixels + 2 * sum(dims[1:]) * images
    shared = images * (images if form == "gram" else pixels + 1)
    needed = 8 * (runs * for_a_run + shared)
    if needed > MEMORY_LIMIT:
        layers = ",".join(str(width) for width in dims[1:-1])
        raise ConfigRefused(
            f"training layers {layers} on {images} images ({form} form, {runs} at once) would take"
            f" {needed / 2**30:,.1f} GiB of memory; the limit is {MEMORY_LIMIT / 2**30:.0f} GiB",
            hint="Use fewer units.",
        )
