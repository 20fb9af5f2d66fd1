"""The picture that a scene paints: soft backgrounds, and layers laid on each other."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from catdata.demo.layers import NEUTRAL, Brush, Layer, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catdata.demo.colours import Colour

    Box = tuple[int, int, int, int]

OVERSAMPLING = 2
LIGHT_MAP_SIDE = 112  # pixels of the shorter side; light is soft, so few are enough
EDGE = 180  # the value of Pillow's radial gradient where its circle touches the sides
GREY: Colour = (128, 128, 128)


class Canvas:
    """A picture measured in units of its shorter side, with x to the right and y downwards.

    Attributes:
        size: Width and height in pixels.
        short: The shorter side in pixels.
        width: Width in units, at least 1.
        height: Height in units, at least 1.
        rng: Source of light and texture.
        towards_light: Unit vector from a thing to the light, (2,).
        warmth: By how much the light is redder than blue; lamps give about 0.2, shade less than 0.
        picture: What has been laid down so far, RGB.
    """

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        self.short = min(size)
        self.width, self.height = size[0] / self.short, size[1] / self.short
        self.rng = rng
        angle = rng.normal(0, 0.7)
        self.towards_light = np.array([math.sin(angle), -math.cos(angle)])
        self.warmth = 0.0
        self.picture = Image.new("RGB", size, GREY)

    def gradient(
        self, colours: Sequence[Colour], top: float = 0.0, bottom: float | None = None
    ) -> None:
        """Fill the picture from *top* to *bottom* with *colours*, one running into the next."""
        first, last = self._rows(top, bottom)
        column = Image.fromarray(np.asarray(colours, dtype=np.uint8)[:, None])
        centres = (0, 0.5, 1, len(colours) - 0.5)  # the outermost colours reach the very edges
        column = column.resize((1, last - first), Image.Resampling.BILINEAR, box=centres)
        self.picture.paste(column.resize((self.size[0], last - first)), (0, first))

    def mottle(
        self,
        colour: Colour,
        cells: float,
        strength: float,
        *,
        stretch: float = 1.0,
        top: float = 0.0,
        bottom: float | None = None,
    ) -> None:
        """Tint the picture from *top* to *bottom* in soft irregular spots.

        Args:
            colour: The tint.
            cells: Spots along the shorter side.
            strength: Largest share of the tint, 0..1.
            stretch: How much wider than high a spot is.
            top: Upper edge.
            bottom: Lower edge; None is the picture's own.
        """
        first, last = self._rows(top, bottom)
        across = max(round(cells * self.width / stretch), 2)
        down = max(round(cells * (last - first) / self.short), 2)
        coarse = Image.frombytes("L", (across, down), self.rng.bytes(across * down))
        cover = coarse.point([round(value * strength) for value in range(256)])
        cover = cover.resize((self.size[0], last - first), Image.Resampling.BICUBIC)
        self.picture.paste(colour, (0, first, self.size[0], last), cover)

    def glow(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Tint the picture around (x, y), fully there and not at all from *radius* on."""
        side = max(round(2 * radius * self.short), 1)
        fade = [round(255 * max(1 - distance / EDGE, 0) ** 2) for distance in range(256)]
        cover = Image.radial_gradient("L").point(fade).resize((side, side))
        left, top = round((x - radius) * self.short), round((y - radius) * self.short)
        self.picture.paste(colour, (left, top, left + side, top + side), cover)

    def _rows(self, top: float, bottom: float | None) -> tuple[int, int]:
        first = min(max(round(top * self.short), 0), self.size[1] - 1)
        last = self.size[1] if bottom is None else min(round(bottom * self.short), self.size[1])
        return first, max(last, first + 1)

    @contextmanager
    def layer(
        self,
        base: Colour = GREY,
        *,
        roundness: float = 0.8,
        texture: float = 0.0,
        blur: float = 0.0,
    ) -> Iterator[Brush]:
        """Give a brush for a new layer and lay the layer on the picture afterwards.

        Args:
            base: The colour that shows through at antialiased edges.
            roundness: How strongly lit shapes are modelled, 0..1.
            texture: How strongly the surface is streaked, as fur and cloth are, 0..1.
            blur: How far out of focus the layer is, in units.
        """
        large = (self.size[0] * OVERSAMPLING, self.size[1] * OVERSAMPLING)
        coarse = (round(self.width * LIGHT_MAP_SIDE), round(self.height * LIGHT_MAP_SIDE))
        layer = Layer(
            colours=Image.new("RGB", large, base),
            cover=Image.new("L", large),
            light=Image.new("L", coarse, NEUTRAL),
            shadow=Image.new("L", coarse, NEUTRAL),
            towards_light=self.towards_light,
            roundness=roundness,
        )
        yield Brush(layer, Place(np.eye(2) * self.short * OVERSAMPLING, np.zeros(2)))
        self.relight(_soft(layer.shadow, 4.0))
        self._lay(layer, texture, blur * self.short)

    def _lay(self, layer: Layer, texture: float, blur: float) -> None:
        painted = layer.cover.getbbox()
        if painted is None:
            return
        left, top, right, bottom = box = self._enclosing(painted, margin=round(2 * blur))
        k = OVERSAMPLING
        large = (left * k, top * k, right * k, bottom * k)
        colours = layer.colours.reduce(k, large)
        cover = layer.cover.reduce(k, large)
        light = self._enlarged(_soft(layer.light, 2.0), box)
        if texture:
            streaks = self._enlarged(self._streaks(texture), box)
            light = ImageChops.add(light, streaks, offset=-NEUTRAL)
        colours = _lit(colours, light)
        if blur >= 0.5:
            colours = colours.filter(ImageFilter.BoxBlur(blur))
            cover = cover.filter(ImageFilter.BoxBlur(blur))
        self.picture.paste(colours, (left, top), cover)

    def _enclosing(self, painted: Box, margin: int) -> Box:
        """Return the picture's pixels that hold an oversampled box and a *margin* around it."""
        left, top = (max(edge // OVERSAMPLING - margin, 0) for edge in painted[:2])
        right, bottom = (
            min(math.ceil(edge / OVERSAMPLING) + margin, side)
            for edge, side in zip(painted[2:], self.size, strict=True)
        )
        return left, top, right, bottom

    def _enlarged(self, coarse: Image.Image, box: Box) -> Image.Image:
        """Return the part of a coarse map of the whole picture that covers *box*, in its size."""
        x, y = coarse.width / self.size[0], coarse.height / self.size[1]
        left, top, right, bottom = box
        part = (left * x, top * y, right * x, bottom * y)
        return coarse.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=part)

    def _streaks(self, strength: float) -> Image.Image:
        across, down = round(self.width * 150), round(self.height * 50)
        noise = Image.frombytes("L", (across, down), self.rng.bytes(across * down))
        return noise.point([round(NEUTRAL + (value - 127.5) * strength) for value in range(256)])

    def relight(self, light: Image.Image) -> None:
        """Put the whole picture under a coarse light map."""
        if light.getextrema() != (NEUTRAL, NEUTRAL):
            self.picture = _lit(self.picture, self._enlarged(light, (0, 0, *self.size)))


def _soft(light: Image.Image, radius: float) -> Image.Image:
    """Return a light map blurred by *radius* of its own pixels, or itself where it is even."""
    low, high = light.getextrema()
    return light if low == high else light.filter(ImageFilter.GaussianBlur(radius))


def _lit(picture: Image.Image, light: Image.Image) -> Image.Image:
    """Return an RGB *picture* under a greyscale light map of the same size."""
    return ImageChops.hard_light(picture, Image.merge("RGB", (light, light, light)))
