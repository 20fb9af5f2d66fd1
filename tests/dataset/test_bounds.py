"""What a picture file declares is checked before it is decoded."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
from handmade import (
    animated_png,
    chunk,
    exif,
    interlaced_png,
    jpeg_with_scans,
    patched,
    png,
    riff,
    saved,
    webp,
)
from pictures import draw
from PIL import Image

from catdata.dataset.bounds import read_header, read_orientation
from catdata.errors import ImageRefused

JPEG = saved(draw(1), "JPEG")
PNG = saved(draw(1), "PNG")
WEBP = saved(draw(1), "WEBP")
FRAME = JPEG.index(b"\xff\xc0")
SCAN = JPEG.index(b"\xff\xda")


def refusal(data: bytes) -> str:
    with pytest.raises(ImageRefused) as caught:
        read_header(data)
    return caught.value.message


def claiming(width: int, height: int) -> bytes:
    return patched(JPEG, FRAME + 5, struct.pack(">HH", height, width))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(JPEG, "jpeg", id="baseline JPEG"),
        pytest.param(saved(draw(1), "JPEG", progressive=True), "jpeg", id="progressive JPEG"),
        pytest.param(PNG, "png", id="PNG"),
        pytest.param(WEBP, "webp", id="lossy WebP"),
        pytest.param(saved(draw(1), "WEBP", lossless=True), "webp", id="lossless WebP"),
        pytest.param(saved(draw(1), "WEBP", exif=exif(1)), "webp", id="extended WebP"),
    ],
)
def test_the_header_has_format_and_size(data: bytes, name: str) -> None:
    header = read_header(data)
    assert (header.format, header.width, header.height) == (name, 120, 90)
    assert (header.depth, header.several) == (8, False)


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_every_shorter_part_of_a_file_is_refused(data: bytes) -> None:
    for length in range(16, len(data), max(1, len(data) // 200)):
        assert refusal(data[:length]).startswith("the picture ends early: ")


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_what_follows_the_end_of_a_picture_is_ignored(data: bytes) -> None:
    assert read_header(data + b"trailing bytes").drawing == read_header(data).drawing


def test_a_jpeg_of_4001_scans_is_refused() -> None:
    assert (
        refusal(jpeg_with_scans(4001))
        == "the picture is drawn in 4,001 passes; at most 100 are read"
    )


def test_a_jpeg_of_100_scans_is_read() -> None:
    assert read_header(jpeg_with_scans(100)).width == 64


def test_a_jpeg_that_claims_more_blocks_than_it_has_bits_is_refused() -> None:
    assert re.fullmatch(
        r"the picture ends early: it claims 9000 x 9000 pixels but holds [\d,]+ bytes for them",
        refusal(claiming(9000, 9000)),
    )


def test_a_one_coloured_jpeg_has_enough_bits() -> None:
    data = saved(Image.new("L", (2000, 2000)), "JPEG", quality=1, optimize=True, progressive=True)
    assert read_header(data).width == 2000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            claiming(20_000, 5_000),
            "the picture claims 20000 x 5000 pixels; at most 89,478,485 are read",
            id="too many pixels",
        ),
        pytest.param(
            claiming(100, 0), "the picture is broken: it claims 100 x 0 pixels", id="no rows"
        ),
        pytest.param(
            patched(JPEG, FRAME + 4, b"\x0c"),
            "this is a JPEG of 3 channels of 12 bits, which is not read",
            id="12 bits",
        ),
        pytest.param(
            patched(JPEG, FRAME + 9, b"\x02"),
            "this is a JPEG of 2 channels of 8 bits, which is not read",
            id="2 channels",
        ),
        pytest.param(
            patched(JPEG, FRAME + 1, b"\xc9"),
            "this is a JPEG of a rare kind, which is not read",
            id="arithmetic coding",
        ),
        pytest.param(
            patched(JPEG, FRAME + 1, b"\xc3"),
            "this is a JPEG of a rare kind, which is not read",
            id="lossless",
        ),
        pytest.param(
            JPEG[:FRAME] + JPEG[FRAME:SCAN] * 2 + JPEG[SCAN:],
            "this is a JPEG of a rare kind, which is not read",
            id="two frames",
        ),
        pytest.param(
            JPEG[:SCAN] + b"\xff\xd9",
            "the picture is broken: it holds no picture data",
            id="no scan",
        ),
        pytest.param(
            patched(JPEG, 4, b"\0\1"),
            "the picture is broken: the length of its part at byte 2 is wrong",
            id="part of no length",
        ),
        pytest.param(
            b"\xff\xd8" + b"\xff\xfe\0\2" * 100_001 + JPEG[2:],
            "the picture has more than 100,000 parts",
            id="too many parts",
        ),
    ],
)
def test_a_jpeg_that_cannot_be_right_is_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


def test_the_decoder_gets_no_part_of_a_jpeg_that_only_describes() -> None:
    described = saved(
        draw(1), "JPEG", exif=b"Exif\0\0" + exif(6), icc_profile=b"profile", comment="words"
    )
    header = read_header(described)
    assert header.drawing == read_header(JPEG).drawing
    assert header.exif == exif(6)


def test_the_decoder_gets_no_part_of_a_png_that_only_describes() -> None:
    described = png(after_header=chunk(b"zTXt", b"k\0\0x"), after_rows=chunk(b"eXIf", exif(3)))
    header = read_header(described)
    assert header.drawing == png()
    assert header.exif == exif(3)


def test_a_png_whose_rows_end_halfway_is_refused() -> None:
    half = (b"\0" + bytes(18)) * 3
    assert refusal(png(rows=half)) == "the picture ends early: it holds 50% of its rows"


def test_a_png_with_a_wrong_checksum_anywhere_is_refused() -> None:
    at = PNG.index(b"IDAT") + 100
    broken = patched(PNG, at, bytes([PNG[at] ^ 1]))
    assert refusal(broken) == "the picture is broken: the checksum of its part at byte 33 is wrong"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            png(20_000, 5_000, rows=b"\0"),
            "the picture claims 20000 x 5000 pixels; at most 89,478,485 are read",
            id="too many pixels",
        ),
        pytest.param(png(colour=5), "the picture is broken: its header is not valid", id="colour"),
        pytest.param(png(depth=4), "the picture is broken: its header is not valid", id="depth"),
        pytest.param(
            png(interlaced=2), "the picture is broken: its header is not valid", id="interlacing"
        ),
        pytest.param(png(colour=3), "the picture is broken: it has no palette", id="no palette"),
        pytest.param(
            png()[:33] + chunk(b"IEND", b""),
            "the picture is broken: it holds no picture data",
            id="no rows",
        ),
        pytest.param(
            png()[:8] + png()[33:], "the picture is broken: its header is missing", id="no header"
        ),
        pytest.param(
            png()[:33] + chunk(b"IDAT", b"not deflated") + chunk(b"IEND", b""),
            "the picture is broken: its rows cannot be unpacked",
            id="not deflated",
        ),
        pytest.param(
            png()[:-12], "the picture ends early: its end marker is missing", id="no end marker"
        ),
        pytest.param(
            png(after_header=chunk(b"tEXt", b"") * 100_001),
            "the picture has more than 100,000 parts",
            id="too many parts",
        ),
    ],
)
def test_a_png_that_cannot_be_right_is_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


def test_rows_beyond_the_last_are_not_unpacked() -> None:
    assert read_header(png(1, 1, rows=bytes(200_000_000))).width == 1


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 5), (8, 8), (17, 9)])
def test_an_interlaced_png_has_all_its_rows(size: tuple[int, int]) -> None:
    assert read_header(interlaced_png(np.zeros(size, np.uint8))).height == size[0]


def test_a_36_byte_webp_of_81_megapixels_is_refused() -> None:
    data = webp(9000, 9000)
    assert len(data) == 36
    assert refusal(data) == "the picture claims 9000 x 9000 pixels; at most 50,000,000 are read"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            WEBP[:-100],
            f"the picture ends early: it has {len(WEBP) - 100:,} bytes of {len(WEBP):,}",
            id="shorter than it says",
        ),
        pytest.param(
            riff(b"VP8L\xff\0\0\0\x2f\0\0\0"),
            "the picture ends early: its last part is cut off",
            id="part longer than the file",
        ),
        pytest.param(riff(b""), "the picture is broken: it holds no picture data", id="no part"),
        pytest.param(
            riff(b"VP8X\x0a\0\0\0" + bytes(10)),
            "the picture is broken: it holds no picture data",
            id="no picture",
        ),
        pytest.param(
            riff(b"VP8 \x0a\0\0\0" + bytes(10)),
            "the picture is broken: its header is not valid",
            id="no start code",
        ),
        pytest.param(
            riff(b"VP8X\x0a\0\0\0" + bytes(10) + b"XMP \0\0\0\0" * 100_001),
            "the picture has more than 100,000 parts",
            id="too many parts",
        ),
    ],
)
def test_a_webp_that_cannot_be_right_is_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


@pytest.mark.parametrize(("frames", "several"), [(1, False), (2, True)])
def test_an_animated_png_has_several_pictures(frames: int, several: bool) -> None:
    assert read_header(animated_png(frames)).several is several


@pytest.mark.parametrize("order", ["<", ">"], ids=["little endian", "big endian"])
@pytest.mark.parametrize("kind", [1, 3, 4], ids=["byte", "short", "long"])
def test_the_orientation_is_read(order: str, kind: int) -> None:
    assert read_orientation(exif(6, order, kind)) == 6


def test_without_an_orientation_a_picture_is_upright() -> None:
    assert read_orientation(b"II*\0" + struct.pack("<IH", 8, 0)) == 1


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"XX*\0" + bytes(20), id="no byte order"),
        pytest.param(exif(6)[:15], id="cut off"),
        pytest.param(b"II*\0\xff\xff\xff\xff" + bytes(20), id="directory outside"),
        pytest.param(patched(exif(6), 12, b"\x0c\0"), id="of an impossible type"),
    ],
)
def test_broken_exif_data_cannot_be_read(part: bytes) -> None:
    with pytest.raises(ValueError, match="the EXIF part cannot be read"):
        read_orientation(part)
