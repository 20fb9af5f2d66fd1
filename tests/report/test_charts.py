"""Figures of a page put numbers where they belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from comparisons import compared

from catdata.learning.comparison import Comparison, Curve
from catdata.learning.stats import Interval
from catdata.report.charts import (
    HEIGHT,
    LONG,
    MOST_POINTS,
    MOST_ROWS,
    SHARES,
    Scale,
    change_scale,
    curve_panels,
    height,
)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(tmp_path_factory.mktemp("builds"))


@pytest.mark.parametrize(
    ("value", "place"),
    [(0, "0.00%"), (0.746, "74.60%"), (1, "100.00%"), (2, "100.00%"), (-1, "0.00%")],
)
def test_a_value_lies_at_its_share_of_the_axis(value: float, place: str) -> None:
    assert SHARES.at(value) == place


def test_a_bar_is_as_wide_as_its_ends_are_apart_on_the_axis() -> None:
    assert SHARES.width(0.25, 0.746) == "49.60%"
    assert SHARES.width(0.5, 7.0) == "50.00%"


@pytest.mark.parametrize(
    ("low", "high", "end"),
    [(-0.044, 0.06, 0.1), (-0.376, 0.032, 0.5), (0.0, 0.0, 0.05), (-2, 2, 2.0)],
)
def test_changes_stand_around_nothing_on_round_axes(low: float, high: float, end: float) -> None:
    scale = change_scale([Interval((low + high) / 2, low, high)])
    assert (scale.low, scale.high, scale.ticks) == (-end, end, (-end, 0.0, end))
    assert scale.at(0.0) == "50.00%"


def test_a_panel_s_top_is_the_high_end() -> None:
    scale = Scale(0.4, 1.0, ())
    assert [height(scale, value) for value in (1.0, 0.7, 0.4)] == [0.0, HEIGHT / 2, HEIGHT]


def test_both_arms_are_drawn_on_one_scale_from_the_lowest_line_up(comparison: Comparison) -> None:
    first, last = curve_panels(comparison.arms, comparison.test_sets[0])
    assert first.up == last.up
    assert first.along == last.along
    lowest = min(
        float(curve.low.min())
        for arm in comparison.arms
        for curve in (arm.curve, arm.judgements["original"].curve)
    )
    assert first.up.low <= lowest < first.up.low + 0.1
    assert (first.along.low, first.along.high, first.along.ticks) == (0, 30, (0, 10, 20, 30))


def test_lines_end_at_the_numbers_of_their_labels(comparison: Comparison) -> None:
    arm = comparison.arms[1]
    panel = curve_panels(comparison.arms, comparison.test_sets[0])[1]
    train, test, baseline = panel.lines
    accuracy = arm.judgements["original"].test_accuracy.estimate
    assert train.label == f"train {100 * arm.train_accuracy.estimate:.1f} %"
    assert test.label == f"test {100 * accuracy:.1f} %"
    assert test.end == height(panel.up, accuracy)
    assert test.path.endswith(f"L{LONG},{test.end:g}")
    assert baseline.label == "baseline 50 %"
    assert panel.gap == f"gap {100 * arm.judgements['original'].gap.estimate:.1f}"


def test_labels_keep_apart(comparison: Comparison) -> None:
    for panel in curve_panels(comparison.arms, comparison.test_sets[0]):
        places = sorted([*(line.label_at for line in panel.lines), panel.gap_at])
        assert min(np.diff(places)) >= 16.9


def test_a_long_curve_is_drawn_and_told_in_few_points(comparison: Comparison) -> None:
    steps = np.arange(100_001)
    curve = Curve.over_seeds(steps, np.linspace(0.5, 1.0, len(steps))[None, :])
    arm = comparison.arms[0]
    judgement = replace(arm.judgements["original"], curve=curve)
    long = replace(arm, curve=curve, judgements={"original": judgement})
    (panel,) = curve_panels([long], comparison.test_sets[0])
    assert panel.lines[0].path.count(",") == MOST_POINTS
    assert len(panel.rows) == MOST_ROWS
    assert [panel.rows[0].iteration, panel.rows[-1].iteration] == [0, 100_000]
    assert panel.along.ticks == (0, 50_000, 100_000)


@pytest.mark.parametrize(("last", "count"), [(1, 2), (2, 3), (7, 2), (30, 4), (2500, 3), (9999, 2)])
def test_iterations_are_marked_by_few_round_numbers(
    last: int, count: int, comparison: Comparison
) -> None:
    arm = comparison.arms[0]
    steps = np.array([0, last])
    curve = Curve.over_seeds(steps, np.array([[0.5, 0.9]]))
    judgement = replace(arm.judgements["original"], curve=curve)
    short = replace(arm, curve=curve, judgements={"original": judgement})
    (panel,) = curve_panels([short], comparison.test_sets[0])
    assert len(panel.along.ticks) == count
    assert all(tick == int(tick) <= last for tick in panel.along.ticks)
