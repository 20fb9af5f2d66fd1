"""Cats: pointed ears, slit pupils, whiskers, and the coats that cats come in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.coats import Coat
from catdata.demo.colours import BLACK, WHITE, any_colour, chosen, darker, lighter, mix, palette
from catdata.demo.outlines import ellipse, mirrored, moved, path, symmetric
from catdata.demo.poses import Animal

if TYPE_CHECKING:
    from catdata.demo.layers import Brush

# Pattern; base, pale parts, markings, ears, nose, paws, eyes; and how common the coat is.
BREEDS: dict[str, tuple[str, str, float]] = {
    "ginger tabby": ("stripes", "e0924a fae2c0 b8622a d4843f de9692 f4e6ce 96b052", 0.16),
    "grey tabby": ("stripes", "9e9a94 d6d0c8 545050 888480 b06054 aaa6a0 96b052", 0.14),
    "brown tabby": ("stripes", "a0805e d8c2a0 4e3c2e 886c50 b06054 967a5c 96b052", 0.16),
    "silver tabby": ("stripes", "c4c6ca faf8f4 5c5e64 a6a8ac b06054 d6d6d8 96b052", 0.06),
    "black": ("plain", "2e2b30 3e3a3e 242226 2b282d 3c3030 2c2a2e 96b052", 0.08),
    "white": ("plain", "f0ece6 faf8f4 d6d0ca e8e4de de9692 faf8f4 96b052", 0.05),
    "blue": ("plain", "7a8290 969eaa 68707e 757d8b 5c5c68 7a8290 96b052", 0.06),
    "cream": ("plain", "ecd0a8 f4e6ce d6b284 e5c79d de9692 f4e6ce 96b052", 0.08),
    "tuxedo": ("bib", "302e34 faf8f4 262428 2d2b30 de9692 faf8f4 96b052", 0.06),
    "grey and white": ("bib", "86888e faf8f4 6e7076 7f8187 de9692 faf8f4 96b052", 0.05),
    "calico": ("patches", "f4eee4 faf8f4 dc8a42 edd0b4 de9692 faf8f4 96b052", 0.05),
    "pointed": ("points", "e8d8be eee0c8 5c463c 5c463c 3c3030 604a40 74a8d6", 0.05),
}
COATS = {name: Coat(pattern, *palette(colours)) for name, (pattern, colours, _) in BREEDS.items()}
SHARES = [share for _, _, share in BREEDS.values()]
EYES = palette("96b052 96b052 deac3e ca903a")
INNER_EAR = (228, 168, 160)

SKULL = path("0 -0.82, 0.42 -0.8, 0.82 -0.4, 1 0.14, 0.84 0.55, 0.45 0.82, 0 0.92")
EAR = path("0.12 -0.7, 0.3 -1, 0.72 -1.45, 0.9 -0.95, 0.98 -0.2, 0.5 -0.4")
EAR_HOLLOW = path("0.32 -0.72, 0.42 -0.98, 0.72 -1.25, 0.8 -0.9, 0.84 -0.3")
EAR_TUFT = path("0.34 -0.62, 0.46 -0.9, 0.5 -1.05")
BLAZE = path("-0.06 -0.5, 0.06 -0.5, 0.2 0.05, 0.6 0.5, 0.4 1.1, -0.4 1.1, -0.6 0.5, -0.2 0.05")
LARGE_PATCH = path("0.1 -1, 1.1 -0.9, 1.1 0.3, 0.5 0.25, 0.15 -0.2")
SMALL_PATCH = path("-0.3 -1, -1.1 -0.8, -0.8 -0.4, -0.4 -0.5")
NOSE = path("-0.15 0.2, 0 0.18, 0.15 0.2, 0.06 0.32, 0 0.36, -0.06 0.32")


def draw_cat(rng: np.random.Generator, *, asleep: bool) -> Animal:
    """Return a cat of any coat, its colours and build varied."""
    coat = COATS[str(rng.choice(list(COATS), p=SHARES))].varied(rng)
    if coat.pattern != "points":
        coat = replace(coat, eyes=chosen(EYES, rng))
    return Animal(
        coat=coat,
        front_head=head,
        side_head=turned_head,
        girth=rng.uniform(0.9, 1.25),
        head_size=rng.uniform(0.92, 1.15),
        tail_length=rng.uniform(0.8, 1.3),
        tail_width=rng.uniform(0.07, 0.11),
        collar=any_colour(rng, (0.6, 0.9), (0.5, 0.9)) if rng.uniform() < 0.2 else None,
        asleep=asleep,
    )


def head(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw a cat's head that looks roughly at the viewer."""
    _head(brush, animal, float(np.clip(rng.normal(0, 0.35), -1.2, 1.2)), rng)


def turned_head(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw a cat's head that looks more to the left."""
    _head(brush, animal, float(rng.uniform(-1.2, -0.3)), rng)


def _head(brush: Brush, animal: Animal, look: float, rng: np.random.Generator) -> None:
    """Draw a head that looks to the left (*look* < 0), to the viewer or to the right."""
    coat = animal.coat
    _ears(brush.at(look * 0.08, 0), coat, rng)
    outline = symmetric(SKULL * (rng.uniform(0.92, 1.12), 1))
    brush.shape(outline, coat.base, lit=True)
    with brush.within(outline) as marks:
        _markings(marks.at(look * 0.12, 0), coat, rng)
    face = brush.at(look * 0.2, 0.04)
    _muzzle(face, coat, rng)
    pupil, apart, size = rng.uniform((0.04, 0.35, 0.82), (0.15, 0.46, 1.15))
    for side in (-1, 1):
        farther = max(-side * look, 0)
        eye = face.at(side * apart, -0.06, size * (1 - 0.12 * farther))
        if animal.asleep:
            lid = (136, 128, 128) if coat.is_dark else (60, 48, 46)
            eye.stroke(path("-0.22 -0.02, 0 0.1, 0.22 -0.02"), [0.03, 0.06, 0.03], lid)
        else:
            _eye(eye, coat, pupil, tilt=-0.16 * side)
    _whiskers(face, coat, rng)


def _ears(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    stretch = (1, rng.uniform(0.92, 1.1))
    for side in (-1, 1):
        ear = brush.at(0, 0, mirrored=side < 0)
        ear.shape(EAR * stretch, coat.ears, lit=True)
        ear.shape(EAR_HOLLOW * stretch, mix(INNER_EAR, coat.base, 0.35))
        ear.stroke(EAR_TUFT, [0.12, 0.08, 0.01], lighter(coat.base, 0.4))


def _markings(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    if coat.pattern == "stripes":
        for x in (-0.3, -0.1, 0.1, 0.3):
            band = [(x * 0.8, -0.36), (x, -0.6), (x * 1.3, -0.95)]
            brush.stroke(band, [0.03, 0.1, 0.13], coat.mark)
        for y in (0.0, 0.24, 0.46):
            cheek = np.array([(0.68, y + 0.02), (0.85, y), (1.1, y - 0.1)])
            for side in (cheek, mirrored(cheek)):
                brush.stroke(side, [0.02, 0.09, 0.11], coat.mark)
        brush.stroke(path("0 -0.3, 0 0.25"), [0.16, 0.2], mix(coat.base, coat.pale, 0.35))
    elif coat.pattern == "patches":
        half = brush.at(0, 0, mirrored=bool(rng.uniform() < 0.5))
        half.blob(LARGE_PATCH, coat.mark)
        half.blob(SMALL_PATCH, darker(coat.mark, 0.7))
    elif coat.pattern == "bib":
        brush.blob(BLAZE, coat.pale)
    elif coat.pattern == "points":
        brush.disc(0, 0.24, 0.62, mix(coat.mark, coat.base, 0.35))
        brush.disc(0, 0.34, 0.47, coat.mark)


def _muzzle(face: Brush, coat: Coat, rng: np.random.Generator) -> None:
    pale = mix(coat.mark, coat.pale, 0.2) if coat.pattern == "points" else coat.pale
    line = darker(mix(coat.nose, coat.base, 0.4), 0.45)
    face.shape(ellipse(0, 0.66, 0.24, 0.16), pale, lit=True)
    for x in (-0.2, 0.2):
        face.shape(ellipse(x, 0.44, 0.26, 0.2), pale, lit=True)
    face.blob(NOSE, coat.nose)
    face.stroke(path("0 0.34, 0 0.46"), 0.035, line)
    smile = rng.uniform(0.0, 0.06)
    for side in (-1, 1):
        lip = [(0, 0.46), (side * 0.13, 0.55), (side * 0.3, 0.5 - smile)]
        face.stroke(lip, [0.04, 0.035, 0.015], line)


def _eye(eye: Brush, coat: Coat, pupil: float, tilt: float) -> None:
    eye.shape(ellipse(0, 0, 0.27, 0.225, tilt), darker(coat.mark, 0.6))
    eye.shape(ellipse(0, 0, 0.23, 0.19, tilt), coat.eyes)
    eye.shape(ellipse(0, 0.05, 0.17, 0.12, tilt), lighter(coat.eyes, 0.25))
    eye.shape(ellipse(0, 0, pupil, 0.175), BLACK)
    eye.disc(-0.07, -0.07, 0.052, WHITE)


def _whiskers(face: Brush, coat: Coat, rng: np.random.Generator) -> None:
    colour = WHITE if sum(coat.base) < 560 else (120, 112, 108)
    length = rng.uniform(0.85, 1.15)
    for side in (-1, 1):
        for k in range(3):
            rise = -0.16 + 0.14 * k + rng.normal(0, 0.03)
            hair = np.array([(0, 0), (0.5 * length, rise * 0.6 - 0.04), (length, rise + 0.08)])
            rooted = moved(hair, 0.28, 0.38 + 0.06 * k) * (side, 1)
            face.stroke(rooted, [0.03, 0.022, 0.008], colour)
