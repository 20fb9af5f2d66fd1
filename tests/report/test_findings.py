"""The figure of a check shows the counts and the pictures, pairs side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catdata.report.findings import MOST_GROUPS, findings_figure
from catdata.report.galleries import Tile
from catdata.report.plots import save

PICTURE = np.zeros((30, 40, 3), np.uint8)
ONE = [Tile(PICTURE, "dark: a")]
PAIR = [Tile(PICTURE, "leak: a"), Tile(PICTURE, "b")]


def captions(groups: list[list[Tile]]) -> list[list[str]]:
    """Return the captions in each line of pictures."""
    axes = findings_figure({"dark": 3}, groups).axes[1:]
    lines = [axes[start : start + 4] for start in range(0, len(axes), 4)]
    return [[one.get_title() for one in line if one.get_images()] for line in lines]


def test_each_kind_has_a_bar_of_its_count() -> None:
    (axes,) = findings_figure({"dark": 3, "class-shift": 1}, []).axes
    assert [bar.get_width() for bar in axes.patches] == [3, 1]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["dark", "class-shift"]
    assert [text.get_text() for text in axes.texts] == ["3", "1"]


def test_a_pair_is_not_broken_over_two_lines() -> None:
    assert captions([PAIR, ONE, PAIR]) == [["leak: a", "b", "dark: a"], ["leak: a", "b"]]


@pytest.mark.parametrize(("groups", "drawn"), [(1, 1), (MOST_GROUPS + 3, MOST_GROUPS)])
def test_groups_are_drawn_up_to_a_limit(groups: int, drawn: int) -> None:
    assert sum(map(len, captions([PAIR] * groups))) == 2 * drawn


def test_a_hostile_caption_is_shown_as_text(tmp_path: Path) -> None:
    figure = findings_figure({"dark": 1}, [[Tile(PICTURE, "$x^2$\u202e\n")]])
    assert figure.axes[1].get_title() == "$x^2$\\u202e\\n"
    save(figure, tmp_path / "check.png")
