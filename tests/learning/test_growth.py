"""A learning curve is measured on nested parts, judged on the build's own test, and repeatable."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import built_arm, course_arm

from catdata import h5file
from catdata.errors import ConfigRefused, LeakRefused
from catdata.learning.comparison import Arm
from catdata.learning.config import TrainConfig
from catdata.learning.growth import _roughness, learning_curve
from catdata.learning.learningcurve import CurveOptions, Law, LearningCurve
from catdata.learning.stats import Interval

QUICK = TrainConfig(layers=(3,), learning_rate=0.02, iterations=30, record_every=15)
FEW = CurveOptions(draws=2, seeds=2)


def without_time(curve: LearningCurve) -> dict[str, object]:
    return replace(curve, seconds=0.0).to_json()


def test_the_sizes_go_in_equal_ratios_up_to_all_images(tmp_path: Path) -> None:
    curve = learning_curve(built_arm(tmp_path / "b", range(64)), FEW, QUICK)
    assert [point.images for point in curve.points] == [4, 7, 12, 21, 37, 64]
    assert {point.networks for point in curve.points} == {4}
    assert curve.answer.there == 64
    assert curve.test_set.classes == {"non-cat": 4, "cat": 4}


def test_a_curve_is_the_same_each_time_and_plain_types(tmp_path: Path) -> None:
    arm = built_arm(tmp_path / "b", range(20))
    first = learning_curve(arm, FEW, QUICK)
    assert without_time(first) == without_time(learning_curve(arm, FEW, QUICK))
    record = json.loads(json.dumps(first.to_json(), allow_nan=False))
    assert (record["doubling"] is not None) == first.answer.rising
    assert record["target"]["accuracy"] == 0.9


def test_what_twice_the_images_add_is_read_off_the_law(tmp_path: Path) -> None:
    config = TrainConfig(layers=(3,), learning_rate=0.005, iterations=300, record_every=150)
    curve = learning_curve(built_arm(tmp_path / "b", range(64)), FEW, config)
    scale, exponent = curve.law.scale.estimate, curve.law.exponent.estimate
    assert curve.doubling is not None
    assert curve.doubling.estimate > 0.01
    assert curve.doubling.estimate == pytest.approx(scale * (64**-exponent - 128**-exponent))


def test_a_curve_begins_with_the_images_of_another_build(tmp_path: Path) -> None:
    base, arm = course_arm(tmp_path / "base"), course_arm(tmp_path / "grown", range(30))
    curve = learning_curve(arm, FEW, QUICK, base=base)
    assert (curve.points[0].images, curve.points[-1].images) == (12, 30)
    assert curve.base == "base"


def test_images_that_a_build_no_longer_has_are_told(tmp_path: Path) -> None:
    base, arm = built_arm(tmp_path / "base"), built_arm(tmp_path / "grown", range(1, 30))
    curve = learning_curve(arm, FEW, QUICK, base=base)
    assert curve.points[0].images == 11
    assert curve.warnings[0] == "1 of the training images of base is not in grown"


def test_a_build_that_shares_no_image_is_no_base(tmp_path: Path) -> None:
    base, arm = built_arm(tmp_path / "base", range(50, 60)), built_arm(tmp_path / "b", range(30))
    with pytest.raises(ConfigRefused, match="b holds no training image of base"):
        learning_curve(arm, FEW, QUICK, base=base)


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    learning_curve(
        built_arm(tmp_path / "b", range(20)),
        FEW,
        QUICK,
        on_progress=lambda *done: told.append(done),
    )
    assert told == sorted(told)
    assert told[-1] == (2 * 6 * 2 * 30, 2 * 6 * 2 * 30)


def test_networks_that_do_not_learn_are_counted(tmp_path: Path) -> None:
    broken = replace(QUICK, learning_rate=1e6)
    curve = learning_curve(built_arm(tmp_path / "b", range(20)), FEW, broken)
    assert curve.points[-1].failures == {"dead-units": 4}


@pytest.mark.parametrize(
    ("misses", "warnings"),
    [
        pytest.param((0.01, -0.03), [], id="near"),
        pytest.param(
            (0.01, -0.04),
            ["The power law lies up to 4.0 points beside what was measured,"],
            id="rough",
        ),
    ],
)
def test_a_law_far_from_what_was_measured_is_called_rough(
    misses: tuple[float, ...], warnings: list[str]
) -> None:
    law = Law(*[Interval(0.5, 0.4, 0.6)] * 3, misses=misses, foretold=())
    assert [told.partition(" so ")[0] for told in _roughness(law)] == warnings


def test_a_target_that_is_met_is_said_to_be_reached(tmp_path: Path) -> None:
    low = replace(FEW, target=0.01)
    curve = learning_curve(built_arm(tmp_path / "b", range(20)), low, QUICK)
    assert curve.answer.state == "reached"


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5, -1.0, float("nan")])
def test_a_target_that_is_no_accuracy_is_refused(target: float) -> None:
    with pytest.raises(ConfigRefused, match="above 0 and below 1"):
        CurveOptions(target=target)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"draws": 1}, "2 draws or more", id="one draw"),
        pytest.param({"seeds": 0}, "at least one seed", id="no seed"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigRefused, match=message):
        CurveOptions(**options)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        pytest.param((5, 10, 15), "needs 4 different sizes, not 3", id="three"),
        pytest.param((5, 10, 15, 21), "a size of 21 images is not possible", id="too large"),
        pytest.param((0, 10, 15, 20), "a size of 0 images is not possible", id="none"),
    ],
)
def test_sizes_that_cannot_be_drawn_are_refused(
    tmp_path: Path, sizes: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ConfigRefused, match=message):
        learning_curve(built_arm(tmp_path / "b", range(20)), replace(FEW, sizes=sizes), QUICK)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        pytest.param([1], "needs 4 different sizes", id="one image"),
        pytest.param(range(1, 40, 2), "images of one class only", id="one class"),
    ],
)
def test_a_training_set_that_shows_no_curve_is_refused(
    tmp_path: Path, train: list[int], message: str
) -> None:
    with pytest.raises(ConfigRefused, match=message):
        learning_curve(built_arm(tmp_path / "b", train), FEW, QUICK)


def test_too_few_test_images_are_refused(tmp_path: Path) -> None:
    arm = built_arm(tmp_path / "b", range(20), test=range(100, 104))
    with pytest.raises(ConfigRefused, match="b has too few test images for a learning curve: 4"):
        learning_curve(arm, FEW, QUICK)


def test_a_test_image_among_the_training_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LeakRefused):
        learning_curve(built_arm(tmp_path / "b", range(20), test=range(18, 28)), FEW, QUICK)


@pytest.mark.originals
def test_on_the_course_images_all_of_them_give_the_known_mean(originals: Path) -> None:
    arm = Arm("original", h5file.read_pair(originals))
    options = CurveOptions(sizes=(40, 80, 120, 209), draws=2, seeds=3)
    last = learning_curve(arm, options).points[-1]
    # Twenty seeds: mean 0.748, standard deviation 0.035; of six the mean is within 3 x 0.035/√6.
    assert last.test_accuracy.estimate == pytest.approx(0.748, abs=0.043)
    assert np.mean(last.draws) == pytest.approx(last.test_accuracy.estimate)
