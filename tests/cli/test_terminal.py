"""What is printed fits the terminal that it is printed to; elsewhere nothing is left out."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import unicodedata
from pathlib import Path

import pytest
from pictures import save

from catdata.cli import output

LONG = "a very long name that somebody gave to a picture of a cat on a windowsill (copy 2).jpg"
WIDE = "\u732b" * 45 + ".jpg"  # each of the 45 takes two columns


def on_terminal(columns: int, *arguments: str, status: int = 0, **more: str) -> list[str]:
    """Return the lines that a command prints on a terminal of some width.

    Args:
        columns: The width.
        arguments: Of the command.
        status: How it is to end.
        more: Variables of its environment.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 40, columns, 0, 0))
    kept = {name: os.environ[name] for name in os.environ.keys() - {"COLUMNS", "NO_COLOR"}}
    environment = kept | {"TERM": "xterm"} | more
    command = [sys.executable, "-m", "catdata", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        printed = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how a terminal says that nobody writes to it any more
                break
            if not piece:
                break
            printed += piece
    os.close(ours)
    assert process.returncode == status
    return printed.decode().splitlines()


def width_of(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in line)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["list", "status", "check --no-doubtful", "add x.jpg -q"])
def test_reports_fit_the_terminal(run, here: Path, columns: int, command: str) -> None:
    for seed, name in enumerate((LONG, WIDE, "x.jpg")):
        run("add", str(save(here / name, 400 + seed)), "--label", "cat")
    if command.startswith("add"):
        command += " --label cat"
    lines = on_terminal(columns, *command.split())
    assert lines
    assert max(map(width_of, lines)) <= columns


def test_a_long_name_keeps_its_beginning_and_its_end(run, here: Path) -> None:
    run("add", str(save(here / LONG, 400)), "--label", "cat")
    assert on_terminal(80, "list", "--quiet")[-1].endswith("  a very lon...opy 2).jpg")
    assert run("list").stdout.splitlines()[-1].endswith(f"  {LONG}")


@pytest.mark.parametrize(
    ("variables", "beginning"),
    [
        pytest.param({}, "\x1b[31m\x1b[1mError:\x1b[0m ", id="colours"),
        pytest.param({"NO_COLOR": "1"}, "Error: ", id="NO_COLOR"),
        pytest.param({"NO_COLOR": ""}, "\x1b[31m\x1b[1mError:\x1b[0m ", id="empty NO_COLOR"),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    here: Path, variables: dict[str, str], beginning: str
) -> None:
    lines = on_terminal(80, "show", "nothing", status=1, **variables)
    assert lines[0].startswith(beginning)


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        pytest.param("cat.jpg", 7, "cat.jpg", id="fits"),
        pytest.param("windowsill.jpg", 11, "wind....jpg", id="too long"),
        pytest.param("\u732b\u732b\u732b.jpg", 10, "\u732b\u732b\u732b.jpg", id="wide, fits"),
        pytest.param("\u732b\u732b\u732b.jpg", 9, "\u732b...jpg", id="wide, too long"),
    ],
)
def test_shortened(text: str, room: int, shown: str) -> None:
    assert output.shortened(text, room) == shown
