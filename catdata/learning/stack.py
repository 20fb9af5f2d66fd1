"""A stack of networks in training: what is noted on the way, and when each run ends.

The descent itself is in ``descent``. What is worth knowing is looked at between blocks of
iterations, where it costs next to nothing.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.learning.descent import Descent
from catdata.learning.inputs import in_memory, inputs_in
from catdata.learning.network import cross_entropy, sigmoid
from catdata.learning.records import (
    VALIDATION,
    Entry,
    Evaluation,
    History,
    LabelledImages,
    Run,
    is_saturated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats
    from catdata.learning.sources import Source

_PROGRESS_EVERY = 50
PATIENCE = 500
"""Iterations that early stopping waits for a lower cost on the validation images."""


class _Best(NamedTuple):
    """Where a run had its lowest cost on the validation images, and its parameters there."""

    iteration: int
    cost: float
    blocks: list[Floats]


class Stack:
    """Networks of one shape with different first weights, trained in step on the same images.

    Args:
        configs: The configuration of each run; they differ in the seed alone.
        source: The images in the form that the first layer takes.
        train: The images to learn from.
        tests: The test sets by name; with early stopping, the validation images among them.
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
        self._record_every = _record_every(self._config, train)
        self._test_labels = {name: test.labels for name, test in tests.items()}
        self._dims = (inputs_in(train.images), *self._config.layers, 1)
        self._descent = Descent(configs, self._dims, source, train.labels)
        self._entries: list[list[Entry]] = [[] for _ in configs]
        self._zero_gradient_at: list[int | None] = [None] * len(configs)
        self._best: dict[int, _Best] = {}
        self._finished: dict[int, Run] = {}
        self._kept: deque[tuple[int, Floats]] = deque(maxlen=2)

    def train(
        self, tick: Callable[[int], None], stop_now: Callable[[], bool] = lambda: False
    ) -> list[Run]:
        """Train all runs to their end.

        Args:
            tick: Called now and then with the number of iterations done since the last call.
            stop_now: Asked now and then whether all runs are to end where they are.

        Returns:
            The runs in the order of their configurations; their seconds are left at 0.
        """
        config = self._config
        recorded = set(range(0, config.iterations, self._record_every)) | {config.iterations - 1}
        ticks = range(0, config.iterations, _PROGRESS_EVERY)
        with np.errstate(over="ignore", invalid="ignore"):  # looked for after every block
            for start, stop in pairwise(sorted(recorded | {*ticks, config.iterations})):
                if start in recorded:
                    self._record(start, self._alive)
                self._advance(start, stop)
                if config.early_stop:
                    self._validate(stop)
                if config.on_failure == "stop":
                    self._stop(self._without_gradient(), stop)
                if stop_now():
                    self._stop(self._alive, stop)
                tick((stop - start) * len(self._configs))
                if not self._alive:
                    tick((config.iterations - stop) * len(self._configs))
                    break
            for run in self._alive:
                self._finish(run)
        return [self._finished[run] for run in range(len(self._configs))]

    @property
    def _alive(self) -> list[int]:
        return [run for run in range(len(self._configs)) if run not in self._finished]

    def _advance(self, start: int, stop: int) -> None:
        """Iterate, and end every run whose numbers ceased to be finite on the way."""
        self._kept.append((start, self._descent.state.copy()))
        squares = self._descent.iterate(start, stop)
        failures = []
        for run in self._alive:
            self._note_zero_gradient(run, squares[:, run], start)
            failed_at = _first(~np.isfinite(squares[:, run]), start)
            if failed_at is not None:
                failures.append((failed_at, run))
        for failed_at, run in sorted(failures):
            self._end(run, failed_at)
        if failures and self._alive:
            self._return_to(stop)

    def _note_zero_gradient(self, run: int, squares: Floats, start: int) -> None:
        """Keep since when the gradient of a run is zero; a mini-batch or dropout may be for once.

        Args:
            run: Which.
            squares: Its gradient's squared length in the iterations from *start* on.
            start: The first of them.
        """
        reached = np.flatnonzero(squares)
        if reached.size:
            zero_from = start + int(reached[-1]) + 1
            self._zero_gradient_at[run] = zero_from if zero_from < start + len(squares) else None
        elif self._zero_gradient_at[run] is None:
            self._zero_gradient_at[run] = start

    def _end(self, run: int, failed_at: int) -> None:
        """Finish a run where its cost was last finite."""
        oldest = self._kept[0][0]
        for last in range(max(failed_at, 1) - 1, oldest - 1, -1):
            self._return_to(last)
            if np.isfinite(self._descent.costs(self._descent.logits())[run]):
                break
        self._entries[run] = [entry for entry in self._entries[run] if entry.iteration < last]
        self._record(last, [run])
        self._finish(run, diverged_at=last + 1)

    def _return_to(self, iteration: int) -> None:
        """Restore the parameters before *iteration*, from the last copy made before it."""
        start, state = next(kept for kept in reversed(self._kept) if kept[0] <= iteration)
        self._descent.state[:] = state
        self._descent.iterate(start, iteration)

    def _validate(self, iteration: int) -> None:
        """Keep what is best on the validation images; end runs that got no better for long."""
        labels = self._test_labels[VALIDATION]
        costs = cross_entropy(self._descent.other_logits(VALIDATION, len(labels)), labels)
        for run in self._alive:
            best = self._best.get(run)
            if best is None or costs[run] < best.cost:
                blocks = [block[run].copy() for block in self._descent.blocks]
                self._best[run] = _Best(iteration, float(costs[run]), blocks)
            elif iteration - best.iteration >= PATIENCE:
                self._stop([run], iteration)

    def _without_gradient(self) -> list[int]:
        """Return the runs that are going on and whose first layer is no longer reached."""
        runs = [run for run in self._alive if self._zero_gradient_at[run] is not None]
        if not runs:
            return []
        norms = self._descent.look().gradient_norms[:, 0]
        return [run for run in runs if norms[run] == 0.0]

    def _stop(self, runs: list[int], iteration: int) -> None:
        """End runs before all iterations are done, noting how they stand."""
        if runs and iteration < self._config.iterations:
            self._record(iteration, runs)
            for run in runs:
                self._finish(run, stopped_at=iteration)

    def _record(self, iteration: int, runs: list[int]) -> None:
        """Note how the given runs stand before the update of *iteration*."""
        look, threshold = self._descent.look(), self._config.threshold
        costs, probabilities = self._descent.costs(look.logits), sigmoid(look.logits)
        right = (probabilities > threshold) == (self._labels == 1)
        saturated = is_saturated(probabilities)
        ratios = self._descent.update_ratios(iteration)
        tests = {
            name: ((answers > threshold) == (self._test_labels[name] == 1)).mean(axis=1)
            for name, answers in self._test_probabilities().items()
        }
        for run in runs:
            if math.isfinite(costs[run]):
                entry = Entry(
                    iteration=iteration,
                    cost=float(costs[run]),
                    train_accuracy=float(right[run].mean()),
                    test_accuracy={name: float(shares[run]) for name, shares in tests.items()},
                    gradient_norms=look.gradient_norms[run],
                    dead_units=look.dead_units[run],
                    saturation=float(saturated[run].mean()),
                    update_ratios=ratios[run],
                )
                self._entries[run].append(entry)

    def _test_probabilities(self) -> dict[str, Floats]:
        """Return every run's answers to each test set, shape (runs, k)."""
        return {
            name: sigmoid(self._descent.other_logits(name, len(labels)))
            for name, labels in self._test_labels.items()
        }

    def _finish(
        self, run: int, *, diverged_at: int | None = None, stopped_at: int | None = None
    ) -> None:
        """Make the record of a run from its best parameters, if those were kept, or the present."""
        best = self._best.get(run)
        if best is not None:
            for block, kept in zip(self._descent.blocks, best.blocks, strict=True):
                block[run] = kept
        config = self._configs[run]
        history = History.from_entries(
            self._entries[run],
            zero_gradient_at=self._zero_gradient_at[run],
            diverged_at=diverged_at,
            stopped_at=stopped_at,
            best_at=best and best.iteration,
        )
        train = sigmoid(self._descent.logits()[run])
        self._finished[run] = Run(
            config=config,
            layer_dims=self._dims,
            form=self._descent.form,
            parameters=self._descent.parameters_of(run),
            history=history,
            train=Evaluation(train, self._labels, config.threshold),
            tests={
                name: Evaluation(probabilities[run], self._test_labels[name], config.threshold)
                for name, probabilities in self._test_probabilities().items()
            },
            seconds=0.0,
        )


def _record_every(config: TrainConfig, train: LabelledImages) -> int:
    """Return in how many iterations the history gets an entry, which looks at all images.

    Where they are read from a file and a step looks at few of them, that would take longer than to
    learn; so there it is once in an epoch at most.
    """
    if not config.batch_size or in_memory(train.images):
        return config.record_every
    return max(config.record_every, -(-len(train.labels) // config.batch_size))


def _first(found: NDArray[np.bool_], start: int) -> int | None:
    return start + int(np.argmax(found)) if found.any() else None
