"""The page of a comparison: the command report, and what compare --report writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import completion, helping, options, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.comparison import Comparison


@helping.command(epilog="Example: catdata report first --report first.html")
@click.argument("name", metavar="NAME|FILE", shell_complete=completion.comparisons)
@options.report
@options.quiet
@click.pass_obj
def report(start: Path | None, name: str, report: Path | None) -> None:
    """Write the page of a saved comparison.

    NAME is what it was saved as (catdata compare --save NAME), FILE the path of such a file. The
    page is one file that needs no network: NAME.html, unless --report names another.
    """
    from catdata.dataset import workspace
    from catdata.learning import saved

    path = workspace.find_comparison(name, start)
    target = report or Path(f"{path.stem}.html")
    options.check_report(target)
    write(saved.load(path), target, start)


def check_builds(names: Sequence[str]) -> None:
    """Refuse builds that no page can be written of before they are trained on."""
    from catdata.report import page

    page.check_builds(names)


def write(comparison: Comparison, path: Path, start: Path | None) -> None:
    """Write the page of a comparison and say where."""
    from catdata.cli.gathering import gather
    from catdata.report import page

    page.save(comparison, gather(comparison, start), path)
    output.wrote(path)
