"""The fitted law is the one that was put in, and the range of its answer holds what it should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdata.learning.needed import accuracies, needed
from catdata.learning.powerlaw import PowerLaws, resampled_means

SIZES = np.array([50.0, 100.0, 200.0, 400.0, 800.0, 1600.0])
SMALL_SIZES = (16, 32, 64, 128, 256, 300)


@given(st.floats(0.0, 0.3), st.floats(0.5, 1.5), st.floats(0.2, 1.0))
def test_a_law_without_noise_is_found_again(floor: float, scale: float, exponent: float) -> None:
    errors = floor + scale * SIZES**-exponent
    found = PowerLaws.fit(SIZES, errors[None])
    assert found.floor[0] == pytest.approx(floor, abs=0.02)
    assert found.exponent[0] == pytest.approx(exponent, rel=0.1)
    assert found.accuracy(SIZES)[0] == pytest.approx(1.0 - errors, abs=0.005)


def test_rows_are_fitted_each_for_itself() -> None:
    errors = np.stack([0.1 + SIZES**-0.5, 0.3 + 2.0 * SIZES**-0.5])
    both = PowerLaws.fit(SIZES, errors)
    for row in range(2):
        alone = PowerLaws.fit(SIZES, errors[row : row + 1])
        assert both.floor[row] == pytest.approx(alone.floor[0], abs=1e-9)


@pytest.mark.parametrize(
    "errors",
    [
        pytest.param([0.3] * 6, id="flat"),
        pytest.param([0.1, 0.2, 0.2, 0.3, 0.3, 0.4], id="rising"),
    ],
)
def test_an_error_that_does_not_fall_stays_at_its_mean(errors: list[float]) -> None:
    law = PowerLaws.fit(SIZES, np.array([errors]))
    assert law.scale[0] == pytest.approx(0.0, abs=1e-12)
    assert law.floor[0] == pytest.approx(np.mean(errors))
    assert law.images_for(0.9)[0] == np.inf


def test_an_accuracy_takes_the_images_at_which_the_law_has_it() -> None:
    law = PowerLaws(np.array([0.05, 0.2]), np.array([1.0, 1.0]), np.array([0.5, 0.5]))
    # 0.05 + n**-0.5 = 0.1 at n = 0.05**-2 = 400; an error of 0.2 that remains is never 0.1.
    assert law.images_for(0.9) == pytest.approx([400.0, np.inf])


def test_three_sizes_are_too_few() -> None:
    with pytest.raises(ValueError, match="3 sizes cannot tell a law"):
        PowerLaws.fit(SIZES[:3], np.ones((1, 3)))


def test_resampled_means_have_the_variance_that_means_of_few_draws_have() -> None:
    rng = np.random.default_rng(5)
    by_draw = rng.normal(0.5, 0.1, 5)
    table = np.repeat(by_draw[None, :, None], 30, axis=2)  # all images alike: draws alone differ
    resampled = resampled_means(table, rng=rng)[:, 0]
    assert resampled.std() == pytest.approx(by_draw.std(ddof=1) / 5**0.5, rel=0.05)


def answers(rng: np.random.Generator, accuracy: np.ndarray) -> np.ndarray:
    """Draw shares of right answers (sizes, 5 draws, 50 images): draws differ, and images do."""
    difficulty = rng.uniform(-0.1, 0.1, (1, 1, 50))
    draws = rng.normal(0.0, 0.01, (len(accuracy), 5, 1))
    chance = np.clip(accuracy[:, None, None] + difficulty + draws, 0.0, 1.0)
    return rng.binomial(5, chance) / 5


def test_the_range_holds_the_true_number_in_most_experiments() -> None:
    truth = PowerLaws(np.array([0.1]), np.array([2.0]), np.array([0.5]))
    true_number = truth.images_for(0.8)[0]
    assert true_number == pytest.approx(400.0)
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        table = answers(rng, truth.accuracy(np.array(SMALL_SIZES, float))[0])
        law = PowerLaws.fit(SMALL_SIZES, 1.0 - table.mean(axis=(1, 2))[None])
        laws = PowerLaws.fit(SMALL_SIZES, 1.0 - resampled_means(table, rng=rng))
        answer = needed(0.8, SMALL_SIZES, table.mean(axis=(1, 2)), law, laws)
        held += (answer.low or np.inf) <= true_number * 1.1 and true_number <= (
            answer.high or np.inf
        )
    assert held >= 88


def one(floor: float, scale: float, exponent: float = 0.5) -> PowerLaws:
    return PowerLaws(*(np.array([value]) for value in (floor, scale, exponent)))


def spread(*floors: float) -> PowerLaws:
    return PowerLaws(np.repeat(floors, 100), np.full(300, 1.0), np.full(300, 0.5))


@pytest.mark.parametrize(
    ("floors", "reached", "state", "words"),
    [
        pytest.param(
            (0.02, 0.03, 0.04),
            0.85,
            "range",
            "90 % takes 160 to 280 images like these, where there are 50 now; the best guess is"
            " 210.",
            id="range",
        ),
        pytest.param(
            (0.02, 0.03, 0.2),
            0.85,
            "at-least",
            "90 % takes at least 160 images like these, where there are 50 now; the best guess is"
            " 210. That any number is enough is not shown: 100 times as many would bring 95.6 %"
            " (95 % interval 78.6 to 96.6).",
            id="at least",
        ),
        pytest.param(
            (0.2, 0.2, 0.2),
            0.85,
            "not-reachable",
            "90 % is not reachable by this network on this evidence, however many images like these"
            " you add: 100 times as many would bring 95.6 % (95 % interval 78.6 to 95.6).",
            id="never",
        ),
        pytest.param(
            (0.02, 0.03, 0.04),
            0.92,
            "reached",
            "90 % is reached: the 50 images there are bring 92.0 %.",
            id="reached",
        ),
    ],
)
def test_the_answer_in_words(
    floors: tuple[float, ...], reached: float, state: str, words: str
) -> None:
    means = np.array([0.6, reached])
    answer = needed(0.9, (10, 50), means, one(0.03, 1.0), spread(*floors))
    assert (answer.state, answer.sentence) == (state, words)


def test_a_curve_that_falls_is_said_to_lead_nowhere() -> None:
    answer = needed(0.9, (10, 50), np.array([0.7, 0.6]), one(0.35, 0.0), spread(0.02, 0.03, 0.2))
    assert answer.state == "not-reachable"
    assert answer.sentence == (
        "90 % is not reachable by this network on this evidence: more images like these did not"
        " raise the accuracy, which is 70.0 % with 10 and 60.0 % with 50."
    )


def test_the_interval_of_a_foretold_accuracy_is_that_of_the_resamples() -> None:
    told = accuracies(one(0.1, 1.0), spread(0.1, 0.15, 0.2), 100)
    assert (told.estimate, told.low, told.high) == pytest.approx((0.8, 0.7, 0.8))
