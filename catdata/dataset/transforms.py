"""The transforms that make a copy of a picture differ from it, in one table.

A transform draws its parameters from a strength and a few numbers from 0 to 1, and applies them
later, perhaps on another machine: so parameters are plain numbers, and the arithmetic on pixels
rounds alike everywhere. Those that move pixels give a map, which ``warp`` follows before a photo is
fitted to its square; the others work on the square.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from catdata.dataset.warp import Affine, rotation, shear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Pixels: TypeAlias = NDArray[np.uint8]
Parameters: TypeAlias = dict[str, float]

CHANCES = 4  # numbers from 0 to 1 that each transform is given to draw its parameters from

_DECIMALS = 4  # of every parameter, so that its text is the very number
_LUMA = (299, 587, 114)  # thousandths of red, green and blue in grey: ITU-R BT.601
_BYTES_SPREAD = math.sqrt(4 * (256**2 - 1) / 12)  # standard deviation of the sum of four bytes


@dataclass(frozen=True, slots=True)
class Transform:
    """One way to change a picture.

    Attributes:
        help: What it does, for people.
        unit: What its strength is measured in.
        default: Its strength where none is named.
        highest: The highest strength; the lowest is 0, which changes nothing.
        draw: Returns parameters for a strength and ``CHANCES`` numbers in [0, 1).
        limits: The lowest and highest value of each parameter.
        phrase: What was done, as a format of the parameters.
        apply: Changes pixels of shape (h, w, 3), uint8, given the parameters by name; or None.
        move: Returns the map for parameters and the width and height in pixels; or None.
        probability: How often it is applied where nothing is said, 0..1.
        switch: Whether the strength is 0 or 1 and nothing between.
    """

    help: str
    unit: str
    default: float
    highest: float
    draw: Callable[[float, Sequence[float]], Parameters]
    limits: Mapping[str, tuple[float, float]]
    phrase: str
    apply: Callable[..., Pixels] | None = None
    move: Callable[[Parameters, int, int], Affine] | None = None
    probability: float = 1.0
    switch: bool = False

    @property
    def geometric(self) -> bool:
        """Whether it says where pixels come from, rather than what becomes of them."""
        return self.move is not None


def _around(chance: float, strength: float, centre: float = 0.0) -> float:
    """Return a number within *strength* on either side of *centre*."""
    # Adding zero makes a negative zero a plain one.
    return round(centre + strength * (2 * chance - 1), _DECIMALS) + 0.0


def _up_to(chance: float, strength: float) -> float:
    return round(strength * chance, _DECIMALS)


# Drawing


def _draw_angle(strength: float, chances: Sequence[float]) -> Parameters:
    return {"degrees": _around(chances[0], strength)}


def _draw_factor(strength: float, chances: Sequence[float]) -> Parameters:
    return {"factor": _around(chances[0], strength, centre=1)}


def _draw_amount(strength: float, _chances: Sequence[float]) -> Parameters:
    return {"amount": strength}


def _draw_shift(strength: float, chances: Sequence[float]) -> Parameters:
    return {"right": _around(chances[0], strength), "down": _around(chances[1], strength)}


def _draw_zoom(strength: float, chances: Sequence[float]) -> Parameters:
    """Draw the share of the sides that stays in view, and where what stays lies."""
    return {
        "share": round(1 - strength * chances[0], _DECIMALS),
        "across": _up_to(chances[1], 1),
        "down": _up_to(chances[2], 1),
    }


def _draw_flip(strength: float, _chances: Sequence[float]) -> Parameters:
    return {"mirrored": strength}


def _draw_blur(strength: float, chances: Sequence[float]) -> Parameters:
    return {"radius": _up_to(chances[0], strength)}


def _draw_jpeg(strength: float, chances: Sequence[float]) -> Parameters:
    return {"loss": round(strength * chances[0])}


def _draw_noise(strength: float, chances: Sequence[float]) -> Parameters:
    return {"deviation": _up_to(chances[0], strength), "seed": int(chances[1] * 2**32)}


def _draw_cutout(strength: float, chances: Sequence[float]) -> Parameters:
    return {
        "share": strength,
        "across": _up_to(chances[0], 1),
        "down": _up_to(chances[1], 1),
    }


# Moving


def _rotate(parameters: Parameters, _width: int, _height: int) -> Affine:
    return rotation(parameters["degrees"])


def _shear(parameters: Parameters, _width: int, _height: int) -> Affine:
    return shear(parameters["degrees"])


def _shift(parameters: Parameters, width: int, height: int) -> Affine:
    return Affine(c=-parameters["right"] * width, f=-parameters["down"] * height)


def _zoom(parameters: Parameters, width: int, height: int) -> Affine:
    share = parameters["share"]
    hidden = 1 - share
    return Affine(
        a=share,
        c=hidden * (parameters["across"] - 0.5) * width,
        e=share,
        f=hidden * (parameters["down"] - 0.5) * height,
    )


# Changing


def _flip(pixels: Pixels, *, mirrored: float) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1]) if mirrored else pixels


def _brightness(pixels: Pixels, *, factor: float) -> Pixels:
    return _rounded(np.arange(256) * factor)[pixels]


def _contrast(pixels: Pixels, *, factor: float) -> Pixels:
    mean = round(float(_grey(pixels).mean()))
    return _rounded(mean + (np.arange(256) - mean) * factor)[pixels]


def _colour(pixels: Pixels, *, factor: float) -> Pixels:
    grey = _grey(pixels)[..., None].astype(np.float32)
    return _rounded(grey + (pixels - grey) * np.float32(factor))


def _hue(pixels: Pixels, *, degrees: float) -> Pixels:
    """Turn the colours about the grey axis, keeping the luma: feColorMatrix of SVG 1.1, 15.10."""
    if not degrees:
        return pixels
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    luma = np.array([0.213, 0.715, 0.072])
    turned = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    weights = np.round(luma + cosine * (np.eye(3) - luma) + sine * turned, 6).astype(np.float32)
    red, green, blue = (pixels[..., channel].astype(np.float32) for channel in range(3))
    # Not one matrix product: BLAS adds up in another order on every machine.
    mixed = [row[0] * red + row[1] * green + row[2] * blue for row in weights]
    return _rounded(np.stack(mixed, axis=-1))


def _grayscale(pixels: Pixels, *, amount: float) -> Pixels:
    return _colour(pixels, factor=1 - amount)


def _blur(pixels: Pixels, *, radius: float) -> Pixels:
    if not radius:
        return pixels
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def _noise(pixels: Pixels, *, deviation: float, seed: float) -> Pixels:
    """Add to each number the sum of four random bytes, which is close to normal.

    NumPy promises the raw stream of PCG64 for good, and that of its normal numbers it does not.
    """
    words = np.random.PCG64(int(seed)).random_raw(-(-pixels.size // 2))
    quarters = words.astype("<u8").view(np.uint8).reshape(-1, 4)
    total = quarters.astype(np.int16).sum(axis=1, dtype=np.int16)[: pixels.size]
    grain = (total.reshape(pixels.shape) - 510) * np.float32(deviation / _BYTES_SPREAD)
    return _rounded(pixels + grain)


def _jpeg(pixels: Pixels, *, loss: float) -> Pixels:
    if not loss:
        return pixels
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=100 - int(loss))
    with Image.open(file, formats=["JPEG"]) as image:
        return np.asarray(image)


def _cutout(pixels: Pixels, *, share: float, across: float, down: float) -> Pixels:
    """Cover a rectangle with the mean colour of the picture."""
    height, width = pixels.shape[:2]
    high, wide = round(share * height), round(share * width)
    top, left = round(down * (height - high)), round(across * (width - wide))
    covered = pixels.copy()
    covered[top : top + high, left : left + wide] = np.rint(pixels.mean(axis=(0, 1)))
    return covered


def _grey(pixels: Pixels) -> NDArray[np.int32]:
    red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
    return (_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue + 500) // 1000


def _rounded(values: NDArray[np.float32] | NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_SHARE, _FACTOR = (0.0, 1.0), (0.0, 2.0)

TRANSFORMS: dict[str, Transform] = {
    "rotate": Transform(
        help="turn to either side",
        unit="degrees",
        default=15,
        highest=180,
        draw=_draw_angle,
        limits={"degrees": (-180, 180)},
        phrase="turned {degrees:+.1f}°",
        move=_rotate,
    ),
    "shear": Transform(
        help="slant to either side",
        unit="degrees",
        default=10,
        highest=45,
        draw=_draw_angle,
        limits={"degrees": (-45, 45)},
        phrase="slanted {degrees:+.1f}°",
        move=_shear,
    ),
    "zoom": Transform(
        help="cut away up to so much and enlarge the rest",
        unit="of the sides",
        default=0.2,
        highest=0.9,
        draw=_draw_zoom,
        limits={"share": (0.1, 1), "across": _SHARE, "down": _SHARE},
        phrase="zoomed to {share:.0%}",
        move=_zoom,
    ),
    "shift": Transform(
        help="move across and down",
        unit="of the sides",
        default=0.1,
        highest=0.5,
        draw=_draw_shift,
        limits={"right": (-0.5, 0.5), "down": (-0.5, 0.5)},
        phrase="moved {right:+.0%} {down:+.0%}",
        move=_shift,
    ),
    "flip": Transform(
        help="mirror left and right",
        unit="0 or 1",
        default=1,
        highest=1,
        draw=_draw_flip,
        limits={"mirrored": _SHARE},
        phrase="mirrored",
        apply=_flip,
        probability=0.5,
        switch=True,
    ),
    "brightness": Transform(
        help="make lighter or darker",
        unit="of the brightness",
        default=0.2,
        highest=1,
        draw=_draw_factor,
        limits={"factor": _FACTOR},
        phrase="brightness x{factor:.2f}",
        apply=_brightness,
    ),
    "contrast": Transform(
        help="spread or narrow the greys about their mean",
        unit="of the contrast",
        default=0.2,
        highest=1,
        draw=_draw_factor,
        limits={"factor": _FACTOR},
        phrase="contrast x{factor:.2f}",
        apply=_contrast,
    ),
    "colour": Transform(
        help="make more or less colourful",
        unit="of the saturation",
        default=0.2,
        highest=1,
        draw=_draw_factor,
        limits={"factor": _FACTOR},
        phrase="colour x{factor:.2f}",
        apply=_colour,
    ),
    "hue": Transform(
        help="turn the colours",
        unit="degrees",
        default=10,
        highest=180,
        draw=_draw_angle,
        limits={"degrees": (-180, 180)},
        phrase="hue {degrees:+.1f}°",
        apply=_hue,
    ),
    "grayscale": Transform(
        help="take the colour away",
        unit="of the colour",
        default=1,
        highest=1,
        draw=_draw_amount,
        limits={"amount": _SHARE},
        phrase="{amount:.0%} grey",
        apply=_grayscale,
        probability=0.2,
    ),
    "blur": Transform(
        help="blur",
        unit="pixels",
        default=1,
        highest=10,
        draw=_draw_blur,
        limits={"radius": (0, 10)},
        phrase="blurred {radius:.1f} px",
        apply=_blur,
    ),
    "noise": Transform(
        help="add grain",
        unit="grey levels of 255",
        default=8,
        highest=128,
        draw=_draw_noise,
        limits={"deviation": (0, 128), "seed": (0, 2**32 - 1)},
        phrase="grain {deviation:.0f}",
        apply=_noise,
    ),
    "jpeg": Transform(
        help="save as JPEG at a quality of up to so much below 100",
        unit="points",
        default=50,
        highest=95,
        draw=_draw_jpeg,
        limits={"loss": (0, 95)},
        phrase="JPEG -{loss:.0f}",
        apply=_jpeg,
    ),
    "cutout": Transform(
        help="cover a rectangle with the mean colour",
        unit="of the sides",
        default=0.3,
        highest=0.9,
        draw=_draw_cutout,
        limits={"share": (0, 0.9), "across": _SHARE, "down": _SHARE},
        phrase="{share:.0%} covered",
        apply=_cutout,
    ),
}
"""Every transform by name, in the order in which they are applied."""

REFUSED = {
    "mixup": "mixup blends two pictures and their labels, and the course's labels are hard 0 and 1",
}
"""Transforms that people ask for and that cannot work here, and why."""
