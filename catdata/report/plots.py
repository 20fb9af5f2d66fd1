"""Draw records as figures: the one module that knows matplotlib.

Each function takes a record and returns a figure; ``save`` writes it. Figures are made without
pyplot, so drawing leaves nothing behind and two threads can draw at once.
"""

from __future__ import annotations

import io
import math
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import PercentFormatter, StrMethodFormatter
from matplotlib.transforms import ScaledTranslation

from catdata.errors import ConfigRefused, shown
from catdata.report import files
from catdata.report.labels import spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from catdata.learning.comparison import ArmResult, Comparison, Curve, SetSummary
    from catdata.learning.stats import Interval
    from catdata.learning.training import Run

COLOURS = {
    "train": "#0072B2",
    "test": "#D55E00",
    "before": "#5B6770",
    "after": "#00785A",
    "cost": "#222222",
    "baseline": "#6E6E6E",
}
"""Told apart by the colour-blind: after M. Okabe and K. Ito, "Color universal design", 2008."""

FORMATS = {".png": "png", ".svg": "svg"}
"""What ``save`` writes, by the ending of the file's name."""

_INK = "#222222"
_FAINT = "#DDDDDD"
_TITLE, _TEXT, _SMALL = 13.0, 12.0, 9.5  # points
_PANEL = (4.4, 4.4)  # inches: small, so that text is large beside it and survives shrinking
_DENSITY = 600 / 4.4  # pixels an inch
_LINE_STYLES = ("-", (0, (5, 1.5)), (0, (1, 1)))
_LABEL_STEP = 0.095  # of an axis, from one label at the end of a line to the next
_CHARACTER_WIDTH = 0.56  # of the size of its font, on average

_MADE_BY = "catdata figure"
_FORM = files.Form("figure", tuple(FORMATS), _MADE_BY)
_METADATA = {
    "png": {"Software": _MADE_BY},
    "svg": {"Creator": _MADE_BY, "Date": None},  # no clock: the same record gives the same bytes
}


def costs_figure(run: Run) -> Figure:
    """Draw the cost of a run, and its accuracy on train and test, by iteration.

    Args:
        run: A run; its test sets are drawn each with its majority-class baseline.
    """
    figure, ((cost_axes, accuracy_axes),) = _panels(1, 2)
    history = run.history
    cost_axes.plot(history.iterations, history.costs, color=COLOURS["cost"], linewidth=2)
    cost_axes.set_title(f"Learning rate = {run.config.learning_rate:g}", fontsize=_TITLE)
    cost_axes.set_ylabel("cost (cross-entropy, nats)", fontsize=_TEXT)
    cost_axes.set_ylim(bottom=0)

    layers = ",".join(map(str, run.config.layers)) or "none"
    accuracy_axes.set_title(f"Hidden layers {layers}, seed {run.config.seed}", fontsize=_TITLE)
    accuracy_axes.set_ylabel("accuracy", fontsize=_TEXT)
    # The history tells how the network stood before each update; its answers after the last follow.
    end = history.updates(run.config)
    for axes in (cost_axes, accuracy_axes):
        axes.set_xlim(0, max(end, 1))
    updates = [*history.iterations, end]
    train_accuracy = [*history.train_accuracy, run.train.accuracy]
    _draw_line(accuracy_axes, "train", updates, train_accuracy)
    ends = [_end("train", "train", run.train.accuracy)]
    for style, (name, judged) in enumerate(run.tests.items()):
        test_accuracy = [*history.test_accuracy[name], judged.accuracy]
        _draw_line(accuracy_axes, "test", updates, test_accuracy, style)
        ends.append(_end("test", _drawable(name), judged.accuracy))
        majority = "majority class\n" if len(run.tests) == 1 else f"majority of {_drawable(name)}\n"
        ends.append(_draw_baseline(accuracy_axes, majority, judged.baseline_accuracy))
    _scale_accuracy([accuracy_axes])
    _label_ends(accuracy_axes, ends)
    return figure


def comparison_figure(comparison: Comparison, test_set: str | None = None) -> Figure:
    """Draw how accuracy went by iteration before and after, with the gap that remains.

    A panel a build, the first of them "before"; a row of panels for each shape of network. The line
    is the mean over seeds and the band their middle 80 %.

    Args:
        comparison: At least one arm.
        test_set: The name of the test set to draw; the comparison's first if None.

    Raises:
        ConfigRefused: If the comparison has no such test set.
    """
    summary = _test_set(comparison, test_set)
    shapes = list(dict.fromkeys(arm.layers for arm in comparison.arms))
    columns = len(comparison.arms) // len(shapes)
    figure, rows = _panels(len(shapes), columns)
    panels = list(rows.flat)
    labels = [
        _draw_arm(axes, arm, summary, first=index % columns == 0)
        for index, (axes, arm) in enumerate(zip(panels, comparison.arms, strict=True))
    ]
    _scale_accuracy(panels)
    for axes, ends in zip(panels, labels, strict=True):
        _label_ends(axes, ends)
    for axes in rows[:, 0]:
        axes.set_ylabel("accuracy", fontsize=_TEXT)
    seeds = len(comparison.seeds)
    title = (
        f"Accuracy by iteration on train and on the {summary.images} test images of"
        f" {summary.name}; {_over_seeds(seeds)}"
    )
    figure.suptitle(
        _wrapped(title, figure, _TEXT),
        fontsize=_TEXT,
        color=_INK,
        parse_math=False,
    )
    sentences = [
        change.sentence for change in comparison.changes if change.test_set == summary.name
    ]
    if len(sentences) == 1:
        sentence = _wrapped(sentences[0], figure, _SMALL)
        figure.supxlabel(sentence, fontsize=_SMALL, color=_INK, parse_math=False)
    return figure


def check_target(path: Path) -> None:
    """Refuse a file that :func:`save` could not write, before the work for it is done.

    Raises:
        ConfigRefused: If its ending is not in ``FORMATS``, its folder is missing, or it is there
            and none of our figures.
        StorageFailed: If the disk refuses.
    """
    files.check_target(path, _FORM)


def save(figure: Figure, path: Path) -> None:
    """Write a figure to a file, whole or not at all; the same figure gives the same bytes.

    Args:
        figure: What to write.
        path: Its ending says the format, see ``FORMATS``. A figure of an earlier run is replaced.

    Raises:
        ConfigRefused: As :func:`check_target` does.
        StorageFailed: If the disk refuses.
    """
    check_target(path)
    files.write(path, _rendered(figure, FORMATS[path.suffix.lower()]), _FORM)


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG document; the same figure gives the same bytes."""
    return _rendered(figure, "svg")


def _rendered(figure: Figure, file_format: str) -> bytes:
    buffer = io.BytesIO()
    if file_format == "png":
        FigureCanvasAgg(figure).print_png(buffer, metadata=_METADATA["png"])  # type: ignore[no-untyped-call]
    else:
        # The salt makes the names of clips and markers inside the file the same every time.
        with mpl.rc_context({"svg.hashsalt": _MADE_BY}):
            FigureCanvasSVG(figure).print_svg(buffer, metadata=_METADATA["svg"])  # type: ignore[no-untyped-call]
    return buffer.getvalue()


class _End(NamedTuple):
    """A line's value at its right end, where its label goes."""

    value: float
    text: str
    colour: str


def _panels(rows: int, columns: int) -> tuple[Figure, NDArray[Any]]:
    """Return a figure and its equal panels, (rows, columns); 1200 x 600 pixels for a row of two."""
    width, height = _PANEL
    size = (width * max(columns, 2), height * rows)
    figure = Figure(figsize=size, dpi=_DENSITY, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_INK)
        axes.tick_params(labelsize=_SMALL, colors=_INK)
        axes.grid(axis="y", color=_FAINT, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xlabel("iteration", fontsize=_TEXT)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.margins(x=0)
    return figure, panels


def _draw_line(
    axes: Axes, role: str, iterations: ArrayLike, accuracy: ArrayLike, style: int = 0
) -> None:
    axes.plot(
        iterations,
        accuracy,
        color=COLOURS[role],
        linewidth=2.2,
        linestyle=_LINE_STYLES[style % len(_LINE_STYLES)],
    )


def _draw_curve(axes: Axes, role: str, curve: Curve) -> None:
    axes.fill_between(
        curve.iterations, curve.low, curve.high, color=COLOURS[role], alpha=0.18, linewidth=0
    )
    _draw_line(axes, role, curve.iterations, curve.mean)


def _draw_baseline(axes: Axes, text: str, accuracy: float) -> _End:
    axes.axhline(accuracy, color=COLOURS["baseline"], linewidth=1.2, linestyle=(0, (4, 3)))
    return _end("baseline", text, accuracy)


def _draw_arm(axes: Axes, arm: ArmResult, summary: SetSummary, *, first: bool) -> list[_End]:
    judgement = arm.judgements[summary.name]
    _draw_curve(axes, "train", arm.curve)
    _draw_curve(axes, "test", judgement.curve)
    layers = ",".join(map(str, arm.layers)) or "none"
    role = "before" if first or arm.control else "after"
    # The name of a control says what it is.
    when = "" if arm.control else f"{role.capitalize()}: "
    axes.set_title(
        f"{when}{_drawable(arm.build)}\n{arm.train_images:,} training images, layers {layers}",
        fontsize=_TITLE,
        color=COLOURS[role],
        parse_math=False,
    )
    ends = [
        _end("train", "train", arm.train_accuracy.estimate),
        _end("test", "test", judgement.test_accuracy.estimate),
    ]
    always = f"always {_drawable(summary.baseline_class)}\n"
    baseline = _draw_baseline(axes, always, summary.baseline_accuracy)
    return [*ends, _draw_gap(axes, judgement.gap, ends), baseline]


def _draw_gap(axes: Axes, gap: Interval, ends: Sequence[_End]) -> _End:
    """Span the distance between two lines' ends with an arrow beside the panel."""
    low, high = sorted(end.value for end in ends)
    beside = axes.get_yaxis_transform() + ScaledTranslation(0.1, 0, axes.figure.dpi_scale_trans)
    axes.annotate(
        "",
        xy=(1, high),
        xytext=(1, low),
        xycoords=beside,
        textcoords=beside,
        arrowprops={"arrowstyle": "<->", "color": _INK, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )
    text = f"gap {100 * gap.estimate:.1f} points\n({100 * gap.low:.1f} to {100 * gap.high:.1f})"
    return _End((low + high) / 2, text, _INK)


def _scale_accuracy(panels: Sequence[Axes]) -> None:
    """Give all panels one accuracy axis in percent, down to the lowest line in any of them."""
    lowest = min(axes.dataLim.y0 for axes in panels)
    for axes in panels:
        axes.set_ylim(max(0.0, math.floor(10 * lowest) / 10), 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))


def _end(role: str, text: str, value: float) -> _End:
    return _End(value, f"{text} {100 * value:.1f} %".replace("\n ", "\n"), COLOURS[role])


def _label_ends(axes: Axes, ends: Sequence[_End]) -> None:
    """Write each label to the right of its line's end, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    step = _LABEL_STEP * (high - low)
    ends = sorted(ends)
    heights = [step * (1 + end.text.count("\n")) for end in ends]
    places = spread([end.value for end in ends], heights, highest=high + step / 2)
    for end, place in zip(ends, places, strict=True):
        axes.annotate(
            end.text,
            xy=(1.0, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(15, 0),
            textcoords="offset points",
            fontsize=_TEXT,
            color=end.colour,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )


def _test_set(comparison: Comparison, name: str | None) -> SetSummary:
    sets = {test_set.name: test_set for test_set in comparison.test_sets}
    if name is None:
        return comparison.test_sets[0]
    if name not in sets:
        raise ConfigRefused(f"the comparison has no test set {shown(name)}: {', '.join(sets)}")
    return sets[name]


def _wrapped(sentence: str, figure: Figure, points: float) -> str:
    """Break a sentence into lines of about one length that fit a figure's width."""
    text = _drawable(sentence)
    width = 72 * figure.get_figwidth() / (_CHARACTER_WIDTH * points) - 6
    lines = math.ceil(len(text) / width)
    return textwrap.fill(text, math.ceil(len(text) / lines) + 6)


def _over_seeds(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"mean of {seeds} seeds, band: the middle 80 % of them"


def _drawable(text: str) -> str:
    """Return a name with all that the figure's font cannot draw replaced by question marks."""
    font = get_font(findfont(FontProperties()))
    return "".join(
        character if font.get_char_index(ord(character)) else "?" for character in shown(text)
    )
