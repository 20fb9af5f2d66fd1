"""What a learner's notebook shows: the course's plot, and results as a table with their figure.

The HTML is plain: it stands in pages whose style is their own. A figure is an SVG inside an
``img``, so that nothing in it runs, or meets the names in another figure.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from catdata.errors import shown
from catdata.learning.diagnosis import diagnose
from catdata.learning.verdicts import percent
from catdata.report import curves, plots, sweeps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catdata.learning.comparison import ArmResult, Comparison, SetSummary
    from catdata.learning.learningcurve import LearningCurve, Point
    from catdata.learning.records import Evaluation, Run
    from catdata.learning.stats import Interval
    from catdata.learning.sweep import Candidate, Sweep


def costs_figure(costs: Sequence[float], learning_rate: float) -> Figure:
    """Draw the cost by iteration, as the course's notebook does.

    Args:
        costs: One for every hundredth iteration.
        learning_rate: Stands above it.
    """
    figure = Figure(figsize=(6.0, 4.0), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.plot(costs, color=plots.COLOURS["cost"], linewidth=2)
    axes.set_ylabel("cost")
    axes.set_xlabel("iterations (per hundreds)")
    axes.set_title(f"Learning rate ={learning_rate}")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def run_html(run: Run) -> str:
    """Return a run as HTML: whether it learnt, how it answers, and its cost by iteration."""
    sets = [_evaluation_row(*named) for named in (("train", run.train), *run.tests.items())]
    dims = "-".join(map(str, run.layer_dims))
    return _page(
        [f"Network {dims}, seed {run.config.seed}: {diagnose(run).message}"],
        _table(("", "images", "accuracy", "majority class", "cats right", "non-cats right"), sets),
        _image(plots.costs_figure(run), "Cost and accuracy by iteration"),
    )


def comparison_html(comparison: Comparison) -> str:
    """Return a comparison as HTML: its verdicts, a table for each test set, and its figure."""
    tables = []
    for test_set in comparison.test_sets:
        rows = [_arm_row(arm, test_set) for arm in comparison.arms]
        tables += [_paragraph(_judged_on(test_set)), _table(_ARMS_HEAD, rows)]
    return _page(
        [
            *comparison.warnings,
            *(change.sentence for change in comparison.changes),
            *(change.sentence for change in comparison.folds),
        ],
        *tables,
        _image(plots.comparison_figure(comparison), "Accuracy by iteration of each build"),
    )


def sweep_html(sweep: Sweep) -> str:
    """Return a sweep as HTML: its best setting, a table of all, and its figure."""
    best = (
        f"The best, trained on all of train: {_interval(sweep.test_accuracy)} of the"
        f" {sweep.test_images} test images are named rightly; always the more frequent class:"
        f" {percent(sweep.baseline_accuracy)}."
    )
    rows = [_candidate_row(one, best=one == sweep.best) for one in sweep.candidates]
    return _page(
        [*sweep.warnings, best],
        _table(_SETTINGS_HEAD, rows),
        _image(sweeps.sweep_figure(sweep), "Cross-validated accuracy of each setting"),
    )


def curve_html(curve: LearningCurve) -> str:
    """Return a learning curve as HTML: what an accuracy would take, a table and its figure."""
    rows = [_point_row(point) for point in curve.points]
    return _page(
        [*curve.warnings, curve.answer.sentence],
        _paragraph(_judged_on(curve.test_set)),
        _table(_POINTS_HEAD, rows),
        _image(curves.curve_figure(curve), "Accuracy by number of training images"),
    )


def table_html(sentences: Iterable[str], head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return sentences and a table below them as HTML, for results without a figure.

    Args:
        sentences: What stands above.
        head: The names of the columns.
        rows: As many texts each, the first of them the row's name.
    """
    return _page(sentences, _table(head, rows))


_POINTS_HEAD = ("training images", "train accuracy", "test accuracy", "did not learn")
_ARMS_HEAD = ("build", "layers", "train images", "train accuracy", "test accuracy", "gap")
_SETTINGS_HEAD = (
    "",
    "layers",
    "learning rate",
    "iterations",
    "l2",
    "dropout",
    "train accuracy",
    "cross-validated accuracy",
    "did not learn",
)


def _evaluation_row(name: str, evaluation: Evaluation) -> tuple[str, ...]:
    tp, fn, fp, tn = evaluation.confusion
    return (
        name,
        f"{evaluation.images:,}",
        percent(evaluation.accuracy),
        percent(evaluation.baseline_accuracy),
        f"{tp} of {tp + fn}",
        f"{tn} of {tn + fp}",
    )


def _judged_on(test_set: SetSummary) -> str:
    return (
        f"Judged on the {test_set.images} test images of {shown(test_set.name)}: mean"
        f" [95 % interval]. Always {shown(test_set.baseline_class)} is right for"
        f" {percent(test_set.baseline_accuracy)}."
    )


def _arm_row(arm: ArmResult, test_set: SetSummary) -> tuple[str, ...]:
    judgement = arm.judgements[test_set.name]
    return (
        arm.build,
        _layers(arm.layers),
        f"{arm.train_images:,}",
        _interval(arm.train_accuracy),
        _interval(judgement.test_accuracy),
        _interval(judgement.gap),
    )


def _point_row(point: Point) -> tuple[str, ...]:
    return (
        f"{point.images:,}",
        _interval(point.train_accuracy),
        _interval(point.test_accuracy),
        _counted(point.failures),
    )


def _counted(failures: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in failures.items())


def _candidate_row(candidate: Candidate, *, best: bool) -> tuple[str, ...]:
    config = candidate.config
    return (
        "best" if best else "",
        _layers(config.layers),
        f"{config.learning_rate:g}",
        f"{config.iterations:,}",
        f"{config.l2:g}",
        f"{config.dropout:g}",
        percent(candidate.train_accuracy),
        _interval(candidate.accuracy),
        _counted(candidate.failures),
    )


def _layers(layers: Sequence[int]) -> str:
    return ",".join(map(str, layers)) or "none"


def _interval(interval: Interval) -> str:
    return f"{percent(interval.estimate)} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _page(sentences: Iterable[str], *blocks: str) -> str:
    paragraphs = [_paragraph(sentence) for sentence in sentences]
    return f"<div>{''.join([*paragraphs, *blocks])}</div>"


def _paragraph(text: str) -> str:
    return f'<p style="max-width: 50em">{_escaped(text)}</p>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose first column is its rows' names; all text in it is escaped."""
    titles = "".join(_cell('th scope="col"', title, aligned="right") for title in head)
    names = (_cell('th scope="row"', name, aligned="left") for name, *_ in rows)
    numbers = ("".join(map(_number, cells)) for _, *cells in rows)
    body = "".join(f"<tr>{name}{cells}</tr>" for name, cells in zip(names, numbers, strict=True))
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _number(text: str) -> str:
    return _cell("td", text, aligned="right")


def _cell(tag: str, text: str, *, aligned: str) -> str:
    style = f"text-align: {aligned}; padding: 0.2em 0.7em"
    return f'<{tag} style="{style}">{_escaped(text)}</{tag.partition(" ")[0]}>'


def _image(figure: Figure, description: str) -> str:
    data = base64.b64encode(plots.svg(figure)).decode("ascii")
    source = f"data:image/svg+xml;base64,{data}"
    return (
        f'<img alt="{_escaped(description)}" style="max-width: 60em; width: 100%" src="{source}">'
    )


def _escaped(text: str) -> str:
    """Return foreign text as HTML that shows it and nothing else."""
    return html.escape(shown(text))
