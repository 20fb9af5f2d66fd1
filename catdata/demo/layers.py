"""A layer of a picture, and the brush that draws on it.

Shapes are drawn without antialiasing on a large picture that is reduced later. A layer is lit by a
second, coarse picture: each lit shape is drawn there dark at its rim and bright towards the light,
the whole is blurred, and so flat shapes look round.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from catdata.demo.outlines import Points, curve, ellipse, ribbon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

    from catdata.demo.colours import Colour

NEUTRAL = 128  # the value of a light map that changes nothing
NESTED = (1.0, 0.84, 0.66, 0.45)  # sizes of the outlines that model a round shape
RIM, CREST = -62, 34  # how much the light differs from NEUTRAL at a shape's rim and inside it


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a figure's own coordinates lie: a linear map and the origin's position.

    Attributes:
        matrix: Array of shape (2, 2), float64.
        origin: Array of shape (2,), float64.
    """

    matrix: Points
    origin: Points

    def at(self, x: float, y: float, scale: float, turn: float, *, mirrored: bool) -> Place:
        """Return the place of a part that is mirrored, scaled, turned and moved to (x, y)."""
        cosine, sine = scale * math.cos(turn), scale * math.sin(turn)
        part = np.array([[cosine, -sine], [sine, cosine]])
        if mirrored:
            part = part * (-1, 1)
        return Place(self.matrix @ part, self.of((x, y)))

    def of(self, points: ArrayLike) -> Points:
        """Return where *points* of the figure, (k, 2) or (2,), lie."""
        return np.asarray(points, dtype=np.float64) @ self.matrix.T + self.origin


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes that are painted together, lit together and laid on the picture together.

    Attributes:
        colours: RGB picture, oversampled.
        cover: Greyscale picture of the same size; 255 where the layer is painted.
        light: Coarse greyscale picture; :data:`NEUTRAL` changes nothing.
        shadow: Coarse greyscale picture of what the layer darkens below itself.
        towards_light: Unit vector in the picture's plane, (2,).
        roundness: How strongly shapes are modelled, 0..1.
    """

    colours: Image.Image
    cover: Image.Image
    light: Image.Image
    shadow: Image.Image
    towards_light: Points
    roundness: float

    def paint(self, outline: Points, colour: Colour) -> None:
        """Fill *outline* (oversampled pixels) with a flat colour."""
        shape = _flat(outline)
        ImageDraw.Draw(self.colours).polygon(shape, fill=colour)
        ImageDraw.Draw(self.cover).polygon(shape, fill=255)

    def model(self, nested: Sequence[Points]) -> None:
        """Let a shape look round under the layer's light.

        Args:
            nested: The shape's outline and ever smaller ones inside it, in oversampled pixels.
        """
        draw = ImageDraw.Draw(self.light)
        coarse = [outline * (self.light.width / self.colours.width) for outline in nested]
        reach = self.towards_light * np.ptp(coarse[0], axis=0).min() * 0.11
        for step, outline in enumerate(coarse):
            difference = RIM + (CREST - RIM) * step / (len(coarse) - 1)
            value = round(NEUTRAL + difference * self.roundness)
            draw.polygon(_flat(outline + reach * step), fill=value)

    def cast(self, outline: Points, depth: int) -> None:
        """Darken what lies below *outline* (oversampled pixels) by *depth* (0..127)."""
        coarse = outline * (self.shadow.width / self.colours.width)
        ImageDraw.Draw(self.shadow).polygon(_flat(coarse), fill=NEUTRAL - depth)


@dataclass(frozen=True, slots=True)
class Brush:
    """Draws on a layer in the coordinates of one figure or of one part of it."""

    layer: Layer
    place: Place

    def at(
        self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, *, mirrored: bool = False
    ) -> Brush:
        """Return the brush of a part; see :meth:`Place.at`."""
        return Brush(self.layer, self.place.at(x, y, scale, turn, mirrored=mirrored))

    def shape(self, outline: ArrayLike, colour: Colour, *, lit: bool = False) -> None:
        """Fill an outline of shape (k, 2); with *lit* also model it by the light."""
        pixels = self.place.of(outline)
        self.layer.paint(pixels, colour)
        if lit:
            centre = pixels.mean(axis=0)
            self.layer.model([centre + (pixels - centre) * share for share in NESTED])

    def blob(self, points: ArrayLike, colour: Colour, *, lit: bool = False) -> None:
        """Fill the smooth closed curve through *points*."""
        self.shape(curve(points, closed=True), colour, lit=lit)

    def disc(self, x: float, y: float, radius: float, colour: Colour, *, lit: bool = False) -> None:
        """Fill a circle."""
        self.shape(ellipse(x, y, radius, radius), colour, lit=lit)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Colour,
        *,
        lit: bool = False,
    ) -> None:
        """Fill an upright rectangle."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.shape(corners, colour, lit=lit)

    def stroke(
        self, points: ArrayLike, width: ArrayLike, colour: Colour, *, lit: bool = False
    ) -> None:
        """Draw a round-ended stroke along the smooth curve through *points*."""
        self.shape(ribbon(points, width), colour)
        if lit:
            widths = np.asarray(width)
            nested = [self.place.of(ribbon(points, widths * share)) for share in NESTED]
            self.layer.model(nested)

    def shadow(self, x: float, y: float, rx: float, ry: float, depth: int = 70) -> None:
        """Cast an elliptic shadow on whatever the layer will be laid on."""
        self.layer.cast(self.place.of(ellipse(x, y, rx, ry)), depth)

    @contextmanager
    def within(self, outline: ArrayLike) -> Iterator[Brush]:
        """Give a brush that paints only inside *outline*: markings on a body."""
        layer = self.layer
        points = self.place.of(outline)
        left, top = np.maximum(np.floor(points.min(axis=0)), 0).astype(int).tolist()
        last = np.minimum(np.ceil(points.max(axis=0)), layer.colours.size)
        right, bottom = np.maximum(last, (left + 1, top + 1)).astype(int).tolist()
        stencil = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(stencil).polygon(_flat(points - (left, top)), fill=255)
        inside = layer.colours.crop((left, top, right, bottom))
        scratch = Image.new("L", inside.size)  # markings are neither lit nor laid for themselves
        marks = replace(layer, colours=inside, cover=scratch, light=scratch, shadow=scratch)
        yield Brush(marks, Place(self.place.matrix, self.place.origin - (left, top)))
        layer.colours.paste(inside, (left, top), stencil)


def _flat(points: Points) -> list[float]:
    flat: list[float] = points.ravel().tolist()
    return flat
