"""Experiments on builds: train networks under equal conditions, judge them, return records.

``compare`` trains every arm with the same seeds and judges all on every test set of the arms. The
intervals are drawn with one fixed seed, so the same builds always give the same record.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused, shown
from catdata.learning import neighbours, stats
from catdata.learning.changes import SMALLEST_TEST_SET
from catdata.learning.comparison import (
    Arm,
    ArmResult,
    Comparison,
    Flips,
    Judgement,
    World,
)
from catdata.learning.config import TrainConfig
from catdata.learning.contrasts import Case, contrasts, resampling_rng
from catdata.learning.controls import control_arm
from catdata.learning.cross_validation import Pool, cross_validate
from catdata.learning.flips import find_flips
from catdata.learning.testsets import SharedTest, check_leaks, shared_tests
from catdata.learning.trained import Trained, listed, train_arm
from catdata.learning.training import shares_of
from catdata.learning.worlds import find_worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.engine import Jobs
    from catdata.h5file import ImageSet
    from catdata.learning.network import Floats
    from catdata.learning.records import LabelledImages
    from catdata.learning.training import Progress
    from catdata.learning.verdicts import Contrast

DEFAULT_LAYERS = ((20, 7, 5),)
DEFAULT_SEEDS = range(1, 11)


def compare(
    arms: Sequence[Arm],
    *,
    layers: Sequence[tuple[int, ...]] = DEFAULT_LAYERS,
    seeds: Sequence[int] = DEFAULT_SEEDS,
    config: TrainConfig | None = None,
    control: bool = False,
    folds: int = 0,
    jobs: Jobs = None,
    on_progress: Progress | None = None,
) -> Comparison:
    """Train every build with every shape of network and every seed, and say what differs.

    Args:
        arms: The builds, by different names; the first is what the others are held against.
        layers: Widths of the hidden layers, one tuple a shape.
        seeds: The seeds, the same in every arm.
        config: How to train; its layers and seed are not used. The course's settings if None.
        control: Add an arm of the first build's training images, repeated to the size of the
            largest other, which is held against that one as well.
        folds: Also judge the arms by cross-validation with so many folds; 0 for not.
        jobs: Networks trained side by side in threads, or an engine.
        on_progress: Called now and then, from any thread, with the iterations done and their total.

    Raises:
        ConfigRefused: If there is nothing to compare, a name or seed occurs twice, or the builds
            cannot be judged on each other's test images.
        LeakRefused: If a training set holds an image of a test set, or a near-duplicate of one.
        EngineFailed: If the cluster cannot be reached.
    """
    started = time.perf_counter()
    config = config or TrainConfig()
    _check_distinct("build", [arm.name for arm in arms])
    _check_distinct("seed", seeds)
    _check_distinct("shape of network", layers)
    tests = shared_tests(arms)
    warnings = [*_warnings(arms, tests, seeds), *check_leaks(arms, tests)]
    if control:
        arms = [*arms, control_arm(arms)]
    pool = _pool(arms, seeds, folds) if folds else None
    judges = [{test.name: test.seen_by(arm) for test in tests} for arm in arms]
    configs = [replace(config, layers=shape) for shape in layers]
    sizes = [len(seeds) * config.iterations * parts for parts in (1, folds)]
    shares = shares_of(np.repeat(sizes, len(layers) * len(arms)).tolist(), on_progress)
    trained = [
        [
            train_arm(arm, judge, shaped, seeds, next(shares), jobs)
            for arm, judge in zip(arms, judges, strict=True)
        ]
        for shaped in configs
    ]
    pairings = [pairing for of_shape in trained for pairing in _pairings(of_shape, tests)]
    worlds, too_few = _worlds(arms, jobs)
    stuck = (one.warning for of_shape in trained for one in of_shape if one.warning)
    return Comparison(
        arms=tuple(_results(trained, tests, judges)),
        changes=contrasts([_case(*pairing) for pairing in pairings]),
        flips=tuple(_flips(pairing, judges[0]) for pairing in pairings),
        worlds=worlds,
        folds=_judge_by_folds(pool, arms, configs, seeds, folds, shares, jobs) if pool else (),
        test_sets=tuple(test.summary for test in tests),
        seeds=tuple(seeds),
        config=config,
        warnings=(*warnings, *stuck, *too_few),
        seconds=time.perf_counter() - started,
    )


def _check_distinct(what: str, values: Sequence[object]) -> None:
    if not values:
        raise ConfigRefused(f"a comparison needs at least one {what}")
    if len(set(values)) < len(values):
        raise ConfigRefused(f"a comparison takes each {what} once: {listed(values)}")


def _warnings(
    arms: Sequence[Arm], tests: Sequence[SharedTest], seeds: Sequence[int]
) -> Iterator[str]:
    for arm in arms:
        yield from (f"{shown(arm.name)}: {warning}" for warning in arm.pair.warnings)
    if len(seeds) == 1:
        yield "With one seed no interval knows how much networks differ from seed to seed."
    for test in tests:
        if len(test.keys) < SMALLEST_TEST_SET:
            yield (
                f"{shown(test.name)} has too few test images to show a difference:"
                f" {len(test.keys)} of at least {SMALLEST_TEST_SET}"
            )


def _results(
    trained: Sequence[Sequence[Trained]],
    tests: Sequence[SharedTest],
    judges: Sequence[Mapping[str, LabelledImages]],
) -> Iterator[ArmResult]:
    """Yield the results of every shape and arm; the nearest neighbours of an arm know no shape."""
    by_neighbour = [
        {name: neighbours.accuracy(one.arm.pair.train, seen) for name, seen in judge.items()}
        for one, judge in zip(trained[0], judges, strict=True)
    ]
    for of_shape in trained:
        for one, shares_right in zip(of_shape, by_neighbour, strict=True):
            yield _result(one, tests, shares_right)


def _result(
    trained: Trained, tests: Sequence[SharedTest], by_neighbour: Mapping[str, float]
) -> ArmResult:
    train = trained.arm.pair.train
    counts = np.bincount(train.labels, minlength=2).tolist()
    return ArmResult(
        build=trained.arm.name,
        build_id=trained.arm.pair.build_id,
        layers=trained.config.layers,
        control=trained.arm.control,
        train_classes=dict(zip(train.class_names, counts, strict=True)),
        train_class_accuracy=_by_class(trained.any_scores.train_correct, train),
        train_accuracy=stats.mean_train_accuracy(trained.any_scores, rng=resampling_rng()),
        curve=trained.train_curve,
        judgements={
            test.name: _judgement(trained, test, by_neighbour[test.name]) for test in tests
        },
    )


def _judgement(trained: Trained, test: SharedTest, nearest_neighbour: float) -> Judgement:
    scores = trained.scores[test.name]
    return Judgement(
        test_accuracy=stats.mean_test_accuracy(scores, rng=resampling_rng()),
        gap=stats.mean_gap(scores, rng=resampling_rng()),
        class_accuracy=_by_class(scores.correct, test.images),
        nearest_neighbour=nearest_neighbour,
        curve=trained.test_curves[test.name],
    )


def _by_class(correct: NDArray[np.bool_] | Floats, images: ImageSet) -> dict[str, float]:
    """Return the mean share named rightly of each class that occurs."""
    by_image = correct.mean(axis=0)
    return {
        name: float(by_image[images.labels == label].mean())
        for label, name in enumerate(images.class_names)
        if (images.labels == label).any()
    }


def _pairings(
    trained: Sequence[Trained], tests: Sequence[SharedTest]
) -> Iterator[tuple[Trained, Trained, SharedTest]]:
    """Yield what is held against what, on every test set."""
    for before, after in _pairs([one.arm for one in trained]):
        yield from ((trained[before], trained[after], test) for test in tests)


def _pairs(arms: Sequence[Arm]) -> list[tuple[int, int]]:
    """Return which arm is held against which: all against the first, the largest to a control."""
    pairs = [(0, after) for after in range(1, len(arms))]
    if arms[-1].control:
        largest = max(range(1, len(arms) - 1), key=lambda index: len(arms[index].pair.train))
        pairs.append((len(arms) - 1, largest))
    return pairs


def _case(before: Trained, after: Trained, test: SharedTest) -> Case:
    return Case(
        before=before.arm,
        after=after.arm,
        layers=before.config.layers,
        scores=(before.scores[test.name], after.scores[test.name]),
        test_set=test.summary,
        labels=test.images.labels,
    )


def _worlds(arms: Sequence[Arm], jobs: Jobs) -> tuple[tuple[World, ...], tuple[str, ...]]:
    first, *others = arms
    found = [find_worlds(first, arm, jobs) for arm in others if not arm.control]
    return (
        tuple(world for worlds, _ in found for world in worlds),
        tuple(warning for _, warnings in found for warning in warnings),
    )


def _pool(arms: Sequence[Arm], seeds: Sequence[int], folds: int) -> Pool:
    """Pool the original images, and see before any training that they can be split."""
    pool = Pool.of(arms)
    pool.folds(folds, seeds[0])
    return pool


def _judge_by_folds(
    pool: Pool,
    arms: Sequence[Arm],
    configs: Sequence[TrainConfig],
    seeds: Sequence[int],
    count: int,
    shares: Iterator[Progress | None],
    jobs: Jobs,
) -> tuple[Contrast, ...]:
    scores = [
        [
            cross_validate(
                pool, arm, groups, config, seeds, count, jobs=jobs, on_progress=next(shares)
            )
            for arm, groups in zip(arms, pool.arm_groups, strict=True)
        ]
        for config in configs
    ]
    return contrasts(
        [
            Case(
                before=arms[before],
                after=arms[after],
                layers=config.layers,
                scores=(of_shape[before], of_shape[after]),
                test_set=pool.summary,
                labels=pool.labels,
                folds=count,
            )
            for config, of_shape in zip(configs, scores, strict=True)
            for before, after in _pairs(arms)
        ]
    )


def _flips(
    pairing: tuple[Trained, Trained, SharedTest], judges: Mapping[str, LabelledImages]
) -> Flips:
    before, after, test = pairing
    return find_flips(before, after, test.name, test.images, judges[test.name])
