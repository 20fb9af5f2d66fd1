"""Picture files put together by hand, where no library would write them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from pictures import draw
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    """Return the bytes of a file that Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int = 6,
    height: int = 6,
    *,
    colour: int = 2,
    depth: int = 8,
    interlaced: int = 0,
    rows: bytes | None = None,
    after_header: bytes = b"",
    after_rows: bytes = b"",
) -> bytes:
    """Return a PNG; without *rows*, which are filter bytes and samples, it is black."""
    if rows is None:
        rows = (b"\0" + bytes(-(-width * depth * CHANNELS.get(colour, 1) // 8))) * height
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"".join(
        [
            PNG_SIGNATURE,
            chunk(b"IHDR", header),
            after_header,
            chunk(b"IDAT", zlib.compress(rows)),
            after_rows,
            chunk(b"IEND", b""),
        ]
    )


def animated_png(frames: int) -> bytes:
    """Return a PNG whose first picture is red and that says to have more."""
    rows = (b"\0" + b"\xff\0\0" * 20) * 20
    return png(20, 20, rows=rows, after_header=chunk(b"acTL", struct.pack(">II", frames, 0)))


def interlaced_png(grey: NDArray[np.uint8]) -> bytes:
    """Return a grey PNG, shape (height, width) uint8, interlaced in the seven passes of Adam7."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    rows = b""
    for top, left, down, across in [*passes, (1, 0, 2, 1)]:
        for line in grey[top::down, left::across]:
            rows += b"\0" + line.tobytes() if line.size else b""
    return png(grey.shape[1], grey.shape[0], colour=0, interlaced=1, rows=rows)


def webp(width: int, height: int) -> bytes:
    """Return a lossless WebP of one colour: 36 bytes, whatever its size."""
    body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\x88\x88\x08\x88"
    body += bytes(16 - len(body))
    return riff(b"VP8L" + struct.pack("<I", len(body)) + body)


def riff(chunks: bytes) -> bytes:
    """Return a WebP file of these chunks."""
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def jpeg_with_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is there again and again, *count* scans in all."""
    data = saved(Image.linear_gradient("L").resize((64, 64)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (count - data.count(b"\xff\xda")) + b"\xff\xd9"


def patched(data: bytes, at: int, replacement: bytes) -> bytes:
    """Return *data* with the bytes at an offset replaced."""
    return data[:at] + replacement + data[at + len(replacement) :]


def exif(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    """Return an EXIF part whose only entry is the orientation."""
    value = struct.pack(order + {1: "B", 3: "H", 4: "I"}[kind], orientation).ljust(4, b"\0")
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


def with_exif(data: bytes, part: bytes) -> bytes:
    """Return a JPEG with an EXIF part put behind its start."""
    body = b"Exif\0\0" + part
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def only_colour(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    """Return the one colour that all pixels have."""
    (colour,) = np.unique(pixels.reshape(-1, 3), axis=0)
    return tuple(int(value) for value in colour)


FORMATS = {
    "jpeg": saved(draw(3), "JPEG"),
    "png": saved(draw(3), "PNG"),
    "webp": saved(draw(3), "WEBP"),
}
