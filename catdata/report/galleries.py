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
_TILE, _CAPTION, _HEADING = 2.0, 0.45, 0.5  # inches, of 100 pixels
_CAPTION_WIDTH = 30  # characters


class Tile(NamedTuple):
    """A picture with a caption.

    Attributes:
        pixels: Shape (height, width, 3), uint8, RGB.
        caption: What it is.
    """

    pixels: NDArray[np.uint8]
    caption: str


def gallery_figure(groups: Sequence[Sequence[Tile]], title: str = "") -> Figure:
    """Draw groups of pictures that belong side by side, a few groups a line.

    Args:
        groups: At least one group of at least one picture; after ``MOST_GROUPS`` the rest is
            counted.
        title: Stands above them.
    """
    drawn = groups[:MOST_GROUPS]
    width = max(map(len, drawn))
    across = min(len(drawn), _GROUPS_A_LINE)
    lines = -(-len(drawn) // across)
    size = (across * width * _TILE, lines * (_TILE + _CAPTION) + _HEADING * bool(title))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    panels = figure.subplots(lines, across * width, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
        axes.set_anchor("N")
    for number, group in enumerate(drawn):
        line, place = divmod(number, across)
        for axes, tile in zip(panels[line, place * width :], group, strict=False):
            axes.imshow(tile.pixels, interpolation="nearest")
            caption = textwrap.fill(shown(tile.caption), _CAPTION_WIDTH)
            axes.set_title(caption, fontsize=9, parse_math=False)
    if title:
        more = f" (the first {len(drawn)} of {len(groups)})" if len(drawn) < len(groups) else ""
        figure.suptitle(shown(title) + more, fontsize=12, parse_math=False)
    return figure
