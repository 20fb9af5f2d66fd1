"""Draw what a check found: how much of each kind, and some of the pictures concerned."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from catdata.errors import shown
from catdata.report.plots import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import SubFigure

    from catdata.report.galleries import Tile

MOST_GROUPS = 8
_WIDTH = 6.2  # inches, of 100 pixels
_BAR, _BARS_AROUND = 0.3, 1.0
_TILE_LINE = 2.05
_TILES_A_LINE = 4
_CAPTION_WIDTH = 20  # characters
_TITLE, _TEXT, _SMALL = 12.0, 11.0, 9.0  # points
_INK = "#222222"


def findings_figure(counts: Mapping[str, int], groups: Sequence[Sequence[Tile]]) -> Figure:
    """Draw a bar for each kind of finding, and below it pictures that were found.

    Args:
        counts: Findings by kind, at least one kind, in the order of the bars.
        groups: Pictures that belong side by side, one or two a group; the first ``MOST_GROUPS`` are
            drawn.
    """
    lines = _lines(groups[:MOST_GROUPS])
    heights = [_BARS_AROUND + _BAR * len(counts), _TILE_LINE * len(lines)]
    figure = Figure(figsize=(_WIDTH, sum(heights)), dpi=100, layout="constrained")
    grid = figure.add_gridspec(2 if lines else 1, 1, height_ratios=heights[: 2 if lines else 1])
    _draw_counts(figure.add_subfigure(grid[0]), counts)
    if lines:
        _draw_tiles(figure.add_subfigure(grid[1]), lines)
    return figure


def _lines(groups: Sequence[Sequence[Tile]]) -> list[list[Tile]]:
    """Fill lines with groups, none of which is broken."""
    lines: list[list[Tile]] = []
    for group in groups:
        if not lines or len(lines[-1]) + len(group) > _TILES_A_LINE:
            lines.append([])
        lines[-1] += group
    return lines


def _draw_counts(figure: SubFigure, counts: Mapping[str, int]) -> None:
    axes = figure.subplots()
    places = range(len(counts))
    bars = axes.barh(places, list(counts.values()), color=COLOURS["after"], height=0.65)
    axes.bar_label(bars, fmt="{:,.0f}", padding=4, fontsize=_TEXT, color=_INK)
    axes.set_yticks(places, [shown(kind) for kind in counts], fontsize=_TEXT, color=_INK)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_title("What was found, number by kind", fontsize=_TITLE, color=_INK, loc="left")


def _draw_tiles(figure: SubFigure, lines: Sequence[Sequence[Tile]]) -> None:
    panels = figure.subplots(len(lines), _TILES_A_LINE, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
        axes.set_anchor("N")
    for row, line in zip(panels, lines, strict=True):
        for axes, tile in zip(row, line, strict=False):
            axes.imshow(tile.pixels, interpolation="nearest")
            caption = textwrap.fill(shown(tile.caption), _CAPTION_WIDTH)
            axes.set_title(caption, fontsize=_SMALL, color=_INK, parse_math=False)
