"""``build.json``: what a build is made of. It says nothing of when or where.

What is said of each row takes one line, which people find sooner and Python writes ten times
faster; and so it is written and read some lines at a time.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from catdata import durable
from catdata.errors import StorageFailed, shown
from catdata.h5file import FILE_NAMES, SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

NAME = "build.json"
_ROWS = ' "rows": {\n'
_END = "}\n"
_AROUND_ROWS = {f'  "{split}": [\n' for split in SPLITS} | {"  ],\n", "  ]\n", " }\n", _END}
_LINES_AT_ONCE = 4096


def write(folder: Path, about: Mapping[str, Any], rows: Mapping[str, Iterable[str]]) -> None:
    """Write ``build.json`` beside the two h5 files of a build, which must be there.

    Args:
        folder: The build's.
        about: What is said of the build as a whole.
        rows: What is said of each row of each split, in the order of the file, as JSON.
    """
    files = {name: _describe(folder / name) for name in FILE_NAMES.values()}
    head = json.dumps({**about, "files": files}, indent=1).removesuffix("\n}")
    with (folder / NAME).open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{head},\n{_ROWS.rstrip()}")
        for number, (split, lines) in enumerate(rows.items()):
            file.write(f'{"," if number else ""}\n  "{split}": [')
            file.writelines(f"{',' if at else ''}\n   {line}" for at, line in enumerate(lines))
            file.write("\n  ]")
        file.write(f"\n }}\n{_END}")


def _describe(path: Path) -> dict[str, object]:
    """Hash a file while the disk takes it."""
    with ThreadPoolExecutor(1) as beside, path.open("rb") as file:
        synced = beside.submit(durable.sync_file, path)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        synced.result()
        return {"bytes": file.tell(), "sha256": digest}


def read(folder: Path) -> dict[str, Any]:
    """Return ``build.json`` but for its rows; nothing if it is missing, torn or not in its form.

    Raises:
        StorageFailed: If the disk fails.
    """
    path = folder / NAME
    try:
        try:
            with path.open(encoding="utf-8") as file:
                manifest = json.loads(_head(file))
        except ValueError:  # written by other hands, or torn
            manifest = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return {}
    except OSError as error:  # what cannot be read now may still be sound
        raise StorageFailed(f"{shown(path)} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        return {}
    if not isinstance(manifest, dict):
        return {}
    manifest.pop("rows", None)
    parts = [manifest.get(name, {}) for name in ("recipe", "files", *SPLITS)]
    sound = all(isinstance(part, dict) for part in parts)
    sound = sound and all(isinstance(file, dict) for file in manifest.get("files", {}).values())
    return manifest if sound else {}


def _head(lines: Iterator[str]) -> str:
    """Return all that stands before the rows, as JSON of its own, and check the rows.

    Raises:
        ValueError: If the rows are not as they were written.
    """
    has_rows = False

    def is_head(line: str) -> bool:
        nonlocal has_rows
        has_rows = line == _ROWS
        return not has_rows

    head = "".join(takewhile(is_head, lines))
    if not has_rows:
        return head
    last = ""
    while page := list(islice(lines, _LINES_AT_ONCE)):
        rows = (line.rstrip(",\n") for line in page if line not in _AROUND_ROWS)
        json.loads(f"[{','.join(rows)}]")
        last = page[-1]
    if last != _END:
        raise ValueError("cut short")
    return head.rstrip().removesuffix(",") + "}"
