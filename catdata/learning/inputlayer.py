"""The first layer, which alone sees pixels, in two exact forms behind one interface.

``DirectInput`` multiplies weights by pixels, as every textbook does. ``GramInput`` rests on this:
full-batch gradient descent moves W1 only within the span of the images, so W1 = W1⁰ + C Xᵀ with one
coefficient for each unit and image, and the pre-activation is W1⁰ X + C K with K = XᵀX, images by
images. The step of C is the gradient of the pre-activation itself; pixels are needed before and
after the loop only, and the numbers are the same. An input that is always 1 carries the bias.

L2 shrinks W1⁰ and C but not the bias: W1 = s W1⁰ + C Xᵀ, where s starts at 1, and b1 is what the
constant input gives plus a correction that takes back its share of the shrinking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from catdata.learning.inputs import WHITE, Pixels, Scaling, float_slices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from catdata.learning.network import Floats

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
        """Return the shapes of the parameters: coefficients of the images, and what L2 needs."""
        coefficients = (runs, units, len(self.pixels))
        return [coefficients, (runs, units, 2)] if decays else [coefficients]

    def layer(
        self, initial: Floats, parameters: Sequence[Floats], gradients: Sequence[Floats]
    ) -> GramInput:
        """Return the first layer of a stack of networks on these images."""
        return GramInput(self, initial, parameters, gradients)

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

    def layer(
        self, initial: Floats, parameters: Sequence[Floats], gradients: Sequence[Floats]
    ) -> DirectInput:
        """Return the first layer of a stack of networks on these images."""
        return DirectInput(self, initial, parameters, gradients)


def _flattened(sets: Mapping[str, Pixels]) -> dict[str, Pixels]:
    return {name: images.reshape(len(images), -1) for name, images in sets.items()}


def _rows_of_inputs(pixels: Pixels, scaling: Scaling | None, dtype: str) -> Floats:
    inputs = np.ones((len(pixels), pixels.shape[1] + 1), dtype)
    for rows, values in float_slices(pixels, scaling):
        inputs[rows, :-1] = values / WHITE
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

    def decay(self, rate: float) -> None:
        """Add to this layer's gradient that of rate / 2 times the sum of its squared weights."""
        ...

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,).

        To be called after :meth:`backward` and before :meth:`decay`.
        """
        ...

    def forward_other(self, name: str) -> Floats:
        """Return the pre-activation of another set of images, shape (runs, units, k)."""
        ...

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        ...


class Source(Protocol):
    """The images of a training in the form that a first layer takes, shared between runs."""

    def parameter_shapes(self, runs: int, units: int, *, decays: bool = False) -> list[Shape]:
        """Return the shapes of the arrays that hold the first layer's parameters.

        Args:
            runs: Networks in the stack.
            units: Width of the layer.
            decays: Whether :meth:`InputLayer.decay` will be called.
        """
        ...

    def layer(
        self, initial: Floats, parameters: Sequence[Floats], gradients: Sequence[Floats]
    ) -> InputLayer:
        """Return the first layer of a stack of networks on these images.

        Args:
            initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
            parameters: Arrays of the shapes of :meth:`parameter_shapes`, this layer's share of the
                vector that training moves, for it to fill.
            gradients: The same shapes, for it to fill.
        """
        ...


SOURCES: dict[str, Callable[[Pixels, Mapping[str, Pixels], Scaling | None, str], Source]] = {
    "gram": Gram,
    "direct": PixelRows,
}


class DirectInput:
    """The first layer as weights times pixels: its parameters are W1 and b1 themselves.

    Args:
        source: The images.
        initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
        parameters: One array of shape (runs, units, n0 + 1), this layer's share of the vector that
            training moves; filled here.
        gradients: One of the same shape, for :meth:`backward` to fill.
    """

    form: ClassVar[str] = "direct"

    def __init__(
        self,
        source: PixelRows,
        initial: Floats,
        parameters: Sequence[Floats],
        gradients: Sequence[Floats],
    ) -> None:
        (self._parameters,), (self._gradient,) = parameters, gradients
        runs, units, inputs = self._parameters.shape
        self._parameters[:, :, :-1] = initial
        self._parameters[:, :, -1] = 0.0
        self._source = source
        self._rows = self._parameters.reshape(-1, inputs)
        self._gradient_rows = self._gradient.reshape(-1, inputs)
        self.signal = np.empty((runs, units, len(source.matrix)), self._rows.dtype)
        self._signal_rows = self.signal.reshape(runs * units, -1)

    def forward(self) -> None:
        """Fill *signal* with W1 X + b1."""
        np.matmul(self._rows, self._source.matrix.T, out=self._signal_rows)

    def backward(self) -> None:
        """Fill the gradient of W1 and b1 from that of the pre-activation."""
        np.matmul(self._signal_rows, self._source.matrix, out=self._gradient_rows)

    def decay(self, rate: float) -> None:
        """Add to the gradient of W1 that of L2."""
        self._gradient[:, :, :-1] += rate * self._parameters[:, :, :-1]

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
            moves, filled here. With L2 a second array of shape (runs, units, 2): the correction of
            b1, and the scale s of W1⁰.
        gradients: The same shapes. The first serves as *signal* too: what the layers above leave
            there, the gradient of the pre-activation, is the step of C.
    """

    form: ClassVar[str] = "gram"

    def __init__(
        self,
        source: Gram,
        initial: Floats,
        parameters: Sequence[Floats],
        gradients: Sequence[Floats],
    ) -> None:
        self._coefficients, *more = parameters
        self.signal, *more_gradients = gradients
        self._decaying = (more[0], more_gradients[0]) if more else None
        self._coefficients[:] = 0.0
        if self._decaying:
            self._decaying[0][:] = (0.0, 1.0)
        runs, units, images = self._coefficients.shape
        self._source = source
        self._initial = initial
        self._coefficient_rows = self._coefficients.reshape(runs * units, images)
        self._signal_rows = self.signal.reshape(runs * units, images)
        # K is symmetric; read by columns, OpenBLAS multiplies large ones a fifth faster.
        self._products = source.matrix.T
        self._start = self._initial_signal(source.pixels)
        self._others_start = {
            name: self._initial_signal(pixels) for name, (pixels, _) in source.others.items()
        }

    def _initial_signal(self, pixels: Pixels) -> Floats:
        signal = np.empty((*self._initial.shape[:2], len(pixels)), self.signal.dtype)
        for rows, values in float_slices(pixels, self._source.scaling):
            signal[:, :, rows] = np.matmul(self._initial, values.T) / WHITE
        return signal

    def forward(self) -> None:
        """Fill *signal* with s W1⁰ X + C K and the correction of b1."""
        np.matmul(self._coefficient_rows, self._products, out=self._signal_rows)
        np.add(self.signal, self._started(self._start), out=self.signal)

    def _started(self, start: Floats) -> Floats:
        """Return the share of the pre-activation that does not come from the coefficients."""
        if self._decaying is None:
            return start
        decaying, _ = self._decaying
        started: Floats = decaying[:, :, 1:] * start + decaying[:, :, :1]
        return started

    def backward(self) -> None:
        """Leave the pre-activation's gradient as it is: it is the step of C."""

    def decay(self, rate: float) -> None:
        """Add to the gradients of C and s those of L2, and to the correction what keeps b1."""
        if self._decaying is None:
            raise ValueError("this layer was not made to decay")
        parameters, gradient = self._decaying
        shrinking = rate * self._coefficients
        self.signal += shrinking
        gradient[:, :, 0] = -shrinking.sum(axis=2)
        gradient[:, :, 1] = rate * parameters[:, :, 1]

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
        start = self._started(self._others_start[name])
        signal: Floats = np.matmul(self._coefficients, products) + start
        return signal

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        coefficients = self._coefficients[run]
        weights = np.zeros_like(self._initial[run])
        for rows, values in float_slices(self._source.pixels, self._source.scaling):
            weights += coefficients[:, rows] @ values
        weights /= WHITE
        biases: Floats = coefficients.sum(axis=1, keepdims=True)
        scale: Floats | float = 1.0
        if self._decaying:
            decaying = self._decaying[0][run]
            biases, scale = biases + decaying[:, :1], decaying[:, 1:]
        weights += scale * self._initial[run]
        return weights.astype(coefficients.dtype, copy=False), biases
