"""What can go wrong, as one tree.

Every error a user can cause is a :class:`CatdataError`. The command line shows its message after
``Error:`` and its hint after ``Hint:`` and exits 1; anything else is a bug and keeps its traceback.

::

    CatdataError
    ├── WorkspaceError           no workspace here, one already here, or of a newer version
    │   └── WorkspaceDamaged     a file of the workspace is missing or not what it was
    ├── H5Refused                an h5 file or pair that is not in the course's form (ValueError)
    ├── ImageRefused             a picture that cannot or must not be read (ValueError)
    ├── UnknownReference         an image, build or run that is not there (LookupError)
    ├── BuildRefused             a build that cannot be made or must not be replaced (ValueError)
    ├── ConfigRefused            an option whose value cannot work (ValueError)
    ├── ModelRefused             a saved network that is missing or damaged (ValueError)
    ├── ComparisonRefused        a saved comparison that is missing or damaged (ValueError)
    ├── LeakRefused              a test image inside a training set (ValueError)
    ├── EngineFailed             the cluster that was to do the work can't be reached (OSError)
    └── StorageFailed            the disk is full, read-only or failing (OSError)
"""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def shown(name: str | os.PathLike[str]) -> str:
    """Return a file name or other foreign text so that it is safe to print on one line.

    Control, bidirectional and other invisible characters, and bytes that are not UTF-8, are written
    as escapes; everything readable stays as it is.

    Args:
        name: Any text, possibly with the surrogates that stand for undecodable bytes.
    """
    text = os.fspath(name)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if unicodedata.category(character) not in _HIDDEN else _escaped(character)
        for character in text
    )


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """Return a question that names what is most like *name*, or "" where nothing is.

    Args:
        name: What was not found.
        known: What there is.
        most: How many to name.

    Returns:
        A sentence with a space after it, to begin a hint with.
    """
    import difflib

    near = difflib.get_close_matches(shown(name), list(known), n=most)
    return f"Did you mean {' or '.join(map(shown, near))}? " if near else ""


_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


class CatdataError(Exception):
    """The base of all errors that a user can cause.

    Args:
        message: What went wrong and where: the path, the row or the key.
        hint: The next step, as a full sentence, or empty where there is none.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class WorkspaceError(CatdataError):
    """There is no workspace, there is one already, or it is of a newer version."""


class WorkspaceDamaged(WorkspaceError):
    """A file of the workspace is missing or is not what it was."""


class H5Refused(CatdataError, ValueError):
    """An h5 file, or a pair of them, is not in the course's form or must not be trusted."""


class ImageRefused(CatdataError, ValueError):
    """A picture cannot or must not be read."""


class UnknownReference(CatdataError, LookupError):
    """No image, build or run, or more than one, goes by this name."""


class BuildRefused(CatdataError, ValueError):
    """A build cannot be made, or would replace what this program did not make."""


class ConfigRefused(CatdataError, ValueError):
    """An option has a value that cannot work."""


class ModelRefused(CatdataError, ValueError):
    """A saved network is missing, damaged, or of another shape than it says."""


class ComparisonRefused(CatdataError, ValueError):
    """A saved comparison is missing or damaged, or would replace what is none."""


class LeakRefused(CatdataError, ValueError):
    """A test image, or a near-duplicate of one, is in a training set."""


class EngineFailed(CatdataError, OSError):
    """The cluster that was to do the work cannot be reached."""


class StorageFailed(CatdataError, OSError):
    """The disk is full, read-only or failing."""
