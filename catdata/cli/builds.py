"""Commands that hand the dataset on: build-h5, augment-preview, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import completion, helping, options, output
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catdata.dataset.build import BuildPlan, BuildReport
    from catdata.dataset.contents import LeftOut, Recipe, SplitCounts
    from catdata.engine import Jobs

_PREVIEWED = 9  # copies, which with the image itself make two lines of a grid


@helping.command(epilog="Example: catdata build-h5 augmented --augment standard --copies 4")
@click.argument("name", default="enlarged", shell_complete=completion.builds)
@click.option(
    "--size",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Side in pixels [default: the workspace's].",
)
@click.option("--compress", is_flag=True, help="Store the pixels compressed: smaller, slower.")
@options.augment
@click.option(
    "--copies",
    type=click.IntRange(min=0),
    metavar="N",
    help="Copies of each train image [default: 1 with --augment, 0 with --balance].",
)
@click.option(
    "--augment-only",
    type=options.NameIn("catdata.dataset.copies:SUBSETS"),
    help="Copies of these images only.",
)
@click.option("--balance", is_flag=True, help="Copies of the rarer class until shares are equal.")
@options.augment_seed
@click.option("--dry-run", is_flag=True, help="Tell what would be written, and write nothing.")
@options.workers
@options.as_json
@options.quiet
@click.pass_obj
def build_h5(
    start: Path | None,
    name: str,
    size: int | None,
    compress: bool,
    augment: tuple[str, ...],
    copies: int | None,
    augment_only: str | None,
    balance: bool,
    seed: int,
    dry_run: bool,
    jobs: Jobs,
    as_json: bool,
) -> None:
    """Write original and added images to two new h5 files.

    They go to data/NAME/ (default: enlarged). The two h5 files have the course's own names and
    form: a notebook loads them by changing the folder alone. The same catalog and options give
    the same bytes.

    With --augment, altered copies of the train images follow them. Test images are never copied.
    """
    from catdata.dataset import build
    from catdata.dataset.contents import Recipe
    from catdata.dataset.workspace import Workspace

    workspace = Workspace.find(start)
    settings = workspace.settings
    recipe = Recipe(
        size or settings.size,
        settings.fit,
        compress,
        augment=augment,
        copies=int(bool(augment) and not balance) if copies is None else copies,
        augment_only=augment_only,
        balance=balance,
        seed=seed,
    )
    if dry_run:
        planned = build.plan(workspace, name, recipe)
        if as_json:
            output.emit_json(planned.to_json())
        else:
            click.echo(_describe_plan(planned))
        output.next_step("catdata build-h5", "the same without --dry-run writes it")
        return
    with output.progress("build", "images") as show:
        report = build.build(workspace, name, recipe, jobs=jobs, on_progress=show)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(_describe(report, recipe))
    if recipe.size == settings.size:
        output.next_step(f"catdata compare original {name}", "did it help?")
    else:
        output.next_step(f"catdata train {name}", "original has another size to compare it with")


def _describe(report: BuildReport, recipe: Recipe) -> str:
    wrote = f"Wrote {shown(report.folder)}"
    lines = [wrote, _table(report.splits), *_notes(report.left_out, recipe)]
    return "\n".join(lines)


def _describe_plan(plan: BuildPlan) -> str:
    length = f"{'at most' if plan.recipe.compress else 'about'} {plan.bytes / 1e6:,.1f} MB"
    lines = [f"Would write {plan.build}, {length}", _table(plan.splits)]
    return "\n".join([*lines, *_notes(plan.left_out, plan.recipe)])


def _table(splits: Mapping[str, SplitCounts]) -> str:
    head = ("", "images", "cats", "share", "original", "added", "augmented")
    rows = [
        (
            split,
            *map(str, (counts.images, counts.cat)),
            f"{counts.cat_share:.0%}",
            *map(str, (counts.original, counts.added, counts.augmented)),
        )
        for split, counts in splits.items()
    ]
    return output.table(head, rows)


def _notes(left_out: Sequence[LeftOut], recipe: Recipe) -> list[str]:
    notes = [
        f"{one.ref} is left out of train: it shows the same as {one.because}." for one in left_out
    ]
    if recipe.balance and not recipe.augment:
        notes.append("Images of the rarer class are repeated as they are: no --augment was given.")
    return notes


@helping.command(epilog="Example: catdata augment-preview train[2] --augment strong --plot out.png")
@click.argument("refs", nargs=-1, required=True, metavar="REF...", shell_complete=completion.refs)
@options.augment
@click.option(
    "--copies",
    type=click.IntRange(1, 100),
    default=_PREVIEWED,
    show_default=True,
    help="Copies of each image.",
)
@options.augment_seed
@options.plot_needed
@options.as_json
@options.quiet
@click.pass_obj
def augment_preview(
    start: Path | None,
    refs: tuple[str, ...],
    augment: tuple[str, ...],
    copies: int,
    seed: int,
    plot: Path,
    as_json: bool,
) -> None:
    """Draw images beside their augmented copies.

    The copies are those that a build would hold, each with what was done to it. REF is like
    train[146], 3fa9c1 or a file name. Without --augment: standard.
    """
    from catdata.dataset.copies import Augmentation
    from catdata.dataset.explain import preview
    from catdata.dataset.workspace import Workspace
    from catdata.report import galleries, plots

    augment = augment or ("standard",)
    augmentation = Augmentation(augment=augment, copies=copies, seed=seed)
    groups = [
        [galleries.Tile(*picture) for picture in group]
        for group in preview(Workspace.find(start), refs, augmentation)
    ]
    plots.save(galleries.grid_figure(groups, ", ".join(augment)), plot)
    if as_json:
        captions = [[tile.caption for tile in group] for group in groups]
        output.emit_json({"plot": str(plot), "augment": augmentation.augment, "images": captions})
    output.drew(plot)


@helping.command(epilog="Example: catdata export cats --format imagefolder")
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
@options.workers
@options.as_json
@options.quiet
@click.pass_obj
def export(
    start: Path | None,
    folder: Path,
    file_format: str,
    size: int | None,
    jobs: Jobs,
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
