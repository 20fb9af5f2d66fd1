"""The command that trains one network: train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catdata.cli import completion, helping, options, output, training_options
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.workspace import Workspace
    from catdata.h5file import OpenPair
    from catdata.learning.config import TrainConfig
    from catdata.learning.diagnosis import Diagnosis
    from catdata.learning.training import Evaluation, Run


@helping.command(epilog="Example: catdata train enlarged --layers 20,7,5 --plot costs.png")
@click.argument("build", required=False, shell_complete=completion.builds)
@click.option(
    "--layers",
    type=options.LayersType(),
    default="20,7,5",
    show_default=True,
    help="Hidden layers; none for logistic regression.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Decides the first weights.")
@training_options.training()
@click.option("--save", metavar="NAME", help="Keep the network for predict, in data/runs/NAME.")
@click.option(
    "--augment",
    multiple=True,
    metavar="SPEC",
    help="Learn from fresh altered copies in each epoch, as of build-h5; with --batch-size.",
)
@click.option("--check-gradients", is_flag=True, help="Only compare gradients with numeric ones.")
@options.plot
@options.as_json
@options.quiet
@click.pass_context
def train(
    ctx: click.Context,
    build: str | None,
    layers: tuple[int, ...],
    seed: int,
    training: dict[str, Any],
    save: str | None,
    augment: tuple[str, ...],
    check_gradients: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Train the course's network on a build.

    BUILD is a build's name, or any folder that holds the course's two files (default: enlarged, or
    original if there is no enlarged one). Ctrl-C ends training early; what was reached is shown,
    and kept with --save.
    """
    from catdata.dataset import workspace
    from catdata.dataset.augment import augmenter
    from catdata.learning.diagnosis import diagnose
    from catdata.learning.training import TrainConfig, fit

    config, start = TrainConfig(layers=layers, seed=seed, **training), ctx.obj
    build = build or workspace.Workspace.find(start).default_build()
    alter = augmenter(augment, seed=seed) if augment else None
    with workspace.open_pair(build, start) as pair:
        folder = _target(workspace.Workspace.find(start), save) if save else None
        for warning in pair.warnings:
            output.warn(warning)
        output.warn_of_outdated([build], start)
        if check_gradients:
            ctx.exit(0 if _gradients_are_right(pair, config, as_json=as_json) else 1)
        progress = output.progress("train", "iterations", config.iterations)
        with progress as show, output.stop_on_interrupt() as stop:
            tests = {"test": pair.test}
            run = fit(pair.train, config, tests=tests, augment=alter, stop=stop, on_progress=show)
    if folder:  # first of all: what prints or draws may fail
        _save(workspace.Workspace.find(start), folder, build, pair, run, augment)
    diagnosis = diagnose(run)
    if as_json:
        record = _train_record(build, pair, run, diagnosis)
        output.emit_json(record | {"augment": list(augment)})
    else:
        click.echo(_describe_run(build, pair, run, diagnosis, augment))
    if plot:
        from catdata.report import plots

        plots.save(plots.costs_figure(run), plot)
        output.drew(plot)
    if stop.is_set():
        kept = f"What was reached is saved as {save}." if save else "Keep a run with: --save NAME"
        output.error(f"Interrupted after {run.history.updates(config)} iterations.", kept)
        ctx.exit(output.EXIT_INTERRUPTED)
    if folder:
        output.next_step(f"catdata predict PHOTO.jpg --model {save}", f"saved in {shown(folder)}")
    elif diagnosis.state == "learning":
        output.next_step("catdata compare", "is the difference more than luck?")
    else:  # the diagnosis says what to try
        output.no_next_step()


def _gradients_are_right(pair: OpenPair, config: TrainConfig, *, as_json: bool) -> bool:
    """Show how far the gradients of a configuration are from numeric ones."""
    from catdata.learning.gradients import check_gradients

    checks = check_gradients(pair.train, config)
    passed = all(check.passed for check in checks)
    if as_json:
        layers = [check.to_json() for check in checks]
        output.emit_json({"config": config.to_json(), "gradients": layers, "passed": passed})
        return passed
    rows = [
        (check.name, str(check.checked), f"{check.difference:.1e}", "yes" if check.passed else "NO")
        for check in checks
    ]
    click.echo(output.table(("", "checked", "difference", "right"), rows))
    click.echo("difference: ‖analytic - numeric‖ / (‖analytic‖ + ‖numeric‖)")
    return passed


def _target(workspace: Workspace, name: str) -> Path:
    """Return where a network is to be saved, refused at once if it could not be."""
    from catdata.learning import models

    folder = workspace.new_run_folder(name)
    models.check_target(folder)
    return folder


def _save(
    workspace: Workspace,
    folder: Path,
    build: str,
    pair: OpenPair,
    run: Run,
    augment: tuple[str, ...],
) -> None:
    from catdata.learning import models

    fit, classes = workspace.fit_of(build), pair.train.class_names
    origin = models.Origin(build, pair.build_id, pair.train.size, fit, classes, augment)
    with workspace.build_lock():
        models.save(run, origin, folder)


def _train_record(build: str, pair: OpenPair, run: Run, diagnosis: Diagnosis) -> dict[str, object]:
    record = run.to_json()
    tests = record.pop("tests")
    test = tests["test"]
    return {
        "build": build,
        "build_id": pair.build_id,
        **record,
        **tests,
        "baseline_accuracy": test["baseline_accuracy"],
        "diagnosis": diagnosis.to_json(),
    }


def _describe_run(
    build: str, pair: OpenPair, run: Run, diagnosis: Diagnosis, augment: Sequence[str]
) -> str:
    from catdata.learning.diagnosis import overfitting

    history, config = run.history, run.config
    steps = [
        (f"{iteration}", f"{cost:.4f}", f"{train:.3f}", f"{test:.3f}")
        for iteration, cost, train, test in zip(
            history.iterations,
            history.costs,
            history.train_accuracy,
            history.test_accuracy["test"],
            strict=True,
        )
    ]
    sets = [_describe_evaluation(*named) for named in (("train", run.train), *run.tests.items())]
    head = ("", "images", "accuracy", "baseline", "cats right", "non-cats right")
    size, dims = f"{pair.train.size} x {pair.train.size}", "-".join(map(str, run.layer_dims))
    rate = f"learning rate {config.learning_rate}"
    learns = run.train.accuracy > run.train.baseline_accuracy
    gap = f" {overfitting(run)}" if learns else ""
    return "\n".join(
        [
            f"{shown(build)}: {len(pair.train)} train and {len(pair.test)} test images, {size}",
            f"network {dims}, {config.init} weights of seed {config.seed}, {rate}",
            *([f"fresh copies in each epoch: {' '.join(augment)}"] if augment else []),
            "",
            output.table(_STEPS_HEAD, _some(steps), left=0),
            "",
            output.table(head, sets),
            "after the last step; baseline: always naming the more frequent class of the set",
            "",
            *_describe_end(run),
            output.paragraph(f"{diagnosis.message}{gap} ({run.seconds:.2f} s)"),
        ]
    )


def _describe_end(run: Run) -> list[str]:
    history, lines = run.history, []
    if history.stopped_at is not None:
        lines.append(f"Stopped after {history.stopped_at} of {run.config.iterations} iterations.")
    if history.best_at is not None:
        images = run.tests["validation"].images
        lines.append(
            f"The weights are those after {history.best_at} updates,"
            f" the best on the {images} validation images."
        )
    return [*map(output.paragraph, lines), ""] if lines else []


_STEPS_HEAD = ("iteration", "cost", "train accuracy", "test accuracy")


def _some(steps: Sequence[tuple[str, ...]], most: int = 14) -> list[tuple[str, ...]]:
    """Return the first and last steps and some evenly between, so that a long run fits a screen."""
    stride = -(-len(steps) // most)
    return [step for i, step in enumerate(steps) if i % stride == 0 or i == len(steps) - 1]


def _describe_evaluation(name: str, evaluation: Evaluation) -> tuple[str, ...]:
    tp, fn, fp, tn = evaluation.confusion
    return (
        name,
        str(evaluation.images),
        f"{evaluation.accuracy:.3f}",
        f"{evaluation.baseline_accuracy:.3f}",
        f"{tp} of {tp + fn}",
        f"{tn} of {tn + fp}",
    )
