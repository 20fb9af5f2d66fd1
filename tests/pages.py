"""Run what a page of the documentation tells its reader to type, in order, in a fresh folder.

A page's commands and cells stand in fences, where each goes on from what those before it left:

    ```console
    $ catdata train datasets --layers 7
    ...
    The cost went from 0.7717 to 0.0884 in 2,500 iterations ... (... s)
    ```

    ```python
    >>> from catdata.course import *
    >>> classes[1]
    b'cat'
    ```

A line after ``$`` is a command; the lines below it are what it prints on stdout. In a ``python``
fence lines after ``>>>`` are run one by one and what they print is compared; without ``>>>`` the
whole fence is run. In outputs ``...`` stands for anything, and spaces and line breaks count alike.
Fences of other languages are not run.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_INDENTED = re.compile(r"^    (catdata .*?)(?:\s+#.*)?$", re.MULTILINE)
_ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SECONDS = 300
"""The longest that a command may take."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of a page.

    Attributes:
        language: The word after the fence.
        text: What is in it.
        place: The page and the line that it begins on, for messages.
    """

    language: str
    text: str
    place: str


def fences(page: Path) -> Iterator[Fence]:
    """Yield the fenced blocks of a page."""
    text = page.read_text("utf-8")
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 2
        yield Fence(match[1], match[2], f"{page.name}:{line}")


def run_page(page: Path, folder: Path, *, compare: bool = True) -> int:
    """Run the commands and cells of a page, and return how many there were.

    Args:
        page: A Markdown file.
        folder: Where they run; it holds what the page says the reader has.
        compare: Whether to compare what they print with the page.

    Raises:
        AssertionError: If a command fails, a cell raises, or one prints something else.
    """
    names: dict[str, Any] = {}
    count = 0
    for fence in fences(page):
        if fence.language == "console":
            for command, expected in _COMMAND.findall(fence.text):
                printed = run_command(command, folder, fence.place)
                if compare and expected.strip():
                    _check_alike(expected, printed, f"{fence.place}: {command}")
                count += 1
        elif fence.language == "python":
            with contextlib.chdir(folder):
                _run_cell(fence, names, compare=compare)
            count += 1
    return count


def indented_commands(page: Path) -> list[str]:
    """Return the commands of a page that stand alone, indented, without what they print."""
    return _INDENTED.findall(page.read_text("utf-8"))


def run_command(command: str, folder: Path, place: str) -> str:
    """Run a command as the reader would and return what it prints.

    Raises:
        AssertionError: If it fails.
    """
    # Pages show what a terminal of 80 columns shows; the commands of this environment come first.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{place}: {command}\n{done.stdout}{done.stderr}"
    return done.stdout


def _run_cell(fence: Fence, names: dict[str, Any], *, compare: bool) -> None:
    cell = doctest.DocTestParser().get_doctest(fence.text, {}, fence.place, fence.place, 0)
    if not cell.examples:
        exec(compile(fence.text, fence.place, "exec"), names)
        return
    cell.globs = names
    for example in cell.examples if not compare else ():
        example.want = "...\n"
    failures: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=_ALIKE)
    runner.run(cell, out=failures.append, clear_globs=False)
    assert not failures, "".join(failures)


def _check_alike(expected: str, printed: str, place: str) -> None:
    example = doctest.Example("", expected)
    checker = doctest.OutputChecker()
    if not checker.check_output(expected, printed, _ALIKE):
        raise AssertionError(f"{place}\n{checker.output_difference(example, printed, _ALIKE)}")
