"""Read and decode files: what workers do, apart from the catalog and all that it needs.

What comes back of a file to be added holds the prepared pixels and its hash, not the file: whoever
stores it compares the bytes with that hash.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from catdata.dataset import images
from catdata.dataset.candidates import is_meant_as_picture, is_own_figure
from catdata.dataset.plainfile import read_file
from catdata.dataset.rawstore import file_hash
from catdata.engine import WorkerDied, begin_item
from catdata.errors import ImageRefused, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from catdata.dataset.images import Picture, Preparation
    from catdata.dataset.rawstore import Stored

NOT_A_PICTURE = "not a JPEG, PNG, WebP or HEIC picture"
OWN_FIGURE = "a figure that catdata drew, not a photo"


class Task(NamedTuple):
    """A file to examine.

    Attributes:
        path: Its absolute path.
        found: Whether a folder was searched and this was in it; then it need not be a picture.
        problem: Why it is not to be opened, if so.
    """

    path: str
    found: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A file that was read and decoded.

    Attributes:
        file_hash: sha256 of its bytes, hexadecimal.
        bytes: Its length.
        picture: What it shows.
    """

    file_hash: str
    bytes: int
    picture: Picture


class NotTaken(NamedTuple):
    """A file that is no image for us, and why.

    Attributes:
        skipped: Whether nobody meant it as a picture, so that this is no failure.
    """

    reason: str
    hint: str = ""
    skipped: bool = False


def examine(tasks: Sequence[Task], preparation: Preparation) -> list[Examined | NotTaken]:
    """Read and decode a few files, which are in memory together.

    Args:
        tasks: The files.
        preparation: How pictures become squares.

    Returns:
        What became of each.
    """
    read = [_read(task) for task in tasks]
    files = [
        (data, os.path.basename(task.path))  # noqa: PTH119 - fast
        for task, data in zip(tasks, read, strict=True)
        if isinstance(data, bytes)
    ]
    pictures = iter(images.decode_many(files, preparation))
    return [
        _judged(task, data, next(pictures)) if isinstance(data, bytes) else data
        for task, data in zip(tasks, read, strict=True)
    ]


def prepare(files: Sequence[Stored], preparation: Preparation) -> list[NDArray[np.uint8]]:
    """Decode files of the workspace.

    Args:
        files: Where they are.
        preparation: How pictures become squares.

    Returns:
        Arrays of shape (size, size, 3), uint8.

    Raises:
        WorkspaceDamaged: If a file is missing or has changed.
    """
    squares = []
    for file in files:
        begin_item()
        squares.append(images.decode(file.read(), preparation).pixels)
    return squares


def preview(file: Stored) -> NDArray[np.uint8]:
    """Return a file of the workspace as people look at it; see :func:`images.preview`.

    Raises:
        WorkspaceDamaged: If the file is missing or has changed.
    """
    return images.preview(file.read())


def _read(task: Task) -> bytes | NotTaken:
    begin_item()
    if task.problem:
        return NotTaken(task.problem)
    try:
        data = read_file(task.path)
    except ImageRefused as error:
        return _refused(error, task.path)
    except MemoryError:
        return NotTaken("the file needs more memory than there is")
    if is_own_figure(data):
        return NotTaken(OWN_FIGURE, skipped=task.found)
    if task.found and not is_meant_as_picture(Path(task.path), data):
        return NotTaken(NOT_A_PICTURE, skipped=True)
    return data


def _judged(task: Task, data: bytes, picture: Picture | ImageRefused) -> Examined | NotTaken:
    if isinstance(picture, ImageRefused):
        return _refused(picture, task.path)
    return Examined(file_hash(data), len(data), picture)


def _refused(error: ImageRefused, path: str) -> NotTaken:
    """Return why a file is refused, without its name, which every record has anyway."""
    reason = error.message
    for name in (shown(path), shown(os.path.basename(path))):  # noqa: PTH119
        reason = reason.removeprefix(name).removeprefix(":").lstrip()
    return NotTaken(reason, error.hint)


def deadly(_task: Task, died: WorkerDied) -> NotTaken:
    """Return why a file is refused that no worker survives."""
    return NotTaken(died.reason, "Open it in a picture program and save it again.")
