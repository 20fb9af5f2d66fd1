"""What stands, hangs and grows in the places of the scenes.

Each is drawn on a brush in the picture's own units; *line* is where a wall meets the floor.
"""

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
    mix,
    palette,
    varied,
)
from catdata.demo.outlines import ellipse, path, rounded_box

if TYPE_CHECKING:
    from catdata.demo.canvas import Canvas
    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush

CLOTHS = palette("ac4a42 566e8e 7e8c68 c8b496 6e5c78 be965a 96908c")
DAYLIGHT = palette("cee2f0 dce2e6 b4d4ee fadeb4 d0d2d4")
POTS = palette("be6846 e2ded6 50606e")
STONES = palette("969492 b0a696 787678")
WINDOW_FRAME = (240, 238, 232)

PLANT_POT = path("-0.32 -0.6, 0.32 -0.6, 0.22 0, -0.22 0")
LAMPSHADE = path("-0.06 -0.06, 0.06 -0.06, 0.12 0.1, -0.12 0.1")
FENCE_BOARD = path("0 0.03, 0.028 0, 0.055 0.03")


def wallpaper(brush: Brush, canvas: Canvas, wall: Colour, rng: np.random.Generator) -> None:
    """Draw stripes from top to bottom."""
    step = rng.uniform(0.06, 0.2)
    second = mix(wall, any_colour(rng, (0.2, 0.5), (0.4, 0.9)), 0.35)
    for x in np.arange(0, canvas.width, step):
        brush.box(x, 0, x + step * 0.45, canvas.height, second)


def floor(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a floor of wood or carpet and its skirting board."""
    wood = chosen(WOODS + CLOTHS, rng)
    right = canvas.width + 0.1
    brush.box(-0.1, line, right, canvas.height + 0.1, wood)
    brush.box(-0.1, line - 0.04, right, line, lighter(wood, 0.55))
    if rng.uniform() < 0.6:
        vanishing = canvas.width * rng.uniform(0.2, 0.8)
        for x in np.linspace(-2, 3, 26) * canvas.width:
            end = vanishing + (x - vanishing) * 2.2
            joint = [(x, line), (end, canvas.height + 0.1)]
            brush.stroke(joint, 0.007, darker(wood, 0.35))


def rug(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw an oval rug on the floor."""
    colour = any_colour(rng, (0.2, 0.7), (0.4, 0.8))
    x, y = rng.uniform(0.2, 0.8) * canvas.width, (line + canvas.height) / 2 + 0.02
    for share, shade in ((1, 0), (0.86, 0.5), (0.8, 0)):
        brush.shape(ellipse(x, y, 0.55 * share, 0.13 * share), lighter(colour, shade))


def window(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a window with the sky and a garden behind it."""
    left, width = rng.uniform(-0.1, 0.7) * canvas.width, rng.uniform(0.3, 0.5)
    right, middle = left + width, left + width / 2
    top, bottom = line * rng.uniform(0, 0.2), line * rng.uniform(0.55, 0.8)
    brush.box(left - 0.025, top - 0.025, right + 0.025, bottom + 0.025, WINDOW_FRAME, lit=True)
    brush.box(left, top, right, bottom, lighter(chosen(DAYLIGHT, rng, 0), 0.4))
    brush.box(left, (top + bottom) / 2, right, bottom, lighter(chosen(GREENS, rng), 0.5))
    brush.box(middle - 0.01, top, middle + 0.01, bottom, WINDOW_FRAME)


def pictures(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Hang one to three framed pictures on the wall."""
    for _ in range(int(rng.integers(1, 4))):
        frame = brush.at(rng.uniform(0, 0.9) * canvas.width, line * rng.uniform(0.05, 0.4))
        width, height = rng.uniform(0.1, 0.25, 2)
        ground = any_colour(rng, (0.1, 0.6), (0.5, 0.95))
        frame.box(0, 0, width, height, chosen(WOODS, rng), lit=True)
        frame.box(0.02, 0.02, width - 0.02, height - 0.02, ground)
        thing = ellipse(width / 2, height * 0.6, width * 0.25, height * 0.2)
        frame.shape(thing, any_colour(rng, (0.3, 0.8), (0.3, 0.9)))


def sofa(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a sofa against the wall."""
    cloth = chosen(CLOTHS, rng, 1.5)
    width = rng.uniform(0.6, 1.1)
    seat = brush.at(rng.uniform(-0.3, 0.6) * canvas.width, line + 0.1)
    seat.shape(rounded_box(0, -0.48, width, 0, 0.08), cloth, lit=True)
    seat.shape(rounded_box(0, -0.22, width, 0.02, 0.05), lighter(cloth, 0.1), lit=True)
    for x in (-0.06, width - 0.08):
        arm = rounded_box(x, -0.34, x + 0.14, 0.04, 0.06)
        seat.shape(arm, darker(cloth, 0.1), lit=True)


def plant(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a plant in a pot."""
    x = rng.uniform(0.05, 0.95) * canvas.width
    pot = brush.at(x, line + 0.06, rng.uniform(0.15, 0.35))
    leaf = chosen(GREENS, rng)
    for angle in rng.uniform(-1.4, 1.4, 11):
        reach = rng.uniform(0.8, 1.5)
        x, y = reach * np.sin(angle), -reach * np.cos(angle)
        blade = [(0, -0.5), (x * 0.6, y * 0.7 - 0.5), (x, y - 0.4)]
        pot.stroke(blade, [0.04, 0.22, 0.02], varied(leaf, rng), lit=True)
    pot.shape(PLANT_POT, chosen(POTS, rng), lit=True)


def bookshelf(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a shelf with three rows of books."""
    left, width = rng.uniform(-0.1, 0.7) * canvas.width, rng.uniform(0.3, 0.6)
    wood = chosen(WOODS, rng)
    brush.box(left, line - 0.6, left + width, line + 0.04, darker(wood, 0.4))
    for y in (line - 0.42, line - 0.22, line - 0.02):
        x = left + 0.02
        while x < left + width - 0.05:
            thick, high = rng.uniform(0.015, 0.05), rng.uniform(0.09, 0.155)
            back = any_colour(rng, (0.2, 0.7), (0.3, 0.85))
            brush.box(x, y - high, x + thick, y, back, lit=True)
            x += thick + 0.004
        brush.box(left, y, left + width, y + 0.025, wood, lit=True)


def lamp(brush: Brush, canvas: Canvas, line: float, rng: np.random.Generator) -> None:
    """Draw a standing lamp that is lit."""
    x, top = rng.uniform(0.05, 0.95) * canvas.width, line * rng.uniform(0.15, 0.4)
    brush.stroke([(x, top), (x, line + 0.05)], 0.018, (90, 80, 74))
    brush.at(x, top).shape(LAMPSHADE, (255, 236, 186))


def cushion(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a cushion, plain or striped, that fills -1..1."""
    outline = rounded_box(-1, -0.8, 1, 0.8, 0.35)
    brush.shape(outline, chosen(CLOTHS, rng, 1.5), lit=True)
    if rng.uniform() < 0.5:
        second = any_colour(rng, (0.2, 0.7), (0.5, 0.9))
        with brush.within(outline) as inside:
            for x in np.arange(-1, 1, rng.uniform(0.25, 0.5)):
                inside.box(x, -1, x + 0.1, 1, second)


def curtain(brush: Brush, canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw a curtain at the left or right side."""
    cloth = any_colour(rng, (0.1, 0.6), (0.5, 0.95))
    width, at_right = rng.uniform(0.2, 0.45), rng.uniform() < 0.5
    for x in np.arange(0, width, 0.07):
        left = canvas.width - x - 0.07 if at_right else x
        fold = varied(cloth, rng, 0.4)
        brush.box(left - 0.01, -0.1, left + 0.08, canvas.height * 0.9, fold, lit=True)


def bush(brush: Brush, x: float, ground: float, rng: np.random.Generator) -> None:
    """Draw a round bush."""
    leaf = darker(chosen(GREENS, rng), rng.uniform(0, 0.4))
    size = rng.uniform(0.12, 0.4)
    for dx, dy in rng.normal(0, 0.5, (7, 2)):
        clump = ellipse(x + dx * size, ground - (0.4 + 0.5 * abs(dy)) * size, size / 2, size * 0.45)
        brush.shape(clump, varied(leaf, rng), lit=True)


def fence(brush: Brush, canvas: Canvas, ground: float, rng: np.random.Generator) -> None:
    """Draw a fence of pointed boards."""
    wood = chosen(palette("e8e4dc") + WOODS, rng)
    height = rng.uniform(0.12, 0.25)
    top = ground - height
    brush.box(-0.1, top + 0.05, canvas.width + 0.1, top + 0.08, darker(wood, 0.15))
    board = [*FENCE_BOARD, (0.055, height + 0.03), (0, height + 0.03)]
    for x in np.arange(0, canvas.width, 0.08):
        brush.at(x, top).shape(board, wood, lit=True)


def grass(
    brush: Brush, canvas: Canvas, horizon: float, colour: Colour, rng: np.random.Generator
) -> None:
    """Draw blades of grass, the nearer the larger."""
    for x, y, lean in rng.uniform(0, 1, (70, 3)):
        foot = brush.at(
            x * canvas.width, horizon + 0.03 + y * (canvas.height - horizon), scale=0.3 + y
        )
        blade = [(-0.006, 0), (0.06 * (lean - 0.5), -0.09), (0.006, 0)]
        shade = lighter(colour, 0.5 * lean) if lean > 0.4 else darker(colour, 0.4 * (1 - lean))
        foot.shape(blade, shade)


def paving(brush: Brush, canvas: Canvas, kerb: float, rng: np.random.Generator) -> None:
    """Draw flagstones that run towards the viewer."""
    stone = chosen(STONES, rng)
    brush.box(-0.1, kerb, canvas.width + 0.1, canvas.height + 0.1, stone)
    y, step = kerb, 0.03
    while y < canvas.height:
        brush.box(-0.1, y, canvas.width + 0.1, y + 0.006, darker(stone, 0.3))
        y, step = y + step, step * 1.5
    for x in np.linspace(-1, 2, 16) * canvas.width:
        end = canvas.width / 2 + (x - canvas.width / 2) * 1.8
        brush.stroke([(x, kerb), (end, canvas.height + 0.1)], 0.006, darker(stone, 0.3))
