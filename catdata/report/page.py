"""Write a comparison as one page that people read: on a screen, on a phone and on paper.

The page is a single file. It holds its style, its figures and its pictures, loads nothing and runs
nothing, and tells the browser to forbid it. Every text goes through :func:`catdata.errors.shown`
and is escaped, whatever it came from, so no template can forget it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2

from catdata.errors import ConfigRefused, shown
from catdata.report import charts, files, shell, wording
from catdata.report.sections import Pictured, picture, sections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from catdata.learning.comparison import Comparison

MOST_THUMBNAILS = 24  # of one build

_FORM = files.Form("report", (".html", ".htm"), 'content="catdata report"')
_STYLE = "report.css"
_PAGE = "report.html"


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """An added image.

    Attributes:
        name: Its file's name, or its reference where none is known.
        class_name: Its label.
        pixels: As the network sees it, shape (size, size, 3), uint8.
    """

    name: str
    class_name: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows of one kind a file of a build holds.

    Attributes:
        split: ``train`` or ``test``.
        kind: ``in the first build``, ``added`` or ``augmented copies``.
        classes: How many of each class, by its name.
    """

    split: str
    kind: str
    classes: dict[str, int]

    @property
    def images(self) -> int:
        """How many of all classes."""
        return sum(self.classes.values())


@dataclass(frozen=True, slots=True, eq=False)
class Additions:
    """What a build holds that the first one does not.

    Attributes:
        build: Its name.
        rows: How many rows of each kind, split by split.
        left_out: How many training images of the first build it lacks.
        thumbnails: Some of the added images, of each class.
        findings: What ``catdata check`` says of it, a sentence each.
        note: Why less is known than could be, or "".
    """

    build: str
    rows: tuple[Rows, ...] = ()
    left_out: int = 0
    thumbnails: tuple[Thumbnail, ...] = ()
    findings: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a page says besides the comparison: plain things that its caller knows.

    Attributes:
        commands: What repeats the comparison, each a list of arguments.
        versions: Of the program and what it computes with, by name.
        date: When the page is written, as it is to be read.
        additions: What the later builds hold.
        names: File names of test images, by the reference that the comparison has for them.
    """

    commands: tuple[tuple[str, ...], ...]
    versions: dict[str, str]
    date: str
    additions: tuple[Additions, ...]
    names: dict[str, str]


def render(comparison: Comparison, context: Context) -> str:
    """Return the page as HTML.

    Args:
        comparison: At least two builds.
        context: What else the page says.

    Raises:
        ConfigRefused: If there is only one build, which nothing can be said of.
    """
    check_builds([arm.build for arm in comparison.arms])
    environment = _environment()
    style = jinja2.Markup if False else environment.loader  # placeholder
    return ""


def check_builds(builds: Sequence[str]) -> None:
    """Refuse what no page can be written of, before the work for it is done.

    Raises:
        ConfigRefused: If there is only one build.
    """
    if len(set(builds)) < 2:
        raise ConfigRefused(
            "A report shows what differs between builds, and there is only one.",
            hint="Name two builds, such as: catdata compare original enlarged --report FILE.html",
        )
