"""Train the course's network on labelled images, with one seed or many at once.

``fit`` is ``fit_seeds`` with one seed. Here it is settled in which form the first layer computes,
what the runs share and how they are dealt out to threads; the loop itself is in ``stack``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.engine import executor, map_in_order, usable_cores
from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset, held_out
from catdata.learning.forms import cheaper_form, check_memory
from catdata.learning.inputs import Augmenter, Scaling, inputs_in
from catdata.learning.records import (
    VALIDATION,
    Confusion,
    Evaluation,
    History,
    LabelledImages,
    Run,
    check_images,
)
from catdata.learning.sources import Gram, source_of
from catdata.learning.stack import Stack

if TYPE_CHECKING:
    from catdata.learning.sources import Source

__all__ = [
    "Confusion",
    "Evaluation",
    "History",
    "LabelledImages",
    "Run",
    "TrainConfig",
    "fit",
    "fit_seeds",
]

Progress = Callable[[int, int], None]

# With this many rows in one product it runs at full speed; more of them only leave the cache.
_ROWS_AT_ONCE = 160


def fit(
    train: LabelledImages,
    config: TrainConfig,
    *,
    tests: Mapping[str, LabelledImages] | None = None,
    gram: Gram | None = None,
    augment: Augmenter | None = None,
    stop: threading.Event | None = None,
    on_progress: Progress | None = None,
) -> Run:
    """Train one network.

    Args:
        train: The images to learn from.
        config: What to train and how.
        tests: Sets of images to judge the network on, by name; nothing is learnt from them.
        gram: The products of exactly these arrays of images, where they have been made before.
        augment: Alters the images of each mini-batch before the step; needs mini-batches and the
            direct form. What is noted and judged is about the images as they are.
        stop: Once set, from any thread, training ends soon and the run is what was reached.
        on_progress: Called now and then with the iterations done and their total.

    Raises:
        ConfigRefused: If the images cannot be trained on, or the network would not fit in memory.
    """
    return fit_seeds(
        train,
        config,
        [config.seed],
        tests=tests,
        gram=gram,
        augment=augment,
        jobs=1,
        stop=stop,
        on_progress=on_progress,
    )[0]


def fit_seeds(
    train: LabelledImages,
    config: TrainConfig,
    seeds: Sequence[int],
    *,
    tests: Mapping[str, LabelledImages] | None = None,
    gram: Gram | None = None,
    augment: Augmenter | None = None,
    jobs: int | None = None,
    stop: threading.Event | None = None,
    on_progress: Progress | None = None,
) -> tuple[Run, ...]:
    """Train one network from each of several first weights, stacked into one computation.

    Args:
        train: The images to learn from.
        config: What to train and how; its own seed is not used.
        seeds: The seeds, one for each run.
        tests: Sets of images to judge the networks on, by name; nothing is learnt from them.
        gram: The products of exactly these arrays of images, where they have been made before; not
            with early stopping, which takes images out of *train*.
        augment: As for :func:`fit`; called from several threads where there are several jobs.
        jobs: Stacks trained side by side; by default one for each core. The numbers are the same.
        stop: Once set, from any thread, training ends soon and the runs are what was reached.
        on_progress: Called now and then, from any thread, with the iterations done by all runs
            and their total.

    Returns:
        The runs in the order of the seeds.

    Raises:
        ConfigRefused: If the images cannot be trained on, or the networks would not fit in memory.
    """
    started = time.perf_counter()
    tests = dict(tests or {})
    check_images(train, tests)
    if augment is not None:
        _check_augmentable(config, train)
    if config.early_stop:
        rows, apart = held_out(train.labels, config.early_stop)
        tests = {VALIDATION: Subset.of(train, apart), **tests}
        train = Subset.of(train, rows)
    configs = [replace(config, seed=seed) for seed in seeds]
    if not configs:
        return ()
    dims = (inputs_in(train.images), *config.layers, 1)
    form = config.form if augment is None else "direct"
    if form == "auto":
        form = cheaper_form(config, dims, len(train.images), len(configs))
    jobs = min(jobs or usable_cores(), len(configs))
    shares = _shares(configs, jobs)
    check_memory(form, config, dims, len(train.images), runs=jobs * len(shares[0]))
    ticker = _Ticker(config.iterations * len(configs), on_progress)
    with threadpool_limits(config.threads, "blas"):
        others = {name: test.images for name, test in tests.items()}
        scaling = _scaling(train, config)
        source: Source
        if gram is not None and form == "gram":
            gram.check_made_of(train.images, others, scaling, config.dtype)
            source = gram
        else:
            source = source_of(form, train.images, others, scaling, config, augment)

        def train_share(share: Sequence[TrainConfig]) -> list[Run]:
            stop_now = stop.is_set if stop else lambda: False
            return Stack(share, source, train, tests).train(ticker.tick, stop_now)

        with executor("threads", jobs) as pool, ticker:
            runs = [run for share in map_in_order(pool, train_share, shares) for run in share]
    seconds = (time.perf_counter() - started) / len(runs)
    return tuple(replace(run, seconds=seconds, scaling=scaling) for run in runs)


def _check_augmentable(config: TrainConfig, train: LabelledImages) -> None:
    if train.images.dtype != np.uint8:
        raise ConfigRefused("augmenting is for pictures; these training images are other numbers")
    if not config.batch_size:
        raise ConfigRefused(
            "augmenting in training needs mini-batches: fresh copies of all images in each"
            " iteration would take far longer than learning from them",
            hint="Give a batch size, such as 64. Or put copies into a build, once and for all.",
        )
    if config.form == "gram":
        raise ConfigRefused(
            "form gram is not possible with fresh copies of the images: it knows the products of"
            " the images as they are",
            hint="Leave the form to auto, or put copies into a build.",
        )


def _scaling(train: LabelledImages, config: TrainConfig) -> Scaling | None:
    if config.center or config.standardize:
        return Scaling.of(train.images, standardize=config.standardize)
    return None


class _Ticker:
    """Adds up the iterations of all stacks, tells the caller, and ends all if one has to end.

    Args:
        total: Iterations of all runs together.
        on_progress: The caller's function, or none.
    """

    def __init__(self, total: int, on_progress: Progress | None) -> None:
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


def _shares(configs: list[TrainConfig], jobs: int) -> list[list[TrainConfig]]:
    """Deal the runs out to stacks of nearly one size, at least one stack for each job."""
    units = configs[0].layers[0] if configs[0].layers else 1
    # Each seed goes through mini-batches in an order of its own, so these runs can't go in step.
    largest = 1 if configs[0].batch_size else max(1, _ROWS_AT_ONCE // units)
    stacks = max(jobs, -(-len(configs) // largest))
    bounds = [len(configs) * i // stacks for i in range(stacks + 1)]
    return [configs[start:stop] for start, stop in pairwise(bounds)]
