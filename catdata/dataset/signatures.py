"""What a file is, told by its first bytes.

Four formats are read. Every other one gets a name and a next step: "cannot identify image file"
helps nobody whose download is a web page.
"""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 64

_SAVE_AS = "Open it in a picture program and save it as JPEG or PNG."
_FRAME = "Save one of its pictures as JPEG or PNG."
_UNPACK = "Unpack it and add the pictures inside."
_DOWNLOAD = "Download the picture again."


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        what: The kind with its article, as in "this is a GIF".
        hint: The next step for someone who wants it as a picture, or empty.
        is_picture: Whether it is a picture at all, readable or not.
    """

    what: str
    hint: str = ""
    is_picture: bool = False


_TIFF = Kind("a TIFF or a camera's raw file", _SAVE_AS, is_picture=True)
_AVIF = Kind("an AVIF picture", _SAVE_AS, is_picture=True)
_JPEG_XL = Kind("a JPEG XL picture", _SAVE_AS, is_picture=True)
_BMP = Kind("a BMP picture", _SAVE_AS, is_picture=True)
_EPS = Kind("an EPS or PostScript document", _SAVE_AS)
_SVG = Kind("an SVG or other XML document", _SAVE_AS)
_VIDEO = Kind("a video", _FRAME)
_WEB_PAGE = Kind("a web page, not the picture it shows", _DOWNLOAD)

_STARTS = {
    b"GIF8": Kind("a GIF", _FRAME, is_picture=True),
    b"II*\0": _TIFF,
    b"MM\0*": _TIFF,
    b"II+\0": _TIFF,
    b"\xff\x0a": _JPEG_XL,
    b"\0\0\0\x0cJXL ": _JPEG_XL,
    b"\0\0\0\x0cjP  ": Kind("a JPEG 2000 picture", _SAVE_AS, is_picture=True),
    b"8BPS": Kind("a Photoshop document", _SAVE_AS, is_picture=True),
    b"\0\0\x01\0": Kind("a Windows icon", _SAVE_AS, is_picture=True),
    b"%!PS": _EPS,
    b"\xc5\xd0\xd3\xc6": _EPS,
    b"%PDF": Kind("a PDF document", _SAVE_AS),
    b"PK\x03\x04": Kind("a zip archive", _UNPACK),
    b"\x1f\x8b": Kind("a gzip archive", _UNPACK),
    b"\x1aE\xdf\xa3": _VIDEO,
    b"\0\0\x01\xba": _VIDEO,
    b"\0\0\x01\xb3": _VIDEO,
    b"\x89HDF": Kind("an HDF5 file", "A pair of h5 files is read with init, not added."),
    b"\0\x05\x16\x07": Kind("a side file of macOS that holds no picture"),
    b"version https://git-lfs": Kind("a Git LFS pointer, not the picture", "Run: git lfs pull"),
}

# Of HEIF's relatives the four letters after "ftyp" tell which; whatever is not here is a video.
_BRANDS = {
    **dict.fromkeys([b"avif", b"avis", b"mif1", b"msf1", b"mif2"], _AVIF),
    b"crx ": _TIFF,
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"msf1", b"mif2"}  # of any coding

_MARKUP = {
    b"<!doctype html": _WEB_PAGE,
    b"<html": _WEB_PAGE,
    b"<head": _WEB_PAGE,
    b"<body": _WEB_PAGE,
    b"<?xml": _SVG,
    b"<svg": _SVG,
}


def picture_format(head: bytes) -> str | None:
    """Return ``jpeg``, ``png``, ``webp`` or ``heif``, or None for a file that is none of them.

    Args:
        head: The first :data:`HEAD_BYTES` bytes of the file.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return "heif" if head[4:8] == b"ftyp" and _is_heic(head) else None


def _is_heic(head: bytes) -> bool:
    """Tell by the brands of a file whether it is a picture as phones take it, or may be one."""
    if head[8:12] not in _HEIF_BRANDS:
        return head[8:12] in _HEIC_BRANDS
    end = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    others = {head[at : at + 4] for at in range(16, end, 4)}
    return bool(others & _HEIC_BRANDS) or not others & {b"avif", b"avis"}


def other_kind(head: bytes) -> Kind:
    """Say what a file is that is no JPEG, PNG, WebP or HEIC.

    Args:
        head: The first :data:`HEAD_BYTES` bytes of the file.
    """
    head = head[:HEAD_BYTES]
    if not head:
        return Kind("an empty file", _DOWNLOAD)
    if not any(head):
        return Kind("a file of zero bytes, such as a broken download leaves", _DOWNLOAD)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _VIDEO)
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return _VIDEO
    if head.startswith(b"BM") and head[6:10] == bytes(4):  # many a text starts with BM, too
        return _BMP
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for starts, at in ((_STARTS, head), (_MARKUP, text)):
        for start, kind in starts.items():
            if at.startswith(start):
                return kind
    return Kind("a file of an unknown kind", _SAVE_AS)
