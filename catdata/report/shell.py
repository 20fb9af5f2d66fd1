"""Show a command so that it can be copied into a shell, whatever its arguments hold."""

from __future__ import annotations

import shlex

from catdata.errors import shown


def quoted(argument: str) -> str:
    """Return an argument as it is typed into a POSIX shell.

    One with characters that a screen does not show is written in ``$'...'`` (POSIX.1-2024), so that
    what is copied from the page is what was run.
    """
    if shown(argument) == argument:
        return shlex.quote(argument)
    return "$'" + "".join(map(_escaped, argument)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if shown(character) == character:
        return character
    # Three octal digits each, since a digit that follows would count to a shorter escape.
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
