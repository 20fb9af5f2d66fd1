"""Read the two files of a folder as one pair that belongs together."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catdata.errors import H5Refused, shown
from catdata.h5file.form import FILE_NAMES, MAX_IN_MEMORY, SPLITS, ImageSet
from catdata.h5file.reading import SplitFile, open_split, read_all, warn_of_black

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HELD_IN_MEMORY = 256 << 20
"""Bytes of pixels of a set up to which :func:`open_pair` reads it into memory."""

_TRIES = 10
_PAUSE = 0.03  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A train and a test set that were made together.

    Args:
        train: The pictures to learn from.
        test: The pictures to judge by, of the same size and classes.
        build_id: The id that both files carry, or "" for a pair without one.
        folder: Where the files lie.
        warnings: Those of both sets, each after its file's name.
    """

    train: ImageSet
    test: ImageSet
    build_id: str
    folder: Path
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OpenPair:
    """A pair whose larger sets stay on the disk; see :func:`open_pair`.

    Args:
        train: The pictures to learn from, in memory or in their open file.
        test: The pictures to judge by.
        build_id: As in :class:`Pair`, like the next two.
        folder: Where the files lie.
        warnings: Those of both sets.
    """

    train: ImageSet | SplitFile
    test: ImageSet | SplitFile
    build_id: str
    folder: Path
    warnings: tuple[str, ...] = ()


def read_pair(folder: Path) -> Pair:
    """Read the two files of a folder, which bear the course's own names.

    Both are opened before either is read, so that a build that is replaced meanwhile gives the old
    pair or the new one, never one file of each.

    Args:
        folder: The folder of a build, or any other with such a pair.

    Raises:
        H5Refused: If either file is refused, or they do not belong together: two different build
            ids, sizes or class names.
        StorageFailed: If the disk fails.
    """
    with ExitStack() as stack:
        train_file, test_file = _open_pair(folder, stack)
        _check_belong_together(folder, train_file, test_file)
        train, test = read_all(train_file), read_all(test_file)
    warnings = _named(train.warnings, test.warnings)
    return Pair(train, test, train_file.build_id, folder, warnings)


@contextmanager
def open_pair(folder: Path, in_memory: int = HELD_IN_MEMORY) -> Iterator[OpenPair]:
    """Open the two files of a folder for training, whatever they hold.

    Sets of more than *in_memory* bytes of pixels stay in their files, which are open within the
    block. All is checked as by :func:`read_pair`, and every picture looked at once.

    Args:
        folder: The folder of a build, or any other with such a pair.
        in_memory: The most bytes of pixels of a set that is read into memory.

    Raises:
        H5Refused: As :func:`read_pair`, but never for too many pictures.
        StorageFailed: If the disk fails.
    """
    with ExitStack() as stack:
        files = _open_pair(folder, stack)
        _check_belong_together(folder, *files)
        train, test = (_hold(file, min(in_memory, MAX_IN_MEMORY)) for file in files)
        warnings = _named(_warnings_of(train), _warnings_of(test))
        yield OpenPair(train, test, files[0].build_id, folder, warnings)


def _hold(file: SplitFile, most: int) -> ImageSet | SplitFile:
    """Read a file into memory if its pixels are at most so many bytes."""
    return read_all(file) if file.count * file.size**2 * 3 <= most else file


def _warnings_of(held: ImageSet | SplitFile) -> tuple[str, ...]:
    if isinstance(held, SplitFile):
        return held.warnings + warn_of_black(held.slices())
    return held.warnings


def _named(train: Iterable[str], test: Iterable[str]) -> tuple[str, ...]:
    """Return the warnings of both sets, each after its file's name."""
    return tuple(
        f"{FILE_NAMES[split]}: {warning}"
        for split, warnings in (("train", train), ("test", test))
        for warning in warnings
    )


def _open_pair(folder: Path, stack: ExitStack) -> tuple[SplitFile, SplitFile]:
    """Open both files; anew for a moment if one is missing or they are of two builds."""
    paths = [folder / FILE_NAMES[split] for split in SPLITS]
    tries = _TRIES
    while True:
        tries -= 1
        with ExitStack() as attempt:
            try:
                train = attempt.enter_context(open_split(paths[0], "train"))
                test = attempt.enter_context(open_split(paths[1], "test"))
            except H5Refused:
                if not tries or all(path.exists() for path in paths):
                    raise
            else:
                if not tries or train.build_id == test.build_id:
                    stack.enter_context(attempt.pop_all())
                    return train, test
        time.sleep(_PAUSE)


def _check_belong_together(folder: Path, train: SplitFile, test: SplitFile) -> None:
    if train.build_id != test.build_id:
        raise H5Refused(
            f"{shown(folder)}: the two files are of two different builds"
            f" ({train.build_id or 'none'} and {test.build_id or 'none'})",
            hint="Build it again.",
        )
    if train.size != test.size:
        raise H5Refused(
            f"{shown(folder)}: the pictures are {train.size} pixels wide in train"
            f" and {test.size} in test",
            hint="Use two files that were made together.",
        )
    if train.class_names != test.class_names:
        raise H5Refused(
            f"{shown(folder)}: the classes are {' and '.join(train.class_names)} in train"
            f" and {' and '.join(test.class_names)} in test",
            hint="Use two files that were made together.",
        )
