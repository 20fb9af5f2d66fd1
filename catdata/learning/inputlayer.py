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

from catdata.learning.inputs import WHITE, Pictures, Pixels, float_slices
from catdata.learning.sources import Gram, PixelRows, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.network import Floats, Rows


class InputLayer(Protocol):
    """What training asks of the first layer of a stack of networks.

    Attributes:
        whole: Whether :meth:`forward` and :meth:`backward` can be asked for; else the images are
            not in memory as numbers, and come by rows.
        signal: Shape (runs, units, m). The pre-activation of the training images after
            :meth:`forward`; the layers above then replace it by its gradient. Empty if not *whole*.
    """

    form: ClassVar[str]
    whole: bool
    signal: Floats

    def forward(self) -> None:
        """Fill *signal* with the pre-activation of the training images."""
        ...

    def backward(self) -> None:
        """Fill this layer's gradient from *signal*, which holds the pre-activation's."""
        ...

    def forward_rows(self, rows: slice | Rows, signal: Floats, epoch: int | None = None) -> None:
        """Fill *signal*, of shape (runs, units, rows), with the pre-activation of some images.

        Args:
            rows: Which.
            signal: To be filled.
            epoch: In a step of training, times it has been through all images: then they may be
                altered.
        """
        ...

    def backward_rows(self, rows: slice | Rows, signal: Floats) -> None:
        """Fill this layer's gradient from that of those images' pre-activation.

        To be called after :meth:`forward_rows` with the same rows.
        """
        ...

    def decay(self, rate: float) -> None:
        """Add to this layer's gradient that of rate / 2 times the sum of its squared weights."""
        ...

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,).

        To be called after :meth:`backward` and before :meth:`decay`.
        """
        ...

    def weight_norms(self) -> Floats:
        """Return the length of each run's W1, shape (runs,)."""
        ...

    def step_norms(self, before: Sequence[Floats]) -> Floats:
        """Return how far each run's W1 has moved since its parameters were *before*."""
        ...

    def forward_other(self, name: str, rows: slice) -> Floats:
        """Return the pre-activation of some of another set's images, shape (runs, units, rows)."""
        ...

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        ...


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
        self._matrix = source.buffer(0) if source.matrix is None else source.matrix
        self.whole = source.matrix is not None
        self.signal = np.empty((runs, units, len(self._matrix)), self._rows.dtype)
        self._signal_rows = self.signal.reshape(runs * units, len(self._matrix))
        self._buffers: dict[int, Floats] = {}

    def forward(self) -> None:
        """Fill *signal* with W1 X + b1."""
        np.matmul(self._rows, self._matrix.T, out=self._signal_rows)

    def backward(self) -> None:
        """Fill the gradient of W1 and b1 from that of the pre-activation."""
        np.matmul(self._signal_rows, self._matrix, out=self._gradient_rows)

    def forward_rows(self, rows: slice | Rows, signal: Floats, epoch: int | None = None) -> None:
        """Fill *signal*, of shape (runs, units, rows), with the pre-activation of some images."""
        self._batch = self._inputs_of(self._source.batch(rows, epoch))
        np.matmul(self._parameters, self._batch.T, out=signal)

    def backward_rows(self, rows: slice | Rows, signal: Floats) -> None:  # noqa: ARG002 - they were gathered in forward_rows
        """Fill the gradient of W1 and b1 from that of those images' pre-activation."""
        np.matmul(signal, self._batch, out=self._gradient)

    def _inputs_of(self, images: Pixels) -> Floats:
        """Return pictures as inputs, in an array that is used again for the next as many."""
        if len(images) not in self._buffers:
            self._buffers[len(images)] = self._source.buffer(len(images))
        buffer = self._buffers[len(images)]
        self._source.fill(images, buffer)
        return buffer

    def decay(self, rate: float) -> None:
        """Add to the gradient of W1 that of L2."""
        self._gradient[:, :, :-1] += rate * self._parameters[:, :, :-1]

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each run's W1, shape (runs,)."""
        return _norms(self._gradient)

    def weight_norms(self) -> Floats:
        """Return the length of each run's W1, shape (runs,)."""
        return _norms(self._parameters)

    def step_norms(self, before: Sequence[Floats]) -> Floats:
        """Return how far each run's W1 has moved since its parameters were *before*."""
        return _norms(self._parameters - before[0])

    def forward_other(self, name: str, rows: slice) -> Floats:
        """Return the pre-activation of some of another set's images, shape (runs, units, rows)."""
        inputs = self._inputs_of(self._source.others[name][rows])
        signal: Floats = np.matmul(self._parameters, inputs.T)
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
    whole = True

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
        self._start = self._initial_signal(source.images)
        self._others_start = {
            name: self._initial_signal(other) for name, (other, _) in source.others.items()
        }
        self._initial_squares = np.einsum("rui,rui->ru", initial, initial)

    def _initial_signal(self, images: Pictures) -> Floats:
        signal = np.empty((*self._initial.shape[:2], len(images)), self.signal.dtype)
        for rows, values in float_slices(images, self._source.scaling):
            signal[:, :, rows] = np.matmul(self._initial, values.T) / WHITE
        return signal

    def forward(self) -> None:
        """Fill *signal* with s W1⁰ X + C K and the correction of b1."""
        np.matmul(self._coefficient_rows, self._products, out=self._signal_rows)
        np.add(self.signal, self._started(self._start), out=self.signal)

    def forward_rows(self, rows: slice | Rows, signal: Floats, epoch: int | None = None) -> None:  # noqa: ARG002 - products are those of the images as they are
        """Fill *signal*, of shape (runs, units, rows), with the pre-activation of some images."""
        np.matmul(self._coefficients, self._source.matrix[rows].T, out=signal)
        np.add(signal, self._started(self._start[:, :, rows]), out=signal)

    def backward_rows(self, rows: slice | Rows, signal: Floats) -> None:
        """Put the gradient of those images' pre-activation in its place, and 0 for all others."""
        self.signal[:] = 0.0
        self.signal[:, :, rows] = signal

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
        """Return the length of the gradient of each run's W1, shape (runs,)."""
        return self._lengths(self.signal)

    def weight_norms(self) -> Floats:
        """Return the length of each run's W1, shape (runs,)."""
        scale = self._decaying[0][:, :, 1] if self._decaying else np.ones(1)
        return self._lengths(self._coefficients, scale)

    def step_norms(self, before: Sequence[Floats]) -> Floats:
        """Return how far each run's W1 has moved since its parameters were *before*."""
        coefficients, *decaying = before
        scale = self._decaying[0][:, :, 1] - decaying[0][:, :, 1] if self._decaying else None
        return self._lengths(self._coefficients - coefficients, scale)

    def _lengths(self, coefficients: Floats, scale: Floats | None = None) -> Floats:
        """Return the length of s W1⁰ + D Xᵀ, shape (runs,), without leaving the span of images.

        Its square is s² ‖W1⁰‖² + 2 s (D · W1⁰ X) + D · D XᵀX, and XᵀX = K - 1.

        Args:
            coefficients: D, shape (runs, units, m).
            scale: s, shape (runs, units), or one number for all; None for 0.
        """
        by_image = np.matmul(coefficients, self._products)
        by_image -= coefficients.sum(axis=2, keepdims=True)
        squares = np.einsum("rui,rui->ru", coefficients, by_image)
        if scale is not None:
            with_start = np.einsum("rui,rui->ru", coefficients, self._start)
            squares = squares + scale * (scale * self._initial_squares + 2.0 * with_start)
        lengths: Floats = np.sqrt(np.maximum(squares.sum(axis=1), 0.0))
        return lengths

    def forward_other(self, name: str, rows: slice) -> Floats:
        """Return the pre-activation of some of another set's images, shape (runs, units, rows)."""
        _, products = self._source.others[name]
        start = self._started(self._others_start[name][:, :, rows])
        signal: Floats = np.matmul(self._coefficients, products[:, rows]) + start
        return signal

    def weights(self, run: int) -> tuple[Floats, Floats]:
        """Return one run's W1 of shape (units, n0) and b1 of shape (units, 1)."""
        coefficients = self._coefficients[run]
        weights = np.zeros_like(self._initial[run])
        for rows, values in float_slices(self._source.images, self._source.scaling):
            weights += coefficients[:, rows] @ values
        weights /= WHITE
        biases: Floats = coefficients.sum(axis=1, keepdims=True)
        scale: Floats | float = 1.0
        if self._decaying:
            decaying = self._decaying[0][run]
            biases, scale = biases + decaying[:, :1], decaying[:, 1:]
        weights += scale * self._initial[run]
        return weights.astype(coefficients.dtype, copy=False), biases


def _norms(parameters: Floats) -> Floats:
    """Return the length of each run's weights without its biases, the last column."""
    norms: Floats = np.linalg.norm(parameters[:, :, :-1], axis=(1, 2))
    return norms


def input_layer(
    source: Source, initial: Floats, parameters: Sequence[Floats], gradients: Sequence[Floats]
) -> InputLayer:
    """Return the first layer of a stack of networks on some images.

    Args:
        source: The images; they decide the form.
        initial: W1 of every run before training, shape (runs, units, n0); b1 is zero.
        parameters: Arrays of the shapes that the source tells, this layer's share of the vector
            that training moves, for it to fill.
        gradients: The same shapes, for it to fill.
    """
    if isinstance(source, Gram):
        return GramInput(source, initial, parameters, gradients)
    return DirectInput(source, initial, parameters, gradients)
