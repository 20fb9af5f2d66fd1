"""Intervals hold as often as they say, and exact tests are those of SciPy and of hand."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats
from answers import networks, rng, scores
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from catdata.learning import resampling, stats
from catdata.learning.stats import Interval


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
    ("won", "lost", "p_value"),
    [
        # Of 6 images that only one of the two names rightly all went one way: 2 / 2**6.
        pytest.param(6, 0, 1 / 32, id="all one way"),
        # 1 or none of 8, or 7 or all: 2 * (1 + 8) / 2**8.
        pytest.param(1, 7, 18 / 256, id="seven to one"),
        pytest.param(4, 4, 1.0, id="as many each way"),
        pytest.param(0, 0, 1.0, id="the same answers"),
    ],
)
def test_mcnemar_is_the_one_worked_by_hand(won: int, lost: int, p_value: float) -> None:
    before = np.array([False] * won + [True] * lost + [True] * 20)
    after = np.array([True] * won + [False] * lost + [True] * 20)
    assert stats.mcnemar(before, after) == pytest.approx(p_value)


@given(st.integers(0, 200), st.integers(0, 200))
@settings(deadline=None)
def test_mcnemar_is_what_scipy_computes(won: int, lost: int) -> None:
    before = np.array([False] * won + [True] * (lost + 1))
    after = np.array([True] * won + [False] * lost + [True])
    theirs = scipy.stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
    assert stats.mcnemar(before, after) == pytest.approx(theirs)


def test_holm_is_the_one_worked_by_hand() -> None:
    # 4 x 0.005, 3 x 0.01, 2 x 0.03, and 1 x 0.04, which must not fall below the one before.
    p_values = [[0.01], [0.04], [0.03], [0.005]]
    corrected = [p_value for (p_value,) in stats.holm(p_values)]
    assert corrected == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_a_single_change_as_it_is() -> None:
    assert stats.holm([(0.02, 0.4)]) == [(0.02, 0.4)]


def test_holm_counts_a_family_until_all_its_questions_have_passed() -> None:
    # 2 x 0.001; 2 x 0.01 since the first family still has 0.9; 2 x 0.02 for the same reason.
    assert stats.holm([(0.001, 0.9), (0.01, 0.02)]) == [
        pytest.approx((0.002, 0.9)),
        pytest.approx((0.02, 0.04)),
    ]


def test_holm_never_goes_beyond_1() -> None:
    assert stats.holm([[0.7], [0.8], [0.9]]) == [(1.0,), (1.0,), (1.0,)]


def test_of_true_nulls_shown_together_one_is_claimed_in_at_most_5_of_100_samples() -> None:
    draws = rng()
    claims = 0
    for _ in range(4000):
        families = draws.random((5, 1))
        families[0] = 1e-6  # a true difference, which Holm takes off the count
        claims += min(p_value for (p_value,) in stats.holm(families.tolist())[1:]) <= 0.05
    assert 0.04 <= claims / 4000 <= 0.06


ONE_FOLD = np.zeros(6, np.intp)


def test_the_area_under_the_curve_is_the_one_worked_by_hand() -> None:
    # Pairs of 3 with 2: 0.9 beats both, 0.5 beats 0.1 and ties with 0.5, 0.3 beats 0.1: 4.5 of 6.
    scores_of = np.array([0.9, 0.5, 0.3, 0.5, 0.1])
    positive = np.array([True, True, True, False, False])
    interval = stats.cross_validated_auc(scores_of, positive, ONE_FOLD[:5])
    # Shares of right pairs 1, 3/4, 1/2 and 1/2, 1: variances 1/16 over 3 and 1/8 over 2.
    error = math.sqrt(1 / 16 / 3 + 1 / 8 / 2)
    assert interval.estimate == 0.75
    logits = [math.log(end / (1 - end)) for end in (interval.low, interval.high)]
    assert sum(logits) / 2 == pytest.approx(math.log(3))
    assert logits[1] - logits[0] == pytest.approx(2 * 1.959964 * error / (0.75 * 0.25))


@given(st.integers(0, 1000))
@settings(deadline=None)
def test_the_area_under_the_curve_is_what_scikit_learn_computes(seed: int) -> None:
    draws = rng(seed)
    positive = np.arange(40) < draws.integers(1, 40)
    scored = np.round(draws.normal(positive, 1.5), 1)
    interval = stats.cross_validated_auc(scored, positive, np.zeros(40, np.intp))
    theirs = roc_auc_score(positive, scored)
    assert interval.estimate == pytest.approx(theirs, abs=0.05 if theirs in (0, 1) else 1e-9)


def test_only_images_of_one_fold_are_compared() -> None:
    # In either fold the positive one is higher; between the folds it would not be.
    scored = np.array([0.9, 0.8, 0.2, 0.1])
    positive = np.array([True, False, True, False])
    interval = stats.cross_validated_auc(scored, positive, np.array([0, 0, 1, 1]))
    assert interval == stats.wilson(2, 2)


def test_the_area_lies_in_its_interval_in_95_of_100_samples() -> None:
    draws = rng(13)
    truth = NormalDist().cdf(0.8 / math.sqrt(2))
    positive = np.arange(60) < 25
    covered = 0
    for _ in range(400):
        scored = draws.normal(0.8 * positive, 1.0)
        interval = stats.cross_validated_auc(scored, positive, np.arange(60) % 5)
        covered += interval.low <= truth <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


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
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    draws = rng(1)
    truth = NormalDist().cdf(1.0 / math.hypot(1.5, 0.3, 1.0))
    covered = 0
    for number in range(200):
        interval = stats.mean_test_accuracy(scores(networks(draws, 60, 0.3)), rng=rng(number))
        covered += interval.low <= truth <= interval.high
    assert 0.92 <= covered / 200 <= 0.98


@given(st.integers(0, 99))
@settings(deadline=None)
def test_the_same_generator_gives_the_same_interval(seed: int) -> None:
    arm = scores(networks(rng(seed), 12, 0.2, count=3))
    assert stats.mean_gap(arm, rng=rng(seed)) == stats.mean_gap(arm, rng=rng(seed))


def test_scores_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="3 seeds in train, 2 in test"):
        scores(np.ones((2, 5)), np.ones((3, 5)))
    with pytest.raises(ValueError, match=r"must be \(seeds, images\), not \(0, 30\)"):
        scores(np.ones((0, 5)))


def test_an_interval_names_its_estimate_as_asked() -> None:
    interval = Interval(0.5, 0.25, 0.75)
    assert interval.to_json() == {"estimate": 0.5, "low": 0.25, "high": 0.75}
    assert interval.to_json("mean") == {"mean": 0.5, "low": 0.25, "high": 0.75}
