"""Put pixels into a page: as PNG, lossless, inside the text of the page itself."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LARGEST_SIDE = 128  # pixels
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1  # the filter: each pixel less its left neighbour
_RGB_OF_8_BITS = (8, 2, 0, 0, 0)


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Return a picture as the address of an image that needs no other file.

    Args:
        pixels: Shape (height, width, 3), uint8, RGB. Of a side longer than ``LARGEST_SIDE`` every
            k-th pixel is kept.
    """
    step = -(-max(pixels.shape[:2]) // LARGEST_SIDE)
    return "data:image/png;base64," + base64.b64encode(png(pixels[::step, ::step])).decode("ascii")


def data_uris(images: Sequence[NDArray[np.uint8]], most: int) -> list[str]:
    """Return the addresses of the first pictures, as many as fit.

    Args:
        images: Shape (size, size, 3) each, uint8.
        most: How long they may be together, in characters of the page.
    """
    addresses: list[str] = []
    for pixels in images:
        address = data_uri(pixels)
        most -= len(address)
        if most < 0:
            break
        addresses.append(address)
    return addresses


def grouped_data_uris(groups: Sequence[Sequence[NDArray[np.uint8]]], most: int) -> list[list[str]]:
    """Return the addresses of the first pictures of each group, with equal room for each group.

    Args:
        groups: Pictures of shape (size, size, 3), uint8. Room that a group leaves goes to the rest.
        most: How long all addresses may be together, in characters of the page.
    """
    addresses: list[list[str]] = []
    for number, group in enumerate(groups):
        addresses.append(data_uris(group, most // (len(groups) - number)))
        most -= sum(map(len, addresses[-1]))
    return addresses


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture as a PNG file ("Portable Network Graphics", third edition, W3C 2025).

    Args:
        pixels: Shape (height, width, 3), uint8, RGB.
    """
    height, width, _ = pixels.shape
    filtered = pixels.copy()
    filtered[:, 1:] -= pixels[:, :-1]  # modulo 256, as the format wants it
    rows = np.insert(filtered.reshape(height, -1), 0, _SUB, axis=1)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">II5B", width, height, *_RGB_OF_8_BITS))
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
