"""The command that compares builds: compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catdata.cli import options, output, reports, training_options
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.learning.comparison import ArmResult, Comparison, SetSummary
    from catdata.learning.stats import Interval
    from catdata.learning.verdicts import Contrast


@click.command(epilog="Example: catdata compare original enlarged --plot comparison.png")
@click.argument("builds", nargs=-1, metavar="[BUILD]...")
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
@training_options.training()
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
    training: dict[str, Any],
    plot: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Train builds with the same seeds and tell what differs.

    BUILD is a name or a folder with such a pair (default: original and enlarged). Every build
    is judged on the same test images, each test set apart. The first BUILD is what the others
    are held against.
    """
    from catdata.dataset import workspace
    from catdata.learning import experiments
    from catdata.learning.comparison import Arm
    from catdata.learning.training import TrainConfig

    names = builds or (workspace.ORIGINAL, workspace.ENLARGED)
    if report:
        reports.check_builds(names)
    arms = [Arm(name, workspace.read_pair(name, start)) for name in names]
    config = TrainConfig(**training)
    with output.progress("compare", "iterations") as show:
        comparison = experiments.compare(
            arms, layers=layers, seeds=range(1, seeds + 1), config=config, on_progress=show
        )
    for warning in comparison.warnings:
        output.warn(warning)
    if as_json:
        output.emit_json(comparison.to_json())
    else:
        click.echo("\n".join(_describe(comparison)))
    if plot:
        from catdata.report import plots

        plots.save(plots.comparison_figure(comparison), plot)
        output.drew(plot)
    if report:
        reports.write(comparison, report, start)


def _describe(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of a comparison: a table for each network and test set, and the verdicts."""
    seeds = comparison.seeds
    for layers in dict.fromkeys(arm.layers for arm in comparison.arms):
        arms = [arm for arm in comparison.arms if arm.layers == layers]
        for test_set in comparison.test_sets:
            network = f"Hidden layers {options.show_layers(layers)}"
            yield f"{network}, seeds {seeds[0]} to {seeds[-1]},"
            yield f"judged on the {test_set.images} test images of {shown(test_set.name)}"
            yield output.table(_HEAD, [_row(arm, test_set) for arm in arms])
            yield (
                f"mean [95 % interval], in %; always {test_set.baseline_class}: "
                f"{100 * test_set.baseline_accuracy:.1f}"
            )
            for change in comparison.changes:
                if (change.layers, change.test_set) == (layers, test_set.name):
                    yield from ("", *_verdict(change))
            yield ""
    yield f"({comparison.seconds:.0f} s)"


_HEAD = ("", "images", "train accuracy", "test accuracy", "gap")


def _row(arm: ArmResult, test_set: SetSummary) -> tuple[str, ...]:
    judgement = arm.judgements[test_set.name]
    values = (arm.train_accuracy, judgement.test_accuracy, judgement.gap)
    return (shown(arm.build), str(arm.train_images), *map(_interval, values))


def _interval(interval: Interval) -> str:
    mean, low, high = (100 * share for share in (interval.estimate, interval.low, interval.high))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def _verdict(change: Contrast) -> Iterator[str]:
    for name, moved in (("test accuracy", change.change.test_accuracy), ("gap", change.change.gap)):
        low, high = f"{100 * moved.low:+.1f}", f"{100 * moved.high:+.1f}"
        yield f"{name:14} {100 * moved.estimate:+5.1f} points [{low}, {high}]"
    verdict = click.style(change.verdict.replace("-", " "), bold=True)
    yield f"Verdict: {verdict}"
    yield output.paragraph(change.sentence)
