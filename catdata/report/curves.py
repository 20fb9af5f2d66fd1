"""Draw a learning curve: accuracy against the number of training images, and where it leads."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from catdata.errors import shown
from catdata.report.labels import spread
from catdata.report.plots import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from catdata.learning.learningcurve import LearningCurve
    from catdata.learning.stats import Interval

_TITLE, _TEXT, _SMALL = 12.0, 11.0, 10.0  # points
_INK, _FAINT = "#222222", "#DDDDDD"
_SENTENCE_WIDTH = 66  # characters
_LINE_HEIGHT = 0.055  # of the axis


class _Label(NamedTuple):
    """What is written to the right of a line that ends at *value*."""

    value: float
    text: str
    colour: str


def curve_figure(curve: LearningCurve) -> Figure:
    """Draw train and test accuracy with their bands, the fitted law beyond, and the target.

    Small dots are the single draws. Numbers of images are on a logarithmic scale.

    Args:
        curve: What was measured.
    """
    figure = Figure(figsize=(6.4, 5.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    sizes = [point.images for point in curve.points]
    _draw_band(axes, "train", sizes, [point.train_accuracy for point in curve.points])
    _draw_band(axes, "test", sizes, [point.test_accuracy for point in curve.points])
    for point in curve.points:
        axes.plot(
            [point.images] * len(point.draws), point.draws, ".", color=COLOURS["test"], alpha=0.45
        )
    labels = [_draw_baseline(axes, curve), _draw_target(axes, curve)]
    if curve.answer.rising:
        labels.append(_draw_law(axes, curve))
    _finish(axes, curve)
    _label(axes, sorted(labels))
    figure.suptitle(_title(curve), fontsize=_TITLE, color=_INK, parse_math=False)
    figure.supxlabel(
        textwrap.fill(shown(curve.answer.sentence), _SENTENCE_WIDTH),
        fontsize=_SMALL,
        color=_INK,
        parse_math=False,
    )
    return figure


def _draw_band(axes: Axes, role: str, sizes: list[int], accuracy: list[Interval]) -> None:
    lows, highs = [one.low for one in accuracy], [one.high for one in accuracy]
    means = [one.estimate for one in accuracy]
    axes.fill_between(sizes, lows, highs, color=COLOURS[role], alpha=0.18, linewidth=0)
    axes.plot(sizes, means, "o-", color=COLOURS[role], linewidth=2.2, markersize=5)
    above = role == "train"
    axes.annotate(
        f"{role} {100 * means[-1]:.1f} %",
        (sizes[-1], means[-1]),
        xytext=(7, -4 if above else 11),
        textcoords="offset points",
        va="top" if above else "bottom",
        fontsize=_TEXT,
        color=COLOURS[role],
    )


def _draw_law(axes: Axes, curve: LearningCurve) -> _Label:
    """Draw the law as a dashed line, with its band where nothing was measured."""
    images = [n for n, _ in curve.law.foretold]
    means = [mean.estimate for _, mean in curve.law.foretold]
    axes.plot(images, means, color=COLOURS["after"], linewidth=1.8, linestyle=(0, (5, 1.5)))
    ahead = [(n, mean) for n, mean in curve.law.foretold if n >= curve.answer.there]
    axes.fill_between(
        [n for n, _ in ahead],
        [mean.low for _, mean in ahead],
        [mean.high for _, mean in ahead],
        color=COLOURS["after"],
        alpha=0.15,
        linewidth=0,
    )
    return _Label(means[-1], f"power law\n{100 * means[-1]:.1f} %", COLOURS["after"])


def _draw_target(axes: Axes, curve: LearningCurve) -> _Label:
    """Draw the target, and on it the range of images that it takes."""
    answer = curve.answer
    axes.axhline(answer.accuracy, color=_INK, linewidth=1.0, linestyle=":")
    last = curve.law.foretold[-1][0]
    if answer.low is not None and answer.low < last:
        high = min(answer.high or last, last)
        axes.plot([answer.low, high], [answer.accuracy] * 2, color=_INK, linewidth=4, alpha=0.8)
    return _Label(answer.accuracy, f"target {100 * answer.accuracy:g} %", _INK)


def _draw_baseline(axes: Axes, curve: LearningCurve) -> _Label:
    test_set = curve.test_set
    share, colour = test_set.baseline_accuracy, COLOURS["baseline"]
    axes.axhline(share, color=colour, linewidth=1.2, linestyle=(0, (4, 3)))
    return _Label(share, f"always {shown(test_set.baseline_class)}", colour)


def _label(axes: Axes, labels: Sequence[_Label]) -> None:
    """Write each label to the right of its line, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    step = _LINE_HEIGHT * (high - low)
    heights = [step * (1 + label.text.count("\n")) for label in labels]
    places = spread([label.value for label in labels], heights, highest=high + step / 2)
    for label, place in zip(labels, places, strict=True):
        axes.annotate(
            label.text,
            (1.0, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=_TEXT,
            color=label.colour,
            annotation_clip=False,
            parse_math=False,
        )


def _finish(axes: Axes, curve: LearningCurve) -> None:
    axes.set_xscale("log")
    axes.set_xlim(curve.points[0].images * 0.9, curve.law.foretold[-1][0])
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda images, _place: f"{images:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    lowest = min(point.test_accuracy.low for point in curve.points)
    axes.set_ylim(max(0.0, lowest - 0.03), 1.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=_SMALL, colors=_INK)
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel("training images", fontsize=_TEXT)
    axes.set_ylabel("accuracy", fontsize=_TEXT)


def _title(curve: LearningCurve) -> str:
    layers = ",".join(map(str, curve.config.layers)) or "none"
    grown = f", starting from {shown(curve.base)}" if curve.base else ""
    seeds = "1 seed" if curve.options.seeds == 1 else f"{curve.options.seeds} seeds"
    return (
        f"{shown(curve.build)}{grown}: layers {layers}, {curve.options.draws} draws of"
        f" {seeds},\nbands: 95 % intervals; {curve.test_set.images} test images"
    )
