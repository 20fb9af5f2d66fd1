"""Means over folds have intervals that are honest for cross-validation, and a verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from catdata.learning.comparison import SetSummary
from catdata.learning.foldchanges import FoldCase, fold_changes, mean_over_folds

POOL = SetSummary("pool", {"non-cat": 154, "cat": 105})


def test_the_interval_is_that_of_nadeau_and_bengio() -> None:
    values = np.array([0.02, 0.05, -0.01, 0.04, 0.03, 0.06, 0.00, 0.05, 0.02, 0.04])
    moved = mean_over_folds(values, 5)
    # By hand: the variance of the ten is 0.0005111; (1/10 + 1/4) of it, its root, is 0.013375.
    error = math.sqrt((1 / 10 + 1 / 4) * 0.00051111)
    student = scipy.stats.t(df=9)
    assert moved.interval.estimate == pytest.approx(0.03)
    half = (moved.interval.high - moved.interval.low) / 2
    assert half == pytest.approx(error * student.ppf(0.975), rel=0.02)
    assert moved.p_value == pytest.approx(2 * student.sf(0.03 / error), abs=0.003)
    assert moved.smallest == pytest.approx(half + 0.8416 * error, rel=0.001)


def test_folds_without_any_difference_show_none() -> None:
    moved = mean_over_folds(np.zeros(10), 5)
    assert (moved.interval.low, moved.interval.high, moved.p_value) == (0.0, 0.0, 1.0)


def case(shift: float, after: str = "enlarged") -> FoldCase:
    before = np.tile([0.58, 0.62, 0.6, 0.61, 0.59], 4)
    wobble = np.tile([0.01, -0.01, 0.0, 0.02], 5)
    return FoldCase("original", after, (20, 7, 5), (before, before + shift + wobble))


@pytest.mark.parametrize(
    ("shift", "verdict", "beginning"),
    [
        pytest.param(
            0.075,
            "generalizes-better",
            "enlarged generalizes better than original: on the 259 original images, each judged by"
            " networks that learnt from the other 4 of 5 folds, accuracy rose by 8.0 points (95 %"
            " interval ",
            id="better",
        ),
        pytest.param(
            -0.085,
            "generalizes-worse",
            "enlarged generalizes worse than original: on the 259 original images, each judged by"
            " networks that learnt from the other 4 of 5 folds, accuracy fell by 8.0 points (95 %"
            " interval ",
            id="worse",
        ),
        pytest.param(
            -0.002,
            "no-difference-shown",
            "No difference is shown between original and enlarged: on the 259 original images, each"
            " judged by networks that learnt from the other 4 of 5 folds, accuracy changed by +0.3"
            " points (95 % interval ",
            id="neither",
        ),
    ],
)
def test_the_verdict_is_that_of_the_interval(shift: float, verdict: str, beginning: str) -> None:
    (change,) = fold_changes([case(shift)], POOL, 5)
    assert change.verdict == verdict
    assert change.sentence.startswith(beginning)
    assert "where always answering non-cat is right on 59.5 %." in change.sentence
    assert (verdict == "no-difference-shown") == ("could only have shown" in change.sentence)
    assert change.to_json()["accuracy"]["from"]["mean"] == pytest.approx(0.6)


def test_several_changes_are_corrected_together() -> None:
    changes = fold_changes([case(0.012), case(0.0, "other"), case(0.001, "third")], POOL, 5)
    assert changes[0].adjusted_p_value == pytest.approx(3 * changes[0].p_value)
    assert "3 changes are shown together" in changes[0].sentence


def test_identical_arms_are_told_what_could_have_been_seen() -> None:
    same = np.full(10, 0.6)
    (change,) = fold_changes([FoldCase("a", "b", (), (same, same))], POOL, 5)
    assert change.verdict == "no-difference-shown"
    assert "259 images could only have shown a change of about 2 points." in change.sentence


def test_the_interval_covers_the_truth_in_simulated_cross_validations() -> None:
    # Each value is an own part, and one that all folds share since they learn from the same images
    # but for a fold: their correlation is 1/5, for which the correction was derived.
    draws = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        shared = draws.normal(0, math.sqrt(0.2) * 0.05)
        values = 0.03 + shared + draws.normal(0, math.sqrt(0.8) * 0.05, 50)
        interval = mean_over_folds(values, 5).interval
        covered += interval.low <= 0.03 <= interval.high
    assert 0.93 <= covered / 400 <= 0.99
