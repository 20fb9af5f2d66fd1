"""Houses from cottage to tower, and the trees that stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import (
    GREENS,
    WOODS,
    any_colour,
    chosen,
    darker,
    lighter,
    palette,
    varied,
)
from catdata.demo.outlines import ellipse, path

if TYPE_CHECKING:
    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush

WALLS = palette("ece0c8 ce785a e0be82 c4ced2 f4f0e8 b29c88 dea8a0 a0b4a0")
CONCRETES = palette("78828e 96928e")
ROOFS = palette("a84e3a 605454 82624c 545c6e be6846")
GLASS = palette("6e8ca2 465464 f6d68c b0c8d6")
AUTUMN = palette("c48e3c b4603c")
LAMPLIGHT = (250, 222, 150)


def draw_house(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a house with a pitched roof, about 1 wide, standing on y = 0."""
    wall, roof = chosen(WALLS, rng), chosen(ROOFS, rng)
    half, eaves = rng.uniform(0.38, 0.56), rng.uniform(0.42, 0.8)
    ridge = eaves + rng.uniform(0.25, 0.5)
    brush.shadow(0.05, 0, half + 0.15, 0.06)
    if rng.uniform() < 0.7:
        x = rng.uniform(-0.6, 0.6) * half
        brush.box(x - 0.05, -ridge - 0.1, x + 0.05, -eaves, darker(roof, 0.2), lit=True)
        brush.box(x - 0.065, -ridge - 0.12, x + 0.065, -ridge - 0.08, darker(roof, 0.4))
    brush.box(-half, -eaves, half, 0, wall, lit=True)
    if rng.uniform() < 0.5:
        brush.shape([(-half, -eaves), (0, -ridge), (half, -eaves)], wall)
        for side in (-1, 1):
            slope = [(0, -ridge), (side * (half + 0.1), -eaves + 0.06)]
            brush.stroke(slope, 0.07, roof, lit=True)
        brush.disc(0, -eaves - 0.09, 0.06, chosen(GLASS, rng))
    else:
        foot, crest = half + 0.08, half * 0.75
        corners = [(-foot, 0.02 - eaves), (-crest, -ridge), (crest, -ridge), (foot, 0.02 - eaves)]
        brush.shape(corners, roof, lit=True)
        for y in np.linspace(-ridge + 0.04, -eaves - 0.02, 6):
            brush.stroke([(-half * 0.8, y), (half * 0.8, y)], 0.008, darker(roof, 0.3))
    _front(brush, half, eaves, wall, rng)


def _front(brush: Brush, half: float, eaves: float, wall: Colour, rng: np.random.Generator) -> None:
    """Draw the door and one or two rows of windows."""
    door_x, door = rng.uniform(-0.5, 0.5) * half, any_colour(rng, (0.3, 0.8), (0.3, 0.8))
    glass, frame = chosen(GLASS, rng), lighter(wall, 0.6)
    shutters = any_colour(rng, (0.3, 0.7), (0.3, 0.7)) if rng.uniform() < 0.5 else None
    columns = int(rng.integers(2, 4))
    ground_floor, upper_floor = -0.23, -eaves + 0.09
    for y in [ground_floor] if eaves < 0.55 else [ground_floor, upper_floor]:
        for x in _middles(columns, half):
            if y != ground_floor or abs(x - door_x) > 0.17:
                _window(brush.at(x, y), glass, frame, shutters)
    brush.box(door_x - 0.085, -0.3, door_x + 0.085, 0, frame)
    brush.box(door_x - 0.065, -0.28, door_x + 0.065, 0, door, lit=True)
    brush.disc(door_x + 0.04, -0.13, 0.012, (236, 206, 110))


def _middles(columns: int, half: float) -> list[float]:
    """Return the middles of *columns* columns of equal width between -half and half."""
    middles: list[float] = ((2 * np.arange(columns) + 1 - columns) / columns * half).tolist()
    return middles


def _window(brush: Brush, glass: Colour, frame: Colour, shutters: Colour | None) -> None:
    if shutters is not None:
        brush.box(-0.12, -0.09, 0.12, 0.09, shutters)
    brush.box(-0.075, -0.095, 0.075, 0.095, frame)
    brush.box(-0.06, -0.08, 0.06, 0.08, glass)
    brush.box(-0.006, -0.08, 0.006, 0.08, frame)
    brush.box(-0.06, -0.006, 0.06, 0.006, frame)


def draw_tower(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a tall building with rows of windows, standing on y = 0."""
    wall, glass = chosen(WALLS + CONCRETES, rng), chosen(GLASS, rng)
    half, height = rng.uniform(0.22, 0.42), rng.uniform(0.9, 1.6)
    brush.shadow(0.05, 0, half + 0.12, 0.05)
    brush.box(-half, -height, half, 0, wall, lit=True)
    brush.box(-half - 0.02, -height - 0.03, half + 0.02, -height, darker(wall, 0.3))
    columns, storey = int(rng.integers(3, 7)), rng.uniform(0.1, 0.16)
    width = half / columns * 0.6
    for y in np.arange(-height + 0.08, -0.16, storey):
        for x in _middles(columns, half):
            pane = LAMPLIGHT if rng.uniform() < 0.12 else varied(glass, rng, 0.6)
            brush.box(x - width, y, x + width, y + storey * 0.55, pane)
    brush.box(-0.06, -0.12, 0.06, 0, darker(wall, 0.6))


def draw_tree(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a broad-leaved tree or a fir, about 1 high, standing on y = 0."""
    leaf = darker(chosen(GREENS + AUTUMN, rng), rng.uniform(0, 0.25))
    brush.shadow(0, 0, 0.3, 0.04, depth=50)
    brush.stroke(path("0 0, 0.01 -0.5"), [0.1, 0.06], darker(chosen(WOODS, rng), 0.3), lit=True)
    if rng.uniform() < 0.35:
        for y, half in ((-0.2, 0.32), (-0.42, 0.25), (-0.64, 0.17)):
            tier = [(-half, y), (0, y - 0.42), (half, y)]
            brush.shape(tier, varied(leaf, rng, 0.4), lit=True)
    else:
        for x, y in rng.normal((0, -0.66), (0.14, 0.11), (9, 2)):
            size = rng.uniform(0.12, 0.22)
            brush.shape(ellipse(x, y, size, size * 0.9), varied(leaf, rng, 0.5), lit=True)
