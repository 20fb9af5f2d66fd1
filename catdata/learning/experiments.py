"""Experiments on builds: train networks under equal conditions, judge them, return records.

``compare`` trains every arm with the same seeds and judges all on every test set of the arms. The
intervals are drawn with one fixed seed, so the same builds always give the same record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused, shown
from catdata.learning import stats
from catdata.learning.comparison import Arm, ArmResult, Comparison, Curve, Judgement
from catdata.learning.config import TrainConfig
from catdata.learning.diagnosis import diagnose
from catdata.learning.stats import Scores
from catdata.learning.testsets import SharedTest, check_leaks, shared_tests
from catdata.learning.training import Progress, fit_seeds
from catdata.learning.verdicts import Contrast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from catdata.learning.network import Floats
    from catdata.learning.records import Evaluation, History, LabelledImages, Run

DEFAULT_LAYERS = ((20, 7, 5),)
DEFAULT_SEEDS = range(1, 11)

_RESAMPLING_SEED = 0


def compare(
    arms: Sequence[Arm],
    *,
    layers: Sequence[tuple[int, ...]] = DEFAULT_LAYERS,
    seeds: Sequence[int] = DEFAULT_SEEDS,
    config: TrainConfig | None = None,
    on_progress: Progress | None = None,
) -> Comparison:
    """Train every build with every shape of network and every seed, and say what differs.

    Args:
        arms: The builds, by different names; the first is what the others are held against.
        layers: Widths of the hidden layers, one tuple a shape.
        seeds: The seeds, the same in every arm.
        config: How to train; its layers and seed are not used. The course's settings if None.
        on_progress: Called now and then, from any thread, with the iterations done and their total.

    Raises:
        ConfigRefused: If there is nothing to compare, a name or seed occurs twice, or the builds
            cannot be judged on each other's test images.
        LeakRefused: If a training set holds an image of a test set, or a near-duplicate of one.
    """
    started = time.perf_counter()
    config = config or TrainConfig()
    _check_distinct("build", [arm.name for arm in arms])
    _check_distinct("seed", seeds)
    _check_distinct("shape of network", layers)
    tests = shared_tests(arms)
    judges = [{test.name: test.seen_by(arm) for test in tests} for arm in arms]
    warnings = [*_warnings(arms, tests, seeds), *check_leaks(arms, tests)]
    shares = _shares(len(layers) * len(arms), on_progress)
    results: list[ArmResult] = []
    changes: list[Contrast] = []
    for shape in layers:
        shaped = replace(config, layers=shape)
        trained = [
            _train(arm, judge, shaped, seeds, next(shares))
            for arm, judge in zip(arms, judges, strict=True)
        ]
        results += [_result(arm, tests) for arm in trained]
        changes += [_contrast(trained[0], after, test) for after in trained[1:] for test in tests]
        warnings += [arm.warning for arm in trained if arm.warning]
    return Comparison(
        arms=tuple(results),
        changes=tuple(changes),
        test_sets=tuple(test.summary for test in tests),
        seeds=tuple(seeds),
        config=config,
        warnings=tuple(warnings),
        seconds=time.perf_counter() - started,
    )


def _check_distinct(what: str, values: Sequence[object]) -> None:
    if not values:
        raise ConfigRefused(f"a comparison needs at least one {what}")
    if len(set(values)) < len(values):
        raise ConfigRefused(f"a comparison takes each {what} once: {_listed(values)}")


def _warnings(
    arms: Sequence[Arm], tests: Sequence[SharedTest], seeds: Sequence[int]
) -> Iterator[str]:
    for arm in arms:
        yield from (f"{shown(arm.name)}: {warning}" for warning in arm.pair.warnings)
    if len(seeds) == 1:
        yield "With one seed no interval knows how much networks differ from seed to seed."
    for test in tests:
        if len(test.keys) < stats.SMALLEST_TEST_SET:
            yield (
                f"{shown(test.name)} has too few test images to show a difference:"
                f" {len(test.keys)} of at least {stats.SMALLEST_TEST_SET}"
            )


def _shares(trainings: int, on_progress: Progress | None) -> Iterator[Progress | None]:
    """Yield for each training in turn what it is to report its own progress to."""
    for done_before in range(trainings):
        yield on_progress and partial(_report, on_progress, done_before, trainings)


def _report(on_progress: Progress, done_before: int, trainings: int, done: int, total: int) -> None:
    on_progress(done_before * total + done, trainings * total)


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    """The networks of one arm and shape, reduced to what the results need.

    Attributes:
        arm: The build.
        config: How they were trained.
        scores: What they got right, by test set.
        train_curve: Train accuracy by iteration.
        test_curves: Test accuracy by iteration, by test set.
        warning: Which of them did not learn, or "".
    """

    arm: Arm
    config: TrainConfig
    scores: dict[str, Scores]
    train_curve: Curve
    test_curves: dict[str, Curve]
    warning: str

    @property
    def any_scores(self) -> Scores:
        """The scores on the first test set; those on train are the same in all."""
        return next(iter(self.scores.values()))


def _train(
    arm: Arm,
    judges: Mapping[str, LabelledImages],
    config: TrainConfig,
    seeds: Sequence[int],
    on_progress: Progress | None,
) -> _Trained:
    # In a refusal training calls each set by its key, which must not be that of something else.
    keys = {name: f"test images of {shown(name)}" for name in judges}
    runs = fit_seeds(
        arm.pair.train,
        config,
        seeds,
        tests={key: judges[name] for name, key in keys.items()},
        on_progress=on_progress,
    )
    train_correct = np.stack([run.train.correct for run in runs])
    return _Trained(
        arm=arm,
        config=config,
        scores={
            name: Scores(train_correct, np.stack([run.tests[key].correct for run in runs]))
            for name, key in keys.items()
        },
        train_curve=_curve(
            [(run.history, run.history.train_accuracy, run.train) for run in runs], config
        ),
        test_curves={
            name: _curve(
                [(run.history, run.history.test_accuracy[key], run.tests[key]) for run in runs],
                config,
            )
            for name, key in keys.items()
        },
        warning=_not_learning(arm, runs),
    )


def _curve(lines: Sequence[tuple[History, Floats, Evaluation]], config: TrainConfig) -> Curve:
    """Sum up how an accuracy went in each run and where it ended.

    A run that diverged stays as it was last.
    """
    recorded = {*range(0, config.iterations, config.record_every), config.iterations - 1}
    updates = np.array(sorted(recorded))
    rows = [
        [*values[np.searchsorted(history.iterations, updates, side="right") - 1], final.accuracy]
        for history, values, final in lines
    ]
    return Curve.over_seeds(np.append(updates, config.iterations), np.array(rows))


def _not_learning(arm: Arm, runs: Sequence[Run]) -> str:
    states = [(run.config.seed, diagnose(run).state) for run in runs]
    stuck = [f"{seed} ({state})" for seed, state in states if state != "learning"]
    if not stuck:
        return ""
    return (
        f"{shown(arm.name)}, layers {_listed(runs[0].config.layers) or 'none'}: {len(stuck)} of"
        f" {len(runs)} networks did not learn; their seeds: {_listed(stuck)}"
    )


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _rng() -> np.random.Generator:
    return np.random.default_rng(_RESAMPLING_SEED)


def _result(trained: _Trained, tests: Sequence[SharedTest]) -> ArmResult:
    return ArmResult(
        build=trained.arm.name,
        build_id=trained.arm.pair.build_id,
        layers=trained.config.layers,
        train_images=len(trained.arm.pair.train),
        train_accuracy=stats.mean_train_accuracy(trained.any_scores, rng=_rng()),
        curve=trained.train_curve,
        judgements={test.name: _judgement(trained, test) for test in tests},
    )


def _judgement(trained: _Trained, test: SharedTest) -> Judgement:
    scores = trained.scores[test.name]
    by_image = scores.correct.mean(axis=0)
    return Judgement(
        test_accuracy=stats.mean_test_accuracy(scores, rng=_rng()),
        gap=stats.mean_gap(scores, rng=_rng()),
        class_accuracy={
            name: float(by_image[test.images.labels == label].mean())
            for label, name in enumerate(test.images.class_names)
            if (test.images.labels == label).any()
        },
        curve=trained.test_curves[test.name],
    )


def _contrast(before: _Trained, after: _Trained, test: SharedTest) -> Contrast:
    first, last = before.scores[test.name], after.scores[test.name]
    return Contrast(
        before=before.arm.name,
        after=after.arm.name,
        layers=before.config.layers,
        test_set=test.name,
        images=test.summary.images,
        baseline_class=test.summary.baseline_class,
        baseline_accuracy=test.summary.baseline_accuracy,
        train_accuracy=(float(first.train_accuracy.mean()), float(last.train_accuracy.mean())),
        test_accuracy=(float(first.correct.mean()), float(last.correct.mean())),
        change=stats.change(first, last, rng=_rng()),
    )
