"""Commands that look at the images: list, show, log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from catdata.cli import completion, helping, options, output
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from catdata.dataset.catalog import Catalog, ImageRow
    from catdata.dataset.workspace import Workspace

_COLUMNS = "{ref:12}  {label:7}  {split:5}  {width:>5} x {height:<5}  {added_at:10.10}  "
_HEAD = _COLUMNS.format(
    ref="ref", label="label", split="split", width="wide", height="high", added_at="added"
)
_FEWEST_OF_NAME = 20  # columns that a file name has, however narrow the terminal


@helping.command("list", epilog="Example: catdata list --label cat --split test")
@click.option("--label", type=options.NameIn("catdata.h5file:CLASS_NAMES"), help="Only this class.")
@click.option("--split", type=options.NameIn("catdata.h5file:SPLITS"), help="Only this split.")
@click.option(
    "--origin",
    type=options.NameIn("catdata.dataset.status:ORIGINS"),
    help="Only the course's images, or only your own.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="DATE",
    help="Added then or later, such as 2026-11-22.",
)
@click.option("--removed", is_flag=True, help="The images that were removed, instead.")
@options.as_json
@options.quiet
@click.pass_obj
def list_images(
    start: Path | None,
    label: str | None,
    split: str | None,
    origin: str | None,
    since: datetime | None,
    removed: bool,
    as_json: bool,
) -> None:
    """List images, one a line.

    The course's come in their own order, then yours as they were added. On a terminal a long file
    name lacks its middle; elsewhere, and with --json, it is whole.
    """
    from catdata.dataset.catalog import Selection
    from catdata.dataset.workspace import Workspace
    from catdata.h5file import CLASS_NAMES

    selection = Selection(
        label=CLASS_NAMES.index(label) if label else None,
        split=split,
        origin=origin,
        since=since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
        removed=removed,
    )
    with Workspace.find(start).catalog() as catalog:
        records = (_brief(catalog, image) for image in catalog.images(selection))
        if as_json:
            _stream_json(records)
            return
        click.echo(f"{_HEAD}file")
        width = output.columns()
        room = max(_FEWEST_OF_NAME, width - len(_HEAD)) if width else None
        for record in records:
            name = str(record["file"])
            name = name if room is None else output.shortened(name, room)
            click.echo((_COLUMNS.format(**record) + name).rstrip())


def _brief(catalog: Catalog, image: ImageRow) -> dict[str, object]:
    return {
        "ref": catalog.short_ref(image),
        "label": image.class_name,
        "split": image.split,
        "origin": image.origin,
        "width": image.width,
        "height": image.height,
        "added_at": image.added_at,
        "file": image.file_name or "",
    }


def _stream_json(records: Iterator[dict[str, object]]) -> None:
    """Print a JSON list row by row: a million rows need no memory and the first comes at once."""
    before = "["
    for record in records:
        click.echo(f"{before}{json.dumps(record)}", nl=False)
        before = ",\n "
    click.echo("]" if before != "[" else "[]")


@helping.command(epilog="Example: catdata show train[146]")
@click.argument("ref", shell_complete=completion.refs)
@options.plot
@options.as_json
@options.quiet
@click.pass_obj
def show(start: Path | None, ref: str, plot: Path | None, as_json: bool) -> None:
    """Tell everything known of an image.

    REF is like train[146], 3fa9c1 (the beginning of a hash) or a file name; or a row of a build,
    like enlarged/train[512]. Of an augmented copy it tells how it was altered. With --plot the
    photo is drawn beside the square that the network sees.
    """
    from catdata.dataset.explain import describe
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    record = describe(workspace, ref)
    if plot:
        _draw(workspace, ref, plot)
    if as_json:
        output.emit_json(record)
        return
    for name, value in record.items():
        if value not in (None, "", []) and name != "fingerprint":
            line = name.replace("_", " ").ljust(_LABEL_WIDTH) + _as_text(value)
            is_path = name in ("source", "stored")  # which is there to be copied
            click.echo(line if is_path else output.paragraph(line, later=" " * _LABEL_WIDTH))


_LABEL_WIDTH = 16


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # what was done to a copy: each transform with what was drawn
        drawn = {
            name: ", ".join(f"{key} {number}" for key, number in parameters.items())
            for name, parameters in value.items()
        }
        steps = (f"{name} ({text})" if text else name for name, text in drawn.items())
        return "; ".join(steps) or "none: left as it is"
    if isinstance(value, (list, tuple)) and all(isinstance(side, int) for side in value):
        return " x ".join(map(str, value))
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _draw(workspace: Workspace, ref: str, plot: Path) -> None:
    from catdata.dataset.explain import look
    from catdata.report import galleries, plots

    tiles = [galleries.Tile(*picture) for picture in look(workspace, ref)]
    plots.save(galleries.gallery_figure([tiles]), plot)
    output.drew(plot)


@helping.command(epilog="Example: catdata log")
@options.as_json
@options.quiet
@click.pass_obj
def log(start: Path | None, as_json: bool) -> None:
    """List what was done to the images, oldest first."""
    from dataclasses import asdict

    from catdata.dataset.workspace import Workspace

    with Workspace.find(start).catalog() as catalog:
        commands = catalog.commands()
    if as_json:
        output.emit_json([asdict(command) for command in commands])
        return
    for command in commands:
        undone = "  (undone)" if command.undone_by else ""
        click.echo(f"{command.at}  {command.name:8}  {shown(command.summary)}{undone}")
    if not commands:
        click.echo("Nothing has been done yet.")
