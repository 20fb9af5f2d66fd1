"""What cats and dogs share: bodies in the poses of house animals.

A pose is drawn in its own coordinates: the ground is y = 0, the animal is about 1 high and looks to
the left. The head is drawn by the species; it is a circle of radius 1 around the origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.coats import fur
from catdata.demo.colours import darker
from catdata.demo.outlines import curve, ellipse, path, ribbon, symmetric

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from catdata.demo.coats import Coat
    from catdata.demo.colours import Colour
    from catdata.demo.layers import Brush

SHOULDERS = path("0 -0.45, 0.24 -0.36, 0.42 0, 0.52 0.6, 0.5 1.4, 0 1.5")
BREAST = path("-0.15 -0.3, 0.15 -0.3, 0.2 0.1, 0 0.5, -0.2 0.1")
SITTING_TORSO = path("0 -0.72, 0.13 -0.62, 0.2 -0.46, 0.22 -0.26, 0.26 -0.08, 0.16 0, 0 0.01")
SITTING_BREAST = path("-0.09 -0.6, 0.09 -0.6, 0.12 -0.4, 0 -0.22, -0.12 -0.4")
SITTING_SIDE = path(
    "-0.16 -0.62, 0.02 -0.7, 0.2 -0.5, 0.32 -0.26, 0.33 -0.06,"
    "0.2 0, -0.02 -0.03, -0.14 -0.16, -0.22 -0.4"
)
SITTING_SIDE_BREAST = path("-0.17 -0.58, -0.06 -0.52, -0.11 -0.3, -0.2 -0.38")
STANDING_NECK = path("-0.4 -0.74, -0.32 -0.6, -0.2 -0.5")
STANDING_SIDE = path(
    "-0.3 -0.62, 0 -0.6, 0.3 -0.62, 0.5 -0.56, 0.53 -0.42,"
    "0.3 -0.34, 0 -0.28, -0.26 -0.28, -0.4 -0.44"
)
STANDING_BREAST = path("-0.43 -0.6, -0.32 -0.5, -0.3 -0.32, -0.4 -0.4")
LYING_SIDE = path("-0.42 -0.42, -0.1 -0.5, 0.3 -0.45, 0.56 -0.25, 0.56 -0.03, 0.1 0.01, -0.36 0")
LYING_BREAST = path("-0.46 -0.36, -0.28 -0.36, -0.3 -0.08, -0.44 -0.04")


@dataclass(frozen=True, slots=True)
class Animal:
    """One animal: its coat and its build.

    Attributes:
        coat: Colours and pattern.
        front_head: Draws a head of radius 1 around the origin, looking at the viewer.
        side_head: Draws such a head on a body that is seen from its left side.
        girth: Thickness of body and limbs, about 1.
        head_size: Size of the head, about 1.
        tail_length: Length of the tail, about 1.
        tail_width: Thickness of the tail in the pose's units.
        collar: Colour of a collar, or None.
        asleep: Whether the eyes are closed.
    """

    coat: Coat
    front_head: Callable[[Brush, Animal, np.random.Generator], None]
    side_head: Callable[[Brush, Animal, np.random.Generator], None]
    girth: float
    head_size: float
    tail_length: float
    tail_width: float
    collar: Colour | None
    asleep: bool


def portrait(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw head and shoulders; the body runs out of the picture below."""
    body = brush.at(rng.normal(0, 0.14), 0)
    fur(body, symmetric(SHOULDERS * (animal.girth, 1)), animal.coat, rng)
    body.blob(BREAST, animal.coat.pale, lit=True)
    _collar(body, animal, path("-0.24 -0.2, 0 -0.1, 0.24 -0.2"), 0.06)
    head = brush.at(0, -0.56, 0.38 * animal.head_size, rng.normal(0, 0.26))
    animal.front_head(head, animal, rng)


def sitting(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw the animal sitting and facing the viewer."""
    coat, girth, length = animal.coat, animal.girth, animal.tail_length
    brush.shadow(0, 0, 0.46, 0.08)
    rise = length * path("0 0, 0 0, 0.16 -0.2, 0.12 -0.45")
    _tail(brush, path("0.2 -0.06, 0.36 -0.05, 0.36 0, 0.3 0") + rise, animal)
    for side in (-1, 1):
        brush.disc(side * 0.2 * girth, -0.12, 0.14, darker(coat.base, 0.06), lit=True)
    spine = np.pi / 2 if coat.pattern == "stripes" else 0.0
    fur(brush, symmetric(SITTING_TORSO * (girth, 1)), coat, rng, turn=spine)
    brush.blob(SITTING_BREAST, coat.pale, lit=True)
    for side in (-1, 1):
        brush.shape(ellipse(side * 0.21 * girth, -0.03, 0.1, 0.045), coat.paws, lit=True)
        _leg(brush, [(side * 0.1, -0.4), (side * 0.1, -0.2), (side * 0.085, 0)], 0.115, animal)
    _collar(brush, animal, path("-0.13 -0.61, 0 -0.57, 0.13 -0.61"), 0.035)
    head = brush.at(0, -0.77, 0.225 * animal.head_size, rng.normal(0, 0.12))
    animal.front_head(head, animal, rng)


def sitting_aside(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw the animal sitting and seen from its left side."""
    coat, girth, length = animal.coat, animal.girth, animal.tail_length
    brush.shadow(0.1, 0, 0.5, 0.07)
    _leg(brush, path("-0.1 -0.4, -0.11 -0.2, -0.1 -0.01"), 0.1, animal, far=True)
    sweep = length * path("0 0, 0 0, 0.2 0, 0.28 -0.18")
    _tail(brush, path("0.26 -0.05, 0.4 -0.03, 0.4 -0.06, 0.42 -0.02") + sweep, animal)
    fur(brush, curve(SITTING_SIDE * (girth, 1), closed=True), coat, rng, turn=1.0)
    brush.blob(SITTING_SIDE_BREAST * (girth, 1), coat.pale, lit=True)
    fur(brush, ellipse(0.17, -0.16, 0.16, 0.165 * girth), coat, rng)
    brush.shape(ellipse(0.04, -0.035, 0.12, 0.04), coat.paws, lit=True)
    _leg(brush, path("-0.12 -0.42, -0.14 -0.2, -0.14 0"), 0.11, animal)
    _collar(brush, animal, path("-0.2 -0.58, -0.1 -0.56, 0.02 -0.64"), 0.035)
    head = brush.at(-0.1, -0.78, 0.215 * animal.head_size, rng.normal(0, 0.12))
    animal.side_head(head, animal, rng)


def standing(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw the animal standing or walking, seen from its left side."""
    coat, girth = animal.coat, animal.girth
    step = rng.uniform(-0.1, 0.12) * path("0 0, 1 0, 1 0")
    brush.shadow(0.08, 0, 0.6, 0.06)
    rise = rng.uniform(-0.1, 0.45) * animal.tail_length * path("0 0, 0 -0.5, 0 -1, 0 -1.3")
    _tail(brush, path("0.44 -0.52, 0.62 -0.52, 0.74 -0.52, 0.8 -0.62") + rise, animal)
    _leg(brush, path("-0.16 -0.42, -0.14 -0.22, -0.12 0") + step, 0.095, animal, far=True)
    _leg(brush, path("0.34 -0.42, 0.42 -0.24, 0.36 0") - step, 0.1, animal, far=True)
    fur(brush, ribbon(STANDING_NECK, [0.18, 0.24, 0.3]), coat, rng, turn=0.7)
    fur(brush, curve(STANDING_SIDE, closed=True), coat, rng)
    fur(brush, ellipse(0.42, -0.42, 0.13 * girth, 0.17), coat, rng)
    brush.blob(STANDING_BREAST, coat.pale, lit=True)
    _leg(brush, path("-0.26 -0.4, -0.27 -0.2, -0.28 0") - step, 0.105, animal)
    _leg(brush, path("0.42 -0.36, 0.48 -0.2, 0.42 0") + step, 0.105, animal)
    _collar(brush, animal, path("-0.46 -0.66, -0.36 -0.6, -0.24 -0.68"), 0.035)
    head = brush.at(-0.42, -0.79, 0.2 * animal.head_size, rng.normal(0, 0.15))
    animal.side_head(head, animal, rng)


def lying(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw the animal lying with its head up, seen from its left side."""
    coat, girth = animal.coat, animal.girth
    brush.shadow(0.05, 0.02, 0.72, 0.1)
    fur(brush, curve(LYING_SIDE * (1, girth), closed=True), coat, rng)
    brush.blob(LYING_BREAST, coat.pale, lit=True)
    fur(brush, ellipse(0.38, -0.17, 0.22, 0.17 * girth), coat, rng)
    brush.shape(ellipse(0.22, -0.03, 0.13, 0.045), coat.paws, lit=True)
    reach = rng.uniform(0.05, 0.2) * path("0 0, 0 0, -1 0")
    _leg(brush, path("-0.3 -0.12, -0.44 -0.05, -0.5 0") + reach, 0.1, animal, far=True)
    _leg(brush, path("-0.24 -0.12, -0.36 -0.03, -0.42 0.03") + reach, 0.105, animal)
    sweep = animal.tail_length * path("0 0, 0 0, -0.25 0, -0.5 0")
    _tail(brush, path("0.56 -0.08, 0.68 0, 0.68 0.05, 0.65 0.03") + sweep, animal)
    _collar(brush, animal, path("-0.5 -0.42, -0.38 -0.34, -0.24 -0.4"), 0.04)
    head = brush.at(-0.38, -0.56, 0.25 * animal.head_size, rng.normal(0, 0.15))
    animal.front_head(head, animal, rng)


def curled(brush: Brush, animal: Animal, rng: np.random.Generator) -> None:
    """Draw the animal curled up, seen a little from above."""
    coat = animal.coat
    brush.shadow(0.02, -0.1, 0.66, 0.26)
    fur(brush, ellipse(0.04, -0.3, 0.56, 0.33 * animal.girth, rng.normal(0, 0.05)), coat, rng)
    fur(brush, ellipse(0.36, -0.2, 0.24, 0.2), coat, rng)
    _tail(brush, path("0.55 -0.2, 0.45 0, 0.1 0.05, -0.2 0"), animal)
    _leg(brush, path("0.1 -0.1, -0.05 -0.04, -0.15 -0.02"), 0.1, animal)
    head = brush.at(-0.3, -0.24, 0.25 * animal.head_size, rng.uniform(-0.2, 0.5))
    animal.front_head(head, animal, rng)


POSES: dict[str, Callable[[Brush, Animal, np.random.Generator], None]] = {
    "portrait": portrait,
    "sitting": sitting,
    "sitting aside": sitting_aside,
    "standing": standing,
    "lying": lying,
    "curled": curled,
}


def _leg(
    brush: Brush, points: ArrayLike, width: float, animal: Animal, *, far: bool = False
) -> None:
    """Draw a leg along *points*, from the body to its paw; *far* legs lie in shade."""
    coat, shade = animal.coat, 0.3 if far else 0.0
    width *= animal.girth
    line = curve(points)
    brush.stroke(points, [width * 1.3, width, width * 0.8], darker(coat.base, shade), lit=True)
    if coat.pattern == "stripes":
        for x, y in line[len(line) // 3 : -4 : 3]:
            band = [(x - width * 0.4, y - 0.01), (x + width * 0.1, y)]
            brush.stroke(band, [width * 0.22, 0.01], darker(coat.mark, shade))
    x, y = line[-1]
    paw = ellipse(x - width * 0.2, y - width * 0.28, width * 0.62, width * 0.4)
    brush.shape(paw, darker(coat.paws, shade), lit=True)


def _tail(brush: Brush, points: ArrayLike, animal: Animal) -> None:
    """Draw the tail along *points* from its root."""
    coat, width = animal.coat, animal.tail_width
    line = curve(points)
    brush.stroke(points, [width, width, width * 0.8], coat.base, lit=True)
    if coat.pattern == "stripes":
        for k in range(len(line) // 4, len(line) - 2, 4):
            along = line[k + 1] - line[k - 1]
            across = along[::-1] * (-1, 1) * (width * 0.42 / max(np.hypot(*along), 1e-9))
            brush.stroke([line[k] - across, line[k] + across], width * 0.35, coat.mark)
    tip = coat.mark if coat.pattern == "stripes" else coat.paws
    brush.stroke(line[-6:], [width * 0.85, width * 0.7], tip)


def _collar(brush: Brush, animal: Animal, points: ArrayLike, width: float) -> None:
    """Draw the animal's collar and its tag along *points*, if it has one."""
    if animal.collar is None:
        return
    brush.stroke(points, width, animal.collar)
    line = curve(points)
    x, y = line[len(line) // 2]
    brush.disc(x, y + width * 0.8, width * 0.6, (236, 200, 84))
