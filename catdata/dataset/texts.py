"""Many short texts in one piece: their own length and eight bytes each, where a str takes 49."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Texts:
    """A list of texts, as bytes, that can only grow.

    Args:
        texts: Those that it begins with.
    """

    __slots__ = ("_data", "_ends")

    def __init__(self, texts: Iterable[bytes] = ()) -> None:
        self._data = bytearray()
        self._ends = array("q", [0])
        self.extend(texts)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        return bytes(self._data[self._ends[at] : self._ends[at + 1]])

    def extend(self, texts: Iterable[bytes]) -> None:
        """Append texts."""
        for text in texts:
            self._data += text
            self._ends.append(len(self._data))

    def longest(self) -> int:
        """Return the length of the longest, in bytes; 0 if there is none."""
        return max((end - start for start, end in pairwise(self._ends)), default=0)
