"""Numbers and verdicts are said as people say them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparisons import compared

from catdata.learning.comparison import Comparison, World
from catdata.learning.stats import Interval
from catdata.learning.verdicts import VERDICTS
from catdata.report import wording


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(tmp_path_factory.mktemp("builds"), test_sets=2)


def test_every_verdict_has_words_of_its_own() -> None:
    assert set(wording.WORDINGS) == set(VERDICTS)
    assert len({words.headline for words in wording.WORDINGS.values()}) == len(VERDICTS)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.008, "+0.8"), (-0.044, "\u22124.4"), (0.0, "0.0"), (-0.0004, "0.0"), (0.1, "+10.0")],
)
def test_a_change_has_its_sign_unless_it_is_nothing(share: float, text: str) -> None:
    assert wording.points(share) == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([1], "1"),
        ([1, 2], "1, 2"),
        ([1, 2, 3], "1 to 3"),
        ([3, 1, 2], "3, 1, 2"),
        ([1, 3, 5], "1, 3, 5"),
    ],
)
def test_seeds_are_a_range_where_none_is_missing(numbers: list[int], text: str) -> None:
    assert wording.seeds(numbers) == text


@pytest.mark.parametrize(
    ("low", "estimate", "text"),
    [
        (0.45, 0.6, "not shown to be told apart"),
        (0.55, 0.6, "somewhat told apart"),
        (0.9, 0.95, "told apart"),
    ],
)
def test_worlds_are_apart_where_the_interval_leaves_the_guess_out(
    low: float, estimate: float, text: str
) -> None:
    world = World("enlarged", "cat", 9, 9, Interval(estimate, low, 0.99), 0.2, 0.2)
    assert wording.told_apart(world) == text


def test_one_verdict_on_two_test_sets_is_said_once(comparison: Comparison) -> None:
    assert wording.title(comparison.changes) == (
        "No difference is shown between original and enlarged, on both test sets"
    )


def test_two_verdicts_of_one_pair_are_said_by_test_set(comparison: Comparison) -> None:
    first, second = comparison.changes
    certain = replace(
        second,
        change=replace(second.change, test_accuracy=Interval(-0.2, -0.3, -0.1)),
        adjusted_p_value=0.001,
    )
    assert wording.title([first, certain]) == (
        "enlarged against original: no difference shown on the test images of original and worse"
        " on the test images of enlarged"
    )


def test_verdicts_of_several_pairs_are_counted(comparison: Comparison) -> None:
    first, second = comparison.changes
    other = replace(first, after="other")
    worse = replace(
        other,
        change=replace(other.change, test_accuracy=Interval(-0.2, -0.3, -0.1)),
        adjusted_p_value=0.001,
    )
    assert wording.title([first, second, other]) == "None of 3 comparisons shows a difference"
    assert wording.title([first, second, worse]) == (
        "Of 3 comparisons 1 finds worse generalization and 2 show no difference"
    )


def test_the_basis_is_the_sentence_after_its_headline(comparison: Comparison) -> None:
    change = comparison.changes[0]
    assert change.sentence.startswith(
        "No difference is shown between original and enlarged: on the"
    )
    assert wording.basis(change).startswith("On the 8 test images of original accuracy changed by")


def test_the_classes_parts_are_told_with_their_sum(comparison: Comparison) -> None:
    change = replace(
        comparison.changes[0],
        contribution={"non-cat": 0.032, "cat": -0.204},
        change=replace(comparison.changes[0].change, test_accuracy=Interval(-0.172, -0.3, 0.1)),
    )
    assert wording.contributions(change) == (
        "The change of accuracy, \u221217.2 points, is +3.2 from non-cat and \u221220.4 from cat."
    )
