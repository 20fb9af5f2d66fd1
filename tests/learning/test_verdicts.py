"""The verdict follows from the two intervals, and its sentence tells a beginner what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catdata.learning.changes import Change
from catdata.learning.stats import Interval
from catdata.learning.verdicts import VERDICTS, Contrast, could_have_shown, verdict

SHOWN, NOT_SHOWN = 0.012, 0.3


def change(accuracy: tuple[float, float, float], gap: tuple[float, float, float]) -> Change:
    """Return a change whose p-values say what its intervals say."""
    moved = (Interval(*accuracy), Interval(*gap))
    return Change(*moved, *map(p_value_of, moved), smallest_shown=0.12)


def p_value_of(interval: Interval) -> float:
    return NOT_SHOWN if interval.low <= 0 <= interval.high else SHOWN


def p_values(moved: Change) -> tuple[float, float]:
    return moved.p_value, moved.gap_p_value


BETTER = change((0.08, 0.021, 0.139), (-0.0756, -0.135, -0.016))
WORSE = change((-0.09, -0.15, -0.03), (-0.17, -0.25, -0.09))
LESS = change((-0.01, -0.06, 0.04), (-0.27, -0.33, -0.21))
MORE = change((0.01, -0.04, 0.06), (0.2, 0.14, 0.26))
NEITHER = change((0.008, -0.044, 0.06), (-0.011, -0.06, 0.038))

CASES = [
    pytest.param(BETTER, "generalizes-better", id="accuracy rose"),
    pytest.param(WORSE, "generalizes-worse", id="accuracy fell though the gap shrank"),
    pytest.param(LESS, "fits-less", id="the gap shrank alone"),
    pytest.param(MORE, "fits-more", id="the gap grew alone"),
    pytest.param(NEITHER, "no-difference-shown", id="neither moved"),
    pytest.param(change((0, 0, 0), (0, 0, 0)), "no-difference-shown", id="nothing at all"),
    pytest.param(
        change((0.05, 0.0, 0.1), (-0.05, -0.1, 0.0)), "no-difference-shown", id="up to zero"
    ),
    pytest.param(
        change((0.04, -0.01, 0.09), (-0.03, -0.05, -0.01)),
        "no-difference-shown",
        id="a smaller gap while train accuracy did not fall",
    ),
    pytest.param(
        change((-0.04, -0.09, 0.01), (0.03, 0.01, 0.05)),
        "no-difference-shown",
        id="a larger gap while train accuracy did not rise",
    ),
]


@pytest.mark.parametrize(("moved", "expected"), CASES)
def test_the_verdict_is_built_from_both_questions(moved: Change, expected: str) -> None:
    assert verdict(moved, p_values(moved)) == expected


def test_every_verdict_occurs() -> None:
    assert {verdict(case.values[0], p_values(case.values[0])) for case in CASES} == set(VERDICTS)


def contrast(
    moved: Change,
    train: tuple[float, float],
    test: tuple[float, float],
    *,
    adjusted: tuple[float, float] | None = None,
    comparisons: int = 1,
) -> Contrast:
    adjusted = adjusted or p_values(moved)
    return Contrast(
        before="original",
        after="enlarged",
        layers=(20, 7, 5),
        test_set="original",
        folds=0,
        images=50,
        baseline_class="cat",
        baseline_accuracy=0.66,
        train_accuracy=train,
        test_accuracy=test,
        change=moved,
        adjusted_p_value=adjusted[0],
        adjusted_gap_p_value=adjusted[1],
        comparisons=comparisons,
        by_class={"non-cat": Interval(0.02, -0.1, 0.14), "cat": Interval(0.11, 0.02, 0.2)},
        contribution={"non-cat": 0.0068, "cat": 0.0726},
        balanced_accuracy=Interval(0.065, 0.0, 0.13),
        mcnemar=None,
        control=False,
    )


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        pytest.param(
            contrast(BETTER, (0.995, 0.9994), (0.746, 0.826)),
            "enlarged generalizes better than original: on the 50 test images of original accuracy"
            " rose by 8.0 points (95 % interval 2.1 to 13.9), from 74.6 % to 82.6 %, where always"
            " answering cat is right on 66.0 %; the gap to train accuracy changed by -7.6 points"
            " (95 % interval -13.5 to -1.6).",
            id="generalizes-better",
        ),
        pytest.param(
            contrast(WORSE, (0.995, 0.735), (0.746, 0.656)),
            "enlarged generalizes worse than original: on the 50 test images of original accuracy"
            " fell by 9.0 points (95 % interval 3.0 to 15.0), from 74.6 % to 65.6 %, where always"
            " answering cat is right on 66.0 %; the gap to train accuracy changed by -17.0 points"
            " (95 % interval -25.0 to -9.0).",
            id="generalizes-worse",
        ),
        pytest.param(
            contrast(LESS, (0.995, 0.715), (0.746, 0.736)),
            "enlarged only fits its training images less well than original: the gap shrank by"
            " 27.0 points (95 % interval 21.0 to 33.0) because train accuracy fell from 99.5 % to"
            " 71.5 %, while accuracy on the 50 test images of original, where always answering cat"
            " is right on 66.0 %, is not shown to have moved: -1.0 points (95 % interval -6.0 to"
            " +4.0).",
            id="fits-less",
        ),
        pytest.param(
            contrast(MORE, (0.785, 0.995), (0.736, 0.746)),
            "enlarged only fits its training images more closely than original: the gap grew by"
            " 20.0 points (95 % interval 14.0 to 26.0) because train accuracy rose from 78.5 % to"
            " 99.5 %, while accuracy on the 50 test images of original, where always answering cat"
            " is right on 66.0 %, is not shown to have moved: +1.0 points (95 % interval -4.0 to"
            " +6.0).",
            id="fits-more",
        ),
        pytest.param(
            contrast(NEITHER, (0.998, 0.995), (0.746, 0.754)),
            "No difference is shown between original and enlarged: on the 50 test images of"
            " original accuracy changed by +0.8 points (95 % interval -4.4 to +6.0), from 74.6 % to"
            " 75.4 %, where always answering cat is right on 66.0 %; the gap to train accuracy"
            " changed by -1.1 points (95 % interval -6.0 to +3.8). 50 images could only have"
            " shown a change of about 12 points.",
            id="no-difference-shown",
        ),
    ],
)
def test_the_sentence_says_what_the_numbers_say(told: Contrast, sentence: str) -> None:
    assert told.sentence == sentence


@pytest.mark.parametrize(
    ("moved", "part"),
    [
        pytest.param(
            BETTER,
            "enlarged generalizes better than original: in 5-fold cross-validation over 259"
            " original images accuracy rose by 8.0 points (95 % interval 2.1 to 13.9), from ",
            id="better",
        ),
        pytest.param(
            LESS,
            " while accuracy in 5-fold cross-validation over 259 original images, where always"
            " answering cat is right on 66.0 %, is not shown to have moved",
            id="fits-less",
        ),
        pytest.param(
            NEITHER,
            "No difference is shown between original and enlarged: in 5-fold cross-validation over"
            " 259 original images accuracy changed by +0.8 points",
            id="neither",
        ),
    ],
)
def test_the_sentence_says_that_folds_were_judged(moved: Change, part: str) -> None:
    told = replace(contrast(moved, (0.995, 0.99), (0.746, 0.826)), folds=5, images=259)
    assert part in told.sentence
    if told.verdict == "no-difference-shown":
        assert told.sentence.endswith(
            "259 images could only have shown a change of about 12 points."
        )


def test_a_verdict_goes_by_what_is_left_after_correction() -> None:
    told = contrast(BETTER, (0.995, 0.9994), (0.746, 0.826), adjusted=(0.08, 0.3), comparisons=4)
    assert told.verdict == "no-difference-shown"
    assert told.sentence.endswith(
        "4 changes are shown together, so the verdict goes by p-values after Holm's correction:"
        " here p = 0.080, for this change alone p = 0.012."
    )


def test_a_verdict_about_the_gap_tells_the_p_value_of_the_gap() -> None:
    told = contrast(LESS, (0.995, 0.715), (0.746, 0.736), adjusted=(0.6, 0.0004), comparisons=2)
    assert told.sentence.endswith("here p < 0.001, for this change alone p = 0.012.")


@pytest.mark.parametrize(
    ("images", "smallest", "sentence"),
    [
        pytest.param(
            50, 0.124, "50 images could only have shown a change of about 12 points.", id="points"
        ),
        pytest.param(
            9000, 0.004, "9000 images could only have shown a change of about 0.4 points.", id="few"
        ),
        pytest.param(7, 1.0, "7 images could not have shown any change.", id="none"),
        pytest.param(1, 0.5, "1 image could not have shown any change.", id="one image"),
    ],
)
def test_what_could_have_been_seen_is_said(images: int, smallest: float, sentence: str) -> None:
    assert could_have_shown(images, smallest) == sentence


def test_a_hostile_name_is_escaped_in_the_sentence() -> None:
    told = replace(
        contrast(NEITHER, (1, 1), (1, 1)), before="a\x1b[2J", after="b\u202e", test_set="a\x1b[2J"
    )
    assert told.sentence.startswith(
        "No difference is shown between a\\x1b[2J and b\\u202e: on the 50 test images of a\\x1b[2J "
    )


def test_a_contrast_serialises_as_scripts_expect() -> None:
    told = contrast(BETTER, (0.995, 0.9994), (0.746, 0.826))
    assert told.to_json() == {
        "from": "original",
        "to": "enlarged",
        "layers": [20, 7, 5],
        "test_set": "original",
        "folds": 0,
        "test_images": 50,
        "accuracy": {"from": 0.746, "to": 0.826},
        "gap": {"estimate": -0.0756, "low": -0.135, "high": -0.016},
        "test_accuracy": {"estimate": 0.08, "low": 0.021, "high": 0.139},
        "balanced_accuracy": {"estimate": 0.065, "low": 0.0, "high": 0.13},
        "by_class": {
            "non-cat": {"estimate": 0.02, "low": -0.1, "high": 0.14, "contribution": 0.0068},
            "cat": {"estimate": 0.11, "low": 0.02, "high": 0.2, "contribution": 0.0726},
        },
        "baseline_accuracy": 0.66,
        "p_value": SHOWN,
        "adjusted_p_value": SHOWN,
        "gap_p_value": SHOWN,
        "adjusted_gap_p_value": SHOWN,
        "comparisons": 1,
        "mcnemar": None,
        "smallest_shown": 0.12,
        "control": False,
        "verdict": "generalizes-better",
        "sentence": told.sentence,
    }
