"""The stacks of a training, dealt out to workers: threads, other processes, or a cluster.

Threads share the caller's arrays and report every few iterations. To other processes the arrays are
sent, on a cluster once for all stacks, and a stack is reported when it is done. The numbers are the
same: every worker gives a product one BLAS thread, or as many as the configuration says.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from threadpoolctl import threadpool_limits

from catdata.engine import WorkerDied, map_chunks, map_in_order, shared
from catdata.errors import ConfigRefused, EngineFailed
from catdata.learning.folds import Subset
from catdata.learning.inputs import in_memory
from catdata.learning.sources import Gram, source_of
from catdata.learning.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from catdata.learning.config import TrainConfig
    from catdata.learning.inputs import Augmenter, Scaling
    from catdata.learning.records import LabelledImages, Run
    from catdata.learning.sources import Source

Part = TypeVar("Part")
Result = TypeVar("Result")

# With this many rows in one product it runs at full speed; more of them only leave the cache.
_ROWS_AT_ONCE = 160


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What the stacks of one training have in common.

    Attributes:
        train: The images to learn from.
        tests: The sets to judge on, by name.
        gram: The products of all these images; None for the direct form.
        scaling: How pixels become inputs; None for pixels / 255.
        augment: Alters the images of each mini-batch, or None.
    """

    train: LabelledImages
    tests: Mapping[str, LabelledImages]
    gram: Gram | None
    scaling: Scaling | None
    augment: Augmenter | None

    def source(self, config: TrainConfig) -> Source:
        """Return the images as the first layer takes them."""
        others = {name: test.images for name, test in self.tests.items()}
        return self.gram or source_of(
            "direct", self.train.images, others, self.scaling, config, self.augment
        )

    def to_send(self) -> Training:
        """Return the same with nothing but images and labels in its sets."""
        tests = {name: Subset(test.images, test.labels) for name, test in self.tests.items()}
        train = Subset(self.train.images, self.train.labels)
        return Training(train, tests, self.gram, self.scaling, self.augment)


class Ticker:
    """Adds up the iterations of all stacks, tells the caller, and ends all if one has to end.

    Args:
        total: Iterations of all runs together.
        on_progress: The caller's function, or none.
    """

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    def tick(self, iterations: int) -> None:
        """Count iterations as done.

        Raises:
            KeyboardInterrupt: If training was interrupted or failed in another thread.
        """
        if self._cancelled.is_set():
            raise KeyboardInterrupt
        with self._lock:
            self._done += iterations
            if self._on_progress is not None:
                self._on_progress(self._done, self._total)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._cancelled.set()


def deal(configs: Sequence[TrainConfig], workers: int) -> list[Sequence[TrainConfig]]:
    """Deal runs out to stacks of nearly one size, at least one stack for each worker.

    Args:
        configs: Of the runs; they differ in the seed alone.
        workers: At most as many as there are runs.
    """
    units = configs[0].layers[0] if configs[0].layers else 1
    # Each seed goes through mini-batches in an order of its own, so these runs can't go in step.
    largest = 1 if configs[0].batch_size else max(1, _ROWS_AT_ONCE // units)
    stacks = max(workers, -(-len(configs) // largest))
    bounds = [len(configs) * i // stacks for i in range(stacks + 1)]
    return [configs[start:stop] for start, stop in pairwise(bounds)]


def check_sendable(*sets: LabelledImages) -> None:
    """Refuse to send images to other processes that are not in memory.

    Raises:
        ConfigRefused: If some are read from an open file.
    """
    if not all(in_memory(one.images) for one in sets):
        raise ConfigRefused(
            "images that are read from an open file can't be sent to other processes",
            hint="Train in threads, or read the whole build into memory first.",
        )


def train_here(
    pool: Executor,
    stacks: Sequence[Sequence[TrainConfig]],
    training: Training,
    ticker: Ticker,
    stop: threading.Event | None,
) -> list[Run]:
    """Train stacks in threads of this process, or in the calling one.

    Args:
        pool: Where.
        stacks: The configurations of each.
        training: What they have in common.
        ticker: Told every few iterations.
        stop: Once set, all end soon.
    """
    source = training.source(stacks[0][0])

    def train_stack(configs: Sequence[TrainConfig]) -> list[Run]:
        stop_now = stop.is_set if stop else lambda: False
        stack = Stack(configs, source, training.train, training.tests)
        return stack.train(ticker.tick, stop_now)

    with ticker:
        return [run for runs in map_in_order(pool, train_stack, stacks) for run in runs]


def train_elsewhere(
    pool: Executor,
    stacks: Sequence[Sequence[TrainConfig]],
    training: Training,
    ticker: Ticker,
) -> list[Run]:
    """Train stacks in other processes; one that dies of other causes is tried again.

    Args:
        pool: Where.
        stacks: The configurations of each.
        training: What they have in common.
        ticker: Told when a stack is done.

    Raises:
        EngineFailed: If several processes died of one stack.
    """
    train_stacks = partial(_train_stacks, shared(pool, training.to_send()))
    trained: list[Run] = []
    for runs in map_parts(pool, train_stacks, stacks):
        trained += runs
        ticker.tick(sum(run.config.iterations for run in runs))
    return trained


def map_parts(
    pool: Executor, function: Callable[[list[Part]], list[Result]], parts: Sequence[Part]
) -> Iterator[Result]:
    """Yield what *function* makes of each part, in order; it is given one at a time, in a list.

    Raises:
        EngineFailed: If several processes died of one part.
    """
    try:
        yield from map_chunks(pool, function, parts)
    except WorkerDied as died:
        raise EngineFailed(
            "The processes that trained networks died three times, perhaps for want of memory.",
            hint="Try fewer at once, such as --jobs 1, or --engine threads.",
        ) from died


def _train_stacks(training: Training, stacks: Sequence[Sequence[TrainConfig]]) -> list[list[Run]]:
    """Train whole stacks in the process that this is called in."""
    config = stacks[0][0]
    with threadpool_limits(config.threads, "blas"):
        source = training.source(config)
        return [
            Stack(configs, source, training.train, training.tests).train(lambda _iterations: None)
            for configs in stacks
        ]
