"""Flowers from near: petals in one to three rings around a heart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import chosen, darker, lighter, palette, varied
from catdata.demo.outlines import ellipse

if TYPE_CHECKING:
    from catdata.demo.layers import Brush

PETALS = palette("e23e42 f082aa face46 f4f0ec 9660c4 f08a3c 6078d6 c43278")
HEARTS = palette("ecc446 78542c d2dc82")


def draw_flower(brush: Brush, rng: np.random.Generator) -> None:
    """Draw a flower of radius 1 around the origin."""
    colour = chosen(PETALS, rng, 1.3)
    count = int(rng.integers(5, 14))
    width = min(2.2 / count, 0.4) * rng.uniform(0.9, 1.3)
    for ring in range(int(rng.integers(1, 4))):
        reach = 1 - 0.27 * ring
        for k in range(count):
            angle = (2 * k + ring) * np.pi / count
            x, y = 0.56 * reach * np.cos(angle), 0.56 * reach * np.sin(angle)
            petal = ellipse(x, y, 0.46 * reach, width * reach, angle)
            brush.shape(petal, varied(lighter(colour, 0.13 * ring), rng, 0.25), lit=True)
    heart, size = chosen(HEARTS, rng), rng.uniform(0.14, 0.3)
    brush.disc(0, 0, size, heart, lit=True)
    for x, y in rng.normal(0, size * 0.4, (14, 2)):
        brush.disc(x, y, 0.025, darker(heart, 0.4))
