"""Train the course's network on labelled images, with one seed or many at once.

``fit`` is ``fit_seeds`` with one seed. Here it is settled in which form the first layer computes,
what the runs share and where they run; how they are dealt out is in ``dealing``, the loop itself in
``stack``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.engine import UNLIMITED, Engine, Jobs, usable_cores
from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.dealing import (
    Ticker,
    Training,
    check_sendable,
    deal,
    train_elsewhere,
    train_here,
)
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
from catdata.learning.sources import Gram

if TYPE_CHECKING:
    import threading

__all__ = [
    "Confusion",
    "Evaluation",
    "History",
    "LabelledImages",
    "Run",
    "TrainConfig",
    "fit",
    "fit_seeds",
    "shares_of",
]

Progress = Callable[[int, int], None]

_PRELOAD = ("catdata.learning.dealing",)  # what workers forked for a training need


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
    jobs: Jobs = None,
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
        augment: As for :func:`fit`; called from several threads where there are several jobs, and
            pickled where they are other processes.
        jobs: Stacks trained side by side in threads, by default one for each core; or an engine.
            The numbers are the same. Other processes get the images sent.
        stop: Once set, from any thread, training ends soon and the runs are what was reached; other
            processes do not hear of it.
        on_progress: Called with the iterations done by all runs and their total: now and then from
            any thread, or when other processes are done with a stack.

    Returns:
        The runs in the order of the seeds.

    Raises:
        ConfigRefused: If the images cannot be trained on, or the networks would not fit in memory,
            or images read from a file were to go to other processes.
        EngineFailed: If the cluster cannot be reached.
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
    if not isinstance(jobs, Engine):
        jobs = min(jobs or usable_cores(), len(configs))
    engine = Engine.of(jobs, "threads")
    if not engine.is_here:
        check_sendable(train, *tests.values())
    ticker = Ticker(config.iterations * len(configs), on_progress)
    with (
        engine.executor(_PRELOAD, UNLIMITED) as pool,
        threadpool_limits(config.threads, "blas"),
    ):
        workers = min(engine.workers(pool), len(configs))
        stacks = deal(configs, workers)
        side_by_side = 1 if engine.scheduler else workers  # on this machine, as far as is known
        check_memory(form, config, dims, len(train.images), runs=side_by_side * len(stacks[0]))
        scaling = _scaling(train, config)
        gram = _products(gram, train, tests, scaling, config) if form == "gram" else None
        training = Training(train, tests, gram, scaling, augment)
        if engine.is_here:
            runs = train_here(pool, stacks, training, ticker, stop)
        else:
            runs = train_elsewhere(pool, stacks, training, ticker)
    seconds = (time.perf_counter() - started) / len(runs)
    return tuple(replace(run, seconds=seconds, scaling=scaling) for run in runs)


def shares_of(sizes: Sequence[int], on_progress: Progress | None) -> Iterator[Progress | None]:
    """Yield for each of several trainings in turn what it is to report its progress to.

    Args:
        sizes: Their iterations, those of all runs together.
        on_progress: Told of all.
    """
    before, in_all = 0, sum(sizes)
    for size in sizes:
        yield on_progress and partial(_report, on_progress, before, in_all)
        before += size


def _report(on_progress: Progress, before: int, in_all: int, done: int, _total: int) -> None:
    on_progress(before + done, in_all)


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


def _products(
    gram: Gram | None,
    train: LabelledImages,
    tests: Mapping[str, LabelledImages],
    scaling: Scaling | None,
    config: TrainConfig,
) -> Gram:
    """Return the products of all images: those that were made before, or new ones."""
    others = {name: test.images for name, test in tests.items()}
    if gram is None:
        return Gram(train.images, others, scaling, config.dtype)
    gram.check_made_of(train.images, others, scaling, config.dtype)
    return gram


def _scaling(train: LabelledImages, config: TrainConfig) -> Scaling | None:
    if config.center or config.standardize:
        return Scaling.of(train.images, standardize=config.standardize)
    return None
