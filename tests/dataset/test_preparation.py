"""A picture becomes the square asked for; its hash and fingerprint do not depend on that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from handmade import (
    FORMATS,
    only_colour,
    saved,
)
from pictures import draw
from PIL import Image

from catdata import h5file
from catdata.dataset.images import FITS, Preparation, content_hash, decode
from catdata.errors import ConfigRefused

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [1, 16, 64, 100])
def test_every_fit_gives_a_square(fit: str, size: int) -> None:
    for width, height in ((90, 120), (640, 200), (3, 500)):
        pixels = FITS[fit](Image.new("RGB", (width, height), BLUE), size)
        assert (pixels.shape, pixels.dtype) == ((size, size, 3), np.uint8)
        if fit != "pad":
            assert only_colour(pixels) == BLUE


def three_stripes() -> Image.Image:
    """Return red, green and blue squares side by side, 300 x 100 pixels."""
    image = Image.new("RGB", (300, 100), GREEN)
    image.paste(RED, (0, 0, 100, 100))
    image.paste(BLUE, (200, 0, 300, 100))
    return image


@pytest.mark.parametrize(
    ("fit", "colours"),
    [
        pytest.param("stretch", {(32, 5): RED, (32, 32): GREEN, (32, 60): BLUE}, id="stretch"),
        pytest.param("crop", {(32, 4): GREEN, (32, 32): GREEN, (32, 59): GREEN}, id="crop"),
        pytest.param(
            "pad",
            {(5, 32): (0, 0, 0), (32, 5): RED, (32, 32): GREEN, (60, 32): (0, 0, 0)},
            id="pad",
        ),
    ],
)
def test_a_fit_shows_the_right_part(
    fit: str, colours: dict[tuple[int, int], tuple[int, ...]]
) -> None:
    pixels = decode(saved(three_stripes(), "PNG"), Preparation(fit=fit)).pixels
    assert {at: tuple(pixels[at].tolist()) for at in colours} == colours


@pytest.mark.parametrize(
    ("size", "fit", "message"),
    [
        pytest.param(0, "crop", "size is 0; it must be within 1..1024 pixels", id="size 0"),
        pytest.param(
            1025, "crop", "size is 1025; it must be within 1..1024 pixels", id="size 1025"
        ),
        pytest.param(
            64, "zoom", "fit is 'zoom'; it must be one of stretch, crop, pad", id="unknown fit"
        ),
    ],
)
def test_an_impossible_preparation_is_refused(size: int, fit: str, message: str) -> None:
    with pytest.raises(ConfigRefused) as caught:
        Preparation(size, fit)
    assert caught.value.message == message


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [32, 64, 200])
def test_hash_and_fingerprint_do_not_depend_on_the_preparation(size: int, fit: str) -> None:
    data = saved(draw(9, 800, 600), "JPEG")
    picture, usual = decode(data, Preparation(size, fit)), decode(data)
    assert picture.pixels.shape == (size, size, 3)
    assert picture.content_hash == usual.content_hash
    np.testing.assert_array_equal(picture.fingerprint, usual.fingerprint)


def test_a_picture_larger_than_64_pixels_is_prepared_from_a_larger_decode() -> None:
    sharp = decode(saved(draw(9, 1600, 1200), "JPEG", quality=95), Preparation(400))
    expected = draw(9, 1600, 1200).resize((400, 400), Image.Resampling.LANCZOS)
    assert np.abs(sharp.pixels.astype(int) - np.asarray(expected)).mean() < 2


def test_the_hash_of_a_row_of_an_h5_file_is_that_of_its_picture(tmp_path: Path) -> None:
    picture = decode(FORMATS["jpeg"])
    path = tmp_path / "train.h5"
    rows = np.stack([picture.pixels, picture.pixels[::-1]])
    h5file.write_course_file(path, "train", rows, np.array([0, 1]))
    assert content_hash(h5file.read_split(path, "train").images[0]) == picture.content_hash


def test_the_hash_of_a_row_of_another_size_is_that_of_its_stretch() -> None:
    row = np.asarray(draw(4, 100, 100))
    stretch = np.asarray(draw(4, 100, 100).resize((64, 64), Image.Resampling.LANCZOS))
    assert content_hash(row) == content_hash(stretch)
