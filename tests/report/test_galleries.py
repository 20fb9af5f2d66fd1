"""Galleries show every picture with its caption, however many there are."""

from __future__ import annotations

import numpy as np
import pytest

from catdata.report.galleries import MOST_GROUPS, Tile, gallery_figure, grid_figure

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


def test_a_grid_draws_a_group_on_as_many_lines_as_it_needs() -> None:
    figure = grid_figure([[Tile(PICTURE, f"copy {i}") for i in range(7)]] * 2, "strong")
    captions = [axes.get_title() for axes in figure.axes if axes.get_images()]
    assert captions == [f"copy {i}" for i in range(7)] * 2
    assert len(figure.axes) == 4 * 5


def test_long_captions_make_room_for_themselves() -> None:
    short, long = (gallery_figure([[Tile(PICTURE, "word " * words)]]) for words in (2, 60))
    assert long.get_figheight() > short.get_figheight() + 1
