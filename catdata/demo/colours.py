"""Colours as triples of 0 to 255, and the few ways in which the scenes change them."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Colour: TypeAlias = tuple[int, int, int]

WHITE: Colour = (250, 248, 244)
BLACK: Colour = (24, 22, 24)


def palette(text: str) -> tuple[Colour, ...]:
    """Return the colours of a text such as ``"e0924a fae2c0"``: hexadecimal, spaces between."""
    return tuple(_from_bytes(bytes.fromhex(code)) for code in text.split())


def _from_bytes(channels: bytes) -> Colour:
    red, green, blue = channels
    return red, green, blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies *share* (0..1) of the way from *first* to *second*."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float) -> Colour:
    """Return *colour* moved towards white by *share* (0..1)."""
    return mix(colour, WHITE, share)


def darker(colour: Colour, share: float) -> Colour:
    """Return *colour* moved towards black by *share* (0..1)."""
    return mix(colour, BLACK, share)


def varied(colour: Colour, rng: np.random.Generator, amount: float = 1.0) -> Colour:
    """Return a colour near *colour*: another hue, saturation and brightness within *amount*."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    shift = rng.normal(0, amount, 3)
    return _from_hsv(
        (hue + 0.015 * shift[0]) % 1,
        min(max(saturation * (1 + 0.15 * shift[1]), 0), 1),
        min(max(value * (1 + 0.10 * shift[2]), 0.05), 1),
    )


def chosen(colours: Sequence[Colour], rng: np.random.Generator, amount: float = 1.0) -> Colour:
    """Return one of *colours*, drawn evenly and varied by *amount*."""
    return varied(colours[int(rng.integers(len(colours)))], rng, amount)


def any_colour(
    rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]
) -> Colour:
    """Return a colour of any hue, its saturation and value (0..1) within the given ranges."""
    return _from_hsv(rng.uniform(), rng.uniform(*saturation), rng.uniform(*value))


def _from_hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


GREENS = palette("5c863e 76964a 48703e 889c5c 547854")  # leaves and grass
LEAVES = palette("428434 5c9c38 2c6838 769e42")  # the same in full sun
WOODS = palette("a8764c 7e563a c69c6c 604638 b68c68")
