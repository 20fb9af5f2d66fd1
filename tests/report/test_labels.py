"""Labels stand beside their lines, and none covers another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdata.report.labels import spread


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.02, 0.1)), min_size=1, max_size=8))
def test_labels_do_not_overlap_and_stay_below_the_top(labels: list[tuple[float, float]]) -> None:
    values, heights = np.array(sorted(labels)).T
    places = spread(values, heights, highest=1.1)
    free = np.diff(places) - (heights[1:] + heights[:-1]) / 2
    assert (free >= -1e-9).all()
    assert places[-1] + heights[-1] / 2 <= 1.1 + 1e-9


def test_labels_with_room_stay_at_their_lines() -> None:
    assert spread([0.2, 0.5, 0.9], [0.1] * 3, highest=1.1) == pytest.approx([0.2, 0.5, 0.9])


def test_labels_without_room_are_moved_to_both_sides() -> None:
    assert spread([0.5, 0.5], [0.1, 0.1], highest=1.0) == pytest.approx([0.45, 0.55])
