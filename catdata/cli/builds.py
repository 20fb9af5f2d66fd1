"""Commands that hand the dataset on: build-h5, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import options, output
from catdata.errors import shown

if TYPE_CHECKING:
    from catdata.dataset.build import BuildReport


@click.command(epilog="Example: catdata build-h5")
@click.argument("name", default="enlarged")
@click.option(
    "--size",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Side in pixels [default: the workspace's].",
)
@click.option("--compress", is_flag=True, help="Store the pixels compressed: smaller, slower.")
@options.jobs
@options.as_json
@options.quiet
@click.pass_obj
def build_h5(
    start: Path | None,
    name: str,
    size: int | None,
    compress: bool,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Write original and added images to two new h5 files.

    They go to data/NAME/ (default: enlarged). The two h5 files have the course's own names and
    form: a notebook loads them by changing the folder alone. The same catalog gives the same
    bytes.
    """
    from catdata.dataset import build
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    settings = workspace.settings
    recipe = build.Recipe(size or settings.size, settings.fit, compress)
    with output.progress("build", "images") as show:
        report = build.build(workspace, name, recipe, jobs=jobs, on_progress=show)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(_describe(report))
    output.next_step("catdata compare", f"did {name} help?")


def _describe(report: BuildReport) -> str:
    head = ("", "images", "cats", "original", "added")
    rows = [
        (split, *map(str, (counts.images, counts.cat, counts.original, counts.added)))
        for split, counts in report.splits.items()
    ]
    lines = [f"Wrote {shown(report.folder)}", output.table(head, rows)]
    lines += [
        f"{left_out.ref} is left out of train: it shows the same as {left_out.because}."
        for left_out in report.left_out
    ]
    return "\n".join(lines)


@click.command(epilog="Example: catdata export cats --format imagefolder")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--format",
    "file_format",
    type=options.NameIn("catdata.dataset.export:EXPORTERS"),
    default="imagefolder",
    show_default=True,
    help="Folders of pictures with metadata.csv, or one npz file.",
)
@click.option(
    "--size", type=click.IntRange(1, 1024), metavar="N", help="Prepared squares of this side."
)
@options.jobs
@options.as_json
@options.quiet
@click.pass_obj
def export(
    start: Path | None,
    folder: Path,
    file_format: str,
    size: int | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Write all images to the new folder DIR for other tools.

    Photos are written as they were added, unless --size is given. What is exported can be added
    again: catdata add DIR --labels DIR/metadata.csv
    """
    from catdata.dataset.export import export as write
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    with output.progress("export", "images") as show:
        report = write(workspace, folder, file_format, size=size, jobs=jobs, on_progress=show)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(f"Wrote {report.images} images to {shown(report.folder)} as {report.format}")
        for ref in report.left_out:
            click.echo(f"{ref} is left out, as in builds: it is in test as well.")
