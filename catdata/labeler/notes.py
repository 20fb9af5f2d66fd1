"""What the page remembers from one day to the next, in ``data/.label/``; losing it costs time only.

Both files are JSON lines that are only ever appended to; a line that a crash tore is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from catdata import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ".label"


class Marks:
    """Which images of the catalog somebody has looked at again, and the label seen to be right.

    Args:
        data: ``data/`` of the workspace.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / FOLDER / "marks.jsonl"
        self._labels: dict[str, int | None] = {}
        for line in _lines(self._path):
            match line:
                case {"image": str(ref), "label": int() | None as label}:
                    self._labels[ref] = label

    def has(self, ref: str, label: int) -> bool:
        """Tell whether an image was marked as having this label rightly."""
        return self._labels.get(ref) == label

    def set(self, ref: str, label: int | None) -> None:
        """Mark an image, durably; None takes the mark away.

        Raises:
            OSError: If the disk refuses.
        """
        _append(self._path, {"image": ref, "label": label}, is_durable=True)
        self._labels[ref] = label


class KnownFiles:
    """Which files were seen to be in the catalog, so that they need not be read to be passed over.

    Args:
        data: ``data/`` of the workspace.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / FOLDER / "files.jsonl"
        self._hashes: dict[tuple[str, int, int], str] = {}
        for line in _lines(self._path):
            match line:
                case [str(path), int(size), int(modified), str(file_hash)]:
                    self._hashes[path, size, modified] = file_hash

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def hash_of(self, path: Path) -> str | None:
        """Return the sha256 that a file had when its size and time were what they are."""
        stamp = _stamp(path)
        return self._hashes.get(stamp) if stamp else None

    def note(self, path: Path, file_hash: str) -> None:
        """Remember a file that is in the catalog, if the disk lets us."""
        stamp = _stamp(path)
        if stamp and stamp not in self._hashes:
            self._hashes[stamp] = file_hash
            with contextlib.suppress(OSError):
                _append(self._path, [*stamp, file_hash], is_durable=False)


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return os.path.abspath(path), status.st_size, status.st_mtime_ns  # noqa: PTH100 - keeps links


def _lines(path: Path) -> Iterator[object]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.split("\n"):
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _append(path: Path, record: object, *, is_durable: bool) -> None:
    is_new = not path.exists()
    if is_new:
        durable.create_folder(path.parent)
    # A line feed before it too: whatever a crash left there ends at it.
    with path.open("ab") as file:
        file.write(b"\n" + json.dumps(record).encode() + b"\n")
        if is_durable:
            file.flush()
            os.fsync(file.fileno())
    if is_new and is_durable:
        durable.sync_folder(path.parent)
