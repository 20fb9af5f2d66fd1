"""The figure of a learning curve shows its numbers, the law and the target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builds import built_arm

from catdata.learning.config import TrainConfig
from catdata.learning.growth import learning_curve
from catdata.learning.learningcurve import CurveOptions, LearningCurve
from catdata.learning.stats import Interval
from catdata.report.curves import curve_figure
from catdata.report.plots import COLOURS, save

QUICK = TrainConfig(layers=(3,), learning_rate=0.02, iterations=30)


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> LearningCurve:
    arm = built_arm(tmp_path_factory.mktemp("builds") / "b", range(20))
    return learning_curve(arm, CurveOptions(draws=2, seeds=2, target=0.95), QUICK)


def lines(curve: LearningCurve, role: str) -> list[tuple[list[float], list[float]]]:
    (axes,) = curve_figure(curve).axes
    return [
        (list(line.get_xdata()), list(line.get_ydata()))
        for line in axes.lines
        if line.get_color() == COLOURS[role] and line.get_linestyle() != "None"
    ]


def rising(curve: LearningCurve) -> LearningCurve:
    answer = replace(curve.answer, reached=0.8, rising=True, low=40, high=100, estimate=60)
    return replace(curve, answer=answer)


def test_train_and_test_accuracy_are_drawn_against_the_number_of_images(
    curve: LearningCurve,
) -> None:
    sizes = [point.images for point in curve.points]
    train = [point.train_accuracy.estimate for point in curve.points]
    test = [point.test_accuracy.estimate for point in curve.points]
    assert lines(curve, "train") == [(sizes, train)]
    assert lines(curve, "test") == [(sizes, test)]
    (axes,) = curve_figure(curve).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("training images", "accuracy")
    assert axes.get_xscale() == "log"


def test_a_law_that_rises_is_drawn_beyond_the_images_and_the_target_with_its_range(
    curve: LearningCurve,
) -> None:
    ((images, _),) = lines(rising(curve), "after")
    assert images[-1] == pytest.approx(10 * curve.answer.there)
    (axes,) = curve_figure(rising(curve)).axes
    (on_target,) = [line for line in axes.lines if line.get_linewidth() == 4]
    assert (list(on_target.get_xdata()), list(on_target.get_ydata())) == ([40, 100], [0.95, 0.95])


def test_a_law_that_does_not_rise_is_not_drawn(curve: LearningCurve) -> None:
    flat = replace(curve, answer=replace(curve.answer, rising=False))
    assert lines(flat, "after") == []


def test_the_answer_stands_below_and_is_written_as_text(
    curve: LearningCurve, tmp_path: Path
) -> None:
    named = replace(curve, build="a$b$ <x>", law=replace(curve.law, ceiling=Interval(1, 1, 1)))
    figure = curve_figure(named)
    assert figure.get_supxlabel().replace("\n", " ") == curve.answer.sentence
    assert figure.get_suptitle().startswith("a$b$ <x>: layers 3, 2 draws of 2 seeds")
    save(figure, tmp_path / "curve.svg")
