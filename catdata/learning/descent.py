"""The descent of a stack of networks: forward, backward, a step; thousands of times.

All parameters of all runs lie in one vector, and what the optimizer remembers in rows below it, so
one copy of that state holds all there is to return to. An iteration depends on the state and its
number alone.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.draws import Batches, dropped_units
from catdata.learning.inputlayer import input_layer
from catdata.learning.inputs import row_slices
from catdata.learning.network import Parameters, UpperLayers, carve, cross_entropy, initialize
from catdata.learning.optimizers import DECAYS, OPTIMIZERS, Moment, Vectors
from catdata.learning.passes import Passes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats, Labels
    from catdata.learning.passes import Look, Shapes
    from catdata.learning.sources import Source

# Products of rows in fours run up to twice as fast as with one to three rows left over (OpenBLAS),
# and give a network the same bits alone and in a stack. Units without weights fill the four up:
# nothing goes in, nothing comes out, and their gradient is zero.
_UNITS_AT_ONCE = 4


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
        self._layer = input_layer(source, first_weights, self.blocks[:inputs], gradients[:inputs])

        above = self.blocks[inputs:]

        # It does not hold this object, which would keep the images until garbage is collected.
        def layers_above(signal: Floats) -> UpperLayers:
            return UpperLayers(above, gradients[inputs:], signal, config.activation)

        self._passes = Passes(self._layer, layers_above, self._targets, self._weights, gradient)
        self._batches: Batches | None = None
        if config.batch_size:
            self._batches = Batches(len(self._targets), config.batch_size, config.seed)

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
            drop = partial(self._dropped, iteration)
            if self._batches is None:
                self._passes.everything(drop, square)
            else:
                rows, epoch = self._batches.rows(iteration), self._batches.epoch(iteration)
                self._passes.batch(rows, epoch, drop, square)
            if self._shrinking:
                self._layer.decay(self._shrinking)
                self._passes.upper.decay(self._shrinking)
            self._step(self._vectors, self._moment(iteration))
        return squares[:, :, 0, 0]

    def _dropped(self, iteration: int, shapes: Shapes) -> Sequence[Floats]:
        share = self._config.dropout
        if not share:
            return ()
        return dropped_units([config.seed for config in self._configs], iteration, share, shapes)

    def _moment(self, iteration: int) -> Moment:
        config = self._config
        decay = DECAYS[config.decay](config.decay_rate, iteration / config.decay_every)
        return Moment(iteration, config.learning_rate * decay, config.momentum)

    @property
    def form(self) -> str:
        """The form of the first layer."""
        return self._layer.form

    def look(self) -> Look:
        """Return how the networks stand on all training images."""
        look = self._passes.look()
        look.dead_units[:, :1] -= self.filling
        return look

    def logits(self) -> Floats:
        """Return every run's answers to the training images as logits, shape (runs, m)."""
        return self._passes.logits()

    def other_logits(self, name: str, count: int) -> Floats:
        """Return every run's answers to the *count* images of another set, shape (runs, count)."""
        upper, layer = self._passes.upper, self._layer
        parts = [upper.logits_of(layer.forward_other(name, rows)) for rows in row_slices(count)]
        return np.concatenate(parts, axis=1)

    def costs(self, logits: Floats) -> Floats:
        """Return the cost of answers to the training images, shape (runs,)."""
        return cross_entropy(logits, self._targets, self._weights)

    def update_ratios(self, iteration: int) -> Floats:
        """Return how long the step of an iteration is for each layer, beside its weights.

        The iteration is done and taken back.

        Returns:
            ‖step‖ / ‖weights‖, shape (runs, layers); nan where all weights are zero.
        """
        before = self.state.copy()
        lengths = [self._layer.weight_norms(), *self._passes.upper.weight_norms()]
        self.iterate(iteration, iteration + 1)
        inputs = len(self.blocks) - len(lengths) + 1
        old = carve(before[0], [block.shape for block in self.blocks])
        steps = [self._layer.step_norms(old[:inputs])]
        for block, was in zip(self.blocks[inputs:], old[inputs:], strict=True):
            steps.append(np.linalg.norm((block - was)[:, :, :-1], axis=(1, 2)))
        self.state[:] = before
        weights = np.column_stack(lengths)
        ratios = np.full(weights.shape, np.nan)
        np.divide(np.column_stack(steps), weights, out=ratios, where=weights > 0.0)
        return ratios

    def parameters_of(self, run: int) -> Parameters:
        """Return one run's weights and biases without the units that only fill the four up."""
        units = self._dims[1]
        first_weights, first_biases = self._layer.weights(run)
        weights, biases = [first_weights[:units]], [first_biases[:units]]
        for matrix, fan_in in zip(self._passes.upper.weights, self._dims[1:-1], strict=True):
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
