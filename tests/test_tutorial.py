"""The tutorial does what it says, on the real files where they are here, else on drawn ones."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path

import pytest

from catdata import demo

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
REFRESHING = runpy.run_path(str(ROOT / "scripts" / "refresh_tutorial.py"))

# What these print on the real files hangs on no chance and no rounding; times apart.
EXACT = ("init", "add", "build-h5", "train original --layers 7 ")
SECONDS = re.compile(r"\(\d[\d.]* s\)")


def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    originals, photos = (os.environ.get(f"CATDATA_{name}") for name in ("ORIGINALS", "PHOTOS"))
    real = bool(originals and photos)
    if real:
        REFRESHING["lay_out"](tmp_path, Path(originals), Path(photos))
    else:
        demo.write_course_pair(tmp_path / "datasets")
        demo.write_photos(tmp_path)
    for command, shown in REFRESHING["commands"](PAGE.read_text("utf-8")):
        printed = REFRESHING["execute"](command, tmp_path)
        assert printed
        if real and command.removeprefix("catdata ").startswith(EXACT):
            assert SECONDS.sub("", printed) == SECONDS.sub("", shown), command


def test_the_tutorial_shows_the_output_of_every_command() -> None:
    shown = dict(REFRESHING["commands"](PAGE.read_text("utf-8")))
    assert len(shown) == 11
    assert all(shown.values())


@pytest.mark.parametrize("name", ["curve", "photos", "rates", "stall"])
def test_the_figures_of_the_tutorial_are_those_of_its_commands(name: str) -> None:
    text = PAGE.read_text("utf-8")
    assert f"--plot {name}.svg" in text
    figure = (PAGE.parent / "figures" / f"{name}.svg").read_text("utf-8")
    assert "catdata figure" in figure[:4096]
