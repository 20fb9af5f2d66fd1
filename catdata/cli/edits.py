"""Commands that correct the catalog: relabel, move, remove, undo."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from catdata.cli import completion, helping, options, output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catdata.dataset.edit import Edited

_refs = click.argument(
    "refs", nargs=-1, required=True, metavar="REF...", shell_complete=completion.refs
)


def _show(edits: Sequence[Edited], *, as_json: bool) -> None:
    if as_json:
        output.emit_json({"changed": [asdict(edited) for edited in edits]})
    for edited in [] if as_json else edits:
        unchanged = edited.before == edited.after
        change = f"is {edited.after} already" if unchanged else f"{edited.before} -> {edited.after}"
        click.echo(f"{edited.ref}  {change}")
    if any(edited.before != edited.after for edited in edits):
        output.next_step("catdata build-h5", "write the change to the h5 files; or catdata undo")


@helping.command(epilog="Example: catdata relabel train[3] 3fa9c1 --label cat")
@_refs
@options.label
@options.as_json
@options.quiet
@click.pass_obj
def relabel(start: Path | None, refs: tuple[str, ...], label: str, as_json: bool) -> None:
    """Give images another label.

    All of those named are changed, or none. REF is like train[146] (a row of the course's
    files), 3fa9c1 (the beginning of a hash) or a file name. The course's files themselves never
    change; the next build shows the new label.
    """
    from catdata.dataset import edit
    from catdata.dataset.workspace import Workspace
    from catdata.h5file import CLASS_NAMES

    edits = edit.relabel(Workspace.find(start), refs, CLASS_NAMES.index(label))
    _show(edits, as_json=as_json)


@helping.command(epilog="Example: catdata move img.jpg --split test")
@_refs
@click.option(
    "--split", type=options.NameIn("catdata.h5file:SPLITS"), required=True, help="Where to."
)
@options.as_json
@options.quiet
@click.pass_obj
def move(start: Path | None, refs: tuple[str, ...], split: str, as_json: bool) -> None:
    """Put images into train or test.

    All of those named are moved, or none. Near-duplicates go together: one that would stay
    behind on the other side stops the command.
    """
    from catdata.dataset import edit
    from catdata.dataset.workspace import Workspace

    edits = edit.move(Workspace.find(start), refs, split)
    if any("[" in edited.ref and edited.before != edited.after for edited in edits):
        output.warn(
            "The build original keeps its rows where they are, so compare will refuse to hold it "
            "against a build with the moved ones."
        )
    _show(edits, as_json=as_json)


@helping.command(epilog="Example: catdata remove img.jpg")
@_refs
@options.as_json
@options.quiet
@click.pass_obj
def remove(start: Path | None, refs: tuple[str, ...], as_json: bool) -> None:
    """Leave images out of later builds; their files are kept."""
    from catdata.dataset import edit
    from catdata.dataset.workspace import Workspace

    _show(edit.remove(Workspace.find(start), refs), as_json=as_json)


@helping.command(epilog="Example: catdata undo")
@options.as_json
@options.quiet
@click.pass_obj
def undo(start: Path | None, as_json: bool) -> None:
    """Revert the last command that changed the images.

    That is add, relabel, move, remove or verify --repair. Run it again to go further back.
    """
    from catdata.dataset import edit
    from catdata.dataset.workspace import Workspace

    message = edit.undo(Workspace.find(start))
    if as_json:
        output.emit_json({"undone": message})
    else:
        click.echo(message)
