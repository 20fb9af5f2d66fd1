"""What lies under the name of an h5 file, where it is none; and the course's own two files.

Many copies of the course's files that circulate are a web page, a pointer or half a download. Their
first bytes tell, and the remedy differs.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from catdata.h5file.boundary import GET_AGAIN
from catdata.h5file.form import KNOWN_PAIR
from catdata.h5file.openfile import PlainFile, open_for_reading

SIGNATURE = b"\x89HDF\r\n\x1a\n"

_HEAD = 4096  # bytes that are looked at
_PIECE = 1 << 20
_DATA_LINK = "Use the page's own link to the data ('Download' or 'Raw'), not the page's address."
_UNPACK = "Unpack it and use the file inside."
_A_PICTURE = "Use the course's h5 files; pictures of your own are taken in by 'catdata add'."
_OTHER_FORM = "Use the course's h5 files, or write its arrays into new ones with h5py."


class NotHdf5(NamedTuple):
    """What a file is instead, and the next step."""

    what: str
    hint: str


_BY_FIRST_BYTES: tuple[tuple[bytes, NotHdf5], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        NotHdf5(
            "a Git LFS pointer, a note where the data can be had",
            "Run 'git lfs pull' in its repository, or download the file from its web page.",
        ),
    ),
    (b"\x1f\x8b", NotHdf5("a gzip archive", _UNPACK)),
    (b"BZh", NotHdf5("a bzip2 archive", _UNPACK)),
    (b"\xfd7zXZ\0", NotHdf5("an xz archive", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", NotHdf5("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", NotHdf5("a rar archive", _UNPACK)),
    (b"\x93NUMPY", NotHdf5("a NumPy array", _OTHER_FORM)),
    (b"\x0e\x03\x13\x01", NotHdf5("an HDF4 file", "Convert it with h4toh5.")),
    (b"\xff\xd8\xff", NotHdf5("a JPEG picture", _A_PICTURE)),
    (b"\x89PNG", NotHdf5("a PNG picture", _A_PICTURE)),
    (b"GIF8", NotHdf5("a GIF picture", _A_PICTURE)),
)
_EMPTY = NotHdf5("an empty file", GET_AGAIN)
_ZEROS = NotHdf5("nothing but zero bytes, as an interrupted download leaves them", GET_AGAIN)
_WEB_PAGE = NotHdf5("a web page saved under this name", _DATA_LINK)
_NPZ = NotHdf5("NumPy arrays in an npz file", _OTHER_FORM)
_ZIP = NotHdf5("a zip archive", _UNPACK)
_WEBP = NotHdf5("a WebP picture", _A_PICTURE)
_PICKLE = NotHdf5("a Python pickle, which could run any program and is not opened", _OTHER_FORM)
_MANGLED = NotHdf5(
    "an HDF5 file that was changed as if it were text",
    "Get the file again in binary: by the page's download button, or with '*.h5 binary' in"
    " .gitattributes.",
)
_TEXT = NotHdf5("plain text", _DATA_LINK)
_CUT_SHORT = NotHdf5("the beginning of an HDF5 file, its end is missing", GET_AGAIN)
_UNKNOWN = NotHdf5("not HDF5, nor anything else that is known here", GET_AGAIN)

_SUPERBLOCK = 64  # bytes, more than any version needs and fewer than any file has
_ADDRESSES = {0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)}
"""By version: where the width of an address stands, and where the addresses begin: the base, one of
no interest, the end of the file. (HDF5 File Format Specification, "Disk Format: Level 0A")"""

_MANGLED_SIGNATURE = re.compile(rb"(?s).{0,3}HDF[\r\n]")
_HTML = re.compile(rb"(?i)<(!doctype\s+html|html|head|body|script|meta)\b")


def describe_not_hdf5(path: Path) -> NotHdf5 | None:
    """Say what a file is that HDF5 cannot open, or None where it is a whole HDF5 file by its looks.

    Raises:
        H5Refused: If there is no such file, it may not be read, or it is no plain file.
        StorageFailed: If the disk fails.
    """
    with open_for_reading(path) as file:
        return describe(file)


def describe(file: PlainFile) -> NotHdf5 | None:
    """Do the same for an open file; its position is left anywhere."""
    start = _find_signature(file)
    if start is not None:
        return _describe_cut_short(file, start)
    head = _read(file, 0, _HEAD)
    return _describe_head(head)


def is_genuine(file: Path | str) -> bool:
    """Tell whether a file is one of the course's own two, to the byte.

    Args:
        file: A path, whose file is read, or the file's sha256 as hexadecimal digits.

    Raises:
        H5Refused: If there is no such file, it may not be read, or it is no plain file.
        StorageFailed: If the disk fails.
    """
    if isinstance(file, Path):
        digest = hashlib.sha256()
        with open_for_reading(file) as stream:
            for start in range(0, stream.size, _PIECE):
                digest.update(_read(stream, start, _PIECE))
        file = digest.hexdigest()
    return file in KNOWN_PAIR.values()


def _describe_head(head: bytes) -> NotHdf5:
    if not head:
        return _EMPTY
    if SIGNATURE.startswith(head):
        return _CUT_SHORT
    for first_bytes, found in _BY_FIRST_BYTES:
        if head.startswith(first_bytes):
            return found
    if head.startswith(b"PK\3\4"):
        return _NPZ if b".npy" in head[:256] else _ZIP
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _WEBP
    if _MANGLED_SIGNATURE.match(head):
        return _MANGLED
    if head[:1] == b"\x80" and head[1:2] in {b"\2", b"\3", b"\4", b"\5"}:
        return _PICKLE
    if _HTML.search(head):
        return _WEB_PAGE
    if not head.strip(b"\0"):
        return _ZEROS
    return _TEXT if _is_text(head) else _UNKNOWN


def _is_text(head: bytes) -> bool:
    return not re.search(rb"[^\t\n\r\x20-\x7e\x80-\xff]", head)


def _find_signature(file: PlainFile) -> int | None:
    """Return where HDF5 begins: at 0, or after a user block of 512, 1024, 2048 ... bytes."""
    start = 0
    while start + len(SIGNATURE) <= file.size:
        if _read(file, start, len(SIGNATURE)) == SIGNATURE:
            return start
        start = start * 2 or 512
    return None


def _describe_cut_short(file: PlainFile, start: int) -> NotHdf5 | None:
    """Compare the file's length with the one that its superblock states."""
    block = _read(file, start, _SUPERBLOCK)
    if len(block) < _SUPERBLOCK:
        return _CUT_SHORT
    if block[8] not in _ADDRESSES:
        return None  # a newer version, which HDF5 may know
    width_at, first = _ADDRESSES[block[8]]
    width = block[width_at]
    base, _, end = (
        int.from_bytes(block[first + index * width : first + (index + 1) * width], "little")
        for index in range(3)
    )
    return _CUT_SHORT if width in {2, 4, 8} and file.size - start < end - base else None


def _read(file: PlainFile, start: int, length: int) -> bytes:
    """Read some bytes, fewer at the end of the file."""
    data = bytearray(max(0, min(length, file.size - start)))
    file.seek(start)
    file.readinto(data)
    return bytes(data)
