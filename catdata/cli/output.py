"""How results and messages look: reports on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import textwrap
import threading
import unicodedata
from typing import TYPE_CHECKING, Any

import click

from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from catdata.learning.stats import Interval

QUIET = "catdata.quiet"
_SAID_NEXT = "catdata.next"
WIDTH = 80  # characters, of text; longer lines are hard to read
_NARROWEST = 40
EXIT_INTERRUPTED = 130
_GLUE = "\0"  # in place of a space where no line may end; shown() lets none through


def is_quiet() -> bool:
    """Tell whether the running command was given ``--quiet``."""
    ctx = click.get_current_context(silent=True)
    return bool(ctx and ctx.meta.get(QUIET))


def is_terminal() -> bool:
    """Tell whether messages go to a terminal, where somebody reads them as they come."""
    return bool(sys.stderr and sys.stderr.isatty())


def has_next_step() -> bool:
    """Tell whether the running command said what comes next, or reports to a script."""
    ctx = click.get_current_context(silent=True)
    return bool(ctx and ctx.meta.get(_SAID_NEXT))


def no_next_step() -> None:
    """Leave it at what the running command said."""
    ctx = click.get_current_context(silent=True)
    if ctx:
        ctx.meta[_SAID_NEXT] = True


def columns() -> int | None:
    """Return the width of the terminal that reports go to, or None where it is none."""
    if not (sys.stdout and sys.stdout.isatty()):
        return None
    return max(_NARROWEST, shutil.get_terminal_size().columns)


def shortened(text: str, room: int) -> str:
    """Return text without its middle where it takes more than *room* columns of a terminal."""
    if _columns_of(text) <= room:
        return text
    half = max(0, room - 3) // 2
    return f"{_beginning(text, room - 3 - half)}...{_beginning(text[::-1], half)[::-1]}"


def _columns_of(text: str) -> int:
    """Return how many columns text takes: characters of East Asia take two."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def _beginning(text: str, room: int) -> str:
    """Return as much of the beginning of a text as *room* columns hold."""
    end = min(len(text), max(0, room))
    while _columns_of(text[:end]) > room > 0:
        end -= 1
    return text[:end]


def emit_json(record: object) -> None:
    """Print one JSON document."""
    no_next_step()
    click.echo(json.dumps(record, indent=2, allow_nan=False))


def emit_json_line(record: object) -> None:
    """Print one JSON document on a line of its own, at once."""
    click.echo(json.dumps(record, allow_nan=False))


def error(message: str, hint: str = "") -> None:
    """Print what went wrong and the next step."""
    _say("Error:", message, fg="red", bold=True)
    if hint:
        _say("Hint:", hint, bold=True)


def warn(message: str) -> None:
    """Print a warning, unless ``--quiet``."""
    if not is_quiet():
        _say("Warning:", message, fg="yellow")


def warn_of_outdated(names: Iterable[str], start: Path | None) -> None:
    """Warn of builds that lack what was added, relabelled or removed after they were written."""
    from catdata.dataset.status import outdated

    for name in outdated(names, start):
        warn(
            f"{name} was built before the last change of the images. To write it anew, with the "
            f"options it had: catdata build-h5 {name}"
        )


def drew(path: Path) -> None:
    """Say where a figure was drawn, unless ``--quiet``."""
    if not is_quiet():
        _to_stderr(f"Drew {shown(path)}")


def wrote(path: Path) -> None:
    """Say where a report was written, unless ``--quiet``."""
    if not is_quiet():
        _to_stderr(f"Wrote {shown(path)}")


def next_step(command: str, why: str) -> None:
    """Print what to type next, unless ``--quiet``."""
    no_next_step()
    if not is_quiet():
        _say("Next:", f"{command}    ({why})", fg="green")


def _say(word: str, text: str, **style: Any) -> None:
    """Print a message on stderr after a coloured word, broken into lines on a terminal only."""
    lines = f"{word} {text}"
    if is_terminal():
        lines = _fill(lines, min(WIDTH, max(_NARROWEST, shutil.get_terminal_size().columns)))
    if not os.environ.get("NO_COLOR"):  # no-color.org; elsewhere than on a terminal Click drops it
        lines = click.style(word, **style) + lines[len(word) :]
    _to_stderr(lines)


def _to_stderr(text: str) -> None:
    """Print a line on stderr, or nowhere if that is full: the work goes on, or ends as it does."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def paragraph(text: str, indent: str = "", later: str | None = None) -> str:
    """Return text broken into lines that fit a terminal, but not before a ``%``.

    Args:
        text: A single paragraph.
        indent: Stands before the first line.
        later: Stands before the later ones; by default a little more than *indent*.
    """
    deeper = later if later is not None else indent and indent + "  "
    return _fill(text, min(WIDTH, columns() or WIDTH), indent, deeper)


def _fill(text: str, width: int, indent: str = "", later: str = "") -> str:
    lines = textwrap.fill(
        text.replace(" %", f"{_GLUE}%"),
        width,
        initial_indent=indent,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_GLUE, " ")


def interval(share: Interval) -> str:
    """Return a share with its interval in percent: ``74.6 [62.4, 84.9]``."""
    mean, low, high = (100 * end for end in (share.estimate, share.low, share.high))
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return a table as text: the first *left* columns to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


@contextlib.contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C of the block into an event, so that what was reached can be kept.

    The second one interrupts as always. Outside the main thread nothing is changed.
    """
    stop = threading.Event()

    def on_interrupt(_signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def progress(label: str, unit: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """Show a progress bar on stderr while the block runs.

    No bar is drawn with ``--quiet`` or where stderr is no terminal.

    Yields:
        A function of the amount done and, if it was not known before, the amount in all.
    """
    from tqdm import tqdm

    with tqdm(
        desc=label,
        unit=f" {unit}",
        total=total,
        file=sys.stderr,
        disable=is_quiet() or not is_terminal(),
        dynamic_ncols=True,
        leave=False,
    ) as bar:

        def show(done: int, in_all: int | None = None) -> None:
            if in_all is not None:
                bar.total = in_all
            bar.update(done - bar.n)

        yield show
