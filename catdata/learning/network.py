"""The course's L-layer network: hidden ReLU, a sigmoid at the end, cross-entropy cost.

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


INITIALIZERS: dict[str, Initializer] = {"small": small_weights, "scaled": scaled_weights}


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


def cross_entropy(logits: Floats, labels: Floats | Labels) -> Floats:
    """Return the mean cost over images, finite at any confidence.

    Computed as log(1 + exp(-z)) for a cat and log(1 + exp(z)) for another image, so that no
    probability is rounded to 0 or 1 on the way.

    Args:
        logits: Shape (..., m).
        labels: Shape (m,), 0 or 1.

    Returns:
        The cost in nats, of shape (...).
    """
    costs: Floats = np.mean(np.logaddexp(0.0, (1 - 2 * labels) * logits), axis=-1)
    return costs


def forward(parameters: Parameters, inputs: Floats) -> Floats:
    """Run one network on any inputs.

    Args:
        parameters: The network.
        inputs: Shape (n0, m), one column an image, pixels / 255.

    Returns:
        The logits, shape (m,).
    """
    *hidden, last = zip(parameters.weights, parameters.biases, strict=True)
    activation = inputs
    for weights, biases in hidden:
        activation = np.maximum(weights @ activation + biases, 0.0)
    logits: Floats = (last[0] @ activation + last[1])[0]
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
    mask: NDArray[np.bool_]  # where it is active, the same shape
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
    """

    def __init__(self, weights: list[Floats], gradients: list[Floats], signal: Floats) -> None:
        self.weights = weights
        self._layers: list[_Layer] = []
        for matrix, gradient in zip(weights, gradients, strict=True):
            runs, units, fan_in = matrix.shape
            inputs = np.ones((runs, fan_in, signal.shape[2]), signal.dtype)
            layer = _Layer(
                below=signal,
                active=inputs[:, :-1],
                mask=np.empty(signal.shape, bool),
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

    def forward(self) -> None:
        """Carry the signal from the first layer's pre-activation to the logits."""
        for layer in self._layers:
            np.maximum(layer.below, 0.0, out=layer.active)
            np.matmul(layer.weights, layer.inputs, out=layer.signal)

    def backward(self, labels: Floats) -> None:
        """Replace each layer's signal by the gradient of the mean cost, from the logits down.

        Args:
            labels: Shape (m,), 0.0 or 1.0.
        """
        error = _sigmoid(self.output, out=self.output)
        error -= labels
        error /= labels.size
        for layer in reversed(self._layers):
            np.matmul(layer.signal, layer.inputs_t, out=layer.gradient)
            np.matmul(layer.weights_t, layer.signal, out=layer.below)
            np.greater(layer.active, 0.0, out=layer.mask)
            np.multiply(layer.below, layer.mask, out=layer.below)

    def logits_of(self, signal: Floats) -> Floats:
        """Carry other images' first pre-activation, of shape (runs, units, k), to their logits.

        Returns:
            Shape (runs, k).
        """
        for layer in self._layers:
            weights, biases = layer.weights[:, :, :-1], layer.weights[:, :, -1:]
            signal = np.matmul(weights, np.maximum(signal, 0.0)) + biases
        logits: Floats = signal[:, 0]
        return logits

    def gradient_norms(self) -> list[Floats]:
        """Return for each layer the length of its weights' gradient, each of shape (runs,)."""
        return [np.linalg.norm(layer.gradient[:, :, :-1], axis=(1, 2)) for layer in self._layers]

    def dead_units(self) -> NDArray[np.int64]:
        """Count the hidden units that no image activates, after :meth:`forward`.

        Returns:
            Shape (runs, hidden layers).
        """
        counts = [np.sum(~layer.active.any(axis=2), axis=1) for layer in self._layers]
        return np.stack(counts, axis=1) if counts else np.zeros((len(self.output), 0), np.int64)
