"""The loop: a stack of networks descends the gradient, and its history is noted.

``Stack.iterate`` is all that runs thousands of times: forward, backward, a step. What is worth
knowing on the way is looked at between blocks of iterations, where it costs next to nothing.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.network import (
    Parameters,
    UpperLayers,
    carve,
    cross_entropy,
    initialize,
    sigmoid,
)
from catdata.learning.optimizers import DECAYS, OPTIMIZERS, Moment, Vectors
from catdata.learning.records import Entry, Evaluation, History, LabelledImages, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.learning.config import TrainConfig
    from catdata.learning.inputlayer import Source
    from catdata.learning.network import Floats

_PROGRESS_EVERY = 50
# Products of rows in fours run up to twice as fast as with one to three rows left over (OpenBLAS),
# and give a network the same bits alone and in a stack. Units without weights fill the four up:
# nothing goes in, nothing comes out, and their gradient is zero.
_UNITS_AT_ONCE = 4


class Stack:
    """Networks of one shape with different first weights, trained in step on the same images.

    Args:
        configs: The configuration of each run; they differ in the seed alone.
        source: The images in the form that the first layer takes.
        train: The images to learn from.
        tests: The test sets by name.
    """

    def __init__(
        self,
        configs: Sequence[TrainConfig],
        source: Source,
        train: LabelledImages,
        tests: Mapping[str, LabelledImages],
    ) -> None:
        self._configs = configs
        self._config = configs[0]
        self._labels = train.labels
        self._targets = train.labels.astype(self._config.dtype)
        self._weights = _image_weights(self._config, self._targets)
        self._shrinking = self._config.l2 / len(train.labels)
        self._test_labels = {name: test.labels for name, test in tests.items()}
        self._dims = (train.images[0].size, *self._config.layers, 1)
        self._first_units = _first_units(self._dims)
        self._lay_out(source)
        self._entries: list[list[Entry]] = [[] for _ in configs]
        self._zero_gradient_at: list[int | None] = [None] * len(configs)
        self._finished: dict[int, Run] = {}
        self._kept: deque[tuple[int, Floats]] = deque(maxlen=2)

    def _lay_out(self, source: Source) -> None:
        """Put all parameters of all runs into one vector and fill in the first weights.

        Below it lie the vectors that the optimizer remembers, so that one copy holds all there is
        to return to.
        """
        runs, first = len(self._configs), self._first_units
        widths = (first, *self._dims[2:])
        input_shapes = source.parameter_shapes(runs, first, decays=self._shrinking > 0.0)
        upper_shapes = [(runs, units, below + 1) for below, units in pairwise(widths)]
        shapes = [*input_shapes, *upper_shapes]
        optimizer = OPTIMIZERS[self._config.optimizer]
        numbers = sum(math.prod(shape) for shape in shapes)
        self._state = np.zeros((1 + optimizer.memory, numbers), self._config.dtype)
        self.parameters, memory = self._state[0], self._state[1:]
        self.gradient = np.zeros_like(self.parameters)
        scratch = np.empty_like(self.parameters)
        self._vectors = Vectors(self.parameters, self.gradient, memory, scratch)
        self._step = optimizer.step
        blocks = carve(self.parameters, shapes)
        gradients = carve(self.gradient, shapes)
        inputs = len(input_shapes)
        first_weights = self._fill(first, blocks[inputs:])
        self.input = source.layer(first_weights, blocks[:inputs], gradients[:inputs])
        self.upper = UpperLayers(
            blocks[inputs:], gradients[inputs:], self.input.signal, self._config.activation
        )

    def _fill(self, first: int, upper: list[Floats]) -> Floats:
        """Draw every run's weights into the upper layers' arrays, and return W1."""
        first_weights = np.zeros((len(self._configs), first, self._dims[0]))
        for run, config in enumerate(self._configs):
            weights = initialize(self._dims, config.init, config.seed).weights
            first_weights[run, : self._dims[1]] = weights[0]
            for block, matrix in zip(upper, weights[1:], strict=True):
                block[run, :, : matrix.shape[1]] = matrix
        return first_weights

    def train(self, tick: Callable[[int], None]) -> list[Run]:
        """Train all runs to their end.

        Args:
            tick: Called now and then with the number of iterations done since the last call.

        Returns:
            The runs in the order of their configurations; their seconds are left at 0.
        """
        config = self._config
        recorded = set(range(0, config.iterations, config.record_every)) | {config.iterations - 1}
        ticks = range(0, config.iterations, _PROGRESS_EVERY)
        with np.errstate(over="ignore", invalid="ignore"):  # looked for after every block
            for start, stop in pairwise(sorted(recorded | {*ticks, config.iterations})):
                if start in recorded:
                    self._record(start, self._alive)
                self._advance(start, stop)
                tick((stop - start) * len(self._configs))
                if not self._alive:
                    tick((config.iterations - stop) * len(self._configs))
                    break
            for run in self._alive:
                self._finish(run)
        return [self._finished[run] for run in range(len(self._configs))]

    def iterate(self, start: int, stop: int) -> Floats:
        """Do the iterations from *start* to *stop* and nothing else.

        Returns:
            For each iteration and run, the squared length of the gradient that reaches the first
            layer, shape (stop - start, runs).
        """
        signal = self.input.signal
        row = signal.reshape(len(signal), 1, -1)
        column = signal.reshape(len(signal), -1, 1)
        squares = np.empty((stop - start, len(signal), 1, 1), signal.dtype)
        for iteration, square in enumerate(squares, start):
            self.input.forward()
            self.upper.forward()
            self.upper.backward(self._targets, self._weights)
            self.input.backward()
            np.matmul(row, column, out=square)
            if self._shrinking:
                self.input.decay(self._shrinking)
                self.upper.decay(self._shrinking)
            self._step(self._vectors, self._moment(iteration))
        return squares[:, :, 0, 0]

    def _moment(self, iteration: int) -> Moment:
        config = self._config
        decay = DECAYS[config.decay](config.decay_rate, iteration / config.decay_every)
        return Moment(iteration, config.learning_rate * decay, config.momentum)

    @property
    def _alive(self) -> list[int]:
        return [run for run in range(len(self._configs)) if run not in self._finished]

    def _advance(self, start: int, stop: int) -> None:
        """Iterate, and end every run whose numbers ceased to be finite on the way."""
        self._kept.append((start, self._state.copy()))
        squares = self.iterate(start, stop)
        failures = []
        for run in self._alive:
            if self._zero_gradient_at[run] is None:
                self._zero_gradient_at[run] = _first(squares[:, run] == 0.0, start)
            failed_at = _first(~np.isfinite(squares[:, run]), start)
            if failed_at is not None:
                failures.append((failed_at, run))
        for failed_at, run in sorted(failures):
            self._end(run, failed_at)
        if failures and self._alive:
            self._return_to(stop)

    def _end(self, run: int, failed_at: int) -> None:
        """Finish a run where its cost was last finite."""
        oldest = self._kept[0][0]
        for last in range(max(failed_at, 1) - 1, oldest - 1, -1):
            self._return_to(last)
            if np.isfinite(self._costs(self._logits())[run]):
                break
        self._entries[run] = [entry for entry in self._entries[run] if entry.iteration < last]
        self._record(last, [run])
        self._finish(run, diverged_at=last + 1)

    def _return_to(self, iteration: int) -> None:
        """Restore the parameters before *iteration*, from the last copy made before it."""
        start, state = next(kept for kept in reversed(self._kept) if kept[0] <= iteration)
        self._state[:] = state
        self.iterate(start, iteration)

    def _record(self, iteration: int, runs: list[int]) -> None:
        """Note how the given runs stand before the update of *iteration*."""
        logits = self._logits()
        costs, threshold = self._costs(logits), self._config.threshold
        right = (sigmoid(logits) > threshold) == (self._labels == 1)
        dead = self.upper.dead_units()
        dead[:, :1] -= self._first_units - self._dims[1]
        tests = {
            name: ((probabilities > threshold) == (self._test_labels[name] == 1)).mean(axis=1)
            for name, probabilities in self._test_probabilities().items()
        }
        norms = self._gradient_norms()
        for run in runs:
            if math.isfinite(costs[run]):
                entry = Entry(
                    iteration=iteration,
                    cost=float(costs[run]),
                    train_accuracy=float(right[run].mean()),
                    test_accuracy={name: float(shares[run]) for name, shares in tests.items()},
                    gradient_norms=norms[run],
                    dead_units=dead[run],
                )
                self._entries[run].append(entry)

    def _logits(self) -> Floats:
        """Return every run's answers to the training images as logits, shape (runs, m)."""
        self.input.forward()
        self.upper.forward()
        return self.upper.output[:, 0].copy()

    def _costs(self, logits: Floats) -> Floats:
        return cross_entropy(logits, self._targets, self._weights)

    def _test_probabilities(self) -> dict[str, Floats]:
        """Return every run's answers to each test set, shape (runs, k)."""
        return {
            name: sigmoid(self.upper.logits_of(self.input.forward_other(name)))
            for name in self._test_labels
        }

    def _gradient_norms(self) -> Floats:
        """Return the length of the gradient of each layer's weights, shape (runs, layers).

        To be called when the logits are those of the present parameters.
        """
        self.upper.backward(self._targets, self._weights)
        self.input.backward()
        return np.column_stack([self.input.gradient_norms(), *self.upper.gradient_norms()])

    def _finish(self, run: int, diverged_at: int | None = None) -> None:
        """Make the record of a run from its present parameters."""
        config = self._configs[run]
        history = History.from_entries(
            self._entries[run],
            zero_gradient_at=self._zero_gradient_at[run],
            diverged_at=diverged_at,
        )
        self._finished[run] = Run(
            config=config,
            layer_dims=self._dims,
            form=self.input.form,
            parameters=self._parameters_of(run),
            history=history,
            train=Evaluation(sigmoid(self._logits()[run]), self._labels, config.threshold),
            tests={
                name: Evaluation(probabilities[run], self._test_labels[name], config.threshold)
                for name, probabilities in self._test_probabilities().items()
            },
            seconds=0.0,
        )

    def _parameters_of(self, run: int) -> Parameters:
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
    cats = float(targets.sum())
    if config.class_weight == "none" or cats in (0.0, len(targets)):
        return None
    of_cat, of_other = len(targets) / (2 * cats), len(targets) / (2 * (len(targets) - cats))
    return np.where(targets == 1, of_cat, of_other).astype(targets.dtype)


def _first_units(dims: tuple[int, ...]) -> int:
    """Return the width of the first layer with its filling units; an output stays one unit."""
    return dims[1] if len(dims) == 2 else -(-dims[1] // _UNITS_AT_ONCE) * _UNITS_AT_ONCE


def _first(found: NDArray[np.bool_], start: int) -> int | None:
    return start + int(np.argmax(found)) if found.any() else None
