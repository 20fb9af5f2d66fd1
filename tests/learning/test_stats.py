"""Intervals hold as often as they say; every standard error here can be checked by hand."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from catdata.learning import stats
from catdata.learning.stats import Interval, Scores


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scores(correct: np.ndarray, train_correct: np.ndarray | None = None) -> Scores:
    if train_correct is None:
        train_correct = np.ones((len(correct), 30))
    return Scores(train_correct.astype(bool), correct.astype(bool))


def networks(draws: np.random.Generator, images: int, spread: float, count: int = 10) -> np.ndarray:
    """Draw what networks get right, where some images are harder and some networks better."""
    ease = draws.normal(1.0, 1.5, images)
    skill = draws.normal(0.0, spread, count)
    return draws.normal(ease + skill[:, None], 1.0) > 0


@pytest.mark.parametrize(
    ("right", "images"),
    [
        pytest.param(40, 50, id="the course's own 0.80"),
        pytest.param(0, 5, id="none right"),
        pytest.param(5, 5, id="all right"),
        pytest.param(1, 1, id="one image"),
        pytest.param(333, 1000, id="many images"),
    ],
)
def test_wilson_is_what_scipy_computes(right: int, images: int) -> None:
    theirs = scipy.stats.binomtest(right, images).proportion_ci(method="wilson")
    ours = stats.wilson(right, images)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_40_of_50_is_the_published_interval() -> None:
    interval = stats.wilson(40, 50)
    assert interval.estimate == 0.8
    assert (round(interval.low, 2), round(interval.high, 2)) == (0.67, 0.89)


@pytest.mark.parametrize(("right", "images"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_cannot_be(right: int, images: int) -> None:
    with pytest.raises(ValueError, match=f"{right} of {images} images cannot be right"):
        stats.wilson(right, images)


@pytest.mark.parametrize(
    ("table", "image_share", "variance", "degrees"),
    [
        # Means of rows 1/2 and 1, of columns 1 and 1/2: squares 1/4 for seeds, images and cells
        # alike, so that cells explain it all. Mean of four: 1/4 / 4.
        pytest.param([[1, 0], [1, 1]], 1.0, 1 / 16, 1.0, id="cells alone"),
        # Columns 1, 1, 0: variance of their means 1/3, of the mean of three 1/9; seeds agree.
        pytest.param([[1, 1, 0]] * 3, 1.0, 1 / 9, 2.0, id="images alone"),
        pytest.param([[1, 1, 0]] * 3, 1.75, 1.75 / 9, 2.0, id="images, counted 1.75 times"),
        # Rows 1, 1, 0: the same with seeds, which are never counted more than once.
        pytest.param(np.transpose([[1, 1, 0]] * 3), 1.75, 1 / 9, 2.0, id="seeds alone"),
        # Rows 0, 1/2, 1, columns 0, 1/2, 1 added up: 1/12 and 1/12; nothing is left for cells.
        # Satterthwaite: (1/12 + 1/12)² / ((1/12)² / 2 + (1/12)² / 2) = 4.
        pytest.param(
            [[0, 0.5, 1], [0.5, 1, 1.5], [1, 1.5, 2]], 1.0, 1 / 6, 4.0, id="seeds and images"
        ),
        pytest.param([[1, 1, 0, 0]], 1.0, 1 / 12, 3.0, id="one seed"),
        pytest.param([[1], [0]], 1.0, 1 / 4, 1.0, id="one image"),
        pytest.param([[1, 1], [1, 1]], 1.0, 0.0, math.inf, id="no difference at all"),
        pytest.param([[1]], 1.0, 0.0, math.inf, id="one answer"),
    ],
)
def test_the_standard_error_is_the_one_worked_by_hand(
    table: list[list[float]], image_share: float, variance: float, degrees: float
) -> None:
    precision = stats._precision(np.array(table, dtype=np.float64), image_share)
    assert precision.standard_error**2 == pytest.approx(variance, abs=1e-15)
    assert precision.degrees == pytest.approx(degrees)


def test_with_one_seed_the_interval_is_students() -> None:
    answers = rng().random(60) < 0.7
    interval = stats.mean_gap(scores(answers[None]), rng=rng())
    error = scipy.stats.sem(answers.astype(float))
    half = error * scipy.stats.t.ppf(0.975, df=59)
    assert interval.estimate == pytest.approx(1 - answers.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.05)


def test_train_accuracy_varies_over_seeds_alone() -> None:
    wrong = np.array([5, 3, 1, 4, 2])
    arm = scores(np.ones((5, 9)), np.arange(100) >= wrong[:, None])
    interval = stats.mean_train_accuracy(arm, rng=rng())
    half = scipy.stats.sem(1 - wrong / 100) * scipy.stats.t.ppf(0.975, df=4)
    assert interval.estimate == pytest.approx(0.97)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def test_train_accuracy_of_one_seed_has_no_width() -> None:
    arm = scores(np.ones((1, 9)), np.arange(10)[None] >= 1)
    assert stats.mean_train_accuracy(arm, rng=rng()) == Interval(0.9, 0.9, 0.9)


def test_an_interval_stays_within_what_is_possible() -> None:
    correct = np.ones((3, 8), bool)
    correct[:, 0] = False
    assert stats.mean_test_accuracy(scores(correct), rng=rng()).high == 1.0
    learnt = np.arange(10) >= np.array([[0], [1]])
    assert stats.mean_train_accuracy(scores(correct[:2], learnt), rng=rng()).high == 1.0


@pytest.mark.parametrize("right", [True, False])
def test_answers_that_are_all_alike_are_not_taken_for_certainty(right: bool) -> None:
    interval = stats.mean_test_accuracy(scores(np.full((10, 20), right)), rng=rng())
    assert interval == stats.wilson(20 if right else 0, 20)


def test_the_test_accuracy_lies_in_its_interval_in_95_of_100_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stats, "RESAMPLES", 1000)
    draws = rng(1)
    truth = NormalDist().cdf(1.0 / math.hypot(1.5, 0.3, 1.0))
    covered = 0
    for number in range(200):
        interval = stats.mean_test_accuracy(scores(networks(draws, 60, 0.3)), rng=rng(number))
        covered += interval.low <= truth <= interval.high
    assert 0.92 <= covered / 200 <= 0.98


def test_equal_arms_are_told_apart_in_at_most_5_of_100_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stats, "RESAMPLES", 1000)
    draws = rng(2)
    claims = 0
    for number in range(200):
        both = networks(draws, 60, 0.3, count=20)
        change = stats.change(scores(both[:10]), scores(both[10:]), rng=rng(number))
        claims += not change.test_accuracy.low <= 0 <= change.test_accuracy.high
    assert 0.01 <= claims / 200 <= 0.05


def test_a_real_change_is_seen() -> None:
    before = networks(rng(3), 400, 0.1)
    after = before.copy()
    after[:, :80] = True
    change = stats.change(scores(before), scores(after), rng=rng())
    assert change.test_accuracy.estimate == pytest.approx(after.mean() - before.mean())
    assert change.test_accuracy.low > 0
    assert change.gap.high < 0


def test_where_train_accuracy_stays_the_gap_mirrors_the_test_accuracy() -> None:
    both = networks(rng(4), 50, 0.2, count=20)
    change = stats.change(scores(both[:10]), scores(both[10:]), rng=rng())
    accuracy, gap = change.test_accuracy, change.gap
    assert (gap.estimate, gap.low, gap.high) == pytest.approx(
        (-accuracy.estimate, -accuracy.high, -accuracy.low)
    )


def test_two_questions_at_once_widen_both_intervals() -> None:
    both = networks(rng(5), 50, 0.2, count=20)
    learnt = rng(6).random((20, 200)) < rng(6).uniform(0.5, 1.0, 20)[:, None]
    alone = stats.change(scores(both[:10]), scores(both[10:]), rng=rng())
    together = stats.change(
        scores(both[:10], learnt[:10]), scores(both[10:], learnt[10:]), rng=rng()
    )
    width = alone.test_accuracy.high - alone.test_accuracy.low
    assert 1.05 < (together.test_accuracy.high - together.test_accuracy.low) / width < 1.3


def test_the_gap_allows_for_other_training_images() -> None:
    # Both answer "no cat" to everything; 26 and 32 of the 40 training images are no cats.
    test = np.tile(np.arange(50) < 17, (10, 1))
    shares = [np.tile(np.arange(40) < non_cats, (10, 1)) for non_cats in (26, 32)]
    before, after = (scores(test, answers) for answers in shares)
    change = stats.change(before, after, rng=rng())
    errors = [np.std(answers[0], ddof=1) / np.sqrt(40) for answers in shares]
    assert change.test_accuracy == Interval(0.0, 0.0, 0.0)
    assert change.gap.estimate == pytest.approx(0.15)
    assert change.gap.high - 0.15 == pytest.approx(1.96 * np.hypot(*errors), rel=0.03)


def test_an_arm_against_itself_has_changed_by_nothing() -> None:
    arm = scores(networks(rng(7), 50, 0.2))
    assert stats.change(arm, arm, rng=rng()) == stats.Change(Interval(0, 0, 0), Interval(0, 0, 0))


def test_five_images_show_nothing() -> None:
    none, every = np.zeros((10, 5)), np.ones((10, 5))
    change = stats.change(scores(none), scores(every), rng=rng())
    assert change == stats.Change(Interval(1.0, -1.0, 1.0), Interval(-1.0, -2.0, 2.0))


@given(st.integers(0, 99))
def test_the_same_generator_gives_the_same_interval(seed: int) -> None:
    arm = scores(networks(rng(seed), 12, 0.2, count=3))
    assert stats.mean_gap(arm, rng=rng(seed)) == stats.mean_gap(arm, rng=rng(seed))


def test_resampling_in_slices_weighs_every_seed_and_image_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stats, "_CELLS_AT_ONCE", 700)  # 7 resamples of 100 images at a time
    table = networks(rng(8), 100, 0.2).astype(np.float64)
    means = stats._resampled_means([table, 1 - table], rng())
    assert means.shape == (2, stats.RESAMPLES)
    assert means.mean(axis=1) == pytest.approx([table.mean(), 1 - table.mean()], abs=2e-3)
    assert means.sum(axis=0) == pytest.approx(np.ones(stats.RESAMPLES))


def test_scores_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="3 seeds in train, 2 in test"):
        scores(np.ones((2, 5)), np.ones((3, 5)))
    with pytest.raises(ValueError, match=r"must be \(seeds, images\), not \(0, 30\)"):
        scores(np.ones((0, 5)))
    two, three = scores(np.ones((2, 9))), scores(np.ones((3, 9)))
    with pytest.raises(ValueError, match=r"\(2, 9\) answers against \(3, 9\)"):
        stats.change(two, three, rng=rng())


def test_an_interval_names_its_estimate_as_asked() -> None:
    interval = Interval(0.5, 0.25, 0.75)
    assert interval.to_json() == {"estimate": 0.5, "low": 0.25, "high": 0.75}
    assert interval.to_json("mean") == {"mean": 0.5, "low": 0.25, "high": 0.75}
