"""What a camera adds to a scene: uneven light, exposure, a colour cast, blur and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from catdata.demo.canvas import LIGHT_MAP_SIDE
from catdata.demo.layers import NEUTRAL

if TYPE_CHECKING:
    from catdata.demo.canvas import Canvas


def photograph(canvas: Canvas, rng: np.random.Generator) -> Image.Image:
    """Return the canvas's picture as an everyday camera might have taken it (RGB)."""
    canvas.relight(_uneven_light(canvas, rng))
    picture = _exposed(canvas.picture, canvas.warmth, rng)
    if rng.uniform() < 0.25:
        radius = rng.uniform(0.002, 0.009) * canvas.short
        picture = picture.filter(ImageFilter.GaussianBlur(radius))
    return _noisy(picture, rng.uniform(0.0, 0.08), rng)


def _uneven_light(canvas: Canvas, rng: np.random.Generator) -> Image.Image:
    """Return a coarse light map: brighter towards the light, darker in the corners, and in spots.

    The spots matter for more than looks: where a drawn surface is flat, they are all that tells one
    picture's fingerprint from another's, as dust, folds and clouds do in real ones.
    """
    width, height = (round(side * LIGHT_MAP_SIDE / 4) for side in (canvas.width, canvas.height))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    towards = x * canvas.towards_light[0] + y * canvas.towards_light[1]
    light = NEUTRAL + rng.uniform(0, 34) * towards - rng.uniform(0, 16) * (x**2 + y**2)
    for cells, strength in ((3, rng.uniform(3, 15)), (9, rng.uniform(5, 9))):
        spots = Image.fromarray(rng.normal(0, strength, (cells, cells)).astype(np.float32))
        light += np.asarray(spots.resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(light, 20, 235).astype(np.uint8))


def _exposed(picture: Image.Image, warmth: float, rng: np.random.Generator) -> Image.Image:
    """Return *picture* with another exposure, contrast, white balance and saturation."""
    gamma, contrast = np.exp(rng.normal(0.1, 0.18)), rng.uniform(1.0, 1.35)
    cast = np.exp(rng.normal(0, 0.04, 3) + warmth * np.array([0.5, 0, -0.5]))
    level = np.arange(256) / 255
    response = (0.46 + (level**gamma - 0.5) * contrast) * cast[:, None]
    table = np.clip(response * 255, 0, 255).astype(np.uint8).ravel().tolist()
    grey = picture.convert("L").convert("RGB")
    return Image.blend(grey, picture, rng.uniform(0.85, 1.3)).point(table)


def _noisy(picture: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """Return *picture* with even noise of up to half of *strength* (0..1) either way."""
    grain = [round(NEUTRAL + (value - 127.5) * strength) for value in range(256)]
    noise = Image.frombytes("RGB", picture.size, rng.bytes(picture.width * picture.height * 3))
    return ImageChops.add(picture, noise.point(grain * 3), offset=-NEUTRAL)
