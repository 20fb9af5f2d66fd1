"""Write a comparison as one page that people read: on a screen, on a phone and on paper.

The page is a single file. It holds its style, its figures and its pictures, loads nothing and runs
nothing, and tells the browser to forbid both. Every text in it goes through
:func:`catdata.errors.shown` and is escaped, whatever it came from, so no template can forget it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from catdata.errors import ConfigRefused, shown
from catdata.report import charts, files, wording
from catdata.report.pictures import grouped_data_uris
from catdata.report.sections import sections
from catdata.report.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catdata.learning.comparison import Comparison
    from catdata.report.context import Context

GALLERY_BYTES = 1_900_000
"""How long the pictures of test images may be together, in characters of the page."""

THUMBNAIL_BYTES = 600_000
"""The same of the added images."""

FEW = 12
"""How many pictures of a gallery are seen without opening anything."""

_FORM = files.Form("report", (".html", ".htm"), 'content="catdata report"')


def render(comparison: Comparison, context: Context) -> str:
    """Return the page as HTML; the same records give the same page.

    Args:
        comparison: At least two builds.
        context: What else the page says.

    Raises:
        ConfigRefused: If there is only one build, which nothing can be said of.
    """
    check_builds([arm.build for arm in comparison.arms] if comparison.changes else [])
    environment = _environment()
    style = environment.get_template("report.css").render()
    digest = hashlib.sha256(style.encode()).digest()
    builds = [arm for arm in comparison.arms if arm.layers == comparison.arms[0].layers]
    return environment.get_template("report.html").render(
        comparison=comparison,
        context=context,
        style=Markup(style),  # noqa: S704  our own file
        style_hash=Markup(f"sha256-{base64.b64encode(digest).decode()}"),  # noqa: S704
        title=wording.title(comparison.changes),
        several=len(comparison.changes) > 1,
        sections=sections(comparison, GALLERY_BYTES),
        builds=builds,
        sets=[(f"{arm.build}, train", arm.train_classes) for arm in builds]
        + [(f"{test_set.name}, test", test_set.classes) for test_set in comparison.test_sets],
        shapes=list(dict.fromkeys(arm.layers for arm in comparison.arms)),
        settings=_settings(comparison),
        pictured=_thumbnails(context),
    )


def check_builds(builds: Sequence[str]) -> None:
    """Refuse builds that no page can be written of, before the work for it is done.

    Raises:
        ConfigRefused: If there is only one.
    """
    if len(set(builds)) < 2:
        raise ConfigRefused(
            "A report shows what differs between builds, and there is only one.",
            hint="Name two, such as: catdata compare original enlarged --report FILE.html",
        )


def check_target(path: Path) -> None:
    """Refuse a file that :func:`save` could not write, before the work for it is done.

    Raises:
        ConfigRefused: If its name does not end with ``.html``, its folder is missing, or it is
            there and none of our reports.
        StorageFailed: If the disk refuses.
    """
    files.check_target(path, _FORM)


def save(comparison: Comparison, context: Context, path: Path) -> None:
    """Write the page to a file, whole or not at all.

    Args:
        comparison: At least two builds.
        context: What else the page says.
        path: A report that is there already is replaced.

    Raises:
        ConfigRefused: As :func:`render` and :func:`check_target` do.
        StorageFailed: If the disk refuses.
    """
    files.write(path, render(comparison, context).encode(), _FORM)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("catdata.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {name: getattr(wording, name) for name in wording.__all__}
    environment.globals |= {name: getattr(charts, name) for name in charts.__all__}
    environment.globals |= {"quoted": quoted, "FEW": FEW}
    return environment


def _safe(value: Any) -> Any:
    """Write hidden characters of every text as escapes; what is markup is our own already."""
    return shown(value) if type(value) is str else value


def _settings(comparison: Comparison) -> dict[str, object]:
    """Return how all networks were trained, by what the record calls it."""
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) else value
        for name, value in comparison.config.to_json().items()
        if name not in {"layers", "seed"}
    }


def _thumbnails(context: Context) -> dict[str, list[tuple[Any, str]]]:
    """Return each build's sample with the addresses of its pictures, as many as there is room."""
    groups = [addition.thumbnails for addition in context.additions]
    pixels = [[thumbnail.pixels for thumbnail in thumbnails] for thumbnails in groups]
    return {
        addition.build: list(zip(addition.thumbnails, addresses, strict=False))
        for addition, addresses in zip(
            context.additions, grouped_data_uris(pixels, THUMBNAIL_BYTES), strict=True
        )
    }
