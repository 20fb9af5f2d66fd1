"""Which files of a searched folder somebody means as photos: by first bytes, or by name.

A figure that this program drew is a picture, and is none that anybody would train on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from catdata.dataset.plainfile import opened
from catdata.dataset.signatures import HEAD_BYTES, other_kind, picture_format
from catdata.errors import ImageRefused

if TYPE_CHECKING:
    from pathlib import Path

FORMATS_BY_SUFFIX = {
    **dict.fromkeys([".jpg", ".jpeg", ".jpe", ".jfif"], "jpeg"),
    **dict.fromkeys([".png", ".apng"], "png"),
    ".webp": "webp",
    **{f".{name}": name for name in ("gif", "bmp", "tiff", "avif", "svg", "jxl")},
    **dict.fromkeys([".heic", ".heif", ".hif"], "heif"),
    ".tif": "tiff",
}
"""What a file is by the ending of its name, in lower case; only four of these can be read."""

_FIGURE_HEAD = 4096  # bytes, among which a figure names its maker
_FIGURE_MARKS = {b"\x89PNG": b"tEXtSoftware\0catdata figure", b"<?xml": b"catdata figure"}


def looks_like_picture(source: bytes | str | os.PathLike[str]) -> bool:
    """Tell by its first bytes whether a file is a picture, of a kind that is read or of another.

    Args:
        source: The first 64 bytes of a file, or its path.

    Returns:
        False also for what is missing, no plain file, or cannot be read.
    """
    head = source if isinstance(source, bytes) else _head(source, HEAD_BYTES)
    return picture_format(head) is not None or other_kind(head).is_picture


def is_own_figure(head: bytes) -> bool:
    """Tell whether a file is a figure that this program drew.

    Args:
        head: Its first 4,096 bytes, or all of it.
    """
    return any(
        head.startswith(start) and mark in head[:_FIGURE_HEAD]
        for start, mark in _FIGURE_MARKS.items()
    )


def is_meant_as_picture(path: Path, data: bytes | None = None) -> bool:
    """Tell whether a file is a picture by its first bytes, or at least named like one.

    Args:
        path: The file.
        data: Its bytes, if they have been read.

    Returns:
        False for this program's own figures.
    """
    head = _head(path, _FIGURE_HEAD) if data is None else data
    if is_own_figure(head):
        return False
    return looks_like_picture(head) or path.suffix.lower() in FORMATS_BY_SUFFIX


def _head(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the first bytes of a file; none of what cannot be read."""
    try:
        with opened(path) as (descriptor, _):
            return os.read(descriptor, most)
    except (ImageRefused, OSError):
        return b""
