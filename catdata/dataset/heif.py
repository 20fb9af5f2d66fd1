"""HEIF pictures (HEIC), which phones take: what a file declares, and decoding it.

The file is a tree of boxes. Its items, the main picture and what belongs to it, have properties:
their size, and how they are cut and turned. The decoder applies these, so what comes out is
upright; the EXIF orientation in such a file only repeats them, and is not looked at. The decoder is
an extra, ``pillow-heif``, and loaded with the first such picture.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from catdata.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

MAX_BOXES = 100_000
_HEVC = b"hvc1"
# Of these references what they come from, or lead to, is a part of another picture.
_PART_IS_SOURCE = {b"thmb", b"auxl", b"cdsc"}
_PARTS_ARE_TARGETS = {b"dimg"}


class NotValid(Exception):
    """The header of a HEIF file contradicts itself."""


class Declared(NamedTuple):
    """What the header of a HEIF file says of its main picture.

    Attributes:
        width: Of the upright picture, in pixels.
        height: Of the upright picture, in pixels.
        stored: Width and height that are decoded for it, before it is cut and turned.
        depth: Bits a channel.
        several: Whether there are other pictures that are no part of it.
    """

    width: int
    height: int
    stored: tuple[int, int]
    depth: int
    several: bool


class _Box(NamedTuple):
    """Where a box lies: its kind, and the bounds of its body."""

    kind: bytes
    start: int
    end: int


class _Item(NamedTuple):
    """An item: its number, what it is coded in, and whether it is not to be shown."""

    number: int
    coding: bytes
    hidden: bool


def declared(data: bytes) -> Declared:
    """Read what a HEIF file declares.

    Args:
        data: The whole file.

    Raises:
        ImageRefused: If it has no still picture in the coding that is read.
        NotValid: If the header is not valid, with what is wrong as a phrase.
        EOFError: If the file ends before what the header names.
        IndexError, struct.error: If a box ends too early.
    """
    meta = next((box for box in _boxes(data, 0, len(data)) if box.kind == b"meta"), None)
    boxes = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)} if meta else {}
    if not {b"pitm", b"iinf", b"iprp", b"iloc"} <= set(boxes):
        raise ImageRefused(
            "this is a HEIF file without a still picture",
            hint="Save one of its pictures as JPEG or PNG.",
        )
    items = list(_items(data, boxes[b"iinf"]))
    if not any(item.coding == _HEVC for item in items):
        raise ImageRefused(
            "this is a HEIF picture of a coding that is not read",
            hint="Open it in a picture program and save it as JPEG or PNG.",
        )
    _check_extents(data, boxes[b"iloc"])
    main = _number(data, boxes[b"pitm"].start + 4, 4 if data[boxes[b"pitm"].start] else 2)
    parts = set(_parts(data, boxes[b"iref"])) if b"iref" in boxes else set()
    shown = {item.number for item in items if not item.hidden and item.coding in (_HEVC, b"grid")}
    width, height, stored, depth = _shape(data, boxes[b"iprp"], main)
    return Declared(width, height, stored, depth, several=len(shown - parts - {main}) > 0)


def decode(data: bytes, pixels: int) -> Image.Image:
    """Decode the main picture of a HEIF file, upright.

    Args:
        data: The whole file, which :func:`declared` accepts.
        pixels: How many it declares.

    Raises:
        ImageRefused: If the extra ``heif`` is not installed.
        ValueError: If the decoder sees more pixels than that.
        Exception: Whatever else the decoder raises on broken files.
    """
    try:
        import pillow_heif
    except ImportError:
        raise ImageRefused(
            "this is a HEIC picture; to read it takes a package that is not installed",
            hint="Install it with: pip install 'catdata[heif]'",
        ) from None
    file = pillow_heif.open_heif(data)
    main = file[file.primary_index]
    if main.size[0] * main.size[1] > pixels:
        raise ValueError("it is larger than it says")
    return main.to_pillow()


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    for _ in range(MAX_BOXES):
        if start >= end:
            return
        length, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, body)
            body += 8
        stop = start + length if length else end
        if stop > end and end == len(data):
            raise EOFError("its last part is cut off")
        if not body <= stop <= end:
            raise NotValid(f"the length of its part at byte {start:,} is wrong")
        yield _Box(kind, body, stop)
        start = stop
    raise NotValid(f"it has more than {MAX_BOXES:,} parts")


def _number(data: bytes, at: int, size: int) -> int:
    """Read an unsigned number of so many bytes."""
    if at + size > len(data):
        raise EOFError("its header is cut off")
    return int.from_bytes(data[at : at + size], "big")


def _items(data: bytes, iinf: _Box) -> Iterator[_Item]:
    count_size = 4 if data[iinf.start] else 2
    for box in _boxes(data, iinf.start + 4 + count_size, iinf.end):
        version, flags = data[box.start], data[box.start + 3]
        if box.kind == b"infe" and version in (2, 3):  # older ones do not say what an item is
            size = 2 if version == 2 else 4
            at = box.start + 4 + size + 2  # past the number and that of its protection
            yield _Item(_number(data, box.start + 4, size), data[at : at + 4], bool(flags & 1))


def _parts(data: bytes, iref: _Box) -> Iterator[int]:
    """Yield the items that belong to others: thumbnails, tiles, depth maps, descriptions."""
    size = 4 if data[iref.start] else 2
    for box in _boxes(data, iref.start + 4, iref.end):
        if box.kind in _PART_IS_SOURCE:
            yield _number(data, box.start, size)
        elif box.kind in _PARTS_ARE_TARGETS:
            for at in range(box.start + size + 2, box.end - size + 1, size):
                yield _number(data, at, size)


def _shape(data: bytes, iprp: _Box, item: int) -> tuple[int, int, tuple[int, int], int]:
    """Return an item's upright width and height, those stored, and its bits a channel."""
    inside = {box.kind: box for box in _boxes(data, iprp.start, iprp.end)}
    if not {b"ipco", b"ipma"} <= set(inside):
        raise NotValid("its header is not valid")
    properties = list(_boxes(data, inside[b"ipco"].start, inside[b"ipco"].end))
    width, height, stored, depth = 0, 0, (0, 0), 8
    for place in _associated(data, inside[b"ipma"], item):
        if not 1 <= place <= len(properties):
            continue
        kind, at, _ = properties[place - 1]
        if kind == b"ispe":
            width, height = struct.unpack_from(">II", data, at + 4)
            stored = width, height
        elif kind == b"clap":
            width, height = _cut(width, height, struct.unpack_from(">IIII", data, at))
        elif kind == b"irot" and data[at] & 1:
            width, height = height, width
        elif kind == b"pixi":
            depth = max(data[at + 5 : at + 5 + data[at + 4]], default=8)
    return width, height, stored, depth


def _cut(width: int, height: int, wanted: tuple[int, int, int, int]) -> tuple[int, int]:
    """Return the size of a picture cut to two fractions, each a number and what divides it."""
    across, across_by, down, down_by = wanted
    if not across_by or not down_by:
        raise NotValid("its header is not valid")
    return min(width, across // across_by), min(height, down // down_by)


def _associated(data: bytes, ipma: _Box, item: int) -> list[int]:
    """Return which properties an item has, as places from 1, in their order."""
    version, flags = data[ipma.start], data[ipma.start + 3]
    id_size, place_size = (4 if version else 2), (2 if flags & 1 else 1)
    mask = (1 << 8 * place_size - 1) - 1  # the first bit says whether it must be understood
    at = ipma.start + 8
    while at < ipma.end:
        number, count = _number(data, at, id_size), _number(data, at + id_size, 1)
        at += id_size + 1
        if number == item:
            places = range(at, at + count * place_size, place_size)
            return [_number(data, place, place_size) & mask for place in places]
        at += count * place_size
    return []


def _check_extents(data: bytes, iloc: _Box) -> None:
    """Check that all bytes of all items are in the file."""
    version = data[iloc.start]
    sizes, more = data[iloc.start + 4], data[iloc.start + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    id_size = 4 if version == 2 else 2
    extent_size = index_size + offset_size + length_size
    at = iloc.start + 6 + id_size
    while at < iloc.end:
        at += id_size
        in_file = not version or not data[at + 1] & 15
        at += 4 if version else 2  # how it is made, and which file it is in
        base = _number(data, at, base_size)
        extents = _number(data, at + base_size, 2) if extent_size else 0
        at += base_size + 2
        for place in range(at, at + extents * extent_size, extent_size or 1):
            offset = base + _number(data, place + index_size, offset_size)
            length = _number(data, place + index_size + offset_size, length_size)
            if in_file and offset + length > len(data):
                raise EOFError(f"it has {len(data):,} bytes of {offset + length:,}")
        at += extents * extent_size
