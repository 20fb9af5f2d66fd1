"""Pictures go into a page to the pixel, as many as there is room for."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from catdata.report.pictures import LARGEST_SIDE, data_uri, data_uris, grouped_data_uris, png


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def opened(address: str) -> NDArray[np.uint8]:
    head, _, data = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 9))
def test_another_reader_finds_the_very_pixels(height: int, width: int, seed: int) -> None:
    pixels = noise(height, width, seed)
    picture = Image.open(io.BytesIO(png(pixels)))
    picture.load()
    assert picture.mode == "RGB"
    assert (np.asarray(picture) == pixels).all()


def test_the_pixels_given_are_left_as_they_are() -> None:
    pixels = noise(4, 4)
    before = pixels.copy()
    png(pixels)
    assert (pixels == before).all()


@pytest.mark.parametrize(("side", "shown"), [(64, 64), (128, 128), (129, 65), (1024, 128)])
def test_of_a_large_picture_every_kth_pixel_is_kept(side: int, shown: int) -> None:
    pixels = noise(side, side)
    step = -(-side // LARGEST_SIDE)
    assert opened(data_uri(pixels)).shape == (shown, shown, 3)
    assert (opened(data_uri(pixels)) == pixels[::step, ::step]).all()


def test_the_first_pictures_that_fit_are_taken() -> None:
    pictures = [noise(8, 8, seed) for seed in range(5)]
    addresses = [data_uri(pixels) for pixels in pictures]
    room = len(addresses[0]) + len(addresses[1])
    assert data_uris(pictures, room) == addresses[:2]
    assert data_uris(pictures, room - 1) == addresses[:1]
    assert data_uris(pictures, 0) == []


def test_room_that_a_group_leaves_goes_to_the_next() -> None:
    pictures = [noise(8, 8, seed) for seed in range(4)]
    each = len(data_uri(pictures[0]))
    none, all_four = grouped_data_uris([[], pictures], 4 * each)
    assert (len(none), len(all_four)) == (0, 4)
    assert [len(group) for group in grouped_data_uris([pictures, pictures], 4 * each)] == [2, 2]
