"""Galleries show every picture with its caption, however many there are."""

from __future__ import annotations

import numpy as np
import pytest

from catdata.report.galleries import MOST_GROUPS, Tile, gallery_figure

PICTURE = np.zeros((30, 40, 3), np.uint8)


@pytest.mark.parametrize(("groups", "drawn"), [(1, 1), (4, 4), (MOST_GROUPS + 3, MOST_GROUPS)])
def test_groups_are_drawn_up_to_a_limit(groups: int, drawn: int) -> None:
    figure = gallery_figure([[Tile(PICTURE, "a"), Tile(PICTURE, "b")]] * groups, "Pairs")
    images = [image for axes in figure.axes for image in axes.get_images()]
    assert len(images) == 2 * drawn
    title = figure.get_suptitle()
    assert title == ("Pairs" if drawn == groups else f"Pairs (the first {drawn} of {groups})")


def test_a_hostile_caption_is_shown_as_text() -> None:
    figure = gallery_figure([[Tile(PICTURE, "$x^2$\u202e\n")]])
    assert figure.axes[0].get_title() == "$x^2$\\u202e\\n"
    figure.draw_without_rendering()
