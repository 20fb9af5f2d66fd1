"""Run the commands of docs/tutorial.md on the real files and write their output into it.

    python scripts/refresh_tutorial.py [--figures]

The original pair is in the folder CATDATA_ORIGINALS, the photos are in ``cat/`` and ``non-cat/`` of
CATDATA_PHOTOS. In the page a block that begins with ```console holds commands, each after a ``$``,
and below each what it prints on stdout. With --figures the figures that the commands draw are
copied into docs/figures/ too.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
FIGURES = PAGE.parent / "figures"
HOME = "/home/you/cats"
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a page with the output that is shown below it."""
    for block in _BLOCK.findall(text):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            yield command, output.strip("\n")


def execute(command: str, folder: Path) -> str:
    """Run a command of the page and return what it prints on stdout, with ``HOME`` for *folder*.

    Raises:
        RuntimeError: If it fails.
    """
    program, *words = shlex.split(command)
    if program != "catdata":
        raise RuntimeError(f"the page may run catdata only: {command}")
    line = [sys.executable, "-m", "catdata", *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout.strip("\n").replace(str(folder), HOME)


def refreshed(text: str, folder: Path) -> str:
    """Return the page with the output of its commands, run in order in *folder*."""

    def block(found: re.Match[str]) -> str:
        parts = []
        for part in found[0].split("$ ")[1:]:
            command = part.partition("\n")[0]
            output = execute(command, folder)
            parts.append(f"$ {command}\n{output}\n" if output else f"$ {command}\n")
        return "\n".join(parts)

    return _BLOCK.sub(block, text)


def lay_out(folder: Path, originals: Path, photos: Path) -> None:
    """Put the files where the page says they are."""
    shutil.copytree(originals, folder / "datasets")
    shutil.copytree(photos, folder / "photos")


def main() -> int:
    """Refresh the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figures", action="store_true")
    options = parser.parse_args()
    if not {"CATDATA_ORIGINALS", "CATDATA_PHOTOS"} <= set(os.environ):
        print("CATDATA_ORIGINALS and CATDATA_PHOTOS are not set: nothing refreshed")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(
            folder, *(Path(os.environ[f"CATDATA_{which}"]) for which in ("ORIGINALS", "PHOTOS"))
        )
        PAGE.write_text(refreshed(PAGE.read_text("utf-8"), folder), "utf-8")
        if options.figures:
            FIGURES.mkdir(exist_ok=True)
            for figure in folder.glob("*.svg"):
                shutil.copy(figure, FIGURES / figure.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
