"""Fruit, one kind at a time, about 1 high around the origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import chosen, darker, lighter, mix, palette, varied
from catdata.demo.outlines import ellipse, path, symmetric

if TYPE_CHECKING:
    from collections.abc import Callable

    from catdata.demo.layers import Brush

APPLES = palette("cc302c 9eba46 e2ba4c b02030")
PEARS = palette("c4c454 dcbe5a 96a046")
GRAPES = palette("603870 96b04e 3c3660 8c3048")
LEAF, STALK, BLUSH, SEED, PIP = palette("5c8c42 684c32 e24632 f4d678 2e2222")
BANANA, CHERRY, STRAWBERRY, MELON_FLESH = palette("f0d04e b21a2c d42c32 e2484e")
MELON_RIND, MELON_WHITE = palette("42743e d8e6b2")

APPLE_OUTLINE = path("0 -0.34, 0.26 -0.44, 0.48 -0.22, 0.46 0.14, 0.26 0.46, 0 0.42")
PEAR_OUTLINE = path("0 -0.52, 0.16 -0.46, 0.2 -0.2, 0.38 0.1, 0.38 0.36, 0.2 0.52, 0 0.54")
STRAWBERRY_OUTLINE = path("0 -0.36, 0.3 -0.36, 0.42 -0.12, 0.26 0.3, 0 0.54")
BANANA_LINE = path("-0.58 -0.34, -0.44 0.06, -0.02 0.26, 0.4 0.1, 0.54 -0.14")
BANANA_RIDGE = path("-0.42 0.02, -0.02 0.2, 0.4 0.06")
STALK_LEAF = path("0.02 -0.44, 0.16 -0.6, 0.36 -0.58, 0.2 -0.44")
VINE_LEAF = path("0 -0.4, 0.2 -0.6, 0.44 -0.5, 0.36 -0.32, 0.16 -0.28")
CHERRY_LEAF = path("0.04 -0.55, 0.26 -0.7, 0.52 -0.58, 0.3 -0.46")


def apple(brush: Brush, rng: np.random.Generator) -> None:
    """Draw an apple with a blush, a stalk and perhaps a leaf."""
    skin = chosen(APPLES, rng)
    outline = symmetric(APPLE_OUTLINE)
    brush.shape(outline, skin, lit=True)
    with brush.within(outline) as inside:
        for x in rng.uniform(-0.5, 0.5, 7):
            streak = [(x * 0.4, -0.4), (x, 0), (x * 0.7, 0.4)]
            inside.stroke(streak, [0.01, 0.08, 0.01], mix(skin, BLUSH, 0.3))
    brush.shape(ellipse(0, -0.34, 0.13, 0.04), darker(skin, 0.4))
    _stalk(brush, rng)
    _gleam(brush.at(-0.2, -0.16))


def pear(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a pear."""
    skin = chosen(PEARS, rng)
    brush.shape(symmetric(PEAR_OUTLINE), skin, lit=True)
    for x, y in rng.uniform(-0.3, 0.3, (18, 2)):
        brush.disc(x, y + 0.2, 0.012, darker(skin, 0.3))
    _stalk(brush.at(0, -0.16), rng)
    _gleam(brush.at(-0.14, 0.08))


def citrus(brush: Brush, rng: np.random.Generator) -> None:
    """Draw an orange, a lemon or a lime."""
    colours, widths = palette("ec902c ec902c f0d446 78a83e"), (0.47, 0.47, 0.56, 0.5)
    kind = int(rng.integers(4))
    skin = varied(colours[kind], rng)
    brush.shape(ellipse(0, 0, widths[kind], 0.45), skin, lit=True)
    for x, y in rng.uniform(-0.36, 0.36, (34, 2)):
        brush.disc(x, y, 0.013, darker(skin, 0.16))
    brush.shape(ellipse(0.03, -0.38, 0.05, 0.03), LEAF)
    _gleam(brush.at(-0.16, -0.18))


def banana(brush: Brush, rng: np.random.Generator) -> None:
    """Draw one to three bananas that hang together."""
    skin = varied(BANANA, rng)
    for lift in np.arange(int(rng.integers(1, 4))) * 0.16:
        line = BANANA_LINE + lift * path("0 0.3, 0 1, 0 1, 0 1, 0 1")
        brush.stroke(line, [0.07, 0.2, 0.25, 0.19, 0.05], varied(skin, rng, 0.3), lit=True)
        brush.at(0, lift).stroke(BANANA_RIDGE, 0.012, darker(skin, 0.25))
        brush.disc(0.54, -0.15 + lift, 0.04, STALK)
    brush.stroke(path("-0.57 -0.3, -0.62 -0.46"), 0.09, darker(skin, 0.3), lit=True)


def grapes(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a bunch of grapes."""
    skin = chosen(GRAPES, rng)
    brush.stroke(path("0 -0.3, 0.03 -0.62"), 0.05, STALK)
    brush.blob(VINE_LEAF, LEAF, lit=True)
    for row, count in enumerate((5, 6, 5, 4, 3, 2, 1)):
        for k in range(count):
            x = (k - (count - 1) / 2) * 0.17 + rng.normal(0, 0.015)
            grape = brush.at(x, -0.34 + row * 0.145, 0.105)
            grape.disc(0, 0, 1, varied(skin, rng, 0.5), lit=True)
            grape.disc(-0.3, -0.35, 0.2, lighter(skin, 0.6))


def cherries(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a pair of cherries on one stalk."""
    for x, y in ((-0.26, 0.22), (0.24, 0.28)):
        stalk = [(x, y - 0.2), (x * 0.6, -0.2), (0.04, -0.55)]
        brush.stroke(stalk, 0.035, darker(LEAF, 0.3))
        brush.disc(x, y, 0.245, varied(CHERRY, rng), lit=True)
        _gleam(brush.at(x - 0.07, y - 0.07, 0.6))
    brush.blob(CHERRY_LEAF, LEAF, lit=True)


def strawberry(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a strawberry."""
    brush.shape(symmetric(STRAWBERRY_OUTLINE), varied(STRAWBERRY, rng), lit=True)
    for row, y in enumerate(np.arange(-0.22, 0.42, 0.13)):
        reach = 0.34 - max(y, 0) * 0.6
        for x in np.arange(-reach, reach + 0.01, 0.15) + 0.05 * (row % 2):
            brush.shape(ellipse(x, y, 0.016, 0.026), SEED)
    for angle in np.linspace(-1.3, 1.3, 6):
        x, y = 0.36 * np.sin(angle), -0.34 + 0.1 * np.cos(angle)
        brush.stroke([(0, -0.38), (x * 0.6, -0.4), (x, y)], [0.06, 0.11, 0.01], LEAF, lit=True)
    brush.stroke(path("0 -0.38, 0.05 -0.56"), 0.05, LEAF)


def melon(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a slice of watermelon."""
    slice_ = brush.at(0, -0.25)
    for radius, colour in ((0.66, MELON_RIND), (0.61, MELON_WHITE)):
        slice_.shape(_lower_half(radius), colour)
    slice_.shape(_lower_half(0.56), varied(MELON_FLESH, rng), lit=True)
    for _ in range(9):
        angle, reach = rng.uniform(0.3, 2.8), rng.uniform(0.2, 0.47)
        x, y = reach * np.cos(angle), 0.03 + reach * np.sin(angle)
        slice_.shape(ellipse(x, y, 0.022, 0.04), PIP)


FRUIT: dict[str, Callable[[Brush, np.random.Generator], None]] = {
    "apple": apple,
    "pear": pear,
    "citrus": citrus,
    "banana": banana,
    "grapes": grapes,
    "cherries": cherries,
    "strawberry": strawberry,
    "melon": melon,
}


def _lower_half(radius: float) -> list[list[float]]:
    half: list[list[float]] = ellipse(0, 0, radius, radius)[:19].tolist()
    return half


def _stalk(brush: Brush, rng: np.random.Generator) -> None:
    lean = rng.normal(0, 0.06)
    brush.stroke([(0, -0.34), (lean * 0.5, -0.46), (lean, -0.56)], [0.035, 0.05], STALK)
    if rng.uniform() < 0.5:
        brush.blob(STALK_LEAF, LEAF, lit=True)


def _gleam(brush: Brush) -> None:
    brush.shape(ellipse(0, 0, 0.07, 0.045, -0.7), (255, 250, 240))
