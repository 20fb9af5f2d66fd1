"""A file is what its first bytes say, whatever its name."""

from __future__ import annotations

import pytest
from handmade import png, saved, webp
from PIL import Image

from catdata.dataset.candidates import looks_like_picture
from catdata.dataset.images import decode
from catdata.dataset.signatures import HEAD_BYTES, other_kind, picture_format
from catdata.errors import ImageRefused

GREY = Image.new("L", (8, 8))
SAVE_AS = "Open it in a picture program and save it as JPEG or PNG."
FRAME = "Save one of its pictures as JPEG or PNG."
DOWNLOAD = "Download the picture again."

OTHERS = [
    pytest.param(b"", "an empty file", DOWNLOAD, False, id="empty"),
    pytest.param(
        bytes(5000),
        "a file of zero bytes, such as a broken download leaves",
        DOWNLOAD,
        False,
        id="zeros",
    ),
    pytest.param(saved(GREY, "GIF"), "a GIF", FRAME, True, id="gif"),
    pytest.param(saved(GREY, "BMP"), "a BMP picture", SAVE_AS, True, id="bmp"),
    pytest.param(saved(GREY, "TIFF"), "a TIFF or a camera's raw file", SAVE_AS, True, id="tiff"),
    pytest.param(saved(GREY, "ICO"), "a Windows icon", SAVE_AS, True, id="ico"),
    pytest.param(b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture", SAVE_AS, True, id="avif"),
    pytest.param(
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "an AVIF picture", SAVE_AS, True, id="avif, mif1"
    ),
    pytest.param(b"\0\0\0\x20ftypisom\0\0\0\0", "a video", FRAME, False, id="mp4"),
    pytest.param(b"RIFF\0\0\0\0AVI LIST", "a video", FRAME, False, id="avi"),
    pytest.param(saved(GREY, "EPS"), "an EPS or PostScript document", SAVE_AS, False, id="eps"),
    pytest.param(saved(GREY, "PDF"), "a PDF document", SAVE_AS, False, id="pdf"),
    pytest.param(
        b"\xef\xbb\xbf\n <!DOCTYPE html><html>",
        "a web page, not the picture it shows",
        DOWNLOAD,
        False,
        id="html",
    ),
    pytest.param(
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "an SVG or other XML document",
        SAVE_AS,
        False,
        id="svg",
    ),
    pytest.param(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:",
        "a Git LFS pointer, not the picture",
        "Run: git lfs pull",
        False,
        id="lfs",
    ),
    pytest.param(
        b"\0\x05\x16\x07\0\2\0\0Mac OS X",
        "a side file of macOS that holds no picture",
        "",
        False,
        id="apple double",
    ),
    pytest.param(b"BMW is a car", "a file of an unknown kind", SAVE_AS, False, id="text like BMP"),
]


@pytest.mark.parametrize(("data", "what", "hint", "is_picture"), OTHERS)
def test_another_kind_of_file_is_named_with_a_next_step(
    data: bytes, what: str, hint: str, is_picture: bool
) -> None:
    kind = other_kind(data[:HEAD_BYTES])
    assert kind == (what, hint, is_picture)
    with pytest.raises(ImageRefused) as caught:
        decode(data)
    assert str(caught.value) == f"this is {what}; JPEG, PNG, WebP and HEIC are read"
    assert caught.value.hint == hint
    assert looks_like_picture(data) is is_picture


@pytest.mark.parametrize(
    ("data", "name"),
    [(saved(GREY, "JPEG"), "jpeg"), (png(), "png"), (webp(9, 9), "webp")],
    ids=["jpeg", "png", "webp"],
)
def test_formats_that_are_read_are_recognised(data: bytes, name: str) -> None:
    assert picture_format(data[:16]) == name
    assert looks_like_picture(data[:HEAD_BYTES])
