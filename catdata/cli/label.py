"""The command that opens the labelling page: label."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import helping, options, output
from catdata.errors import ConfigRefused, shown

if TYPE_CHECKING:
    from catdata.dataset.workspace import Workspace
    from catdata.labeler.order import Doubts
    from catdata.labeler.server import Sitting


@helping.command(epilog="Example: catdata label ~/Pictures/2026")
@click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[FOLDER]",
)
@click.option("--review", is_flag=True, help="Look at the dataset's own images again.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Show what a network kept by train --save says; several times for several.",
)
@click.option(
    "--order",
    type=options.NameIn("catdata.labeler.order:ORDERS"),
    help="Which come first [default: given; with --review doubtful, or with --model disagreement].",
)
@click.option(
    "--split",
    type=options.NameIn("catdata.dataset.labels:SPLIT_CHOICES"),
    default="auto",
    show_default=True,
    help="Where new images go.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Where to listen, on this machine only [default: any free port].",
)
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@options.quiet
@click.pass_obj
def label(
    start: Path | None,
    folder: Path | None,
    review: bool,
    models: tuple[str, ...],
    order: str | None,
    split: str,
    port: int,
    no_browser: bool,
) -> None:
    """Label a folder of photos in the browser.

    One key is enough for each photo. Every answer is added to the dataset at once, so closing the
    page or ending the program loses nothing; the next start goes on. Stop with Ctrl-C or the page's
    Done.
    """
    if review == bool(folder):
        raise click.UsageError("Name a folder of photos, or give --review.")
    _require_web()
    from catdata.dataset.workspace import Workspace
    from catdata.labeler import server
    from catdata.labeler.order import LabelOptions

    workspace = Workspace.find(start)
    folders = tuple(workspace.run_folder(name) for name in models)
    asked = LabelOptions(folder, folders, order, split)
    sitting = server.serve(
        workspace,
        asked,
        port=port,
        doubts=_doubts(workspace) if asked.order == "doubtful" else None,
        on_open=_announce,
        open_browser=not no_browser and _has_screen(),
    )
    _report(sitting)


def _require_web() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise ConfigRefused(
            "The labelling page needs starlette and uvicorn, which are not installed.",
            hint="Install them with: pip install 'catdata[web]'",
        ) from None


def _has_screen() -> bool:
    """Tell whether a browser can open a window; in a bare terminal it would take that over."""
    on_screen = {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    return sys.platform in {"win32", "darwin"} or bool(on_screen)


def _doubts(workspace: Workspace) -> Doubts:
    from catdata.labeler import order

    with output.progress("doubt", "trainings") as show:
        doubts = order.doubts(workspace, on_progress=show)
    if doubts.obstacle:
        output.warn(f"Images come as they were added: {shown(doubts.obstacle)}.")
    return doubts


def _announce(address: str) -> None:
    click.echo(f"Open: {address}")
    click.echo("Stop with Ctrl-C, or with Done in the page.")


def _report(sitting: Sitting) -> None:
    if output.is_terminal():
        click.echo(err=True)  # after the terminal's own ^C
    done = "looked at" if sitting.is_review else "labelled"
    parts = [f"{number} {name}" for name, number in sitting.labelled.items()]
    click.echo(f"{sum(sitting.labelled.values())} {done}: {', '.join(parts)}")
    rest = {"not taken": sitting.refused, "skipped": sitting.skipped, "left": sitting.left}
    if any(rest.values()):
        click.echo(", ".join(f"{number} {what}" for what, number in rest.items() if number))
    if any(sitting.labelled.values()):
        output.next_step("catdata build-h5", "write the enlarged h5 files; or catdata undo")
