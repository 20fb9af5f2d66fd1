"""The command that shows the whole job on a drawn dataset: demo."""

from __future__ import annotations

import contextlib
import shlex
import time
from pathlib import Path

import click

from catdata.cli import helping, options
from catdata.errors import BuildRefused, shown

_COSTS, _COMPARISON = "costs.png", "comparison.png"
STEPS = (
    "init --train datasets/train_catvnoncat.h5 --test datasets/test_catvnoncat.h5",
    "add photos/cat --label cat",
    "add photos/non-cat --label non-cat",
    "status",
    "build-h5",
    f"train enlarged --layers 20,7,5 --plot {_COSTS}",
    f"compare original enlarged --plot {_COMPARISON}",
)


@helping.command(epilog="Example: catdata demo")
@click.argument("folder", type=click.Path(path_type=Path), metavar="[DIR]", default="catdata-demo")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws another dataset.")
@options.quiet
@click.pass_context
def demo(ctx: click.Context, folder: Path, seed: int) -> None:
    """Draw a sample dataset and do the whole job on it.

    In DIR (default: catdata-demo) this draws a pair of h5 files in the course's form and
    400 photos of cats and other things, then runs and prints the commands that you would type with
    files of your own.
    """
    from catdata import demo as drawing

    if folder.exists() and any(folder.iterdir()):
        raise BuildRefused(
            f"{shown(folder)} is not empty, so nothing is drawn there.",
            hint=f"Name a new folder (catdata demo DIR), or delete {shown(folder)} first.",
        )
    start = time.perf_counter()
    click.echo(f"Drawing an h5 pair and 400 photos of cats and other things in {shown(folder)} ...")
    drawing.write_course_pair(folder / "datasets", seed=seed)
    drawing.write_photos(folder, seed=seed)
    root = ctx.find_root().command
    click.echo(f"\n$ cd {shlex.quote(str(folder))}")
    with contextlib.chdir(folder):
        for line in STEPS:
            click.echo(f"\n$ catdata {line}")
            words = ["-C", ".", *shlex.split(line), "--quiet"]  # whatever CATDATA_WORKSPACE says
            status = root.main(words, "catdata", standalone_mode=False)
            if status:
                ctx.exit(status)
    figures = " and ".join(shown(folder / name) for name in (_COSTS, _COMPARISON))
    click.echo(f"\nFigures: {figures}  ({time.perf_counter() - start:.0f} s)")
    click.echo("The pictures are drawn: conclude nothing about real cats from them.")
