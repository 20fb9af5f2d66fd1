"""``log.jsonl`` beside the catalog: one line of JSON for each committed transaction.

With it a catalog that was lost or damaged is made again. A line is on disk before its transaction
is committed. The catalog knows how long the log is and the hash of its lines, so a line whose
transaction came to nothing, or that was torn, is beyond that length and the next writer drops it.
While the catalog is sound, it is right and the log is what can be written anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catdata import durable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "log.jsonl"
_HEAD = '{"sha256": "'  # then 64 digits, then the rest of the line, which they are the hash of


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where a log ends.

    Attributes:
        length: Its bytes; 0 if it has not been begun.
        last: Where its last line begins.
        chain: sha256 of that line's text after the hash of the line before it; hexadecimal.
    """

    length: int = 0
    last: int = 0
    chain: str = ""

    def after(self, line: bytes) -> LogEnd:
        """Return where the log ends once *line* is in it."""
        chain = line[len(_HEAD) : len(_HEAD) + 64].decode("ascii", "replace")
        return LogEnd(self.length + len(line), self.length, chain)


def encode(change: dict[str, Any], end: LogEnd) -> bytes:
    """Return the line that says *change* after a log that ends at *end*."""
    text = json.dumps(change)[1:]
    return f'{_HEAD}{_hash(end.chain, text)}", {text}\n'.encode("ascii")


def _hash(chain: str, text: str) -> str:
    return hashlib.sha256(f"{chain}{text}".encode()).hexdigest()


def write(path: Path, end: LogEnd, line: bytes) -> None:
    """Put a line behind the known *end* of the log, in place of whatever is there, and sync it."""
    with path.open("r+b") as file:
        file.truncate(end.length)
        file.seek(end.length)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def is_there(path: Path, end: LogEnd) -> bool:
    """Tell whether the log has the line that it ended with, which names all before it."""
    head = f"{_HEAD}{end.chain}".encode("ascii")
    try:
        with path.open("rb") as file:
            file.seek(end.last)
            begins = file.read(len(head)) == head
            return begins and end.length <= os.fstat(file.fileno()).st_size
    except OSError:
        return False


def write_anew(path: Path, changes: Iterable[dict[str, Any]]) -> LogEnd:
    """Replace the log by one of these *changes*, durably, and return where it ends.

    The temporary name is the same each time: the caller holds the catalog's write lock, and what a
    killed writer left is replaced.
    """
    partial = path.with_name(f".{path.name}.new")
    end = LogEnd()
    with partial.open("wb") as file:
        for change in changes:
            line = encode(change, end)
            end = end.after(line)
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    durable.sync_folder(path.parent)
    return end


def read(path: Path) -> Iterator[tuple[dict[str, Any] | None, LogEnd]]:
    """Yield what each line says and where it ends; None for a line that is not what was written.

    Raises:
        OSError: If there is no log, or the disk fails.
    """
    end = LogEnd()
    with path.open("rb") as file:
        for raw in file:
            change = _decode(raw, end.chain)
            end = end.after(raw)
            yield change, end


def _decode(raw: bytes, chain: str) -> dict[str, Any] | None:
    try:
        line = raw.decode("ascii")
        text = line[len(_HEAD) + 64 + len('", ') :].removesuffix("\n")
        if line != f'{_HEAD}{_hash(chain, text)}", {text}\n':
            return None
        change: dict[str, Any] = json.loads("{" + text)
    except ValueError:
        return None
    return change


def matches(path: Path, end: LogEnd) -> bool:
    """Tell whether every line up to *end* is what was written."""
    try:
        for change, found in read(path):
            if change is None or found == end:
                return change is not None
    except OSError:
        return False
    return False
