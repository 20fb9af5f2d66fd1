"""The command that compares builds: compare."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catdata.cli import completion, helping, options, output, reports, training_options
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.engine import Engine
    from catdata.learning.comparison import Comparison


@helping.command(epilog="Example: catdata compare original enlarged --plot comparison.png")
@click.argument("builds", nargs=-1, metavar="[BUILD]...", shell_complete=completion.builds)
@click.option(
    "--layers",
    type=options.LayersType(),
    multiple=True,
    default=["20,7,5"],
    show_default=True,
    help="Hidden layers; several times for several networks.",
)
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=10, show_default=True, help="Seeds 1 to N."
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=None,
    metavar="K",
    help="Also judge by K-fold cross-validation over the first BUILD's original images.",
)
@click.option(
    "--control",
    is_flag=True,
    help="Add an arm of the first BUILD's images, repeated to the size of the largest other.",
)
@click.option("--save", metavar="NAME", help="Keep the comparison under this name.")
@training_options.training()
@options.training_workers
@options.plot
@options.report
@options.as_json
@options.quiet
@click.pass_obj
def compare(
    start: Path | None,
    builds: tuple[str, ...],
    layers: tuple[tuple[int, ...], ...],
    seeds: int,
    folds: int | None,
    control: bool,
    save: str | None,
    training: dict[str, Any],
    jobs: Engine,
    plot: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Train builds with the same seeds and tell what differs.

    BUILD is a name or a folder with such a pair (default: original and enlarged). Every build
    is judged on the same test images, each test set apart. The first BUILD is what the others
    are held against.
    """
    from catdata.cli.comparison_text import describe
    from catdata.dataset import workspace
    from catdata.learning import experiments, saved
    from catdata.learning.comparison import Arm
    from catdata.learning.training import TrainConfig

    names = builds or (workspace.ORIGINAL, workspace.ENLARGED)
    if report:
        reports.check_builds(names)
    arms = [Arm(name, workspace.read_pair(name, start)) for name in names]
    output.warn_of_outdated(names, start)
    config = TrainConfig(**training)
    kept = workspace.Workspace.find(start).new_comparison_file(save) if save else None
    if kept:
        saved.check_target(kept)
    with output.progress("compare", "iterations") as show:
        comparison = experiments.compare(
            arms,
            layers=layers,
            seeds=range(1, seeds + 1),
            config=config,
            control=control,
            folds=folds or 0,
            jobs=jobs,
            on_progress=show,
        )
    if kept:  # first of all: what prints or draws may fail
        with workspace.Workspace.find(start).build_lock():
            saved.save(comparison, kept)
    for warning in comparison.warnings:
        output.warn(warning)
    if as_json:
        output.emit_json(comparison.to_json())
    else:
        click.echo("\n".join(describe(comparison)))
    if kept:
        output.next_step(f"catdata report {save}", f"saved in {shown(kept)}")
    if plot:
        from catdata.report import plots

        plots.save(plots.comparison_figure(comparison), plot)
        output.drew(plot)
    if report:
        reports.write(comparison, report, start)
    if not (folds or kept or report):
        _suggest(names, comparison)


def _suggest(names: Sequence[str], comparison: Comparison) -> None:
    """Say what to type next: what would show more, or what shows it better."""
    typed = f"catdata compare {shlex.join(names)}"
    if len(comparison.arms) == 1:
        output.next_step("catdata compare original enlarged", "one build alone shows no change")
    elif comparison.changes and all(
        change.verdict == "no-difference-shown" for change in comparison.changes
    ):
        output.next_step(f"{typed} --folds 5", "let more images judge; takes longer")
    else:
        output.next_step(f"{typed} --report report.html", "the same with pictures")
