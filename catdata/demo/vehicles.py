"""Cars of a few body shapes, seen from the side, and what stands beside roads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import BLACK, WHITE, any_colour, chosen, darker, lighter, palette
from catdata.demo.outlines import curve, ellipse, path

if TYPE_CHECKING:
    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush
    from catdata.demo.outlines import Points

PAINTS = palette("c4302e 2c549c e8e6e2 3c3e44 e2ae34 548660 969aa0 784632")
GLASS = palette("5c7486 3c4a58 96b2c2")
TYRE, CHROME, POST = palette("2c2c30 ccd0d4 6e7074")

# From the front bumper over the roof to the rear; a car is 2 long and stands on y = 0.
BODIES = {
    "saloon": path(
        "-1 -0.2, -0.98 -0.4, -0.5 -0.47, -0.22 -0.74, 0.34 -0.76, 0.64 -0.5, 0.98 -0.46, 1 -0.2"
    ),
    "hatchback": path(
        "-0.9 -0.2, -0.9 -0.42, -0.48 -0.5, -0.2 -0.82, 0.5 -0.84, 0.82 -0.5, 0.86 -0.2"
    ),
    "van": path("-0.98 -0.2, -0.98 -0.48, -0.76 -0.58, -0.56 -0.98, 0.6 -1.04, 0.98 -0.98, 1 -0.2"),
    "beetle": path(
        "-0.92 -0.18, -0.9 -0.36, -0.56 -0.52, -0.3 -0.8,"
        "0.08 -0.9, 0.44 -0.76, 0.8 -0.42, 0.9 -0.18"
    ),
    "jeep": path(
        "-0.94 -0.22, -0.94 -0.54, -0.42 -0.58, -0.32 -0.92, 0.84 -0.94, 0.9 -0.6, 0.92 -0.22"
    ),
}
UPRIGHT = {"van", "jeep"}  # bodies with a steep rear window


def draw_car(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a car that looks to the left, 2 long, standing on y = 0."""
    paint = chosen(PAINTS, rng, 1.5)
    name = str(rng.choice(list(BODIES)))
    roof = BODIES[name] * (1, rng.uniform(0.9, 1.12))
    brush.shadow(0, 0.02, 1.05, 0.1, depth=90)
    for x in (-0.58, 0.58):
        brush.disc(x + 0.05, -0.2, 0.195, BLACK)
    body = np.concatenate([_rounded(roof), [(0.96, -0.14), (-0.96, -0.14)]])
    brush.shape(body, paint, lit=True)
    with brush.within(body) as inside:
        inside.box(-1.1, -0.24, 1.1, 0, darker(paint, 0.35))
        inside.box(-1.1, -0.42, 1.1, -0.4, lighter(paint, 0.35))
    _windows(brush, roof, name, rng)
    _fittings(brush, roof, paint)
    for x in (-0.58, 0.58):
        _wheel(brush.at(x, -0.18, 0.18))


def _rounded(roof: Points) -> Points:
    """Return a roof line with its corners rounded a little."""
    knots = [roof[0]]
    for start, end in pairwise(roof):
        knots += [start + 0.2 * (end - start), end - 0.2 * (end - start)]
    return curve([*knots, roof[-1]], steps=4)


def _windows(brush: Brush, roof: Points, name: str, rng: np.random.Generator) -> None:
    glass = chosen(GLASS, rng)
    cabin = roof[roof[:, 1] < -0.68]
    top, sill = cabin[:, 1].min() + 0.07, -0.62 if name == "van" else -0.5
    front, back = cabin[0, 0], cabin[-1, 0]
    middle = (front + back) / 2 + 0.02
    slope = 0.0 if name in UPRIGHT else 0.14
    windscreen = [
        (front - 0.14, sill),
        (front + 0.04, top),
        (middle - 0.03, top),
        (middle - 0.03, sill),
    ]
    rear = [
        (middle + 0.03, sill),
        (middle + 0.03, top),
        (back - 0.02, top),
        (back - 0.02 + slope, sill),
    ]
    for pane in (windscreen, rear):
        brush.shape(pane, glass)
        x = pane[1][0]
        gleam = [(x + 0.05, sill), (x + 0.12, top), (x + 0.2, top), (x + 0.13, sill)]
        brush.shape(gleam, lighter(glass, 0.25))


def _fittings(brush: Brush, roof: Points, paint: Colour) -> None:
    nose, rear = roof[1, 0], roof[-1, 0]
    brush.disc(nose + 0.05, -0.36, 0.05, (252, 244, 206))
    brush.box(rear - 0.07, -0.4, rear - 0.01, -0.3, (206, 40, 40))
    brush.box(nose - 0.03, -0.2, nose + 0.14, -0.15, CHROME)
    brush.box(rear - 0.14, -0.2, rear + 0.03, -0.15, CHROME)
    for x in (-0.26, 0.14):
        brush.stroke([(x, -0.46), (x + 0.01, -0.16)], 0.012, darker(paint, 0.4))
        brush.stroke([(x + 0.25, -0.4), (x + 0.32, -0.4)], 0.02, CHROME)


def _wheel(wheel: Brush) -> None:
    wheel.disc(0, 0, 1, TYRE, lit=True)
    wheel.disc(0, 0, 0.6, CHROME)
    for x, y in 0.34 * ellipse(0, 0, 1, 1)[::7]:
        wheel.disc(x, y, 0.12, darker(CHROME, 0.5))
    wheel.disc(0, 0, 0.14, darker(CHROME, 0.3))


def draw_post(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a lamp post or a round sign, 1 high, standing on y = 0."""
    brush.stroke(path("0 0, 0 -0.95"), 0.03, POST)
    if rng.uniform() < 0.5:
        brush.disc(0, -0.95, 0.12, (206, 44, 44), lit=True)
        brush.disc(0, -0.95, 0.085, WHITE)
    else:
        globe = any_colour(rng, (0.1, 0.3), (0.9, 1.0))
        brush.shape(ellipse(0, -1.0, 0.07, 0.09), globe, lit=True)
