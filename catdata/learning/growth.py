"""Accuracy against the number of training images, and what more of them would bring.

Several nested parts of a training set are drawn, networks are trained on each, and all are judged
on the build's own test images. A power law through the means tells what lies beyond.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused, shown
from catdata.learning import stats
from catdata.learning.changes import SMALLEST_TEST_SET
from catdata.learning.config import TrainConfig
from catdata.learning.diagnosis import diagnose
from catdata.learning.folds import Subset
from catdata.learning.learningcurve import CurveOptions, Law, LearningCurve, Point
from catdata.learning.needed import accuracies, interval, needed
from catdata.learning.nesting import Nest
from catdata.learning.powerlaw import PowerLaws, resampled_means
from catdata.learning.testsets import check_leaks, shared_tests
from catdata.learning.training import Progress, fit_seeds, shares_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catdata.engine import Jobs
    from catdata.learning.comparison import Arm
    from catdata.learning.powerlaw import Floats
    from catdata.learning.records import Run
    from catdata.learning.stats import Interval

_RESAMPLING_SEED = 0
_ROUGH = 0.03  # how far a law may lie beside the means without a warning
_AHEAD = 10  # times the images there are, how far the law is recorded for figures


def learning_curve(
    arm: Arm,
    options: CurveOptions | None = None,
    config: TrainConfig | None = None,
    *,
    base: Arm | None = None,
    jobs: Jobs = None,
    on_progress: Progress | None = None,
) -> LearningCurve:
    """Train on ever larger parts of a build's training set, and tell what more images would bring.

    The intervals of the largest sizes are too narrow where few other images could have been drawn:
    of all images there is one draw only.

    Args:
        arm: The build.
        options: Sizes, draws and seeds.
        config: How to train; its seed is not used. The course's settings if None.
        base: A build whose training images are in every part, so that the curve shows what the
            others add to them.
        jobs: Networks trained side by side in threads, or an engine.
        on_progress: Called now and then, from any thread, with the iterations done and their total.

    Raises:
        ConfigRefused: If the sizes, or the images of the base, cannot be had from this build.
        LeakRefused: If train holds an image of test, or a near-duplicate of one.
    """
    started = time.perf_counter()
    options, config = options or CurveOptions(), config or TrainConfig()
    (test,) = shared_tests([arm])
    warnings = [*arm.pair.warnings, *check_leaks([arm], (test,))]
    _check_enough_to_judge(arm)
    always = _common(arm, base, warnings) if base else ()
    nest = Nest(arm.pair.train, always)
    sizes = options.sizes_for(nest)
    trainings = options.draws * len(sizes)
    shares = shares_of([options.seeds * config.iterations] * trainings, on_progress)
    cells = _trained(arm, nest, sizes, options, config, jobs, shares)
    test_table: Floats = np.array([[cell.test for cell in of_size] for of_size in cells])
    rng = np.random.default_rng(_RESAMPLING_SEED)
    resampled = resampled_means(test_table, rng=rng)
    means = test_table.mean(axis=(1, 2))
    law, laws = (PowerLaws.fit(sizes, 1.0 - rows) for rows in (means[None], resampled))
    answer, fitted = needed(options.target, sizes, means, law, laws), _law(law, laws, sizes, means)
    warnings += _roughness(fitted)
    return LearningCurve(
        build=arm.name,
        base=base.name if base else "",
        points=tuple(
            _point(size, of_size, resampled[:, place], len(arm.pair.test), rng)
            for place, (size, of_size) in enumerate(zip(sizes, cells, strict=True))
        ),
        law=fitted,
        doubling=_doubling(law, laws, sizes[-1]) if answer.rising else None,
        answer=answer,
        test_set=test.summary,
        config=config,
        options=options,
        warnings=tuple(warnings),
        seconds=time.perf_counter() - started,
    )


def _check_enough_to_judge(arm: Arm) -> None:
    if len(arm.pair.test) < SMALLEST_TEST_SET:
        raise ConfigRefused(
            f"{shown(arm.name)} has too few test images for a learning curve:"
            f" {len(arm.pair.test)} of at least {SMALLEST_TEST_SET}"
        )


def _common(arm: Arm, base: Arm, warnings: list[str]) -> Sequence[str]:
    """Return the references of the images that two builds learn from."""
    held = set(arm.pair.train.refs)
    common = [ref for ref in dict.fromkeys(base.pair.train.refs) if ref in held]
    lacking = len(set(base.pair.train.refs)) - len(common)
    if not common:
        raise ConfigRefused(
            f"{shown(arm.name)} holds no training image of {shown(base.name)} to start from",
            hint="Name a build that it grew from, such as original.",
        )
    if lacking:
        warnings.append(
            f"{lacking} of the training images of {shown(base.name)}"
            f" {'is' if lacking == 1 else 'are'} not in {shown(arm.name)}"
        )
    return common


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """The networks of one part, reduced to what the results need.

    Attributes:
        train: Mean train accuracy.
        test: Share of the networks that name each test image rightly, shape (images,).
        states: How many ended in each state.
    """

    train: float
    test: Floats
    states: Counter[str]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> _Cell:
        return cls(
            float(np.mean([run.train.accuracy for run in runs])),
            np.stack([run.tests["test"].correct for run in runs]).mean(axis=0, dtype=np.float64),
            Counter(diagnose(run).state for run in runs),
        )


def _trained(
    arm: Arm,
    nest: Nest,
    sizes: Sequence[int],
    options: CurveOptions,
    config: TrainConfig,
    jobs: Jobs,
    shares: Iterator[Progress | None],
) -> list[list[_Cell]]:
    """Train on every part; one list a size, with one cell a draw."""
    cells: list[list[_Cell]] = [[] for _ in sizes]
    tests = {"test": arm.pair.test}
    draws = [nest.draw(sizes, rng=np.random.default_rng(draw)) for draw in range(options.draws)]
    for draw, parts in enumerate(draws):
        seeds = range(1 + draw * options.seeds, 1 + (draw + 1) * options.seeds)
        for of_size, rows in zip(cells, parts, strict=True):
            part, show = Subset.of(arm.pair.train, rows), next(shares)
            runs = fit_seeds(part, config, seeds, tests=tests, jobs=jobs, on_progress=show)
            of_size.append(_Cell.of(runs))
    return cells


def _point(
    size: int, cells: Sequence[_Cell], resampled: Floats, images: int, rng: np.random.Generator
) -> Point:
    train = np.array([cell.train for cell in cells])
    draws = tuple(float(cell.test.mean()) for cell in cells)
    mean = float(np.mean(draws))
    # Resampling one and the same answer would claim certainty, however few the images.
    sure = mean in (0.0, 1.0)
    test = stats.wilson(round(mean * images), images) if sure else interval(mean, resampled)
    picks = rng.integers(len(train), size=(len(resampled), len(train) - 1))
    train_means: Floats = train[picks].mean(axis=1)
    states = sum((cell.states for cell in cells), Counter[str]())
    return Point(
        images=size,
        train_accuracy=interval(float(train.mean()), train_means),
        test_accuracy=test,
        draws=draws,
        failures={state: n for state, n in sorted(states.items()) if state != "learning"},
        networks=states.total(),
    )


def _roughness(law: Law) -> Iterator[str]:
    beside = max(map(abs, law.misses))
    if beside > _ROUGH:
        yield (
            f"The power law lies up to {100 * beside:.1f} points beside what was measured, so what"
            " it foretells is rough."
        )


def _doubling(law: PowerLaws, laws: PowerLaws, images: int) -> Interval:
    now_and_then = np.array([images, 2.0 * images])
    gains = [np.diff(each.accuracy(now_and_then))[:, 0] for each in (law, laws)]
    return interval(float(gains[0][0]), gains[1])


def _law(law: PowerLaws, laws: PowerLaws, sizes: Sequence[int], means: Floats) -> Law:
    ahead = np.geomspace(sizes[0], _AHEAD * sizes[-1], 40).tolist()
    fitted = law.accuracy(np.array(sizes, np.float64))[0]
    return Law(
        ceiling=interval(1.0 - float(law.floor[0]), 1.0 - laws.floor),
        scale=interval(float(law.scale[0]), laws.scale),
        exponent=interval(float(law.exponent[0]), laws.exponent),
        misses=tuple((means - fitted).tolist()),
        foretold=tuple((images, accuracies(law, laws, images)) for images in ahead),
    )
