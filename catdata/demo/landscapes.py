"""Landscapes: mountains, the sea, fields, deserts, towns and woods, at any hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import (
    GREENS,
    LEAVES,
    WHITE,
    chosen,
    darker,
    lighter,
    mix,
    palette,
    varied,
)
from catdata.demo.houses import draw_house, draw_tower, draw_tree
from catdata.demo.outlines import curve, moved, path

if TYPE_CHECKING:
    from collections.abc import Callable

    from catdata.demo.canvas import Canvas
    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush
    from catdata.demo.outlines import Points

# Colours of the sky from above to the horizon, and how common the hour is.
HOURS: dict[str, tuple[str, float]] = {
    "noon": ("4a88ce 82b4e2 d0e2ee", 0.5),
    "overcast": ("8c949e b4bac0 d4d6d6", 0.1),
    "dawn": ("788cba e2b0aa fad6aa", 0.12),
    "sunset": ("463c6e ce6254 fcba60", 0.12),
    "dusk": ("20284e 564e7a d08474", 0.08),
    "night": ("0e122a 1c2446 3c4668", 0.08),
}
ROCKS = palette("606878 6e605c 546c60")
WATERS = palette("28608c 327882 3c546e")
CROPS = GREENS + LEAVES + palette("ceb45a aa8c5a")
SANDS = palette("deb274 ce9262 be6e50")
PLAINS = LEAVES + palette("968464 5c7e96 d6dade")
SAILS, HULLS = palette("faf8f4 d6503c ecce78"), palette("784632 faf8f4 32466e")
BEACH, MOON, SUNLIGHT = palette("dec89e f4eed6 fff4ce")

HULL = path("-0.45 -0.12, 0.45 -0.12, 0.3 0.05, -0.3 0.05")
MAINSAIL = path("0.02 -0.16, 0.02 -1.1, 0.42 -0.16")
FORESAIL = path("-0.03 -0.16, -0.03 -0.95, -0.36 -0.16")
ISLAND = path("-1 0.005, -0.4 -0.06, 0.3 -0.1, 1 0.005")


def sky(canvas: Canvas, rng: np.random.Generator, horizon: float) -> Colour:
    """Paint a sky down to *horizon* with clouds, sun or moon; return the colour it ends in."""
    hour = str(rng.choice(list(HOURS), p=[share for _, share in HOURS.values()]))
    colours = [varied(colour, rng, 0.5) for colour in palette(HOURS[hour][0])]
    haze = colours[-1]
    canvas.gradient(colours, bottom=horizon + 0.03)
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(0.1, 0.8) * horizon
    if hour == "night":
        with canvas.layer(WHITE) as brush:
            for star_x, star_y in rng.uniform(0, (canvas.width, horizon), (40, 2)):
                brush.disc(star_x, star_y, 0.004, WHITE)
            brush.disc(x, y, 0.06, MOON)
    elif hour != "overcast" and rng.uniform() < 0.6:
        sun = mix(haze, SUNLIGHT, 0.8)
        canvas.glow(x, y, rng.uniform(0.15, 0.4), sun)
        canvas.glow(x, y, 0.09, lighter(sun, 0.5))
    cloud = haze if hour == "night" else mix(haze, WHITE, 0.7)
    cells = rng.uniform(2, 5)
    canvas.mottle(cloud, cells, rng.uniform(0.2, 0.9), stretch=2.5, bottom=horizon)
    canvas.mottle(cloud, cells * 2.3, rng.uniform(0, 0.6), stretch=2.5, bottom=horizon)
    return haze


def mountains(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint ridge behind ridge, paler the farther, some of them in snow."""
    horizon = canvas.height * rng.uniform(0.4, 0.7)
    haze = sky(canvas, rng, horizon)
    rock = chosen(ROCKS, rng)
    with canvas.layer(rock, roundness=0.3) as brush:
        for near in (0.25, 0.55, 0.85):
            crest = _ridge(canvas, rng, horizon - 0.25 + 0.3 * near, rng.uniform(0.08, 0.2))
            brush.shape(_everything_below(crest), mix(haze, rock, near))
            if near < 0.3 and rng.uniform() < 0.6:
                snowline = crest + rng.uniform((0, 0.02), (0, 0.09), crest.shape)
                brush.shape([*crest, *snowline[::-1]], mix(haze, WHITE, 0.8))
    _plain(canvas, rng, horizon + 0.12, haze)


def sea(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint the open sea with sails, an island or a beach."""
    horizon = canvas.height * rng.uniform(0.3, 0.65)
    glow = sky(canvas, rng, horizon)
    water = mix(chosen(WATERS, rng), glow, 0.25)
    canvas.gradient([mix(water, glow, 0.6), water, darker(water, 0.3)], top=horizon)
    canvas.mottle(glow, 26, 0.6, stretch=6, top=horizon)
    canvas.mottle(darker(water, 0.5), 12, 0.5, stretch=5, top=horizon)
    with canvas.layer(water, roundness=0.6) as brush:
        if rng.uniform() < 0.5:
            island = ISLAND * (rng.uniform(0.1, 0.4), 1)
            land = mix(darker(water, 0.4), glow, 0.3)
            brush.at(rng.uniform(0, canvas.width), horizon).blob(island, land, lit=True)
        for _ in range(int(rng.integers(0, 3))):
            x, y = rng.uniform(0.1, 0.9) * canvas.width, horizon + rng.uniform(0.02, 0.2)
            _sailing_boat(brush.at(x, y, rng.uniform(0.1, 0.3)), rng)
        if rng.uniform() < 0.4:
            shore = _waves(canvas, rng, canvas.height - rng.uniform(0.1, 0.3), 5, 0.04)
            brush.shape(_everything_below(moved(shore, 0, -0.02)), WHITE)
            brush.shape(_everything_below(shore), mix(BEACH, glow, 0.2))


def fields(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint rolling fields with trees and a farm."""
    horizon = canvas.height * rng.uniform(0.3, 0.6)
    haze = sky(canvas, rng, horizon + 0.1)
    with canvas.layer(GREENS[0], roundness=0.7) as brush:
        for near in np.linspace(0, 1, 4):
            crop = mix(haze, darker(chosen(CROPS, rng), 0.1), 0.7 + 0.3 * near)
            crest = _ridge(canvas, rng, horizon + (canvas.height - horizon) * near * 0.7, 0.05)
            brush.shape(_everything_below(crest), crop)
            for _ in range(int(rng.integers(0, 5))):
                x, y = crest[int(rng.integers(2, 60))]
                size = (0.12 + 0.3 * near) * rng.uniform(0.7, 1.3)
                draw_tree(brush.at(x, y + 0.03, size), rng)
            if rng.uniform() < 0.2:
                x, y = crest[int(rng.integers(5, 58))]
                draw_house(brush.at(x, y + 0.03, 0.12 + 0.15 * near), rng)
    canvas.mottle(darker(GREENS[0], 0.5), 18, 0.35, stretch=2, top=horizon + 0.1)


def desert(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint dunes, each with its lit and its shaded side."""
    horizon = canvas.height * rng.uniform(0.3, 0.6)
    haze = sky(canvas, rng, horizon)
    sand = chosen(SANDS, rng)
    with canvas.layer(sand, roundness=0.6) as brush:
        for near in (0.2, 0.47, 0.73, 1.0):
            height = horizon + (canvas.height - horizon) * (near - 0.2) * 0.9
            dune = mix(haze, sand, near)
            crest = _waves(canvas, rng, height, 6, 0.05)
            brush.shape(_everything_below(crest), dune)
            swell = np.sin(np.linspace(0, rng.uniform(6, 14), len(crest))) ** 2
            depth = rng.uniform(0.02, 0.12) * swell
            foot = crest + np.stack([depth * rng.uniform(-1, 1), depth], axis=1)
            brush.shape([*crest, *foot[::-1]], darker(dune, 0.25))
    canvas.mottle(darker(sand, 0.5), 30, 0.25, stretch=5, top=horizon)


def town(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a row of buildings against the sky."""
    ground = canvas.height * rng.uniform(0.7, 0.92)
    haze = sky(canvas, rng, ground)
    with canvas.layer(haze, roundness=0.4) as brush:
        for x in np.arange(-0.1, canvas.width, 0.14):
            shade = mix(haze, darker(haze, 0.6), rng.uniform(0.3, 0.7))
            width, height = rng.uniform((0.1, 0.15), (0.2, 0.55))
            brush.box(x, ground - height, x + width, ground, shade)
        x = rng.uniform(-0.1, 0.1)
        while x < canvas.width:
            size = rng.uniform(0.25, 0.5)
            draw_tower(brush.at(x, ground, size), rng)
            x += size * rng.uniform(0.5, 1.2)
    _plain(canvas, rng, ground, haze)


def forest(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a wood from its edge."""
    horizon = canvas.height * rng.uniform(0.45, 0.75)
    haze = sky(canvas, rng, horizon)
    _plain(canvas, rng, horizon, haze)
    with canvas.layer(GREENS[2], roundness=0.9) as brush:
        for near in np.sort(rng.uniform(0, 1, int(rng.integers(12, 26)))):
            x = rng.uniform(-0.1, 1.1) * canvas.width
            foot = horizon + near * 0.6 * (canvas.height - horizon)
            draw_tree(brush.at(x, foot, 0.35 + 0.6 * near), rng)


VIEWS: dict[str, Callable[[Canvas, np.random.Generator], None]] = {
    "mountains": mountains,
    "sea": sea,
    "fields": fields,
    "desert": desert,
    "town": town,
    "forest": forest,
}


def _plain(canvas: Canvas, rng: np.random.Generator, top: float, haze: Colour) -> None:
    """Paint level ground or water from *top* down."""
    ground = mix(chosen(PLAINS, rng), haze, 0.2)
    canvas.gradient([lighter(ground, 0.1), ground, darker(ground, 0.35)], top=top)
    canvas.mottle(darker(ground, 0.6), rng.uniform(8, 24), 0.6, stretch=3, top=top)
    canvas.mottle(lighter(ground, 0.5), rng.uniform(8, 24), 0.5, stretch=3, top=top)


def _ridge(canvas: Canvas, rng: np.random.Generator, height: float, roughness: float) -> Points:
    """Return a jagged line of 65 points from side to side, by midpoint displacement."""
    rises = np.zeros(2)
    for level in range(6):
        middles = (rises[:-1] + rises[1:]) / 2
        middles += rng.normal(0, roughness * 0.55**level, len(middles))
        rises = np.insert(rises, np.arange(1, len(rises)), middles)
    x = np.linspace(-0.05, canvas.width + 0.05, len(rises))
    return np.stack([x, height - rises], axis=1)


def _waves(
    canvas: Canvas, rng: np.random.Generator, height: float, knots: int, unevenness: float
) -> Points:
    """Return a smooth line from side to side around *height*."""
    x = np.linspace(-0.2, canvas.width + 0.2, knots)
    return curve(np.stack([x, height + rng.normal(0, unevenness, knots)], axis=1))


def _everything_below(line: Points) -> Points:
    """Return the outline of what lies below a line, down to below every picture."""
    return np.concatenate([line, [(line[-1, 0], 9.0), (line[0, 0], 9.0)]])


def _sailing_boat(brush: Brush, rng: np.random.Generator) -> None:
    cloth = chosen(SAILS, rng)
    brush.shape(HULL, chosen(HULLS, rng), lit=True)
    brush.shape(MAINSAIL, cloth, lit=True)
    brush.shape(FORESAIL, lighter(cloth, 0.3), lit=True)
