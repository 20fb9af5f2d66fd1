"""The command that tries many settings: sweep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catdata.cli import completion, helping, options, output, training_options
from catdata.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catdata.engine import Engine
    from catdata.learning.sweep import Candidate, Sweep

_MOST_STEPS = 100


class NumbersType(click.ParamType):  # type: ignore[type-arg]
    """Numbers such as ``0.01,0.03``, or geometric steps such as ``0.0075:0.6:x3``."""

    name = "numbers"

    def __init__(self, kind: type = float) -> None:
        self.kind = kind

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        """Return the numbers; their range is the library's to check."""
        if isinstance(value, tuple):
            return value
        try:
            if ":" in value:
                return tuple(self._steps(*value.split(":")))
            return tuple(self.kind(number) for number in value.split(","))
        except (TypeError, ValueError):
            self.fail(f"{value!r} is not like 0.01,0.03 or 0.0075:0.6:x3.", param, ctx)

    def _steps(self, first: str, last: str, factor: str) -> Iterator[Any]:
        number, end, times = float(first), float(last), float(factor.removeprefix("x"))
        if not (number > 0 and times > 1 and factor.startswith("x")):
            raise ValueError("the steps do not lead anywhere")
        for _ in range(_MOST_STEPS):
            if number > end * (1 + 1e-9):  # a last step that rounding put beyond the end counts
                return
            yield self.kind(float(f"{number:.12g}"))
            number *= times
        raise ValueError("too many steps")


def _list(
    flag: str, name: str, kind: type, default: str, text: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        flag, name, type=NumbersType(kind), default=default, show_default=True, help=text
    )


@helping.command(
    epilog="Example: catdata sweep original --learning-rates 0.0075:0.6:x3 --layers 7 --layers none"
)
@click.argument("build", required=False, shell_complete=completion.builds)
@_list(
    "--learning-rates",
    "learning_rates",
    float,
    "0.0025,0.0075,0.0225",
    "Step sizes, or FIRST:LAST:xFACTOR.",
)
@click.option(
    "--layers",
    type=options.LayersType(),
    multiple=True,
    default=["20,7,5"],
    show_default=True,
    help="Hidden layers; several times for several networks.",
)
@_list("--iterations", "iterations", int, "2500", "Steps of the optimizer.")
@_list("--l2", "l2", float, "0", "The course's lambda.")
@_list("--dropout", "dropout", float, "0", "Share of the hidden units left out in each step.")
@click.option(
    "--folds",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="Parts of train, each judged by networks that learnt from the others.",
)
@click.option(
    "--seeds", type=click.IntRange(1, 1000), default=3, show_default=True, help="Seeds 1 to N."
)
@training_options.training(without=("learning_rate", "iterations", "l2", "dropout"))
@options.training_workers
@options.plot
@options.as_json
@options.quiet
@click.pass_obj
def sweep(
    start: Path | None,
    /,
    build: str | None,
    seeds: int,
    training: dict[str, Any],
    jobs: Engine,
    plot: Path | None,
    as_json: bool,
    **lists: Any,
) -> None:
    """Try combinations of settings by cross-validation.

    BUILD is a name or a folder with such a pair (default: enlarged, else original).

    Each is judged by cross-validation inside train; the best is then trained on all of train and
    shown the test set once. Lists are written 0.01,0.03 or 0.0075:0.6:x3. An interrupted sweep
    goes on where it was when it is run again.
    """
    from catdata.dataset import workspace
    from catdata.learning.comparison import Arm
    from catdata.learning.config import TrainConfig
    from catdata.learning.sweep import Grid
    from catdata.learning.sweep import sweep as sweep_settings

    build = build or workspace.Workspace.find(start).default_build()
    arm = Arm(build, workspace.read_pair(build, start))
    grid, config = Grid(seeds=tuple(range(1, seeds + 1)), **lists), TrainConfig(**training)
    output.warn_of_outdated([build], start)
    with output.progress("sweep", "settings") as show:
        done = sweep_settings(arm, grid, config, kept=_kept(start), jobs=jobs, on_progress=show)
    for warning in done.warnings:
        output.warn(warning)
    if as_json:
        output.emit_json({"build": build, "build_id": arm.pair.build_id, **done.to_json()})
    else:
        click.echo("\n".join(_describe(done)))
    if plot:
        from catdata.report import plots, sweeps

        plots.save(sweeps.sweep_figure(done), plot)
        output.drew(plot)


def _kept(start: Path | None) -> Path | None:
    """Return where the results of sweeps are kept: in the workspace, if there is one."""
    from catdata.dataset.workspace import Workspace

    try:
        return Workspace.find(start).data / ".sweeps.jsonl"
    except WorkspaceError:
        return None


def _describe(sweep: Sweep) -> Iterator[str]:
    names = [*_SETTING, *_JUDGED]
    rows = [[*_setting(one), *_judged(one)] for one in sweep.candidates]
    # What all settings share needs no column, and lines are to fit a terminal.
    common = [i for i in range(len(_SETTING)) if len({row[i] for row in rows}) == 1]
    columns = [i for i in range(len(names)) if i not in common]
    marks = ("*" if one is sweep.best else "" for one in sweep.candidates)
    table = [[mark, *(row[i] for i in columns)] for mark, row in zip(marks, rows, strict=True)]
    yield output.table(["", *(names[i] for i in columns)], table)
    if common:
        yield output.paragraph(f"all: {', '.join(f'{names[i]} {rows[0][i]}' for i in common)}")
    seeds = len(sweep.grid.seeds)
    states = sum((Counter(one.failures) for one in sweep.candidates), Counter[str]())
    yield output.paragraph(
        f"accuracy: mean [95 % interval] in %, {sweep.grid.folds}-fold cross-validation inside"
        f" train over {seeds} {'seed' if seeds == 1 else 'seeds'}; * the best"
        f"{' of those that failed to learn least often' if states else ''}"
    )
    if states:
        ended = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        yield output.paragraph(f"did not learn: {ended}")
    yield f"always the more frequent class: {100 * sweep.majority:.1f}"
    yield ""
    yield output.paragraph(
        f"The best, trained on all of train: {output.interval(sweep.test_accuracy)} % of the"
        f" {sweep.test_images} test images are named rightly; always the more frequent class:"
        f" {100 * sweep.baseline_accuracy:.1f} %. ({sweep.seconds:.0f} s)"
    )


_SETTING = ("layers", "rate", "iterations", "l2", "dropout")
_JUDGED = ("train", "accuracy", "did not learn")


def _setting(candidate: Candidate) -> tuple[str, ...]:
    config = candidate.config
    return (
        options.show_layers(config.layers),
        f"{config.learning_rate:g}",
        str(config.iterations),
        f"{config.l2:g}",
        f"{config.dropout:g}",
    )


def _judged(candidate: Candidate) -> tuple[str, ...]:
    return (
        f"{100 * candidate.train_accuracy:.1f}",
        output.interval(candidate.accuracy),
        f"{candidate.failed} of {candidate.networks}" if candidate.failed else "",
    )
