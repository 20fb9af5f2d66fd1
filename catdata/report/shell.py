"""Show a command so that it can be copied into a shell, whatever its arguments hold."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence


def command_line(arguments: Sequence[str]) -> str:
    """Return a command as it is typed into a POSIX shell.

    Arguments with characters that a screen does not show are written in ``$'...'`` (POSIX.1-2024),
    so that what is copied from the page is what was run.
    """
    return " ".join(map(_quoted, arguments))


def _quoted(argument: str) -> str:
    if shown(argument) == argument:
        return shlex.quote(argument)
    return "$'" + "".join(map(_escaped, argument)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if shown(character) == character:
        return character
    # Three octal digits each, since a digit that follows would count to a shorter escape.
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
