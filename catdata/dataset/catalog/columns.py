"""The images of one split by columns, for builds, which need to know all of them at once.

An image takes 118 bytes and the length of its file's name and, where it was catalogued in place, of
its path; as an :class:`~catdata.dataset.catalog.rows.ImageRow` it takes 1.1 kB.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.dataset.catalog.rows import WORDS, ImageSource
from catdata.dataset.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.catalog.schema import Row

_HASH = 32  # bytes of a sha256
_NO_HASH = "0" * 2 * _HASH
READ = (
    "origin", "home_split", "format", "home_row", "label", "content_hash", "file_hash",
    "file_name", "location", *WORDS,
)  # fmt: skip
"""The columns of the table ``image`` that are read, in this order."""


class Kind(NamedTuple):
    """What many images have in common."""

    origin: str
    home_split: str | None
    format: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ImageColumns:
    """What builds need to know of n images, in the order of a build.

    Attributes:
        kinds: All kinds of image.
        kind: Which of *kinds* each is, shape (n,), uint8.
        home_row: Of an original: its row in the pair, shape (n,), int32.
        labels: Shape (n,), uint8, 0 or 1.
        fingerprints: Shape (n, 4), uint64.
        content_hashes: sha256 of the 64 x 64 pixels of the whole picture, shape (n, 32), uint8.
        file_hashes: sha256 of the file, shape (n, 32), uint8; zeros for an original.
        file_names: UTF-8; empty for an original.
        locations: The path of a file catalogued in place, as on disk; empty for any other.
    """

    kinds: tuple[Kind, ...]
    kind: NDArray[np.uint8]
    home_row: NDArray[np.int32]
    labels: NDArray[np.uint8]
    fingerprints: NDArray[np.uint64]
    content_hashes: NDArray[np.uint8]
    file_hashes: NDArray[np.uint8]
    file_names: Texts
    locations: Texts

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, at: int) -> ImageSource:
        kind = self.kinds[self.kind[at]]
        added = kind.origin == "added"
        location = self.locations[at]
        return ImageSource(
            origin=kind.origin,
            content_hash=self.content_hashes[at].tobytes().hex(),
            label=int(self.labels[at]),
            home_split=kind.home_split,
            home_row=None if added else int(self.home_row[at]),
            file_hash=self.file_hashes[at].tobytes().hex() if added else None,
            format=kind.format,
            file_name=self.file_names[at].decode() or None,
            location=os.fsdecode(location) if location else None,
        )

    def __iter__(self) -> Iterator[ImageSource]:
        return map(self.__getitem__, range(len(self)))

    @property
    def is_original(self) -> NDArray[np.bool_]:
        """Which images are rows of the original pair, shape (n,)."""
        return np.array([kind.origin == "original" for kind in self.kinds], np.bool_)[self.kind]

    def refs(self, rows: NDArray[np.intp]) -> list[str]:
        """Return what builds call the images of these rows, as :attr:`ImageSource.ref`."""
        refs = as_hex(self.content_hashes[rows])
        for at in np.flatnonzero(self.is_original[rows]).tolist():
            refs[at] = self[rows[at]].ref
        return refs

    def take(self, rows: NDArray[np.intp]) -> ImageColumns:
        """Return the images of these rows, in this order."""
        return ImageColumns(
            self.kinds,
            self.kind[rows],
            self.home_row[rows],
            self.labels[rows],
            self.fingerprints[rows],
            self.content_hashes[rows],
            self.file_hashes[rows],
            Texts(map(self.file_names.__getitem__, rows.tolist())),
            Texts(map(self.locations.__getitem__, rows.tolist())),
        )


def as_hex(hashes: NDArray[np.uint8]) -> list[str]:
    """Return hashes, shape (k, 32), as hexadecimal digits."""
    digits = hashes.tobytes().hex()
    return [digits[at : at + 2 * _HASH] for at in range(0, len(digits), 2 * _HASH)]


def read(pages: Iterable[Sequence[Row]]) -> ImageColumns:
    """Take in rows of :data:`READ`, which come some at a time.

    Raises:
        ValueError: If a row holds what is no hash.
    """
    kinds: dict[Kind, int] = {}
    kind, labels, content_hashes, file_hashes = (bytearray() for _ in range(4))
    home_row, fingerprints = array("i"), array("q")
    file_names, locations = Texts(), Texts()
    for page in pages:
        origins, splits, formats, rows, labelled, contents, files, names, places, *words = zip(
            *page, strict=True
        )
        described = map(Kind, origins, splits, formats)
        kind += bytes(kinds.setdefault(one, len(kinds)) for one in described)
        home_row.extend(row or 0 for row in rows)
        labels += bytes(labelled)
        content_hashes += _packed(contents)
        file_hashes += _packed([name or _NO_HASH for name in files])
        file_names.extend((name or "").encode() for name in names)
        locations.extend(place or b"" for place in places)
        fingerprints.extend(chain.from_iterable(zip(*words, strict=True)))
    return ImageColumns(
        tuple(kinds),
        np.frombuffer(kind, np.uint8),
        np.frombuffer(home_row, np.int32),
        np.frombuffer(labels, np.uint8),
        np.frombuffer(fingerprints, np.uint64).reshape(-1, 4),
        np.frombuffer(content_hashes, np.uint8).reshape(-1, _HASH),
        np.frombuffer(file_hashes, np.uint8).reshape(-1, _HASH),
        file_names,
        locations,
    )


def _packed(hashes: Sequence[str]) -> bytes:
    packed = bytes.fromhex("".join(hashes))
    if len(packed) != _HASH * len(hashes):
        raise ValueError("a hash of another length")
    return packed
