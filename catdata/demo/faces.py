"""People's faces: head and shoulders, with the hair, hats and glasses people wear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catdata.demo.colours import (
    BLACK,
    WHITE,
    any_colour,
    chosen,
    darker,
    lighter,
    mix,
    palette,
    varied,
)
from catdata.demo.outlines import UNIT_CIRCLE, ellipse, path, ribbon, symmetric

if TYPE_CHECKING:
    import numpy as np

    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush

SKINS = palette("f4d0b6 e4b290 c8926e a06c4e 8a5e46 72503e")
HAIRS = palette("2c2422 422e26 bebcba 583a28 8c5c36 a8502c cea464")
IRISES = palette("5c3e2a 567896 607a50 3c2c24")
FRAMES = palette("28262a 784c30 b03c3c beaa78")
CHEEK, LIPS = palette("e26e64 b0383c")
HAIRCUTS = ("short", "long", "curly", "bun", "bald", "hat")

SKULL = path("0 -1, 0.5 -0.9, 0.78 -0.4, 0.76 0.2, 0.48 0.78, 0 1.04")
SHOULDERS = path("0 1.3, 0.45 1.28, 1.3 1.6, 1.65 2.3, 1.65 3.6, 0 3.8")
NECKLINE = path("-0.42 1.22, 0.42 1.22, 0 1.7")
COLLAR = path("-0.5 1.25, 0 1.55, 0.5 1.25")
BEARD = path("-0.85 0.1, -0.6 0.72, 0 0.98, 0.6 0.72, 0.85 0.1")
LONG_HAIR = path("0 -1.2, 0.7 -1.05, 1 -0.3, 1.02 0.5, 0.95 0.7, 0.3 0.75, 0 0.7")
LONGER = path("0 0, 0 0, 0 0, 0 0, 0 1, 0 1, 0 1")
HAIR_LEFT = path("-0.7 -0.38, -0.84 0, -0.9 -0.6, -0.5 -1.12")
HAIR_RIGHT = path("0.1 -1.2, 0.6 -1.08, 0.92 -0.55, 0.84 0, 0.72 -0.4")
HAT = path("-0.78 -0.5, -0.7 -1.2, 0 -1.45, 0.7 -1.2, 0.78 -0.5, 0 -0.62")
HATBAND = path("-0.76 -0.66, 0 -0.8, 0.76 -0.66")


def draw_face(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a person; the head has radius 1 around the origin, the body goes down to y = 3.8."""
    tone = int(rng.integers(len(SKINS)))
    skin = varied(SKINS[tone], rng, 0.6)
    hair = varied(HAIRS[int(rng.integers(len(HAIRS) - tone))], rng)  # dark skin, dark hair
    haircut = str(rng.choice(HAIRCUTS))
    _shoulders(brush, skin, rng)
    head = brush.at(0, 0, 1, rng.normal(0, 0.1))
    _hair_behind(head, hair, haircut, rng)
    for x in (-0.78, 0.78):
        head.shape(ellipse(x, 0.1, 0.14, 0.2), darker(skin, 0.1), lit=True)
    outline = symmetric(SKULL * (rng.uniform(0.94, 1.06), 1))
    head.shape(outline, skin, lit=True)
    if rng.uniform() < 0.25:
        with head.within(outline) as inside:
            inside.shape(ribbon(BEARD, [0.18, 0.4, 0.55, 0.4, 0.18]), hair)
    face = head.at(rng.normal(0, 0.07), 0)
    _features(face, skin, hair, rng)
    _hair_before(head, hair, haircut, rng)
    if rng.uniform() < 0.3:
        _glasses(face, rng)


def _shoulders(brush: Brush, skin: Colour, rng: np.random.Generator) -> None:
    cloth = any_colour(rng, (0.1, 0.8), (0.25, 0.95))
    brush.stroke(path("0 0.5, 0 1.6"), [0.75, 0.7, 0.85], darker(skin, 0.12), lit=True)
    brush.shape(symmetric(SHOULDERS * (rng.uniform(0.85, 1.15), 1)), cloth, lit=True)
    brush.blob(NECKLINE, darker(skin, 0.06))
    if rng.uniform() < 0.5:
        brush.stroke(COLLAR, 0.16, any_colour(rng, (0.1, 0.8), (0.3, 0.95)), lit=True)


def _features(face: Brush, skin: Colour, hair: Colour, rng: np.random.Generator) -> None:
    iris = chosen(IRISES, rng)
    for x in (-0.32, 0.32):
        eye = face.at(x, -0.05)
        eye.shape(ellipse(0, 0, 0.16, 0.09), darker(skin, 0.35))
        eye.shape(ellipse(0, 0.01, 0.145, 0.075), WHITE)
        eye.disc(0.01, 0.01, 0.072, iris)
        eye.disc(0.01, 0.01, 0.037, BLACK)
        brow = [(-0.17, -0.17), (0, -0.23 + rng.normal(0, 0.02)), (0.17, -0.17)]
        eye.stroke(brow, [0.03, 0.07, 0.03], darker(hair, 0.1))
        face.shape(ellipse(1.45 * x, 0.3, 0.16, 0.11), mix(skin, CHEEK, 0.22))
    face.stroke(path("-0.03 -0.05, -0.07 0.22, 0.02 0.3"), [0.02, 0.045, 0.03], darker(skin, 0.22))
    face.shape(ellipse(0, 0.26, 0.11, 0.08), lighter(skin, 0.1), lit=True)
    for x in (-0.06, 0.06):
        face.disc(x, 0.31, 0.024, darker(skin, 0.4))
    _mouth(face, skin, rng)


def _mouth(face: Brush, skin: Colour, rng: np.random.Generator) -> None:
    lips = mix(skin, LIPS, rng.uniform(0.35, 0.8))
    corner = 0.54 - rng.uniform(0.0, 0.12)
    if rng.uniform() < 0.4:
        open_ = [(-0.26, corner), (0, 0.55), (0.26, corner), (0.14, 0.68), (-0.14, 0.68)]
        face.blob(open_, lips)
        face.blob([(-0.2, corner + 0.05), (0, 0.57), (0.2, corner + 0.05), (0, 0.63)], WHITE)
    else:
        face.stroke([(-0.26, corner), (0, 0.6), (0.26, corner)], [0.03, 0.1, 0.03], lips)
        face.stroke([(-0.25, corner), (0, 0.59), (0.25, corner)], 0.02, darker(lips, 0.5))


def _hair_behind(head: Brush, hair: Colour, haircut: str, rng: np.random.Generator) -> None:
    if haircut == "long" or (haircut == "hat" and rng.uniform() < 0.5):
        head.shape(symmetric(LONG_HAIR + LONGER * rng.uniform(0.2, 1.1)), hair, lit=True)
    elif haircut == "curly":
        for x, y in 0.95 * UNIT_CIRCLE[rng.integers(16, 39, 26) % 36]:  # all but the chin's side
            head.disc(x, y - 0.25, 0.34, hair, lit=True)
    elif haircut == "bun":
        head.shape(ellipse(0, -1.28, 0.36, 0.32), hair, lit=True)


def _hair_before(head: Brush, hair: Colour, haircut: str, rng: np.random.Generator) -> None:
    if haircut == "hat":
        _hat(head, rng)
    elif haircut != "bald":
        parting, fringe = rng.uniform(-0.5, 0.5), rng.uniform(-0.72, -0.42)
        front = [
            (parting + 0.25, fringe - 0.1),
            (parting, fringe - 0.22),
            (parting - 0.3, fringe),
        ]
        head.blob([*HAIR_LEFT, *HAIR_RIGHT, *front], hair, lit=True)
        for x in (-0.4, 0.0, 0.4):
            strand = [(parting + x * 0.3, -1.1), (parting + x, -0.95), (parting + x * 1.5, -0.66)]
            head.stroke(strand, [0.02, 0.035, 0.0], lighter(hair, 0.18))


def _hat(head: Brush, rng: np.random.Generator) -> None:
    colour = any_colour(rng, (0.1, 0.8), (0.2, 0.9))
    head.blob(HAT, colour, lit=True)
    if rng.uniform() < 0.6:
        head.shape(ellipse(0, -0.56, 1.25, 0.17), darker(colour, 0.15), lit=True)
    head.stroke(HATBAND, 0.14, any_colour(rng, (0.1, 0.8), (0.2, 0.9)))


def _glasses(face: Brush, rng: np.random.Generator) -> None:
    frame = chosen(FRAMES, rng)
    for side in (-1, 1):
        rim = ellipse(side * 0.32, -0.04, 0.24, 0.2)
        face.stroke([*rim, rim[0]], 0.045, frame)
        face.stroke([(side * 0.55, -0.08), (side * 0.78, -0.04)], 0.04, frame)
    face.stroke(path("-0.09 -0.06, 0.09 -0.06"), 0.045, frame)
