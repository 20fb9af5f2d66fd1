"""The course's L-layer network: hidden layers, a sigmoid at the end, cross-entropy cost.

Everything here is arithmetic on arrays. Several networks of one shape are trained side by side:
their arrays carry a leading axis of runs, and a single network is a stack of one. A bias is the
weight of one more input that is always 1, so weights and biases move in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The weights and biases of one network, layer by layer as the course names them.

    Attributes:
        weights: W1, W2, ...; each of shape (units, units of the layer below).
        biases: b1, b2, ...; each of shape (units, 1).
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    @property
    def layer_dims(self) -> tuple[int, ...]:
        """Widths of all layers, input and output included."""
        return (self.weights[0].shape[1], *(len(weights) for weights in self.weights))


Initializer = Callable[[np.random.RandomState, int, int], Floats]


def small_weights(rng: np.random.RandomState, units: int, fan_in: int) -> Floats:
    """Draw weights of standard deviation 0.01, as the course's two-layer model does."""
    return rng.randn(units, fan_in) * 0.01


def scaled_weights(rng: np.random.RandomState, units: int, fan_in: int) -> Floats:
    """Draw weights of standard deviation 1 / sqrt(fan-in), as the course's L-layer model does."""
    weights: Floats = rng.randn(units, fan_in) / np.sqrt(fan_in)
    return weights


def he_weights(rng: np.random.RandomState, units: int, fan_in: int) -> Floats:
    """Draw weights of standard deviation sqrt(2 / fan-in), which keep a signal's size through ReLU.

    K. He et al., "Delving deep into rectifiers", 2015.
    """
    weights: Floats = rng.randn(units, fan_in) * np.sqrt(2.0 / fan_in)
    return weights


def zero_weights(_rng: np.random.RandomState, units: int, fan_in: int) -> Floats:
    """Return weights of zero, from which logistic regression alone can learn."""
    return np.zeros((units, fan_in))


INITIALIZERS: dict[str, Initializer] = {
    "small": small_weights,
    "scaled": scaled_weights,
    "he": he_weights,
    "zeros": zero_weights,
}


def initialize(layer_dims: Sequence[int], init: str, seed: int) -> Parameters:
    """Draw the first weights of a network; its biases are zero.

    One legacy generator draws W1, then W2, and so on, which gives the course's own numbers.

    Args:
        layer_dims: Widths of all layers, input and output included.
        init: A name in ``INITIALIZERS``.
        seed: Seed of ``numpy.random.RandomState``, 0 to 2**32 - 1.
    """
    rng = np.random.RandomState(seed)
    draw = INITIALIZERS[init]
    weights = tuple(draw(rng, units, fan_in) for fan_in, units in pairwise(layer_dims))
    return Parameters(weights, tuple(np.zeros((units, 1)) for units in layer_dims[1:]))


class Activation(NamedTuple):
    """What a hidden unit makes of its signal.

    Attributes:
        apply: Takes a signal and an array of its shape to write the activation to.
        chain: Takes that activation, a scratch array and the gradient of the activation, both of
            its shape, and multiplies the gradient by the slope in place.
        scratch: The type of the scratch array; None for that of the signal.
    """

    apply: Callable[[Floats, Floats], None]
    chain: Callable[[Floats, NDArray[Any], Floats], None]
    scratch: type | None = None


_LEAK = 0.01


def _relu(signal: Floats, out: Floats) -> None:
    np.maximum(signal, 0.0, out=out)


def _relu_chain(activation: Floats, scratch: NDArray[Any], gradient: Floats) -> None:
    np.greater(activation, 0.0, out=scratch)
    np.multiply(gradient, scratch, out=gradient)


def _leaky_relu(signal: Floats, out: Floats) -> None:
    np.multiply(signal, _LEAK, out=out)
    np.maximum(signal, out, out=out)


def _leaky_relu_chain(activation: Floats, scratch: NDArray[Any], gradient: Floats) -> None:
    np.greater(activation, 0.0, out=scratch)
    np.multiply(scratch, 1.0 - _LEAK, out=scratch)
    np.add(scratch, _LEAK, out=scratch)
    np.multiply(gradient, scratch, out=gradient)


def _tanh(signal: Floats, out: Floats) -> None:
    np.tanh(signal, out=out)


def _tanh_chain(activation: Floats, scratch: NDArray[Any], gradient: Floats) -> None:
    np.multiply(activation, activation, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(gradient, scratch, out=gradient)


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(_relu, _relu_chain, bool),
    "leaky-relu": Activation(_leaky_relu, _leaky_relu_chain),
    "tanh": Activation(_tanh, _tanh_chain),
}


def activated(signal: Floats, activation: str) -> Floats:
    """Return what hidden units make of their signal, by a name in ``ACTIVATIONS``."""
    out = np.empty_like(signal)
    ACTIVATIONS[activation].apply(signal, out)
    return out


def sigmoid(logits: Floats) -> Floats:
    """Turn logits into probabilities, 0 and 1 included, whatever their size."""
    with np.errstate(over="ignore"):
        return _sigmoid(logits, np.empty_like(logits))


def _sigmoid(logits: Floats, out: Floats) -> Floats:
    """Do the work of :func:`sigmoid`; below -709 exp overflows, and 1 / inf is the right answer."""
    np.negative(logits, out=out)
    np.exp(out, out=out)
    out += 1.0
    return np.reciprocal(out, out=out)


def cross_entropy(logits: Floats, labels: Floats | Labels, weights: Floats | None = None) -> Floats:
    """Return the mean cost over images, finite at any confidence.

    Computed as log(1 + exp(-z)) for a cat and log(1 + exp(z)) for another image, so that no
    probability is rounded to 0 or 1 on the way.

    Args:
        logits: Shape (..., m).
        labels: Shape (m,), 0 or 1.
        weights: How much each image counts, shape (m,), 1 on average; None for all alike.

    Returns:
        The cost in nats, of shape (...).
    """
    by_image = np.logaddexp(0.0, (1 - 2 * labels) * logits)
    costs: Floats = np.mean(by_image if weights is None else by_image * weights, axis=-1)
    return costs


def forward(parameters: Parameters, inputs: Floats, activation: str = "relu") -> Floats:
    """Run one network on any inputs.

    Args:
        parameters: The network.
        inputs: Shape (n0, m), one column an image.
        activation: Of the hidden layers, a name in ``ACTIVATIONS``.

    Returns:
        The logits, shape (m,).
    """
    *hidden, last = zip(parameters.weights, parameters.biases, strict=True)
    values = inputs
    for weights, biases in hidden:
        values = activated(weights @ values + biases, activation)
    logits: Floats = (last[0] @ values + last[1])[0]
    return logits


def carve(vector: Floats, shapes: Iterable[tuple[int, ...]]) -> list[Floats]:
    """Cut a flat vector into consecutive arrays that share its memory.

    All parameters of all runs lie in one such vector, so that an optimiser's step is a few
    operations whatever the number of layers.
    """
    arrays, start = [], 0
    for shape in shapes:
        stop = start + int(np.prod(shape))
        arrays.append(vector[start:stop].reshape(shape))
        start = stop
    return arrays


class _Layer(NamedTuple):
    """One layer above the first: views made once, so that the loop makes none."""

    below: Floats  # signal of the layer below: (runs, units below, m)
    active: Floats  # its activation, the same shape
    scratch: NDArray[Any]  # the same shape
    inputs: Floats  # its activation with a last row of ones: (runs, units below + 1, m)
    inputs_t: Floats
    weights: Floats  # (runs, units, units below + 1), the last column being the bias
    weights_t: Floats  # (runs, units below, units): without the bias
    gradient: Floats  # of the weights, the same shape
    signal: Floats  # (runs, units, m)


class UpperLayers:
    """The layers above the first, of a stack of networks, with every buffer they need.

    The first layer, which alone sees pixels, is the work of ``inputlayer``. It leaves its
    pre-activation in *signal*; :meth:`backward` leaves the gradient of that in the same place.

    Args:
        weights: For each layer above the first, shape (runs, units, units below + 1); the last
            column is the bias.
        gradients: Arrays of the same shapes, for :meth:`backward` to fill.
        signal: Shape (runs, units of the first layer, m).
        activation: Of the hidden layers, a name in ``ACTIVATIONS``.
    """

    def __init__(
        self,
        weights: list[Floats],
        gradients: list[Floats],
        signal: Floats,
        activation: str = "relu",
    ) -> None:
        self.weights = weights
        self._activation = activation
        self._dropped: list[Floats] = []
        self._apply, self._chain, scratch = ACTIVATIONS[activation]
        self._layers: list[_Layer] = []
        for matrix, gradient in zip(weights, gradients, strict=True):
            runs, units, fan_in = matrix.shape
            inputs = np.ones((runs, fan_in, signal.shape[2]), signal.dtype)
            layer = _Layer(
                below=signal,
                active=inputs[:, :-1],
                scratch=np.empty(signal.shape, scratch or signal.dtype),
                inputs=inputs,
                inputs_t=inputs.transpose(0, 2, 1),
                weights=matrix,
                weights_t=matrix[:, :, :-1].transpose(0, 2, 1),
                gradient=gradient,
                signal=np.empty((runs, units, signal.shape[2]), signal.dtype),
            )
            self._layers.append(layer)
            signal = layer.signal
        self.output = signal
        """Shape (runs, 1, m): the logits after :meth:`forward`."""

    def forward(self, dropped: Sequence[Floats] = ()) -> None:
        """Carry the signal from the first layer's pre-activation to the logits.

        Args:
            dropped: With dropout, what each hidden layer's activation is multiplied by, of its
                shape: 0 for a unit left out, else 1 / the share kept.
        """
        self._dropped = list(dropped)
        for number, layer in enumerate(self._layers):
            self._apply(layer.below, layer.active)
            if self._dropped:
                np.multiply(layer.active, self._dropped[number], out=layer.active)
            np.matmul(layer.weights, layer.inputs, out=layer.signal)

    @property
    def hidden_shapes(self) -> list[tuple[int, ...]]:
        """The shape of each hidden layer's activation, (runs, units, m)."""
        return [layer.active.shape for layer in self._layers]

    def backward(
        self, labels: Floats, weights: Floats | None = None, count: int | None = None
    ) -> None:
        """Replace each layer's signal by the gradient of the mean cost, from the logits down.

        Args:
            labels: Shape (m,), 0.0 or 1.0.
            weights: How much each image counts, shape (m,); None for all alike.
            count: Images that the mean is taken over, where these are only some; None for m.
        """
        error = _sigmoid(self.output, out=self.output)
        error -= labels
        error /= count or labels.size
        if weights is not None:
            error *= weights
        for number in range(len(self._layers) - 1, -1, -1):
            layer = self._layers[number]
            np.matmul(layer.signal, layer.inputs_t, out=layer.gradient)
            np.matmul(layer.weights_t, layer.signal, out=layer.below)
            if self._dropped:
                self._undrop(layer, self._dropped[number])
            self._chain(layer.active, layer.scratch, layer.below)

    @staticmethod
    def _undrop(layer: _Layer, dropped: Floats) -> None:
        """Scale the gradient as the activation was, and give that back for its slope."""
        np.multiply(layer.below, dropped, out=layer.below)
        np.divide(layer.active, dropped, out=layer.active, where=dropped != 0.0)

    def decay(self, rate: float) -> None:
        """Add to the gradient that of rate / 2 times the sum of the squared weights."""
        for layer in self._layers:
            layer.gradient[:, :, :-1] += rate * layer.weights[:, :, :-1]

    def logits_of(self, signal: Floats) -> Floats:
        """Carry other images' first pre-activation, of shape (runs, units, k), to their logits.

        Returns:
            Shape (runs, k).
        """
        for layer in self._layers:
            weights, biases = layer.weights[:, :, :-1], layer.weights[:, :, -1:]
            signal = np.matmul(weights, activated(signal, self._activation)) + biases
        logits: Floats = signal[:, 0]
        return logits

    def gradient_norms(self) -> list[Floats]:
        """Return for each layer the length of its weights' gradient, each of shape (runs,)."""
        return [np.linalg.norm(layer.gradient[:, :, :-1], axis=(1, 2)) for layer in self._layers]

    def weight_norms(self) -> list[Floats]:
        """Return the length of each layer's weights, each of shape (runs,)."""
        return [np.linalg.norm(layer.weights[:, :, :-1], axis=(1, 2)) for layer in self._layers]

    def active_units(self) -> list[NDArray[np.bool_]]:
        """Tell for each hidden layer which units are not 0 for all images, after :meth:`forward`.

        Returns:
            For each layer, shape (runs, units).
        """
        return [(layer.active != 0.0).any(axis=2) for layer in self._layers]
