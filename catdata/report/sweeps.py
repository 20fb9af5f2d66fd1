"""Draw a sweep: how accuracy depends on the settings that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from catdata.report.plots import COLOURS

if TYPE_CHECKING:
    from catdata.learning.sweep import Candidate, Sweep

_INCHES_A_SETTING = 0.32
_TEXT, _SMALL = 12.5, 10.5  # points


def sweep_figure(sweep: Sweep) -> Figure:
    """Draw the cross-validated accuracy of each setting with its interval, a line a setting.

    Settings with networks that did not learn are marked with their diagnosis; the best is filled.

    Args:
        sweep: At least one candidate.
    """
    candidates = sweep.candidates
    height = 1.6 + _INCHES_A_SETTING * len(candidates)
    figure = Figure(figsize=(12.0, max(height, 3.0)), dpi=100, layout="constrained")
    axes = figure.subplots()
    for place, candidate in enumerate(candidates):
        accuracy = candidate.accuracy
        colour = COLOURS["test"] if candidate.failures else COLOURS["after"]
        axes.plot([accuracy.low, accuracy.high], [place, place], color=colour, linewidth=1.6)
        axes.plot(
            accuracy.estimate,
            place,
            "o",
            color=colour,
            markersize=8,
            fillstyle="full" if candidate is sweep.best else "none",
        )
        axes.annotate(
            failures_of(candidate),
            (accuracy.high, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=_SMALL,
            color=colour,
        )
    axes.axvline(sweep.majority, color=COLOURS["baseline"], linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(candidates)), [name_of(one) for one in candidates], fontsize=_SMALL)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    axes.spines[["top", "right"]].set_visible(False)
    folds, seeds = sweep.grid.folds, len(sweep.grid.seeds)
    axes.set_xlabel(
        f"accuracy, {folds}-fold cross-validation, seeds: {seeds};"
        " dashed: always the more frequent class",
        fontsize=_TEXT,
    )
    return figure


def name_of(candidate: Candidate) -> str:
    """Return a setting in a few words."""
    config = candidate.config
    layers = ",".join(map(str, config.layers)) or "none"
    words = [f"layers {layers}", f"rate {config.learning_rate:g}", f"{config.iterations} it."]
    words += [f"l2 {config.l2:g}"] if config.l2 else []
    words += [f"dropout {config.dropout:g}"] if config.dropout else []
    return ", ".join(words)


def failures_of(candidate: Candidate) -> str:
    """Say how many networks did not learn and why, or nothing."""
    return ", ".join(
        f"{count} of {candidate.networks} {state}" for state, count in candidate.failures.items()
    )
