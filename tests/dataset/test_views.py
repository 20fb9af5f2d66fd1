"""Pictures at another size, as PNG, and as people look at them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from handmade import exif, with_exif
from pictures import draw
from PIL import Image

from catdata.dataset import images


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    draw(1, width, height).save(file, "JPEG")
    return file.getvalue()


def test_pixels_of_the_right_size_are_handed_through() -> None:
    pixels = np.asarray(draw(1, 64, 64))
    assert images.resize(pixels, 64) is pixels
    assert images.resize(pixels, 32).shape == (32, 32, 3)


def test_a_png_holds_the_very_pixels() -> None:
    pixels = np.asarray(draw(1, 64, 64))
    with Image.open(io.BytesIO(images.encode_png(pixels))) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(1200, 600, (256, 512, 3)), (300, 400, (400, 300, 3)), (40, 20, (20, 40, 3))],
)
def test_a_preview_keeps_the_aspect_ratio(
    width: int, height: int, shape: tuple[int, int, int]
) -> None:
    assert images.preview(jpeg(width, height)).shape == shape


def test_a_preview_is_upright() -> None:
    assert images.preview(with_exif(jpeg(400, 200), exif(6))).shape == (400, 200, 3)
