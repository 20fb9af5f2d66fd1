"""Figures that a learner's notebook shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from catdata.report.plots import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence


def costs_figure(costs: Sequence[float], learning_rate: float) -> Figure:
    """Draw the cost by iteration, as the course's notebook does.

    Args:
        costs: One for every hundredth iteration.
        learning_rate: Stands above it.
    """
    figure = Figure(figsize=(6.0, 4.0), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.plot(costs, color=COLOURS["cost"], linewidth=2)
    axes.set_ylabel("cost")
    axes.set_xlabel("iterations (per hundreds)")
    axes.set_title(f"Learning rate ={learning_rate}")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
