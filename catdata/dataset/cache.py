"""Prepared pixels of photos, kept so that a photo is decoded once.

For each preparation there are two flat files: records of one length, and their keys with a checksum
each. So a build reads what was added together in one piece. Nothing here is synced or needed: the
folder may be deleted at any time, and a record that a power cut or anything else has damaged does
not match its checksum and counts as missing. ``scripts/measure_cache.py`` compares this with
SQLite.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from catdata import durable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray

    from catdata.dataset.images import Preparation

    Pixels = NDArray[np.uint8]

_KEY = np.dtype([("file", "<u8", 4), ("checksum", "<u8")])  # sha256 of the file, sum of the record
_LOCK = ".lock"
_log = logging.getLogger("catdata")


class PixelCache:
    """The squares of one preparation, by the sha256 of the file they were made of.

    Args:
        folder: Where caches are; it is made when something is kept.
        preparation: How the squares were made.
        most_bytes: What all caches in *folder* may take together. When that is reached those of
            other preparations go, and then nothing more is taken in: of images that are read in
            the same order again and again, that serves more than replacing the oldest.
    """

    def __init__(self, folder: Path, preparation: Preparation, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._side = preparation.size
        self._row_bytes = 3 * preparation.size**2
        name = f"{preparation.size}-{preparation.fit}"
        self._squares_path = folder / f"{name}.squares"
        self._keys_path = folder / f"{name}.keys"
        self._keys = np.empty(0, _KEY)
        self._squares: FileIO | None = None
        self._weights = _weights(4 + -(-self._row_bytes // 8))
        self._open()

    def _open(self) -> None:
        try:
            data = self._keys_path.read_bytes()
            self._squares = self._squares_path.open("rb", buffering=0)
        except OSError:  # none yet, or not to be read
            data = b""
        self._keys = np.frombuffer(data[: len(data) // _KEY.itemsize * _KEY.itemsize], _KEY)
        # Beginnings of a hash are as good as the whole, and faster to find; the rest is compared.
        self._order = np.argsort(self._keys["file"][:, 0], kind="stable")
        self._sorted = self._keys["file"][self._order, 0]

    def close(self) -> None:
        """Close the file."""
        if self._squares:
            self._squares.close()

    def get(self, file_hashes: Sequence[str], into: Pixels) -> list[int]:
        """Read the squares that are here and sound.

        Args:
            file_hashes: sha256 of k files, hexadecimal; an empty one is never here.
            into: Shape (k, size, size, 3), uint8; filled where a square is here.

        Returns:
            The numbers of those that are missing, ascending.
        """
        if not len(self._keys):
            return list(range(len(file_hashes)))
        files = _as_words(file_hashes)
        found = np.minimum(np.searchsorted(self._sorted, files[:, 0]), len(self._sorted) - 1)
        places = self._order[found]
        is_here = (self._keys["file"][places] == files).all(axis=1)
        is_here &= np.array([bool(name) for name in file_hashes])
        rows = into.reshape(len(into), -1)
        here = np.flatnonzero(is_here)
        for run in np.split(here, 1 + np.flatnonzero(_breaks(here) | _breaks(places[here]))):
            if len(run):
                whole = self._read(int(places[run[0]]), rows[run[0] : run[-1] + 1])
                is_here[run[whole:]] = False
        sums = self._checksums(files, rows)
        is_here &= sums == self._keys["checksum"][places]
        missing: list[int] = np.flatnonzero(~is_here).tolist()
        return missing

    def _read(self, place: int, rows: Pixels) -> int:
        """Read records that lie side by side and return how many were there."""
        assert self._squares is not None  # noqa: S101 - or there would be no key
        try:
            self._squares.seek(place * self._row_bytes)
            return (self._squares.readinto(rows.data) or 0) // self._row_bytes
        except OSError as error:  # then they are decoded again
            _log.debug("the pixel cache could not be read: %s", error)
            return 0

    def add(self, file_hashes: Sequence[str], squares: Pixels) -> None:
        """Keep squares, as far as there is room; that they cannot be kept is no failure.

        Args:
            file_hashes: sha256 of k files, hexadecimal.
            squares: Shape (k, size, size, 3), uint8.
        """
        if not self._most_bytes or not file_hashes:
            return
        keys = np.empty(len(file_hashes), _KEY)
        keys["file"] = _as_words(file_hashes)
        rows = squares.reshape(len(squares), -1)
        keys["checksum"] = self._checksums(keys["file"], rows)
        try:
            self._folder.mkdir(exist_ok=True)
            with durable.exclusive(self._folder / _LOCK):
                self._append(keys, rows)
        except OSError as error:
            _log.debug("the pixel cache could not be written: %s", error)

    def _append(self, keys: NDArray[np.void], rows: Pixels) -> None:
        with self._keys_path.open("ab") as key_file, self._squares_path.open("ab") as squares:
            # A killed writer may have left half a record, or records without keys.
            whole = min(key_file.tell() // _KEY.itemsize, squares.tell() // self._row_bytes)
            key_file.truncate(whole * _KEY.itemsize)
            squares.truncate(whole * self._row_bytes)
            room = self._room(len(keys) * (_KEY.itemsize + self._row_bytes))
            most = max(0, room) // (_KEY.itemsize + self._row_bytes)
            squares.write(np.ascontiguousarray(rows[:most]).data)
            squares.flush()
            key_file.write(keys[:most].tobytes())

    def _room(self, wanted: int) -> int:
        """Return how many bytes may be added, after other preparations made way if needed."""
        own = {self._keys_path, self._squares_path}
        sizes = {path: path.stat().st_size for path in self._folder.iterdir()}
        room = self._most_bytes - sum(sizes.values())
        if room < wanted:
            for path, size in sizes.items():
                if path not in own and path.name != _LOCK:
                    path.unlink(missing_ok=True)
                    room += size
        return room

    def _checksums(self, files: NDArray[np.uint64], rows: Pixels) -> NDArray[np.uint64]:
        """Return a checksum of each record and its key: a sum of all words, each with a weight.

        Zeros, a torn record and one under another's key are all noticed, in a third of the time
        that a CRC takes.
        """
        if rows.shape[1] % 8:
            rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))
        words = np.ascontiguousarray(rows).view("<u8")
        sums: NDArray[np.uint64] = words @ self._weights[4:] + files @ self._weights[:4]
        return sums


def _weights(number: int) -> NDArray[np.uint64]:
    """Return odd numbers, the same every time; a change of any one word changes the sum."""
    return np.random.PCG64(0).random_raw(number) | np.uint64(1)


def _as_words(file_hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Return hexadecimal hashes as four words each, shape (k, 4), zeros for an empty one."""
    data = b"".join(bytes.fromhex(name) if name else bytes(32) for name in file_hashes)
    return np.frombuffer(data, "<u8").reshape(-1, 4)


def _breaks(numbers: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell between which neighbours numbers do not simply count up."""
    is_break: NDArray[np.bool_] = np.diff(numbers) != 1
    return is_break
