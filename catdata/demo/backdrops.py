"""Where things stand: rooms, gardens and streets, a little out of focus.

Every backdrop fills the canvas and returns the height of the line on which a figure may stand, in
units of the shorter side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo import furnishings
from catdata.demo.colours import (
    GREENS,
    LEAVES,
    WHITE,
    WOODS,
    any_colour,
    chosen,
    darker,
    lighter,
    mix,
    palette,
    varied,
)
from catdata.demo.furnishings import CLOTHS
from catdata.demo.outlines import curve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catdata.demo.canvas import Canvas
    from catdata.demo.outlines import Points

WALLS = palette("e2d8c6 c4d0d4 d6c4ba b2bea8 96a0b0 786860")
FACADES = palette("b0604a d0bea0 96908c ded2be 8c786a")
EARTHS = palette("967c5c 807454 b09e7c")
SEAS = palette("3c7896 468c96 5c7c96")
SANDS = palette("e2cca2 ceba96 beaa8c")
# From above to the horizon.
SKIES = [
    palette("6ea2d6 cee2f0"),
    palette("96b0c8 dce2e6"),
    palette("548cce b4d4ee"),
    palette("ecaa78 fadeb4"),
    palette("a8acb2 d0d2d4"),
]


def room(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a room with a floor, and some of what stands and hangs in rooms."""
    line = canvas.height * rng.uniform(0.5, 0.75)
    wall = chosen(WALLS, rng)
    canvas.gradient([lighter(wall, 0.1), wall, darker(wall, 0.15)])
    with canvas.layer(wall, roundness=0.4, blur=rng.uniform(0.0, 0.012)) as brush:
        if rng.uniform() < 0.4:
            furnishings.wallpaper(brush, canvas, wall, rng)
        furnishings.floor(brush, canvas, line, rng)
        for furnish in (
            furnishings.window,
            furnishings.pictures,
            furnishings.sofa,
            furnishings.plant,
            furnishings.bookshelf,
            furnishings.lamp,
            furnishings.rug,
        ):
            if rng.uniform() < 0.4:
                furnish(brush, canvas, line, rng)
    canvas.mottle(darker(wall, 0.7), rng.uniform(2, 9), rng.uniform(0.05, 0.2))
    return line + rng.uniform(0.55, 0.95) * (canvas.height - line)


def cushions(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a sofa, a bed or a blanket that fills the picture."""
    cloth = mix(chosen(CLOTHS, rng, 1.5), chosen(WALLS, rng), 0.4)
    seat = varied(cloth, rng)
    edge = canvas.height * rng.uniform(0.5, 0.8)
    shades = [darker(cloth, rng.uniform(0, 0.4)), cloth, lighter(cloth, rng.uniform(0, 0.3))]
    canvas.gradient(shades)
    canvas.mottle(darker(cloth, 0.5), rng.uniform(2, 5), 0.6)
    canvas.mottle(lighter(cloth, 0.5), rng.uniform(3, 8), 0.4)
    with canvas.layer(cloth, roundness=0.9, texture=0.06, blur=rng.uniform(0, 0.01)) as brush:
        for _ in range(int(rng.integers(1, 4))):
            x, y = rng.uniform(-0.1, 1.1) * canvas.width, rng.uniform(0, 0.6) * canvas.height
            size, turn = rng.uniform(0.25, 0.45), rng.normal(0, 0.4)
            furnishings.cushion(brush.at(x, y, size, turn), rng)
        brush.shape(_ground(canvas, edge, 0.025, rng), seat)
        for _ in range(int(rng.integers(2, 7))):
            x, y = rng.uniform(0, canvas.width), rng.uniform(edge + 0.05, canvas.height)
            bends = rng.normal(0, (0.2, 0.4))
            fold = [(x, y), (x + bends[0], y + 0.06), (x + bends[1], y + 0.14)]
            brush.stroke(fold, [0.01, 0.05, 0.0], darker(seat, 0.22), lit=True)
    canvas.mottle(darker(seat, 0.6), rng.uniform(3, 10), 0.3, top=edge)
    return edge + rng.uniform(0.4, 0.9) * (canvas.height - edge)


def windowsill(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a window with the bright outside behind it, its sill and perhaps a curtain."""
    sill = canvas.height * rng.uniform(0.62, 0.85)
    right = canvas.width + 0.1
    trees = sill * rng.uniform(0.2, 0.6)
    canvas.gradient(SKIES[int(rng.integers(len(SKIES)))], bottom=sill)
    canvas.mottle(chosen(GREENS, rng), rng.uniform(3, 7), 0.9, top=trees, bottom=sill)
    canvas.mottle(WHITE, rng.uniform(2, 5), rng.uniform(0.3, 0.7), bottom=sill)
    frame = chosen(palette("eeece6") + WOODS, rng)
    with canvas.layer(frame, roundness=0.5) as brush:
        step = rng.uniform(0.4, 0.8)
        for x in np.arange(rng.uniform(0.0, step), canvas.width, step):
            brush.box(x - 0.02, 0, x + 0.02, sill, frame, lit=True)
        brush.box(-0.1, sill * 0.45, right, sill * 0.45 + 0.03, frame, lit=True)
        brush.box(-0.1, sill, right, canvas.height + 0.1, darker(frame, 0.12))
        brush.box(-0.1, sill, right, sill + 0.025, lighter(frame, 0.4))
        if rng.uniform() < 0.5:
            furnishings.curtain(brush, canvas, rng)
        if rng.uniform() < 0.4:
            furnishings.plant(brush, canvas, sill, rng)
    return sill + rng.uniform(0.3, 0.8) * (canvas.height - sill)


def garden(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a lawn with bushes, flowers or a fence behind it."""
    horizon = canvas.height * rng.uniform(0.2, 0.6)
    canvas.gradient(SKIES[int(rng.integers(len(SKIES)))], bottom=horizon + 0.05)
    lawn = chosen(GREENS + LEAVES, rng)
    canvas.gradient([lighter(lawn, 0.15), lawn, darker(lawn, 0.25)], top=horizon)
    blur = rng.uniform(0.0, 0.02)
    with canvas.layer(lawn, blur=blur) as brush:
        for _ in range(int(rng.integers(2, 7))):
            furnishings.bush(brush, rng.uniform(0, canvas.width), horizon, rng)
        if rng.uniform() < 0.4:
            furnishings.fence(brush, canvas, horizon, rng)
    canvas.mottle(darker(lawn, 0.6), rng.uniform(8, 20), 0.6, stretch=0.6, top=horizon)
    canvas.mottle((216, 206, 120), rng.uniform(8, 20), 0.35, top=horizon)
    with canvas.layer(lawn, blur=blur / 2) as brush:
        furnishings.grass(brush, canvas, horizon, lawn, rng)
        if rng.uniform() < 0.5:
            petals = any_colour(rng, (0.4, 0.9), (0.8, 1))
            for x, y in rng.uniform(0, 1, (int(rng.integers(6, 30)), 2)):
                foot = horizon + y * (canvas.height - horizon)
                brush.disc(x * canvas.width, foot, rng.uniform(0.008, 0.022), petals)
    return horizon + rng.uniform(0.5, 0.9) * (canvas.height - horizon)


def street(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a pavement before a wall, with a door or windows in it."""
    kerb = canvas.height * rng.uniform(0.5, 0.75)
    wall = chosen(FACADES, rng)
    canvas.gradient([wall, darker(wall, 0.2)])
    canvas.mottle(darker(wall, 0.5), rng.uniform(4, 12), 0.4)
    with canvas.layer(wall, roundness=0.4, blur=rng.uniform(0, 0.012)) as brush:
        if rng.uniform() < 0.6:
            height, joint = rng.uniform(0.05, 0.1), darker(wall, 0.3)
            for row, y in enumerate(np.arange(0, kerb, height)):
                brush.box(-0.1, y, canvas.width + 0.1, y + 0.008, joint)
                for x in np.arange(height * (row % 2), canvas.width, 2 * height):
                    brush.box(x, y, x + 0.008, y + height, joint)
        for _ in range(int(rng.integers(0, 3))):
            left, right = rng.uniform(0, canvas.width) + np.array([0, rng.uniform(0.15, 0.3)])
            door = any_colour(rng, (0.2, 0.7), (0.3, 0.8))
            brush.box(left, rng.uniform(0.1, 0.25), right, kerb, lighter(wall, 0.4), lit=True)
            brush.box(left + 0.03, 0.28, right - 0.03, kerb, door, lit=True)
        furnishings.paving(brush, canvas, kerb, rng)
    canvas.mottle((60, 58, 60), rng.uniform(6, 20), 0.3, stretch=2, top=kerb)
    return kerb + rng.uniform(0.3, 0.85) * (canvas.height - kerb)


def studio(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint a plain background that runs from dark to light, with soft spots of light."""
    colour = any_colour(rng, (0.05, 0.35), (0.25, 0.95))
    shades = [darker(colour, rng.uniform(0, 0.5)), colour, lighter(colour, rng.uniform(0, 0.4))]
    canvas.gradient(shades)
    canvas.mottle(lighter(colour, 0.8), rng.uniform(2, 4), rng.uniform(0.2, 0.6))
    canvas.mottle(darker(colour, 0.8), rng.uniform(2, 5), rng.uniform(0.2, 0.6))
    return canvas.height * rng.uniform(0.78, 0.98)


def woods(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint trunks and leaves far out of focus, and a path."""
    green = chosen(GREENS, rng)
    canvas.gradient([lighter(green, 0.4), green, darker(green, 0.4)])
    line = canvas.height * rng.uniform(0.5, 0.75)
    with canvas.layer(green, blur=rng.uniform(0.01, 0.03)) as brush:
        for x in rng.uniform(0, canvas.width, int(rng.integers(2, 7))):
            bark, width = darker(chosen(WOODS, rng), 0.4), rng.uniform(0.03, 0.12)
            trunk = [(x, -0.1), (x + rng.normal(0, 0.03), line / 2), (x, line + 0.03)]
            brush.stroke(trunk, [width * 0.7, width], bark, lit=True)
        for x, y in rng.uniform(0, (canvas.width, line), (int(rng.integers(10, 30)), 2)):
            glint = lighter(varied(green, rng), rng.uniform(0, 0.6))
            brush.disc(x, y, rng.uniform(0.02, 0.09), glint)
    earth = chosen(EARTHS, rng)
    canvas.gradient([earth, darker(earth, 0.3)], top=line)
    canvas.mottle(darker(earth, 0.7), rng.uniform(8, 20), 0.5, stretch=2, top=line)
    canvas.mottle(green, rng.uniform(4, 9), 0.8, top=line)
    return line + rng.uniform(0.4, 0.85) * (canvas.height - line)


def beach(canvas: Canvas, rng: np.random.Generator) -> float:
    """Paint sand before the sea."""
    horizon = canvas.height * rng.uniform(0.15, 0.45)
    shore = horizon + rng.uniform(0.08, 0.25)
    sea, sand = chosen(SEAS, rng), chosen(SANDS, rng)
    canvas.gradient(SKIES[int(rng.integers(len(SKIES)))], bottom=horizon)
    canvas.mottle(WHITE, rng.uniform(2, 6), 0.7, stretch=2.5, bottom=horizon)
    canvas.gradient([darker(sea, 0.15), lighter(sea, 0.3)], top=horizon, bottom=shore + 0.05)
    canvas.mottle(WHITE, 20, 0.5, stretch=5, top=horizon, bottom=shore)
    with canvas.layer(sand, blur=0.006) as brush:
        beach_line = _ground(canvas, shore, 0.02, rng)
        brush.at(0, -0.015).shape(beach_line, WHITE)
        brush.shape(beach_line, sand)
    canvas.mottle(darker(sand, 0.6), rng.uniform(8, 24), 0.35, stretch=2, top=shore + 0.05)
    return shore + rng.uniform(0.5, 0.9) * (canvas.height - shore)


BACKDROPS: dict[str, Callable[[Canvas, np.random.Generator], float]] = {
    "room": room,
    "cushions": cushions,
    "windowsill": windowsill,
    "garden": garden,
    "street": street,
    "studio": studio,
    "woods": woods,
    "beach": beach,
}
LAMPLIT = {"room", "cushions", "studio"}


def backdrop(canvas: Canvas, rng: np.random.Generator, weights: Mapping[str, float]) -> float:
    """Paint one of :data:`BACKDROPS`, drawn with *weights*, in its light; return its line."""
    shares = np.array(list(weights.values()))
    name = str(rng.choice(list(weights), p=shares / shares.sum()))
    canvas.warmth = rng.normal(0.22, 0.08) if name in LAMPLIT else rng.normal(-0.06, 0.06)
    return BACKDROPS[name](canvas, rng)


def _ground(canvas: Canvas, height: float, unevenness: float, rng: np.random.Generator) -> Points:
    """Return the outline of everything below an uneven line around *height*."""
    x = np.linspace(-0.1, canvas.width + 0.1, 6)
    line = curve(np.stack([x, height + rng.normal(0, unevenness, 6)], axis=1))
    corners = [(canvas.width + 0.1, canvas.height + 0.1), (-0.1, canvas.height + 0.1)]
    return np.concatenate([line, corners])
