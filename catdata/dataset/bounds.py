"""What a picture file declares and holds, checked before any decoder sees it.

A few bytes can ask a decoder for gigabytes or minutes, and decoders pass over missing rows and
wrong checksums. So each file is walked part by part first. Of a JPEG or PNG the decoder then gets
the parts that draw and none that describe: no EXIF, profile, text or second picture is parsed but
here.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from catdata.dataset import heif
from catdata.dataset.signatures import HEAD_BYTES, other_kind, picture_format
from catdata.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PIXELS = 89_478_485  # Pillow's own limit; its warning is an error here
MAX_WEBP_PIXELS = 50_000_000  # at 18 bytes a pixel while decoding: 0.9 GB
MAX_SCANS = 100
MAX_PARTS = 100_000

_SCALE_DOWN = "Scale it down and add it again."
_FETCH_AGAIN = "Copy or download the file again."
_SAVE_AGAIN = "Open it in a picture program and save it again."


@dataclass(frozen=True, slots=True)
class Header:
    """What a checked picture file declares.

    Attributes:
        format: ``jpeg``, ``png``, ``webp`` or ``heif``.
        width: Width in pixels, before any EXIF orientation.
        height: Height in pixels, before any EXIF orientation.
        drawing: A file of the same format with only the parts that draw the first picture.
        memory: Bytes that decoding takes at most.
        exif: The TIFF structure of the EXIF part, or None.
        depth: Bits a channel.
        several: Whether more pictures follow the first.
    """

    format: str
    width: int
    height: int
    drawing: bytes
    memory: int
    exif: bytes | None = None
    depth: int = 8
    several: bool = False


def read_header(data: bytes) -> Header:
    """Check a whole picture file without decoding it.

    Args:
        data: The bytes of the file.

    Raises:
        ImageRefused: If it is no JPEG, PNG, WebP or HEIC, ends early, is broken, or could exhaust
            memory or time.
    """
    readers = {"jpeg": _read_jpeg, "png": _read_png, "webp": _read_webp, "heif": _read_heif}
    name = picture_format(data[:HEAD_BYTES])
    if name is None:
        kind = other_kind(data)
        raise ImageRefused(
            f"this is {kind.what}; JPEG, PNG, WebP and HEIC are read", hint=kind.hint
        )
    try:
        return readers[name](data)
    except struct.error as error:
        raise _ends_early("its last part is cut off") from error


def read_orientation(exif: bytes) -> int:
    """Return the orientation that an EXIF part gives, 1 where it gives none.

    Args:
        exif: The TIFF structure of the part.

    Returns:
        The stored value, which should be within 1..8 but may be any.

    Raises:
        ValueError: If the structure cannot be read.
    """
    try:
        order = {b"II*\0": "<", b"MM\0*": ">"}[exif[:4]]
        (directory,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, directory)
        for at in range(directory + 2, directory + 2 + 12 * entries, 12):
            tag, kind = struct.unpack_from(order + "HH", exif, at)
            if tag == 0x0112:
                return int(
                    struct.unpack_from(order + {1: "B", 3: "H", 4: "I"}[kind], exif, at + 8)[0]
                )
    except (KeyError, struct.error) as error:
        raise ValueError("the EXIF part cannot be read") from error
    return 1


def _ends_early(detail: str) -> ImageRefused:
    return ImageRefused(f"the picture ends early: {detail}", hint=_FETCH_AGAIN)


def _broken(detail: str) -> ImageRefused:
    return ImageRefused(f"the picture is broken: {detail}", hint=_FETCH_AGAIN)


def _check_size(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if not width or not height:
        raise _broken(f"it claims {width} x {height} pixels")
    if width * height > limit:
        raise ImageRefused(
            f"the picture claims {width} x {height} pixels; at most {limit:,} are read",
            hint=_SCALE_DOWN,
        )


# --------------------------------------------------------------------------------------------- JPEG

# A marker is FF and a code. FF 00 is a data byte, FF FF padding, FF D0 to D7 a restart inside data.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_SOI, _EOI, _SOS, _APP1, _APP2, _TEM = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0x01
_HUFFMAN_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
# Huffman and quantisation tables, restart interval; JFIF and Adobe parts tell the colour space.
_TABLES = {0xC4, 0xDB, 0xDD, 0xE0, 0xEE}


class _Segment(NamedTuple):
    """Where a part of a JPEG lies: its marker, its body, and the bytes since the part before."""

    marker: int
    start: int
    body: int
    end: int
    gap: int


def _read_jpeg(data: bytes) -> Header:
    kept = [b"\xff\xd8"]
    frame: tuple[int, int, int] | None = None
    exif: bytes | None = None
    progressive = multi_picture = False
    scans = entropy = first_scan = 0
    for part in _jpeg_segments(data):
        entropy += part.gap if scans else 0
        if part.marker == _SOS:
            scans += 1
            first_scan = first_scan or part.start
        elif part.marker in _HUFFMAN_FRAMES and frame is None:
            frame = _jpeg_frame(data, part.body)
            progressive = part.marker == 0xC2
        elif part.marker in _HUFFMAN_FRAMES or part.marker in _OTHER_FRAMES:
            raise ImageRefused("this is a JPEG of a rare kind, which is not read", hint=_SAVE_AGAIN)
        elif part.marker == _APP1 and exif is None and data.startswith(b"Exif\0\0", part.body):
            exif = data[part.body + 6 : part.end]
        elif part.marker == _APP2 and data.startswith(b"MPF\0", part.body):
            multi_picture = True
        if not scans and (part.marker in _TABLES or part.marker in _HUFFMAN_FRAMES):
            kept.append(data[part.start : part.end])
    if frame is None or not scans:
        raise _broken("it holds no picture data")
    width, height, channels = frame
    _check_jpeg_work(width, height, scans, entropy)
    kept.append(data[first_scan : part.end])
    drawing = b"".join(kept)
    # With several scans all coefficients are held, two bytes each.
    held = 2 * channels if progressive or scans > 1 else 0
    return Header(
        "jpeg",
        width,
        height,
        drawing,
        memory=width * height * (held + 4) + len(drawing),
        exif=exif,
        several=multi_picture and data.find(b"\xff\xd8\xff", part.end) > 0,
    )


def _jpeg_segments(data: bytes) -> Iterator[_Segment]:
    """Yield the parts of the first picture of a JPEG, to its end marker."""
    position = 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, position)
        if found is None:
            raise _ends_early("its end marker is missing")
        marker, start, body = found[0][1], found.start(), found.end()
        gap, position = start - position, body
        if marker in (_SOI, _TEM):
            continue
        if marker == _EOI:
            yield _Segment(marker, start, body, body, gap)
            return
        (length,) = struct.unpack_from(">H", data, body)
        position += length
        if length < 2:
            raise _broken(f"the length of its part at byte {start:,} is wrong")
        if position > len(data):
            raise _ends_early("its last part is cut off")
        yield _Segment(marker, start, body + 2, position, gap)
    raise ImageRefused(f"the picture has more than {MAX_PARTS:,} parts", hint=_SAVE_AGAIN)


def _jpeg_frame(data: bytes, at: int) -> tuple[int, int, int]:
    bits, height, width, channels = struct.unpack_from(">BHHB", data, at)
    if bits != 8 or channels not in (1, 3, 4):
        raise ImageRefused(
            f"this is a JPEG of {channels} channels of {bits} bits, which is not read",
            hint=_SAVE_AGAIN,
        )
    _check_size(width, height)
    return width, height, channels


def _check_jpeg_work(width: int, height: int, scans: int, entropy: int) -> None:
    if scans > MAX_SCANS:
        raise ImageRefused(
            f"the picture is drawn in {scans:,} passes; at most {MAX_SCANS} are read",
            hint=_SAVE_AGAIN,
        )
    # No coding of an 8 x 8 block takes less than a bit.
    if 8 * entropy < -(-width // 8) * -(-height // 8):
        raise _ends_early(
            f"it claims {width} x {height} pixels but holds {entropy:,} bytes for them"
        )


# ---------------------------------------------------------------------------------------------- PNG

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE = 1 << 14  # compressed bytes at a time, which inflate to 17 MB at most


def _read_png(data: bytes) -> Header:
    kept = [_PNG_SIGNATURE]
    rows: list[memoryview] = []
    exif: bytes | None = None
    several = palette = False
    ihdr: tuple[int, int, int, int, int] | None = None
    for kind, start, end in _png_chunks(data):
        body = slice(start + 8, end - 4)
        if ihdr is None:
            ihdr = _png_ihdr(kind, data[body])
        elif kind == b"IDAT":
            rows.append(memoryview(data)[body])
        elif kind == b"eXIf":
            exif = exif or data[body]
        elif kind == b"acTL":
            several = struct.unpack_from(">I", data, start + 8)[0] > 1
        palette = palette or kind == b"PLTE"
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(data[start:end])
    if ihdr is None or not rows:
        raise _broken("it holds no picture data")
    width, height, depth, colour, interlaced = ihdr
    if colour == 3 and not palette:
        raise _broken("it has no palette")
    _check_png_rows(rows, _png_raw_bytes(width, height, depth * _PNG_CHANNELS[colour], interlaced))
    drawing = b"".join(kept)
    memory = 8 * width * height + len(drawing)  # as decoded, and turned upright
    return Header("png", width, height, drawing, memory, exif, depth, several)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, start and end, its checksum verified."""
    view = memoryview(data)
    position = len(_PNG_SIGNATURE)
    for _ in range(MAX_PARTS):
        if position == len(data):
            raise _ends_early("its end marker is missing")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise _ends_early("its last part is cut off")
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[position + 4 : end - 4]) != checksum:
            raise _broken(f"the checksum of its part at byte {position:,} is wrong")
        yield kind, position, end
        if kind == b"IEND":
            return
        position = end
    raise ImageRefused(f"the picture has more than {MAX_PARTS:,} parts", hint=_SAVE_AGAIN)


def _png_ihdr(kind: bytes, body: bytes) -> tuple[int, int, int, int, int]:
    if kind != b"IHDR" or len(body) != 13:
        raise _broken("its header is missing")
    width, height, depth, colour, compression, filtering, interlaced = struct.unpack(
        ">IIBBBBB", body
    )
    if depth not in _PNG_DEPTHS.get(colour, ()) or compression or filtering or interlaced > 1:
        raise _broken("its header is not valid")
    _check_size(width, height)
    return width, height, depth, colour, interlaced


def _png_raw_bytes(width: int, height: int, bits: int, interlaced: int) -> int:
    """Return how many bytes all rows have, each with its filter byte; *bits* is that of a pixel."""
    total = 0
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and lines > 0:
            total += lines * (1 + (columns * bits + 7) // 8)
    return total


def _check_png_rows(rows: list[memoryview], expected: int) -> None:
    inflater = zlib.decompressobj()
    inflated = 0
    try:
        for piece in (row[at : at + _PIECE] for row in rows for at in range(0, len(row), _PIECE)):
            inflated += len(inflater.decompress(piece))
            if inflated >= expected or inflater.eof:
                break
    except zlib.error as error:
        raise _broken("its rows cannot be unpacked") from error
    if inflated < expected:
        raise _ends_early(f"it holds {inflated / expected:.0%} of its rows")


# --------------------------------------------------------------------------------------------- WebP


def _read_webp(data: bytes) -> Header:
    end = 8 + int(struct.unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise _ends_early(f"it has {len(data):,} bytes of {end:,}")
    size: tuple[int, int] | None = None
    exif: bytes | None = None
    frames = 0
    for kind, body, length in _webp_chunks(data, end):
        if size is None:
            size = _webp_size(kind, data[body : body + 10])
            _check_size(*size, MAX_WEBP_PIXELS)
        if kind == b"EXIF" and exif is None:
            exif = data[body : body + length].removeprefix(b"Exif\0\0")
        frames += kind in (b"ANMF", b"VP8 ", b"VP8L")
    if size is None or not frames:
        raise _broken("it holds no picture data")
    width, height = size
    memory = 18 * width * height + end
    return Header("webp", width, height, data[:end], memory, exif, several=frames > 1)


def _webp_chunks(data: bytes, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's kind, the start of its body and its length."""
    position = 12
    for _ in range(MAX_PARTS):
        if position >= end:
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        if position + 8 + length > end:
            raise _ends_early("its last part is cut off")
        yield kind, position + 8, length
        position += 8 + length + length % 2
    raise ImageRefused(f"the picture has more than {MAX_PARTS:,} parts", hint=_SAVE_AGAIN)


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Return the canvas size that a WebP's first chunk declares."""
    if kind == b"VP8X":
        (across, down) = int.from_bytes(body[4:7], "little"), int.from_bytes(body[7:10], "little")
        return across + 1, down + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        across, down = struct.unpack_from("<HH", body, 6)
        return across & 0x3FFF, down & 0x3FFF
    if kind == b"VP8L" and body[:1] == b"\x2f":
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise _broken("its header is not valid")


# --------------------------------------------------------------------------------------------- HEIF


_HEIF_BYTES = 12  # a pixel while decoding: 8 with halved colours, more with all of them


def _read_heif(data: bytes) -> Header:
    try:
        found = heif.declared(data)
    except EOFError as error:
        raise _ends_early(str(error)) from error
    except heif.NotValid as error:
        raise _broken(str(error)) from error
    except IndexError as error:
        raise _broken("its header ends too early") from error
    for width, height in (found.stored, (found.width, found.height)):
        _check_size(width, height)
    memory = _HEIF_BYTES * found.stored[0] * found.stored[1] + len(data)
    return Header("heif", width, height, data, memory, depth=found.depth, several=found.several)
