"""Draw pictures side by side with captions: a photo and what the network sees, or copies."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST_GROUPS = 24
_GROUPS_A_LINE = 3
_TILES_A_LINE = 5
_TILE, _CAPTION, _HEADING = 2.0, 0.45, 0.5  # inches, of 100 pixels
_LINE = 0.16  # inches, of each line of a caption beyond the second
_TITLE_DENSITY = 9  # characters an inch
_CAPTION_WIDTH = 26  # characters


class Tile(NamedTuple):
    """A picture with a caption.

    Attributes:
        pixels: Shape (height, width, 3), uint8, RGB.
        caption: What it is.
    """

    pixels: NDArray[np.uint8]
    caption: str


def grid_figure(groups: Sequence[Sequence[Tile]], title: str = "") -> Figure:
    """Draw groups of many pictures one below the other, each group on as many lines as it needs.

    Args:
        groups: At least one group of at least one picture.
        title: Stands above them.
    """
    lines = [
        group[first : first + _TILES_A_LINE]
        for group in groups
        for first in range(0, len(group), _TILES_A_LINE)
    ]
    return gallery_figure(lines, title, across=1)


def gallery_figure(
    groups: Sequence[Sequence[Tile]], title: str = "", *, across: int = _GROUPS_A_LINE
) -> Figure:
    """Draw groups of pictures that belong side by side, a few groups a line.

    Args:
        groups: At least one group of at least one picture; after ``MOST_GROUPS`` the rest is
            counted.
        title: Stands above them.
        across: How many groups stand on a line.
    """
    drawn = groups[:MOST_GROUPS]
    width = max(map(len, drawn))
    across = min(len(drawn), across)
    lines = -(-len(drawn) // across)
    captions = [[_wrapped(tile) for tile in group] for group in drawn]
    tallest = max(caption.count("\n") for group in captions for caption in group)
    tile_height = _TILE + _CAPTION + _LINE * max(0, tallest - 1)
    size = (across * width * _TILE, lines * tile_height + _HEADING * bool(title))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    panels = figure.subplots(lines, across * width, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
        axes.set_anchor("N")
    for number, group in enumerate(drawn):
        line, place = divmod(number, across)
        for axes, tile, caption in zip(
            panels[line, place * width :], group, captions[number], strict=False
        ):
            axes.imshow(tile.pixels, interpolation="nearest")
            axes.set_title(caption, fontsize=9, parse_math=False)
    if title:
        more = f" (the first {len(drawn)} of {len(groups)})" if len(drawn) < len(groups) else ""
        heading = textwrap.fill(shown(title) + more, max(20, int(_TITLE_DENSITY * size[0])))
        figure.suptitle(heading, fontsize=12, parse_math=False)
    return figure


def _wrapped(tile: Tile) -> str:
    return textwrap.fill(shown(tile.caption), _CAPTION_WIDTH)
