"""Maps move pictures where they say, in one resampling, and nothing turns black."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import draw

from catdata.dataset.warp import UNMOVED, Affine, rotation, shear, warp


def spot(x: int, y: int) -> np.ndarray:
    """Draw a white square of 5 x 5 pixels about a place on grey, 61 x 41 pixels."""
    picture = np.full((41, 61, 3), 50, np.uint8)
    picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    return picture


def brightest(picture: np.ndarray) -> tuple[int, int]:
    """Return where the middle of the white square is now, as x and y."""
    rows, columns = np.nonzero(picture[..., 0] > 150)
    return round(columns.mean()), round(rows.mean())


@pytest.mark.parametrize(
    ("affine", "place"),
    [
        pytest.param(Affine(c=-7), (47, 20), id="to-the-right"),
        pytest.param(Affine(f=-4), (40, 24), id="down"),
        pytest.param(rotation(90), (30, 10), id="counter-clockwise"),
        pytest.param(Affine(a=0.5, e=0.5), (50, 20), id="twice-as-large"),
        pytest.param(Affine(a=0.5, e=0.5).after(Affine(c=-5)), (55, 20), id="enlarged-then-moved"),
        pytest.param(Affine(c=-5).after(Affine(a=0.5, e=0.5)), (60, 20), id="moved-then-enlarged"),
    ],
)
def test_a_map_moves_a_spot_to_where_it_says(affine: Affine, place: tuple[int, int]) -> None:
    moved = np.asarray(warp(spot(40, 20), affine))
    assert moved.shape == (41, 61, 3)
    x, y = brightest(moved)
    assert abs(x - place[0]) <= 2
    assert abs(y - place[1]) <= 1


@pytest.mark.parametrize("fine", [True, False])
def test_the_map_that_moves_nothing_changes_no_pixel(fine: bool) -> None:
    picture = np.asarray(draw(1, 61, 41))
    np.testing.assert_array_equal(np.asarray(warp(picture, UNMOVED, fine=fine)), picture)


def test_beyond_the_border_a_picture_is_its_own_mirror_image() -> None:
    picture = np.asarray(draw(1, 60, 40))
    moved = np.asarray(warp(picture, Affine(c=-20)))
    np.testing.assert_array_equal(moved[:, 20:], picture[:, :40])
    np.testing.assert_array_equal(moved[:, :20], picture[:, 19::-1])


@pytest.mark.parametrize(
    "affine", [rotation(45), rotation(137), shear(45), Affine(c=30, f=20).after(rotation(180))]
)
def test_no_corner_turns_black(affine: Affine) -> None:
    assert np.asarray(warp(np.full((40, 60, 3), 200, np.uint8), affine)).min() == 200


def test_a_map_that_leads_far_away_wraps_as_often_as_it_takes() -> None:
    picture = np.asarray(draw(1, 8, 8))
    moved = np.asarray(warp(picture, Affine(c=160)))  # ten times there and back
    np.testing.assert_array_equal(moved, picture)
