"""The command line: the root group, and the one place where errors become messages."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import click

from catdata.cli import (
    builds,
    checks,
    comparing,
    completion,
    curves,
    dataset,
    demo,
    edits,
    helping,
    label,
    listing,
    output,
    prediction,
    reports,
    sweeping,
    training,
)
from catdata.errors import CatdataError, WorkspaceDamaged, shown

EXIT_REFUSED = 1
EXIT_DAMAGED = 3
_UNWRITABLE = "Commands that only read work here; for this one the folder must be writable for you."
_NO_ROOM = "Make room, then run the same command again."
_HINTS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _UNWRITABLE),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _NO_ROOM),
}
_NO_THREAD = "can't start new thread"  # CPython has no class of its own for it


class RootGroup(click.Group):
    """The group of all commands; what a user can cause ends here as ``Error:`` and ``Hint:``."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn the errors of :mod:`catdata.errors` into an exit status."""
        try:
            result = super().invoke(ctx)
            _say_what_comes_next(ctx.invoked_subcommand)
        except CatdataError as error:
            output.error(error.message, error.hint)
            ctx.exit(EXIT_DAMAGED if isinstance(error, WorkspaceDamaged) else EXIT_REFUSED)
        except KeyboardInterrupt:
            output.error("Interrupted.", "What was finished before stays; run the command again.")
            ctx.exit(output.EXIT_INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `catdata ... | head`: Click ends quietly
                raise
            where = f"{shown(error.filename)}: " if error.filename else ""
            output.error(f"{where}{error.strerror or error}.", _HINTS.get(error.errno or 0, ""))
            ctx.exit(EXIT_REFUSED)
        except (MemoryError, RuntimeError, ImportError) as error:
            shortage = _shortage(error)
            if not shortage:  # a bug, or how Click ends a command
                raise
            output.error(
                shortage,
                "Close other programs, or raise the limits that `ulimit -a` shows; then run the "
                "same command again.",
            )
            ctx.exit(EXIT_REFUSED)
        else:
            return result


def _shortage(error: BaseException) -> str:
    """Say what the system did not give, where that is what an error is about."""
    if isinstance(error, MemoryError):
        return "The system gives no more memory."
    if isinstance(error, RuntimeError):
        return "The system allows no more threads." if str(error) == _NO_THREAD else ""
    if isinstance(error, ModuleNotFoundError):
        return ""
    while isinstance(error.__cause__, ImportError):  # NumPy wraps it into advice on its own
        error = error.__cause__
    file, _, reason = str(error).partition(": ")  # so the system's loader says it
    return f"Python can't load the library {shown(file)}: {shown(reason)}." if reason else ""


def _say_what_comes_next(command: str | None) -> None:
    """Say it where the command did not, as some do that know more."""
    if command in helping.NEXT and not output.has_next_step():
        output.next_step(*helping.NEXT[command])


@click.group(
    cls=RootGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without any files of your own: catdata demo",
)
@click.option(
    "-C",
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Work in the workspace DIR (else: found upwards from the current folder).",
)
@click.version_option(package_name="catdata")
@click.pass_context
def main(ctx: click.Context, workspace: Path | None) -> None:
    """Add your own photos to the cat dataset, retrain, and see what it did to overfitting."""
    ctx.obj = workspace


for _command in (
    dataset.init,
    dataset.add,
    dataset.status,
    listing.list_images,
    listing.show,
    listing.log,
    edits.relabel,
    edits.move,
    edits.remove,
    edits.undo,
    checks.check,
    checks.verify,
    builds.build_h5,
    builds.augment_preview,
    builds.export,
    training.train,
    comparing.compare,
    reports.report,
    sweeping.sweep,
    curves.curve,
    prediction.predict,
    label.label,
    demo.demo,
    completion.completion,
):
    main.add_command(_command)
