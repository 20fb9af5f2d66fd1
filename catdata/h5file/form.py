"""The course's form in names and records: what its two files hold, and what a reader hands out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

CLASS_NAMES = ("non-cat", "cat")
SPLITS = ("train", "test")
FILE_NAMES = {"train": "train_catvnoncat.h5", "test": "test_catvnoncat.h5"}

KNOWN_PAIR = {
    "train": "fbe56ab67c3ae28d564e3a644189117976d6b31af0a3ce9bb17dbf22908af242",
    "test": "6a9d39ce52fa85953c5834695b8534a30ed8cfd54971fb2f080b5a24d002b951",
}
"""The sha256 of each of the course's own two files."""

KNOWN_LEAK = "31249393b95a9fc52419033b56ac1296539ff3d24c297810df42e48e3f4b4885"
"""The content hash that ``train[146]`` and ``test[17]`` of the course's own pair share."""

GROUP = "catdata"
"""The group that holds what a build knows about its rows."""

ROW_FIELDS = {
    "ref": ("S64", ()),
    "content_hash": ("S64", ()),
    "fingerprint": ("<u8", (4,)),
    "copy": ("<i4", ()),
}
"""The datasets of the group with one entry a row: name, dtype and shape of an entry."""

MAX_PARAMETERS = 1024  # bytes of one row's ``parameters``, whose dtype is as long as its longest

BUILD_ID_DTYPE = "S64"
_BUILD_ID_LENGTH = 64

MAX_ROWS = 200_000
MAX_SIDE = 2048  # pixels
MAX_IN_MEMORY = 1 << 30  # bytes of pixels that read_split hands out as one array

_TEXTS_AT_ONCE = 4096
_REFERENCE = re.compile(r"(?:train|test)\[(?:0|[1-9][0-9]{0,8})\]|[0-9a-f]{64}")
_CONTENT_HASH = re.compile(r"[0-9a-f]{64}")


class RowSources(Protocol):
    """Where the rows of a build come from, told by columns and some rows at a time."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def column(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return one column of the rows from *start* to before *stop*, k of them.

        Args:
            name: ``ref`` (``train[3]`` for a row of the original pair, else the image's content
                hash), ``content_hash`` (64 hexadecimal digits), ``fingerprint`` (shape (k, 4), see
                :mod:`catdata.fingerprint`), ``copy`` (0 for the image itself, i for its i-th
                augmented copy) or ``parameters`` (what was done to the copy: a JSON object in
                ASCII, at most 1,024 bytes). All but the numbers are bytes.
            start: From which row.
            stop: To which row.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """All pictures and labels of one split, in memory.

    Args:
        images: Pixels, shape (m, size, size, 3), uint8, 0..255.
        labels: Classes, shape (m,), int64, 0 or 1.
        class_names: The names of class 0 and class 1.
        refs: One a row: ``train[3]`` for a row of the original pair, else a content hash. Rows of
            a file without the group ``catdata`` are numbered by their own split.
        content_hashes: Shape (m,), S64, or None for a file without the group.
        fingerprints: Shape (m, 4), uint64, or None for a file without the group.
        copies: Shape (m,), int32: 0 is the image itself, k its k-th augmented copy.
        warnings: What was accepted though it is not quite the course's form, a sentence each.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, str]
    refs: tuple[str, ...]
    content_hashes: NDArray[np.bytes_] | None
    fingerprints: NDArray[np.uint64] | None
    copies: NDArray[np.int32]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> int:
        """The side of every picture, in pixels."""
        return int(self.images.shape[1])


def is_reference(text: str) -> bool:
    """Tell whether a text can name a row: ``train[3]``, ``test[3]`` or a content hash."""
    return _REFERENCE.fullmatch(text) is not None


def is_content_hash(text: str) -> bool:
    """Tell whether a text is a sha256 in lower-case hexadecimal digits."""
    return _CONTENT_HASH.fullmatch(text) is not None


def is_parameters(text: str) -> bool:
    """Tell whether a text can say what was done to a copy: a short JSON object in ASCII."""
    if not text.isascii() or len(text) > MAX_PARAMETERS:
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _every(is_sound: Callable[[str], bool]) -> Callable[[NDArray[np.bytes_]], bool]:
    """Return a check of a column of texts, in slices, and there once where many say the same."""

    def check(column: NDArray[np.bytes_]) -> bool:
        slices = (column[at : at + _TEXTS_AT_ONCE] for at in range(0, len(column), _TEXTS_AT_ONCE))
        texts = (text.decode("utf-8", "replace") for some in slices for text in set(some.tolist()))
        return all(map(is_sound, texts))

    return check


SOUND: dict[str, Callable[[NDArray[Any]], bool]] = {
    "ref": _every(is_reference),
    "content_hash": _every(is_content_hash),
    "fingerprint": lambda _: True,
    "copy": lambda column: bool((column >= 0).all()),
    "parameters": _every(is_parameters),
}
"""What must hold of each column with one entry a row."""


def is_build_id(text: str) -> bool:
    """Tell whether a text can be a build's id: up to 64 letters and digits, perhaps none yet."""
    return text == "" or (len(text) <= _BUILD_ID_LENGTH and text.isascii() and text.isalnum())


def check_split(split: str) -> None:
    """Refuse a split that is neither ``train`` nor ``test``.

    Raises:
        ValueError: If it is neither.
    """
    if split not in SPLITS:
        raise ValueError(f"a split is one of {', '.join(SPLITS)}, not {split!r}")
