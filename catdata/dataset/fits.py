"""The ways in which an upright picture becomes a square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def fit_stretch(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Resize a picture to a square, ignoring its aspect ratio.

    Args:
        image: RGB picture of any size.
        size: Side of the result, in pixels.

    Returns:
        Shape (size, size, 3), uint8, 0..255.
    """
    return pixels_of(image.resize((size, size), Image.Resampling.LANCZOS))


def fit_crop(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Cut the longer side of a picture at both ends, then resize it to a square.

    Args:
        image: RGB picture of any size.
        size: Side of the result, in pixels.

    Returns:
        Shape (size, size, 3), uint8, 0..255.
    """
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return pixels_of(image.resize((size, size), Image.Resampling.LANCZOS, box=box))


def fit_pad(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Resize the longer side of a picture and fill the rest of the square with black bars.

    Args:
        image: RGB picture of any size.
        size: Side of the result, in pixels.

    Returns:
        Shape (size, size, 3), uint8, 0..255.
    """
    longer = max(image.size)
    width = max(1, round(size * image.width / longer))
    height = max(1, round(size * image.height / longer))
    canvas = Image.new("RGB", (size, size))
    inner = image.resize((width, height), Image.Resampling.LANCZOS)
    canvas.paste(inner, ((size - width) // 2, (size - height) // 2))
    return pixels_of(canvas)


FITS: dict[str, Callable[[Image.Image, int], NDArray[np.uint8]]] = {
    "stretch": fit_stretch,
    "crop": fit_crop,
    "pad": fit_pad,
}
"""The fits by name."""


def pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    """Return an RGB picture as an array of shape (height, width, 3), uint8."""
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, 3)
