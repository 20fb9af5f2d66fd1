"""Options and arguments that several commands share, each with its help and validation."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from catdata.cli import output
from catdata.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Command = TypeVar("_Command", bound="Callable[..., Any]")


class NameIn(click.ParamType):  # type: ignore[type-arg]
    """A name in one of the library's tables, which is imported only when it is needed.

    Args:
        table: Module and name of a dict or sequence, such as ``catdata.dataset.images:FITS``.
    """

    name = "name"

    def __init__(self, table: str) -> None:
        self.table = table

    def names(self) -> list[str]:
        """Return the names in the table."""
        module, _, name = self.table.partition(":")
        return list(getattr(importlib.import_module(module), name))

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """Show the names in the help text."""
        return f"[{'|'.join(self.names())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that is not in the table."""
        names = self.names()
        if value not in names:
            meant = did_you_mean(value, names)
            self.fail(f"{value!r} is not one of {', '.join(names)}. {meant}".rstrip(), param, ctx)
        return value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Offer the names that begin so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


class LayersType(click.ParamType):  # type: ignore[type-arg]
    """Widths of the hidden layers, such as ``20,7,5``, or ``none`` for logistic regression."""

    name = "layers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the widths as numbers; their range is the library's to check."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            return tuple(int(width) for width in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not like 20,7,5 (hidden layer widths) or none.", param, ctx)


def show_layers(layers: Sequence[int]) -> str:
    """Return hidden layers as they are typed."""
    return ",".join(map(str, layers)) or "none"


def _set_quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[output.QUIET] = value


def _check_plot(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a figure that cannot be written before the work for it is done."""
    if path is not None:
        from catdata.report import plots

        plots.check_target(path)
    return path


def check_report(path: Path) -> None:
    """Refuse a report that cannot be written before the work for it is done."""
    from catdata.report import page

    page.check_target(path)


def _check_report(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        check_report(path)
    return path


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)
quiet = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_set_quiet,
    help="No progress, warnings or advice on stderr.",
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of workers [default: one for each core].",
)


def _workers(text: str, **engines: str) -> Callable[[_Command], _Command]:
    """Offer the engines; the command gets an argument for each kind of work, with its engine.

    Args:
        text: The help for ``--engine``.
        engines: The name of each argument, and its engine where none is chosen.
    """
    offered = [
        jobs,
        click.option("--engine", type=NameIn("catdata.engine:EXECUTORS"), help=text),
        click.option(
            "--scheduler", metavar="URL", help="Address of a Dask cluster, as tcp://HOST:8786."
        ),
    ]

    def offer(command: _Command) -> _Command:
        @functools.wraps(command)
        def chosen(
            *args: Any, engine: str | None, jobs: int | None, scheduler: str | None, **rest: Any
        ) -> Any:
            from catdata.engine import Engine

            named = engine or ("dask" if scheduler else None)
            where = {work: Engine(named or name, jobs, scheduler) for work, name in engines.items()}
            return command(*args, **where, **rest)

        for option in reversed(offered):
            chosen = option(chosen)
        return chosen  # type: ignore[return-value]

    return offer


workers = _workers(
    "Where pictures are decoded. Processes are as fast as threads, and a picture that crashes or"
    " hangs costs itself alone.  [default: processes]",
    jobs="processes",
)
training_workers = _workers(
    "Where networks are trained side by side; the numbers are the same.  [default: threads]",
    jobs="threads",
)
checking_workers = _workers(
    "Where pictures are decoded, and networks trained that doubt labels.  [default: processes, and"
    " threads for networks]",
    jobs="processes",
    training_jobs="threads",
)

label = click.option(
    "--label",
    type=NameIn("catdata.h5file:CLASS_NAMES"),
    required=True,
    help="What the pictures show.",
)


def _plot_option(*, required: bool) -> Callable[[_Command], _Command]:
    return click.option(
        "--plot",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        required=required,
        callback=_check_plot,
        help="Draw the figure to FILE, .png or .svg.",
    )


plot = _plot_option(required=False)
plot_needed = _plot_option(required=True)
report = click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    callback=_check_report,
    help="Write the report to FILE, .html: one page that needs no network.",
)
augment = click.option(
    "--augment",
    multiple=True,
    metavar="SPEC",
    help="Alter copies: NAME[=STRENGTH][@PROBABILITY], such as flip or rotate=15@0.5, or one of"
    " light, standard, strong. Several times for several.",
)
augment_seed = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="What copies are drawn from.",
)
