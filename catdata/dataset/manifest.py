"""Write ``build.json``: what a build is made of, row by row.

It says nothing of when or where, so it is the same every time.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

from catdata import durable, h5file
from catdata.dataset.workspace import MANIFEST
from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catdata.dataset.contents import Contents, Recipe, SplitContents

_ROWS_AT_ONCE = 4096


def write(folder: Path, name: str, build_id: str, recipe: Recipe, contents: Contents) -> None:
    """Write ``build.json`` beside the two h5 files, which must be there.

    Each row takes one line, which people find sooner and Python writes ten times faster.
    """
    about = {
        "build": name,
        "build_id": build_id,
        "catalog": contents.catalog,
        "recipe": asdict(recipe),
        **{split: asdict(counts) for split, counts in contents.counts().items()},
        "left_out": [left_out._asdict() for left_out in contents.left_out],
        "files": {file: _describe(folder / file) for file in h5file.FILE_NAMES.values()},
    }
    head = json.dumps(about, indent=1).removesuffix("\n}")
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{head},\n "rows": {{')
        for number, (split, rows) in enumerate(contents.splits.items()):
            file.write(f'{"," if number else ""}\n  "{split}": [')
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                lines = _lines(rows, start, min(start + _ROWS_AT_ONCE, len(rows)))
                file.write("," if start else "")
                file.write(",".join(f"\n   {line}" for line in lines))
            file.write("\n  ]")
        file.write("\n }\n}\n")


def _describe(path: Path) -> dict[str, object]:
    """Hash a file while the disk takes it."""
    with ThreadPoolExecutor(1) as beside, path.open("rb") as file:
        synced = beside.submit(durable.sync_file, path)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        synced.result()
        return {"bytes": file.tell(), "sha256": digest}


def _lines(rows: SplitContents, start: int, stop: int) -> Iterator[str]:
    """Yield what is said of each of some rows, as JSON."""
    shown = rows.shown(start, stop)
    copies = rows.numbers(start, stop).tolist()
    labels = rows.images.labels[shown].tolist()
    is_original = rows.images.is_original[shown].tolist()
    refs, parameters = rows.refs(start, stop), rows.parameters(start, stop)
    for at, image in enumerate(shown.tolist()):
        # Put together by hand, which takes a third of the time; a name alone needs escaping.
        line = f'{{"ref": "{refs[at]}", "label": "{CLASS_NAMES[labels[at]]}"'
        if not is_original[at]:
            line += f', "file": {json.dumps(rows.images.file_names[image].decode())}'
        if copies[at]:
            drawn = json.dumps(json.loads(parameters[at]))
            line += f', "copy": {copies[at]}, "transforms": {drawn}'
        yield line + "}"
