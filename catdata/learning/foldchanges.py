"""Say how far two cross-validated arms are apart, with an interval that is honest for folds."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.errors import shown
from catdata.learning.changes import LEVEL, POWER_ERRORS, SMALLEST_TEST_SET
from catdata.learning.comparison import FoldChange
from catdata.learning.resampling import variance_of
from catdata.learning.stats import CONFIDENCE, Interval, holm
from catdata.learning.verdicts import correction, could_have_shown, distance, percent, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.comparison import SetSummary
    from catdata.learning.resampling import Floats

_DRAWS = 200_000


class Moved(NamedTuple):
    """How far a mean over folds is from 0.

    Attributes:
        interval: The mean and its interval.
        p_value: How often it would be as far by chance, 0..1.
        smallest: How far it would have to be to be shown in 80 % of cases.
    """

    interval: Interval
    p_value: float
    smallest: float


def mean_over_folds(values: Floats, count: int) -> Moved:
    """Return the mean over folds with an interval that is honest for cross-validation.

    Folds are no independent experiments: their networks learnt from much the same images. The
    variance of the mean is therefore taken as 1 / J + 1 / (K - 1) times that of the J values, where
    1 / (K - 1) is the size of a fold against that of what was learnt from (C. Nadeau and Y. Bengio,
    "Inference for the generalization error", Machine Learning 52, 2003; for repeated
    cross-validation R. R. Bouckaert and E. Frank, "Evaluating the replicability of significance
    tests for comparing learning algorithms", PAKDD 2004), with Student's t of J - 1 degrees, which
    is drawn: interval and p-value come from the same draws.

    Args:
        values: One for each fold of each seed, shape (J,), J at least 2.
        count: Folds K of a seed.
    """
    mean = float(values.mean())
    error = math.sqrt((1 / len(values) + 1 / (count - 1)) * variance_of(values))
    drawn = error * np.abs(np.random.default_rng(0).standard_t(len(values) - 1, _DRAWS))
    width = float(np.quantile(drawn, CONFIDENCE))
    p_value = max(float((drawn >= abs(mean)).mean()), 1 / _DRAWS)
    return Moved(Interval(mean, mean - width, mean + width), p_value, width + POWER_ERRORS * error)


@dataclass(frozen=True, slots=True, eq=False)
class FoldCase:
    """Two cross-validated arms.

    Attributes:
        before: Name of the one.
        after: Name of the other.
        layers: Widths of the hidden layers of both.
        accuracy: Of each on every fold of every seed, in the same order, each shape (J,).
    """

    before: str
    after: str
    layers: tuple[int, ...]
    accuracy: tuple[Floats, Floats]


def fold_changes(cases: Sequence[FoldCase], pool: SetSummary, count: int) -> tuple[FoldChange, ...]:
    """Judge cross-validated arms, as changes that are shown together.

    Args:
        cases: Which arms, and how they did.
        pool: What all were judged on.
        count: Folds of a seed.
    """
    moved = [mean_over_folds(case.accuracy[1] - case.accuracy[0], count) for case in cases]
    adjusted = [p_value for (p_value,) in holm([[one.p_value] for one in moved])]
    return tuple(
        FoldChange(
            before=case.before,
            after=case.after,
            layers=case.layers,
            folds=count,
            images=pool.images,
            accuracy=(_accuracy(case.accuracy[0], count), _accuracy(case.accuracy[1], count)),
            change=one.interval,
            p_value=one.p_value,
            adjusted_p_value=p_value,
            verdict=_verdict(one.interval, p_value),
            sentence=_sentence(case, one, p_value, pool, count)
            + correction(len(cases), one.p_value, p_value),
        )
        for case, one, p_value in zip(cases, moved, adjusted, strict=True)
    )


def _accuracy(values: Floats, count: int) -> Interval:
    mean, low, high = astuple(mean_over_folds(values, count).interval)
    return Interval(mean, max(low, 0.0), min(high, 1.0))


def _verdict(change: Interval, p_value: float) -> str:
    if p_value > LEVEL:
        return "no-difference-shown"
    return "generalizes-better" if change.estimate > 0 else "generalizes-worse"


def _sentence(case: FoldCase, moved: Moved, p_value: float, pool: SetSummary, count: int) -> str:
    before, after = shown(case.before), shown(case.after)
    first, last = (percent(float(accuracy.mean())) for accuracy in case.accuracy)
    where = (
        f"on the {pool.images} original images, each judged by networks that learnt from the other"
        f" {count - 1} of {count} folds, accuracy"
    )
    ends = (
        f"from {first} to {last}, where always answering {shown(pool.baseline_class)} is right on"
        f" {percent(pool.baseline_accuracy)}."
    )
    verdict = _verdict(moved.interval, p_value)
    if verdict == "no-difference-shown":
        smallest = moved.smallest or SMALLEST_TEST_SET / pool.images
        return (
            f"No difference is shown between {before} and {after}: {where} changed by"
            f" {points(moved.interval)}, {ends} {could_have_shown(pool.images, smallest)}"
        )
    better, rose = ("better", "rose") if verdict == "generalizes-better" else ("worse", "fell")
    return (
        f"{after} generalizes {better} than {before}: {where} {rose} by"
        f" {distance(moved.interval)}, {ends}"
    )
