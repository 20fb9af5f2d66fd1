"""The descent of a stack of networks: forward, backward, a step; thousands of times.

All parameters of all runs lie in one vector, and what the optimizer remembers in rows below it, so
one copy of that state holds all there is to return to. An iteration depends on the state and its
number alone.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.learning.draws import Batches, dropped_units
from catdata.learning.inputlayer import input_layer
from catdata.learning.network import Parameters, UpperLayers, carve, cross_entropy, initialize
from catdata.learning.optimizers import DECAYS, OPTIMIZERS, Moment, Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats, Labels, Rows
    from catdata.learning.sources import Source

# Products of rows in fours run up to twice as fast as with one to three rows left over (OpenBLAS),
# and give a network the same bits alone and in a stack. Units without weights fill the four up:
# nothing goes in, nothing comes out, and their gradient is zero.
_UNITS_AT_ONCE = 4


class _Pass(NamedTuple):
    """The layers above the first for one number of images, and views of what enters them."""

    upper: UpperLayers
    signal: Floats  # (runs, units, images)
    row: Floats  # of all its numbers, for the product with itself
    column: Floats

    @classmethod
    def over(cls, upper: UpperLayers, signal: Floats) -> _Pass:
        runs = len(signal)
        return cls(upper, signal, signal.reshape(runs, 1, -1), signal.reshape(runs, -1, 1))


class Descent:
    """Networks of one shape with different first weights, that descend in step.

    Args:
        configs: The configuration of each run; they differ in the seed alone.
        dims: Widths of all layers, input and output included.
        source: The images in the form that the first layer takes.
        labels: Theirs, shape (m,), 0 or 1.

    Attributes:
        state: The parameters of all runs, and in further rows what the optimizer remembers.
        blocks: The parameters of each layer, views of the state with a leading axis of runs.
        input: The first layer.
        upper: The layers above it, for all images at once.
        filling: Units of the first layer that only fill the four up.
    """

    def __init__(
        self,
        configs: Sequence[TrainConfig],
        dims: tuple[int, ...],
        source: Source,
        labels: Labels,
    ) -> None:
        self._configs = configs
        self._config = configs[0]
        self._dims = dims
        self._targets = labels.astype(self._config.dtype)
        self._weights = _image_weights(self._config, self._targets)
        self._shrinking = self._config.l2 / len(labels)
        # An output unit stays alone.
        width = dims[1] if len(dims) == 2 else -(-dims[1] // _UNITS_AT_ONCE) * _UNITS_AT_ONCE
        self.filling = width - dims[1]
        self._lay_out(source, width)

    def _lay_out(self, source: Source, width: int) -> None:
        """Put all parameters of all runs into one vector and fill in the first weights."""
        config, runs = self._config, len(self._configs)
        widths = (width, *self._dims[2:])
        input_shapes = source.parameter_shapes(runs, width, decays=self._shrinking > 0.0)
        upper_shapes = [(runs, units, below + 1) for below, units in pairwise(widths)]
        shapes = [*input_shapes, *upper_shapes]
        optimizer = OPTIMIZERS[config.optimizer]
        numbers = sum(math.prod(shape) for shape in shapes)
        self.state = np.zeros((1 + optimizer.memory, numbers), config.dtype)
        gradient, scratch = np.zeros((2, numbers), config.dtype)
        self._vectors = Vectors(self.state[0], gradient, self.state[1:], scratch)
        self._step = optimizer.step
        self.blocks, gradients = carve(self.state[0], shapes), carve(gradient, shapes)
        inputs = len(input_shapes)
        first_weights = self._fill(width, self.blocks[inputs:])
        self.input = input_layer(source, first_weights, self.blocks[:inputs], gradients[:inputs])

        def layers_above(signal: Floats) -> UpperLayers:
            return UpperLayers(self.blocks[inputs:], gradients[inputs:], signal, config.activation)

        self.upper = layers_above(self.input.signal)
        self._whole = _Pass.over(self.upper, self.input.signal)
        self._batches: Batches | None = None
        self._passes: dict[int, _Pass] = {}
        if config.batch_size:
            self._batches = Batches(len(self._targets), config.batch_size, config.seed)
            for size in self._batches.sizes:
                signal = np.empty((runs, width, size), config.dtype)
                self._passes[size] = _Pass.over(layers_above(signal), signal)

    def _fill(self, width: int, upper: list[Floats]) -> Floats:
        """Draw every run's weights into the upper layers' arrays, and return W1."""
        first_weights = np.zeros((len(self._configs), width, self._dims[0]))
        for run, config in enumerate(self._configs):
            weights = initialize(self._dims, config.init, config.seed).weights
            first_weights[run, : self._dims[1]] = weights[0]
            for block, matrix in zip(upper, weights[1:], strict=True):
                block[run, :, : matrix.shape[1]] = matrix
        return first_weights

    def iterate(self, start: int, stop: int) -> Floats:
        """Do the iterations from *start* to *stop* and nothing else.

        Returns:
            For each iteration and run, the squared length of the gradient that reaches the first
            layer, shape (stop - start, runs).
        """
        runs = len(self._configs)
        squares = np.empty((stop - start, runs, 1, 1), self._targets.dtype)
        for iteration, square in enumerate(squares, start):
            if self._batches is None:
                self._backpropagate(iteration, square)
            else:
                self._backpropagate_batch(iteration, self._batches.rows(iteration), square)
            if self._shrinking:
                self.input.decay(self._shrinking)
                self.upper.decay(self._shrinking)
            self._step(self._vectors, self._moment(iteration))
        return squares[:, :, 0, 0]

    def _backpropagate(self, iteration: int, square: Floats) -> None:
        self.input.forward()
        self.upper.forward(self._dropped(self.upper, iteration))
        self.upper.backward(self._targets, self._weights)
        self.input.backward()
        np.matmul(self._whole.row, self._whole.column, out=square)

    def _backpropagate_batch(self, iteration: int, rows: Rows, square: Floats) -> None:
        upper, signal, row, column = self._passes[len(rows)]
        weights = None if self._weights is None else self._weights[rows]
        self.input.forward_rows(rows, signal)
        upper.forward(self._dropped(upper, iteration))
        upper.backward(self._targets[rows], weights)
        self.input.backward_rows(rows, signal)
        np.matmul(row, column, out=square)

    def _dropped(self, upper: UpperLayers, iteration: int) -> Sequence[Floats]:
        share = self._config.dropout
        if not share:
            return ()
        seeds = [config.seed for config in self._configs]
        return dropped_units(seeds, iteration, share, upper.hidden_shapes)

    def _moment(self, iteration: int) -> Moment:
        config = self._config
        decay = DECAYS[config.decay](config.decay_rate, iteration / config.decay_every)
        return Moment(iteration, config.learning_rate * decay, config.momentum)

    def logits(self) -> Floats:
        """Return every run's answers to the training images as logits, shape (runs, m)."""
        self.input.forward()
        self.upper.forward()
        return self.upper.output[:, 0].copy()

    def costs(self, logits: Floats) -> Floats:
        """Return the cost of answers to the training images, shape (runs,)."""
        return cross_entropy(logits, self._targets, self._weights)

    def gradient_norms(self) -> Floats:
        """Return the length of the gradient of each layer's weights, shape (runs, layers).

        To be called when the logits are those of the present parameters.
        """
        self.upper.backward(self._targets, self._weights)
        self.input.backward()
        return np.column_stack([self.input.gradient_norms(), *self.upper.gradient_norms()])

    def parameters_of(self, run: int) -> Parameters:
        """Return one run's weights and biases without the units that only fill the four up."""
        units = self._dims[1]
        first_weights, first_biases = self.input.weights(run)
        weights, biases = [first_weights[:units]], [first_biases[:units]]
        for matrix, fan_in in zip(self.upper.weights, self._dims[1:-1], strict=True):
            weights.append(matrix[run, :, :fan_in].copy())
            biases.append(matrix[run, :, -1:].copy())
        return Parameters(tuple(weights), tuple(biases))


def _image_weights(config: TrainConfig, targets: Floats) -> Floats | None:
    """Return how much each image counts in the cost, 1 on average; None for all alike.

    Balanced, each class counts half, whatever its share; one class alone counts as it is.
    """
    labels = targets.astype(np.intp)
    if config.class_weight == "none" or np.ptp(labels) == 0:
        return None
    weights: Floats = config.class_weights(labels)[labels].astype(targets.dtype)
    return weights
