"""The records that the catalog hands out and takes in."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from catdata.dataset.catalog.schema import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """What a build needs to know of an image: what it shows, and where its pixels come from.

    Attributes:
        origin: ``original`` (a row of the course's pair) or ``added`` (a file).
        content_hash: sha256 of the 64 x 64 pixels of the whole picture, hexadecimal.
        label: 0 (non-cat) or 1 (cat).
        home_split: Of an original: the file of the pair that holds it, in row *home_row*.
        file_hash: Of an added one: sha256 of its file, hexadecimal.
        location: Of one catalogued in place: the absolute path of its file, as Python has it (see
            :func:`os.fsdecode`); None if the file is in the raw store.
    """

    origin: str
    content_hash: str
    label: int
    home_split: str | None = None
    home_row: int | None = None
    file_hash: str | None = None
    format: str | None = None
    file_name: str | None = None
    location: str | None = None

    @property
    def ref(self) -> str:
        """The name of this image in builds: ``train[146]``, or the whole content hash."""
        if self.origin == "original":
            return f"{self.home_split}[{self.home_row}]"
        return self.content_hash

    @property
    def class_name(self) -> str:
        """``cat`` or ``non-cat``."""
        return CLASS_NAMES[self.label]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow(ImageSource):
    """One image of the catalog.

    Attributes:
        fingerprint: The four 64-bit words of :mod:`catdata.fingerprint`.
        width: Of the upright picture, in pixels; so is *height*.
        split: ``train`` or ``test``.
        removed: Whether builds leave it out.
        added_at: When it came, UTC, ISO 8601.
        id: Counts up as images come; 0 for a row not stored yet.
    """

    fingerprint: tuple[int, int, int, int]
    width: int
    height: int
    split: str
    source: str | None = None
    removed: bool = False
    warnings: tuple[str, ...] = ()
    added_at: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which images are asked for; None means any.

    Attributes:
        since: Added at this time or later, UTC, ISO 8601 (a date will do).
        removed: Images that were removed, instead of those that were not.
    """

    label: int | None = None
    split: str | None = None
    origin: str | None = None
    since: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many images share origin, split and label."""

    origin: str
    split: str
    label: int
    images: int


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of the log.

    Attributes:
        undone_by: Id of the ``undo`` that reverted it, if one did.
    """

    id: int
    at: str
    name: str
    summary: str
    undone_by: int | None = None


def now() -> str:
    """Return the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_words(fingerprint: NDArray[np.uint64]) -> tuple[int, int, int, int]:
    """Return a fingerprint of shape (4,) as plain numbers."""
    dhash, dhash_mirrored, phash, phash_mirrored = map(int, fingerprint)
    return dhash, dhash_mirrored, phash, phash_mirrored


def fingerprints(images: Iterable[ImageRow]) -> NDArray[np.uint64]:
    """Return the fingerprints of *images* as an array of shape (n, 4), uint64."""
    return np.array([image.fingerprint for image in images], dtype=np.uint64).reshape(-1, 4)


_SHARED = ("origin", "split", "home_split", "format", "added_at")
WORDS = ("dhash", "dhash_mirrored", "phash", "phash_mirrored")
COLUMNS = [field.name for field in fields(ImageRow) if field.name not in {"id", "fingerprint"}]


def to_values(image: ImageRow) -> dict[str, object]:
    """Return an image as values by column, without its id."""
    values: dict[str, object] = {name: getattr(image, name) for name in COLUMNS}
    values["warnings"] = json.dumps(image.warnings)
    values["added_at"] = image.added_at or now()
    values = as_stored(values)
    for name, word in zip(WORDS, image.fingerprint, strict=True):
        values[name] = word - (word >> 63 << 64)  # SQLite's integers have a sign
    return values


def as_stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by column with the path of a file as the bytes that it has on disk."""
    if values.get("location") is None:
        return dict(values)
    return {**values, "location": os.fsencode(values["location"])}


def from_values(values: Row) -> ImageRow:
    """Return one row of the table ``image`` as a record."""
    known: dict[str, Any] = {name: values[name] for name in (*COLUMNS, "id")}
    warnings = values["warnings"]
    known["warnings"] = tuple(json.loads(warnings)) if warnings != "[]" else ()
    known["removed"] = bool(values["removed"])
    for name in _SHARED:  # one text for all rows, of which there may be many
        if known[name] is not None:
            known[name] = sys.intern(known[name])
    if values["location"] is not None:
        known["location"] = os.fsdecode(values["location"])
    dhash, dhash_mirrored, phash, phash_mirrored = (values[name] % 2**64 for name in WORDS)
    words = (dhash, dhash_mirrored, phash, phash_mirrored)
    return ImageRow(fingerprint=words, **known)
