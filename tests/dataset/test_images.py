"""Bytes of every format, mode and orientation become upright RGB, a hash and a fingerprint."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from handmade import (
    FORMATS,
    animated_png,
    chunk,
    exif,
    interlaced_png,
    only_colour,
    patched,
    png,
    saved,
    webp,
    with_exif,
)
from pictures import draw
from PIL import Image

from catdata.dataset.images import decode
from catdata.fingerprint import distances, fingerprint

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_becomes_pixels_a_hash_and_a_fingerprint(name: str) -> None:
    picture = decode(FORMATS[name])
    assert (picture.pixels.shape, picture.pixels.dtype) == ((64, 64, 3), np.uint8)
    assert (picture.width, picture.height, picture.format) == (120, 90, name)
    assert picture.content_hash == hashlib.sha256(picture.pixels.tobytes()).hexdigest()
    np.testing.assert_array_equal(picture.fingerprint, fingerprint(picture.pixels))
    assert picture.warnings == ()
    expected = np.asarray(draw(3).resize((64, 64), Image.Resampling.LANCZOS))
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 6


def palette_with_transparency() -> bytes:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([*RED, *BLUE])
    return saved(image, "PNG", transparency=1)


SOLID = [
    pytest.param(saved(Image.new("1", (20, 20), 1), "PNG"), WHITE, [], id="1 bit"),
    pytest.param(saved(Image.new("L", (20, 20), 77), "PNG"), (77, 77, 77), [], id="grey"),
    pytest.param(saved(Image.new("L", (20, 20), 77), "JPEG"), (77, 77, 77), [], id="grey JPEG"),
    pytest.param(saved(Image.new("RGB", (20, 20), RED).convert("P"), "PNG"), RED, [], id="palette"),
    pytest.param(
        palette_with_transparency(),
        WHITE,
        ["is transparent in places, laid on white"],
        id="transparent palette",
    ),
    pytest.param(
        saved(Image.new("LA", (20, 20), (0, 0)), "PNG"),
        WHITE,
        ["is transparent in places, laid on white"],
        id="grey with alpha",
    ),
    pytest.param(
        saved(Image.new("RGBA", (20, 20), (255, 0, 0, 51)), "PNG"),
        (255, 204, 204),
        ["is transparent in places, laid on white"],
        id="alpha",
    ),
    pytest.param(
        saved(Image.new("RGBA", (20, 20), (*GREEN, 255)), "PNG"), GREEN, [], id="opaque alpha"
    ),
    pytest.param(
        saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "WEBP", lossless=True, exact=True),
        WHITE,
        ["is transparent in places, laid on white"],
        id="WebP with alpha",
    ),
    pytest.param(
        saved(Image.new("RGB", (20, 20), BLUE), "PNG", transparency=BLUE),
        WHITE,
        ["is transparent in places, laid on white"],
        id="transparent colour",
    ),
    pytest.param(
        png(20, 20, colour=0, depth=16, rows=(b"\0" + b"\x4d\x4d" * 20) * 20),
        (77, 77, 77),
        ["has 16 bits a channel, of which 8 are kept"],
        id="16-bit grey",
    ),
    pytest.param(
        png(
            20,
            20,
            colour=0,
            depth=16,
            rows=(b"\0" + b"\x01\x00" * 20) * 20,
            after_header=chunk(b"tRNS", b"\x01\x00"),
        ),
        WHITE,
        ["has 16 bits a channel, of which 8 are kept"],
        id="16-bit grey, transparent",
    ),
    pytest.param(
        png(20, 20, depth=16, rows=(b"\0" + b"\x4d\x4d\0\0\xff\xff" * 20) * 20),
        (77, 0, 255),
        ["has 16 bits a channel, of which 8 are kept"],
        id="16-bit colour",
    ),
    pytest.param(
        saved(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG", quality=100),
        (255, 0, 0),
        ["has CMYK colours, converted without a profile"],
        id="CMYK",
    ),
    pytest.param(
        animated_png(3), RED, ["holds several pictures; the first one is used"], id="APNG"
    ),
    pytest.param(webp(40, 30), (0, 0, 0), [], id="36-byte WebP"),
]


@pytest.mark.parametrize(("data", "colour", "warnings"), SOLID)
def test_every_mode_becomes_rgb(data: bytes, colour: tuple[int, ...], warnings: list[str]) -> None:
    picture = decode(data)
    assert only_colour(picture.pixels) == colour
    assert list(picture.warnings) == warnings


def test_ycck_is_taken_for_cmyk() -> None:
    data = saved(Image.new("CMYK", (20, 20)), "JPEG")
    transform = data.index(b"Adobe") + 11
    picture = decode(patched(data, transform, b"\2"))
    assert picture.warnings == ("has CMYK colours, converted without a profile",)


def test_16_bit_grey_keeps_its_shades() -> None:
    values = np.arange(256, dtype=np.uint16) * 257
    rows = b"".join(b"\0" + values.astype(">u2").tobytes() for _ in range(16))
    picture = decode(png(256, 16, colour=0, depth=16, rows=rows))
    eight = decode(saved(Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (16, 1))), "PNG"))
    np.testing.assert_array_equal(picture.pixels, eight.pixels)


def test_a_large_picture_in_bands_is_the_same_as_in_one_piece() -> None:
    soft = draw(5, 64, 64).resize((2048, 1536), Image.Resampling.BICUBIC)
    whole = decode(saved(soft, "PNG", compress_level=1)).pixels
    banded = decode(saved(soft.convert("RGBA"), "PNG", compress_level=1)).pixels
    np.testing.assert_array_equal(whole, banded)


def test_an_interlaced_png_is_read() -> None:
    grey = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)
    np.testing.assert_array_equal(decode(interlaced_png(grey)).pixels[..., 0], grey)


INVERSE = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> Pillow's transposition


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as a camera that writes this orientation stores it."""
    return upright.transpose(INVERSE[orientation]) if orientation > 1 else upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(120, 90), (513, 385)])
def test_every_orientation_gives_the_same_upright_picture(
    orientation: int, size: tuple[int, int]
) -> None:
    upright = draw(7, *size)
    expected = decode(saved(upright, "PNG"))
    turned = stored(upright, orientation)
    for name in ("PNG", "WEBP"):
        data = saved(turned, name, lossless=True, exif=exif(orientation, ">"))
        picture = decode(data)
        np.testing.assert_array_equal(picture.pixels, expected.pixels)
        assert (picture.width, picture.height) == size
        assert picture.content_hash == expected.content_hash
        assert picture.warnings == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg_gives_nearly_the_same_picture(orientation: int) -> None:
    upright = draw(7, 501, 375)
    expected = decode(saved(upright, "JPEG", quality=95))
    data = saved(stored(upright, orientation), "JPEG", quality=95)
    picture = decode(with_exif(data, exif(orientation)))
    assert (picture.width, picture.height) == (501, 375)
    assert np.abs(picture.pixels.astype(int) - expected.pixels).mean() < 3
    dhash, phash = distances(picture.fingerprint, expected.fingerprint[None])
    assert (int(dhash[0]) <= 6, int(phash[0]) <= 6) == (True, True)


@pytest.mark.parametrize(
    ("part", "warning"),
    [
        pytest.param(
            b"nonsense", "has EXIF data that cannot be read; taken as upright", id="unreadable"
        ),
        pytest.param(
            exif(0), "has the EXIF orientation 0, which is none; taken as upright", id="0"
        ),
        pytest.param(
            exif(9), "has the EXIF orientation 9, which is none; taken as upright", id="9"
        ),
    ],
)
def test_a_picture_with_strange_exif_data_is_upright(part: bytes, warning: str) -> None:
    picture = decode(with_exif(FORMATS["jpeg"], part))
    assert picture.warnings == (warning,)
    assert picture.content_hash == decode(FORMATS["jpeg"]).content_hash


@pytest.mark.parametrize("name", ["MPO", "WEBP"])
def test_of_several_pictures_the_first_is_used(name: str) -> None:
    first, second = draw(1), draw(2)
    data = saved(first, name, save_all=True, append_images=[second], lossless=True)
    picture = decode(data)
    assert picture.warnings == ("holds several pictures; the first one is used",)
    single = decode(saved(first, "JPEG" if name == "MPO" else "WEBP", lossless=True))
    np.testing.assert_array_equal(picture.pixels, single.pixels)


@pytest.mark.parametrize(
    ("name", "warnings"),
    [
        pytest.param("a.jpg", ("is a PNG under the name of a JPEG",), id="another format"),
        pytest.param("a.HEIC", ("is a PNG under the name of a HEIF",), id="a foreign format"),
        pytest.param("a.PNG", (), id="its own format"),
        pytest.param("a.dat", (), id="no format"),
        pytest.param("a", (), id="no suffix"),
    ],
)
def test_a_name_of_another_format_is_noticed(name: str, warnings: tuple[str, ...]) -> None:
    assert decode(FORMATS["png"], name=name).warnings == warnings


@pytest.mark.parametrize(
    ("size", "warnings"),
    [
        pytest.param((16, 16), (), id="16 pixels"),
        pytest.param((15, 40), ("is only 15 x 40 pixels",), id="15 pixels"),
        pytest.param((1, 1), ("is only 1 x 1 pixels",), id="1 pixel"),
        pytest.param((400, 20), (), id="20 to 1"),
        pytest.param((20, 401), ("is very elongated: 20 x 401 pixels",), id="beyond 20 to 1"),
    ],
)
def test_small_and_elongated_pictures_are_noticed(
    size: tuple[int, int], warnings: tuple[str, ...]
) -> None:
    picture = decode(png(*size))
    assert picture.warnings == warnings
    assert only_colour(picture.pixels) == (0, 0, 0)
