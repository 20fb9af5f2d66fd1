"""Reading without the trial in another process, which would take most of the tests' time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catdata.h5file.openfile import open_for_reading
from catdata.h5file.reading import open_file, read_all

if TYPE_CHECKING:
    from pathlib import Path

    from catdata.h5file import ImageSet


def read_here(path: Path, split: str = "train") -> ImageSet:
    """Do all that ``read_split`` does in this process."""
    with open_file(open_for_reading(path), split) as file:
        return read_all(file)
