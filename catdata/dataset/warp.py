"""Move, turn, stretch and shear a picture in one resampling, with its surroundings mirrored.

A map tells for each place of the result where it was in the picture. Maps are composed first and
the picture is resampled once; beyond its border it goes on as its own mirror image, so no corner is
black.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN = 3  # pixels that bicubic interpolation reads around a place, and one for rounding


class Affine(NamedTuple):
    """A map from the result back to the picture, both measured in pixels from their centre.

    ``x_source = a x + b y + c`` and ``y_source = d x + e y + f``.
    """

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def after(self, first: Affine) -> Affine:
        """Return the map that does *first* to a place of the result, and then this one."""
        return Affine(
            self.a * first.a + self.b * first.d,
            self.a * first.b + self.b * first.e,
            self.a * first.c + self.b * first.f + self.c,
            self.d * first.a + self.e * first.d,
            self.d * first.b + self.e * first.e,
            self.d * first.c + self.e * first.f + self.f,
        )


UNMOVED = Affine()


def rotation(degrees: float) -> Affine:
    """Return the map that turns a picture counter-clockwise."""
    angle = math.radians(degrees)
    return Affine(a=math.cos(angle), b=-math.sin(angle), d=math.sin(angle), e=math.cos(angle))


def shear(degrees: float) -> Affine:
    """Return the map that slants the vertical lines of a picture by an angle."""
    return Affine(b=math.tan(math.radians(degrees)))


def warp(picture: NDArray[np.uint8], affine: Affine, *, fine: bool = True) -> Image.Image:
    """Resample a picture through a map.

    Args:
        picture: Shape (height, width, 3), uint8, RGB.
        affine: Where each place of the result was.
        fine: Whether to interpolate cubically, which keeps a small picture sharp, rather than
            linearly, which takes half the time.

    Returns:
        An RGB picture of the same size.
    """
    height, width = picture.shape[:2]
    # Nine decimals: the last bits of sine and cosine differ from machine to machine.
    a, b, c, d, e, f = (round(number, 9) for number in affine)
    reach_x = abs(a) * width / 2 + abs(b) * height / 2
    reach_y = abs(d) * width / 2 + abs(e) * height / 2
    left, right = _span(width / 2 + c, reach_x)
    top, bottom = _span(height / 2 + f, reach_y)
    needed = picture.take(_mirrored(top, bottom, height), axis=0)
    needed = needed.take(_mirrored(left, right, width), axis=1)
    # Pillow counts from the upper left corner of what it is given.
    x = width / 2 + c - a * width / 2 - b * height / 2 - left
    y = height / 2 + f - d * width / 2 - e * height / 2 - top
    return Image.fromarray(needed).transform(
        (width, height),
        Image.Transform.AFFINE,
        (a, b, x, d, e, y),
        resample=Image.Resampling.BICUBIC if fine else Image.Resampling.BILINEAR,
    )


def _span(centre: float, reach: float) -> tuple[int, int]:
    return math.floor(centre - reach) - _MARGIN, math.ceil(centre + reach) + _MARGIN


def _mirrored(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Return which row stands at each place from *start* to *stop*, mirrored at both borders."""
    places = np.arange(start, stop) % (2 * length)
    return np.where(places < length, places, 2 * length - 1 - places)
