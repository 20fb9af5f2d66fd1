"""Builds on disk for tests: each number is a picture of its own, odd ones are cats."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from pictures import draw
from sources import RowSource, Sources

from catdata import fingerprint, h5file
from catdata.learning.comparison import Arm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TRAIN, TEST = range(12), range(100, 108)


def pixels(numbers: Sequence[int], size: int = 64) -> NDArray[np.uint8]:
    """Draw the pictures with these numbers."""
    images = [draw(number, 64, 64).resize((size, size)) for number in numbers]
    return np.stack([np.asarray(image) for image in images])


def labels(numbers: Sequence[int]) -> NDArray[np.int64]:
    """Return 1 for odd numbers."""
    return np.array(numbers) % 2


def course_arm(
    folder: Path, train: Sequence[int] = TRAIN, test: Sequence[int] = TEST, size: int = 64
) -> Arm:
    """Write a pair in the course's form and read it, as an arm named like its folder."""
    folder.mkdir()
    for split, numbers in (("train", train), ("test", test)):
        path = folder / h5file.FILE_NAMES[split]
        h5file.write_course_file(path, split, pixels(numbers, size), labels(numbers))
    return Arm(folder.name, h5file.read_pair(folder))


def built_arm(
    folder: Path, train: Sequence[int] = TRAIN, test: Sequence[int] = TEST, size: int = 64
) -> Arm:
    """Write and read a build that knows its rows; a number that occurs again is an augmented copy.

    A copy's pixels are turned upside down, its reference and fingerprint are its parent's.
    """
    folder.mkdir()
    for split, numbers in (("train", train), ("test", test)):
        images = pixels(numbers, size)
        rows = Sources()
        for place, number in enumerate(numbers):
            copy = list(numbers[:place]).count(number)
            if copy:
                images[place] = images[place, ::-1]
            rows.append(_source(number, copy))
        path = folder / h5file.FILE_NAMES[split]
        h5file.write_split(
            path, split, labels=labels(numbers), slices=[images], size=size, rows=rows, recipe="{}"
        )
        h5file.set_build_id(path, "b" * 64)
    return Arm(folder.name, h5file.read_pair(folder))


def content_hash(number: int) -> str:
    """Return the content hash of a picture."""
    return hashlib.sha256(pixels([number])[0].tobytes()).hexdigest()


def _source(number: int, copy: int) -> RowSource:
    words = fingerprint.fingerprint(pixels([number])[0])
    return RowSource(content_hash(number), content_hash(number), tuple(words.tolist()), copy)
