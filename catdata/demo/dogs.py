"""Dogs: hanging ears, a long muzzle, round dark eyes, and a tongue when it is warm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catdata.demo.coats import Coat
from catdata.demo.colours import BLACK, WHITE, any_colour, darker, lighter, mix, palette
from catdata.demo.outlines import curve, ellipse, path, symmetric
from catdata.demo.poses import Animal

if TYPE_CHECKING:
    import numpy as np

    from catdata.demo.layers import Brush

TONGUE = (226, 122, 130)

# Pattern; base, pale parts, markings, ears, nose, paws and eyes.
BREEDS: dict[str, tuple[str, str]] = {
    "golden": ("plain", "deac68 f4d8a8 c48c4c c48a4a 2c2628 e6ba7c 543622"),
    "chocolate": ("plain", "744c36 94684c 5c3a2a 5c3a2a 2c2628 6c4834 543622"),
    "black": ("plain", "302e30 544c46 262426 262426 2c2628 343030 543622"),
    "white": ("plain", "eee8de faf8f4 d6ccbe dcceba 2c2628 faf8f4 543622"),
    "beagle": ("saddle", "cc905a faf8f4 3e322e b07042 2c2628 faf8f4 543622"),
    "shepherd": ("saddle", "be9060 dcb88a 3a3230 423630 2c2628 ba8e60 543622"),
    "dalmatian": ("spots", "f2f0ec faf8f4 2e2c30 2e2c30 2c2628 faf8f4 543622"),
    "spaniel": ("patches", "f4eee6 faf8f4 965232 924e30 2c2628 faf8f4 543622"),
    "grey": ("plain", "8c8c90 b8b8ba 68686e 68686e 2c2628 969698 543622"),
    "tan": ("plain", "be9670 e2c6a4 a07854 78563e 2c2628 c8a47e 543622"),
}
COATS = [Coat(pattern, *palette(colours)) for pattern, colours in BREEDS.values()]

SKULL = path("0 -0.86, 0.5 -0.8, 0.8 -0.4, 0.76 0.1, 0.58 0.5, 0.42 0.85, 0 1")
BLAZE = path("-0.08 -0.9, 0.08 -0.9, 0.18 0, 0.5 0.4, 0 1.1, -0.5 0.4, -0.18 0")
EAR_ROOT = path("0.58 -0.55, 0.4 -0.84, 0.7 -0.92")
MUZZLE = path("0 0.12, 0.3 0.3, 0.46 0.62, 0.3 0.9, 0 0.96")
NOSE = path("0 0.2, 0.22 0.24, 0.24 0.4, 0.08 0.54")
FRONT_TONGUE = path("-0.17 0.8, 0.17 0.8, 0.18 1.15, 0 1.32, -0.18 1.15")
PROFILE = path(
    "-0.3 0.66, 0.2 0.85, 0.75 0.6, 0.85 -0.1, 0.5 -0.7, -0.1 -0.8, -0.5 -0.55, -0.62 -0.2"
)
SNOUT = path("-0.6 0, -0.68 0.3, -0.4 0.56")
SIDE_EAR = path("0 -0.6, 0.35 -0.72, 0.66 -0.3, 0.7 0.4, 0.46 0.78, 0.2 0.4, 0.08 -0.1")
SIDE_EAR_SWING = path("0 0, 0 0, 0 0, 1 0, 1 0, 1 0, 0 0")
SIDE_TONGUE = path("-0.9 0.55, -0.75 0.55, -0.74 1, -0.9 1.05, -0.98 0.85")


def draw_dog(rng: np.random.Generator, *, asleep: bool) -> Animal:
    """Return a dog of any coat, its colours and build varied."""
    return Animal(
        coat=COATS[int(rng.integers(len(COATS)))].varied(rng),
        front_head=front_head,
        side_head=side_head,
        girth=rng.uniform(1.0, 1.4),
        head_size=rng.uniform(0.95, 1.2),
        tail_length=rng.uniform(0.5, 1.0),
        tail_width=rng.uniform(0.06, 0.12),
        collar=any_colour(rng, (0.6, 0.9), (0.5, 0.9)) if rng.uniform() < 0.6 else None,
        asleep=asleep,
    )


def front_head(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw a dog's head that looks at the viewer."""
    coat = animal.coat
    outline = symmetric(SKULL)
    brush.shape(outline, coat.base, lit=True)
    with brush.within(outline) as marks:
        _markings(marks, coat, rng)
    face = brush.at(rng.normal(0, 0.1), 0)
    for x in (-0.36, 0.36):
        _eye(face.at(x, -0.16), animal)
    _muzzle(face, coat, rng, panting=not animal.asleep and rng.uniform() < 0.5)
    _ears(brush, coat, rng)


def side_head(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw a dog's head seen from its left side."""
    coat = animal.coat
    if rng.uniform() < 0.4 and not animal.asleep:
        brush.blob(SIDE_TONGUE, TONGUE)
    snout = SNOUT * (rng.uniform(0.9, 1.3), 1) - (0.6, 0)
    tip = snout[1, 0]
    outline = curve([*PROFILE, *snout], closed=True)
    brush.shape(outline, coat.base, lit=True)
    with brush.within(outline) as marks:
        marks.shape(ellipse(tip + 0.3, 0.45, 0.8, 0.34), coat.pale)
    brush.shape(ellipse(tip + 0.04, 0.06, 0.17, 0.14), coat.nose, lit=True)
    mouth = [(tip + 0.08, 0.4), (tip + 0.5, 0.48), (tip + 0.85, 0.36)]
    brush.stroke(mouth, [0.02, 0.04, 0.02], darker(coat.base, 0.6))
    _eye(brush.at(-0.38, -0.2), animal)
    brush.blob(SIDE_EAR + SIDE_EAR_SWING * rng.normal(0, 0.12), coat.ears, lit=True)


def _eye(eye: Brush, animal: Animal) -> None:
    base = animal.coat.base
    if animal.asleep:
        lid = (136, 128, 128) if animal.coat.is_dark else BLACK
        eye.stroke(path("-0.15 0, 0 0.07, 0.15 0"), [0.03, 0.06, 0.03], lid)
        return
    eye.disc(0, 0, 0.165, darker(base, 0.55))
    eye.disc(0, 0.01, 0.13, animal.coat.eyes)
    eye.disc(0, 0.01, 0.078, BLACK)
    eye.disc(-0.05, -0.05, 0.045, WHITE)
    eye.stroke(path("-0.15 -0.27, 0 -0.33, 0.15 -0.27"), [0.03, 0.07, 0.03], darker(base, 0.22))


def _markings(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    if coat.pattern == "saddle":
        brush.shape(ellipse(0, -0.95, 0.75, 0.45), mix(coat.mark, coat.base, 0.3))
    if coat.pattern in ("saddle", "patches") or rng.uniform() < 0.2:
        brush.blob(BLAZE, coat.pale)
    if coat.pattern == "patches":
        brush.shape(ellipse(rng.choice([-1, 1]) * 0.45, -0.2, 0.4, 0.5), coat.mark)
    if coat.pattern == "spots":
        for x, y in rng.uniform(-0.8, 0.8, (7, 2)):
            brush.disc(x, y, 0.08, coat.mark)


def _muzzle(face: Brush, coat: Coat, rng: np.random.Generator, *, panting: bool) -> None:
    line = darker(mix(coat.base, coat.nose, 0.5), 0.4)
    if panting:
        face.blob(FRONT_TONGUE, TONGUE, lit=True)
        face.stroke(path("0 0.85, 0 1.15"), 0.03, darker(TONGUE, 0.25))
    face.shape(symmetric(MUZZLE * (rng.uniform(0.9, 1.1), 1)), coat.pale, lit=True)
    face.stroke(path("0 0.5, 0 0.74"), 0.045, line)
    for side in (-1, 1):
        lip = [(0, 0.74), (side * 0.18, 0.84), (side * 0.38, 0.74)]
        face.stroke(lip, [0.05, 0.045, 0.02], line)
    face.shape(symmetric(NOSE), coat.nose, lit=True)
    face.shape(ellipse(-0.07, 0.29, 0.07, 0.035), lighter(coat.nose, 0.45))


def _ears(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    length, spread = rng.uniform(0.2, 0.75), rng.uniform(0.98, 1.2)
    hanging = [
        (spread, -0.55),
        (spread + 0.06, length * 0.6),
        (spread - 0.14, length + 0.12),
        (0.74, length * 0.7),
        (0.7, -0.2),
    ]
    for side in (-1, 1):
        brush.at(0, 0, mirrored=side < 0).blob([*EAR_ROOT, *hanging], coat.ears, lit=True)
