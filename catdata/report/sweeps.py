"""Draw a sweep: how accuracy depends on the settings that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from catdata.report.plots import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from catdata.learning.sweep import Candidate, Sweep

_WIDTH, _INCHES_A_SETTING = 6.4, 0.36
_TITLE, _TEXT, _SMALL = 12.0, 11.0, 10.0  # points


def sweep_figure(sweep: Sweep) -> Figure:
    """Draw the cross-validated accuracy of each setting with its interval, a line a setting.

    Settings with networks that did not learn are marked with their diagnosis; the best is filled.

    Args:
        sweep: At least one candidate.
    """
    candidates = sweep.candidates
    shared, names = words_for(candidates)
    height = 1.9 + _INCHES_A_SETTING * len(candidates)
    figure = Figure(figsize=(_WIDTH, max(height, 3.0)), dpi=100, layout="constrained")
    axes = figure.subplots()
    for place, candidate in enumerate(candidates):
        _draw_candidate(axes, place, candidate, best=candidate is sweep.best)
    _draw_majority(axes, sweep.majority)
    axes.set_yticks(range(len(candidates)), names, fontsize=_TEXT)
    axes.set_ylim(len(candidates) - 0.5, -0.5)  # the first on top
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", labelsize=_TEXT)
    folds, seeds = sweep.grid.folds, len(sweep.grid.seeds)
    axes.set_xlabel(
        f"accuracy with its 95 % interval: {folds} folds of train,"
        f" {seeds} {'seed' if seeds == 1 else 'seeds'}\nfilled: the best",
        fontsize=_TEXT,
    )
    figure.suptitle(shared, fontsize=_TITLE)
    return figure


def _draw_candidate(axes: Axes, place: int, candidate: Candidate, *, best: bool) -> None:
    accuracy = candidate.accuracy
    colour = COLOURS["test"] if candidate.failures else COLOURS["after"]
    axes.plot([accuracy.low, accuracy.high], [place, place], color=colour, linewidth=1.6)
    fill = "full" if best else "none"
    axes.plot(accuracy.estimate, place, "o", color=colour, markersize=8, fillstyle=fill)
    axes.annotate(
        failures_of(candidate),
        (accuracy.high, place),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=_SMALL,
        color=colour,
    )


def _draw_majority(axes: Axes, share: float) -> None:
    axes.axvline(share, color=COLOURS["baseline"], linewidth=1.2, linestyle=(0, (4, 3)))
    axes.annotate(
        "always the more\nfrequent class",
        (share, 1.0),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=_SMALL,
        color=COLOURS["baseline"],
    )


def words_for(candidates: Sequence[Candidate]) -> tuple[str, list[str]]:
    """Return in a few words what all settings share, and in what each differs."""
    settings = [_words(candidate) for candidate in candidates]
    shared = [words[0] for words in zip(*settings, strict=True) if len(set(words)) == 1]
    each = [", ".join(word for word in words if word not in shared) for words in settings]
    return ", ".join(shared), each


def _words(candidate: Candidate) -> list[str]:
    config = candidate.config
    return [
        f"layers {','.join(map(str, config.layers)) or 'none'}",
        f"rate {config.learning_rate:g}",
        f"{config.iterations:,} iterations",
        f"L2 {config.l2:g}",
        f"dropout {config.dropout:g}",
    ]


def failures_of(candidate: Candidate) -> str:
    """Say how many networks did not learn and why, or nothing."""
    return ", ".join(
        f"{count} of {candidate.networks} {state}" for state, count in candidate.failures.items()
    )
