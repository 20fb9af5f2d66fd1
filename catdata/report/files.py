"""Write what people look at, and never over a file that is not ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata import durable
from catdata.errors import ConfigRefused, StorageFailed, shown

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 4096  # bytes, among which every form names its maker


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file that this program writes.

    Attributes:
        what: What a message calls it, such as ``figure``.
        endings: What its name may end with, in lower case.
        mark: Stands near the beginning of every such file, and tells ours from others.
    """

    what: str
    endings: tuple[str, ...]
    mark: str


def check_target(path: Path, form: Form) -> None:
    """Refuse a file that :func:`write` could not write, before the work for it is done.

    Raises:
        ConfigRefused: If its ending is none of the form's, its folder is missing, or it is there
            and not ours.
        StorageFailed: If the disk refuses.
    """
    if path.suffix.lower() not in form.endings:
        raise ConfigRefused(
            f"{shown(path)}: a {form.what} is written as {' or '.join(form.endings)}",
            hint=f"Choose a name such as {shown(path.stem)}{form.endings[0]}.",
        )
    if not path.absolute().parent.is_dir():
        raise ConfigRefused(
            f"{shown(path)} can't be written: there is no folder {shown(path.parent)}.",
            hint="Make the folder first.",
        )
    try:
        if path.exists() and not _is_ours(path, form):
            raise ConfigRefused(
                f"{shown(path)} is there already and is not a {form.what} of this program",
                hint="Choose another name, or move it away.",
            )
    except OSError as error:
        raise StorageFailed(f"{shown(path)} can't be read: {error.strerror}.") from error


def write(path: Path, data: bytes, form: Form) -> None:
    """Write a file, whole or not at all; one of ours that is there already is replaced.

    Raises:
        ConfigRefused: As :func:`check_target` does.
        StorageFailed: If the disk refuses.
    """
    check_target(path, form)
    try:
        durable.write_bytes(path, data)
    except OSError as error:
        raise StorageFailed(f"{shown(path)} can't be written: {error.strerror}.") from error


def _is_ours(path: Path, form: Form) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return form.mark.encode() in file.read(_HEAD)
