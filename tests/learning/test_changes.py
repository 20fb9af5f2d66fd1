"""What is said of two arms holds as often as it says: intervals, p-values and what can be seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from answers import networks, rng, scores
from hypothesis import given, settings
from hypothesis import strategies as st

from catdata.learning import resampling
from catdata.learning.changes import LEVEL, Change, accuracy_change, balanced_change, change
from catdata.learning.stats import Interval


def test_equal_arms_are_told_apart_in_at_most_5_of_100_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    draws = rng(2)
    claims = 0
    for number in range(200):
        both = networks(draws, 60, 0.3, count=20)
        moved = change(scores(both[:10]), scores(both[10:]), rng=rng(number))
        claims += not moved.test_accuracy.low <= 0 <= moved.test_accuracy.high
    assert 0.01 <= claims / 200 <= 0.05


def test_a_real_change_is_seen() -> None:
    before = networks(rng(3), 400, 0.1)
    after = before.copy()
    after[:, :80] = True
    moved = change(scores(before), scores(after), rng=rng())
    assert moved.test_accuracy.estimate == pytest.approx(after.mean() - before.mean())
    assert moved.test_accuracy.low > 0
    assert moved.gap.high < 0


def test_where_train_accuracy_stays_the_gap_mirrors_the_test_accuracy() -> None:
    both = networks(rng(4), 50, 0.2, count=20)
    moved = change(scores(both[:10]), scores(both[10:]), rng=rng())
    accuracy, gap = moved.test_accuracy, moved.gap
    assert (gap.estimate, gap.low, gap.high) == pytest.approx(
        (-accuracy.estimate, -accuracy.high, -accuracy.low)
    )


def test_two_questions_at_once_widen_both_intervals() -> None:
    both = networks(rng(5), 50, 0.2, count=20)
    learnt = rng(6).random((20, 200)) < rng(6).uniform(0.5, 1.0, 20)[:, None]
    alone = change(scores(both[:10]), scores(both[10:]), rng=rng())
    together = change(scores(both[:10], learnt[:10]), scores(both[10:], learnt[10:]), rng=rng())
    width = alone.test_accuracy.high - alone.test_accuracy.low
    assert 1.05 < (together.test_accuracy.high - together.test_accuracy.low) / width < 1.3


def test_the_gap_allows_for_other_training_images() -> None:
    # Both answer "no cat" to everything; 26 and 32 of the 40 training images are no cats.
    test = np.tile(np.arange(50) < 17, (10, 1))
    shares = [np.tile(np.arange(40) < non_cats, (10, 1)) for non_cats in (26, 32)]
    before, after = (scores(test, answers) for answers in shares)
    moved = change(before, after, rng=rng())
    errors = [np.std(answers[0], ddof=1) / np.sqrt(40) for answers in shares]
    assert moved.test_accuracy == Interval(0.0, 0.0, 0.0)
    assert moved.gap.estimate == pytest.approx(0.15)
    assert moved.gap.high - 0.15 == pytest.approx(1.96 * np.hypot(*errors), rel=0.03)


def test_an_arm_against_itself_has_changed_by_nothing() -> None:
    arm = scores(networks(rng(7), 50, 0.2))
    nothing = Interval(0, 0, 0)
    assert change(arm, arm, rng=rng()) == Change(nothing, nothing, 1.0, 1.0, 6 / 50)


def test_five_images_show_nothing() -> None:
    none, every = np.zeros((10, 5)), np.ones((10, 5))
    moved = change(scores(none), scores(every), rng=rng())
    assert moved == Change(Interval(1.0, -1.0, 1.0), Interval(-1.0, -2.0, 2.0), 1.0, 1.0, 1.0)


@given(st.integers(0, 10_000), st.integers(6, 60), st.integers(1, 10))
@settings(max_examples=50, deadline=None)
def test_a_p_value_is_small_exactly_if_the_interval_leaves_out_0(
    seed: int, images: int, seeds: int
) -> None:
    draws = rng(seed)
    both = networks(draws, images, 0.2, count=2 * seeds)
    both[seeds:] |= draws.random(images) < draws.choice([0.0, 0.1, 0.3])
    learnt = draws.random((2 * seeds, 40)) < 0.8
    moved = change(
        scores(both[:seeds], learnt[:seeds]), scores(both[seeds:], learnt[seeds:]), rng=draws
    )
    for interval, p_value in (
        (moved.test_accuracy, moved.p_value),
        (moved.gap, moved.gap_p_value),
    ):
        assert (p_value <= LEVEL) == (not interval.low <= 0 <= interval.high)


def test_arms_that_differ_without_any_spread_are_told_apart() -> None:
    moved = change(scores(np.zeros((3, 8))), scores(np.ones((3, 8))), rng=rng())
    assert moved.test_accuracy == Interval(1.0, 1.0, 1.0)
    assert moved.p_value == 1 / resampling.RESAMPLES


def test_a_change_of_the_smallest_size_is_shown_in_8_of_10_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    draws = rng(10)
    smallest = np.mean([_shifted(draws, 0.0, seed).smallest_shown for seed in range(50)])
    shown = [_shifted(draws, smallest, seed).p_value <= LEVEL for seed in range(300)]
    assert 0.7 <= np.mean(shown) <= 0.9


def _shifted(draws: np.random.Generator, shift: float, seed: int) -> Change:
    """Compare networks on 100 images with networks that name a further share of them rightly."""
    ease = draws.uniform(0.2, 0.6, 100)
    before = draws.random((10, 100)) < ease
    after = draws.random((10, 100)) < ease + draws.normal(shift, 0.2, 100)
    # Here all training sets are alike.
    return change(scores(before), scores(after), rng=rng(seed), image_share=1.0)


def test_more_changes_shown_together_need_a_larger_one() -> None:
    both = networks(rng(11), 50, 0.2, count=20)
    arms = scores(both[:10]), scores(both[10:])
    alone, together = (change(*arms, rng=rng(), comparisons=comparisons) for comparisons in (1, 10))
    assert alone.test_accuracy == together.test_accuracy
    assert 1.1 < together.smallest_shown / alone.smallest_shown < 1.6


def test_the_change_of_a_class_is_that_of_its_images() -> None:
    both = networks(rng(12), 60, 0.2, count=20)
    before, after = scores(both[:10]), scores(both[10:])
    cats = np.arange(60) % 3 == 0
    interval = accuracy_change(before, after, cats, rng=rng())
    alone = change(scores(both[:10, cats]), scores(both[10:, cats]), rng=rng()).test_accuracy
    assert interval.estimate == pytest.approx(both[10:, cats].mean() - both[:10, cats].mean())
    assert (interval.low, interval.high) == pytest.approx((alone.low, alone.high), abs=0.01)


def test_the_change_of_few_images_has_no_bounds() -> None:
    both = scores(np.zeros((4, 20))), scores(np.ones((4, 20)))
    assert accuracy_change(*both, np.arange(20) < 5, rng=rng()) == Interval(1.0, -1.0, 1.0)


def test_balanced_change_is_the_mean_of_the_classes() -> None:
    # 10 cats, 2 of them won; 40 others, 20 of them lost: (0.2 - 0.5) / 2.
    before, after = np.zeros((5, 50)), np.zeros((5, 50))
    after[:, :2] = 1
    before[:, 10:30] = 1
    labels = (np.arange(50) < 10).astype(np.int64)
    interval = balanced_change(scores(before), scores(after), labels, rng=rng())
    # By hand, seeds agreeing: half of either class's variance of the mean, each 1.75 times.
    variances = [np.var([1] * 2 + [0] * 8) / 10, np.var([1] * 20 + [0] * 20) / 40]
    half = 2.01 * math.sqrt(1.75 * sum(variances) / 4)
    assert interval.estimate == pytest.approx(-0.15)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.05)


def test_arms_of_other_seeds_or_images_are_refused() -> None:
    two, three = scores(np.ones((2, 9))), scores(np.ones((3, 9)))
    with pytest.raises(ValueError, match=r"\(2, 9\) answers against \(3, 9\)"):
        change(two, three, rng=rng())
