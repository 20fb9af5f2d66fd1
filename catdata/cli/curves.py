"""The command that asks what more images would bring: curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catdata.cli import completion, helping, options, output, training_options
from catdata.cli.sweeping import NumbersType
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.engine import Engine
    from catdata.learning.learningcurve import LearningCurve, Point


@helping.command(epilog="Example: catdata curve enlarged --from original --target 0.9")
@click.argument("build", required=False, shell_complete=completion.builds)
@click.option(
    "--from",
    "base",
    metavar="BUILD",
    shell_complete=completion.builds,
    help="Begin with the training images of this build and take the others from BUILD.",
)
@click.option(
    "--target",
    type=float,
    default=0.9,
    show_default=True,
    metavar="X",
    help="The test accuracy to be reached, 0.9 for 90 %.",
)
@click.option(
    "--sizes",
    type=NumbersType(int),
    default=(),
    help="Numbers of training images, 50,100,200,400 or 50:400:x2 [default: six up to all].",
)
@click.option(
    "--draws",
    type=click.IntRange(2, 1000),
    default=5,
    show_default=True,
    help="How often images of each number are drawn.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="Networks trained on each draw.",
)
@click.option(
    "--layers",
    type=options.LayersType(),
    default="20,7,5",
    show_default=True,
    help="Hidden layers; none for logistic regression.",
)
@training_options.training()
@options.training_workers
@options.plot
@options.as_json
@options.quiet
@click.pass_obj
def curve(
    start: Path | None,
    /,
    build: str | None,
    base: str | None,
    layers: tuple[int, ...],
    training: dict[str, Any],
    jobs: Engine,
    plot: Path | None,
    as_json: bool,
    **drawing: Any,
) -> None:
    """Tell how many images a test accuracy would take.

    BUILD is a name or a folder with such a pair (default: enlarged, else original).

    Networks learn from ever larger parts of BUILD and are judged on its own test images. A power
    law through their accuracy tells what more images of the same kind would bring. Augmented copies
    come with their image and are not counted.
    """
    from catdata.dataset import workspace
    from catdata.learning.comparison import Arm
    from catdata.learning.config import TrainConfig
    from catdata.learning.growth import learning_curve
    from catdata.learning.learningcurve import CurveOptions

    config, wanted = TrainConfig(layers=layers, **training), CurveOptions(**drawing)
    build = build or workspace.Workspace.find(start).default_build()
    arms = [Arm(name, workspace.read_pair(name, start)) for name in (build, base) if name]
    output.warn_of_outdated([arm.name for arm in arms], start)
    with output.progress("curve", "iterations") as show:
        found = learning_curve(
            arms[0],
            wanted,
            config,
            base=arms[1] if base else None,
            jobs=jobs,
            on_progress=show,
        )
    for warning in found.warnings:
        output.warn(warning)
    if as_json:
        output.emit_json(found.to_json())
    else:
        click.echo("\n".join(_describe(found)))
    if plot:
        from catdata.report import curves, plots

        plots.save(curves.curve_figure(found), plot)
        output.drew(plot)


def _describe(curve: LearningCurve) -> Iterator[str]:
    drawn, options_used = curve.test_set, curve.options
    yield output.paragraph(
        f"Hidden layers {options.show_layers(curve.config.layers)}, {options_used.draws} draws of"
        f" {options_used.seeds} {'seed' if options_used.seeds == 1 else 'seeds'} each, judged on"
        f" the {drawn.images} test images of {shown(drawn.name)}"
    )
    yield output.table(
        _HEAD, [_row(*each) for each in zip(curve.points, curve.law.misses, strict=True)]
    )
    yield (
        f"mean [95 % interval], in %; always {shown(drawn.baseline_class)}:"
        f" {100 * drawn.baseline_accuracy:.1f}"
    )
    yield ""
    if curve.doubling:
        yield output.paragraph(
            f"Twice as many images ({2 * curve.answer.there:,}) would add"
            f" {output.interval(curve.doubling)} points, if accuracy goes on along the power law."
        )
    yield output.paragraph(curve.answer.sentence)
    yield f"({curve.seconds:.0f} s)"


_HEAD = ("images", "train accuracy", "test accuracy", "power law", "did not learn")


def _row(point: Point, miss: float) -> tuple[str, ...]:
    failures = (f"{count} {state}" for state, count in point.failures.items())
    return (
        f"{point.images:,}",
        output.interval(point.train_accuracy),
        output.interval(point.test_accuracy),
        f"{100 * (point.test_accuracy.estimate - miss):.1f}",
        ", ".join(failures),
    )
