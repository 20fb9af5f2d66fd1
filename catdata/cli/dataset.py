"""Commands about the images: init, add, status."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catdata.cli import helping, options, output
from catdata.errors import CatdataError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catdata.dataset.ingest import AddReport, Outcome
    from catdata.dataset.originals import InitReport
    from catdata.dataset.status import ClassCounts, Status
    from catdata.engine import Jobs

_FILE = click.Path(path_type=Path)
_MOST_LINES = 12  # a command that does more of a kind tells how many


@helping.command(
    epilog="Example: catdata init --train train_catvnoncat.h5 --test test_catvnoncat.h5"
)
@click.argument("folder", type=_FILE, metavar="[DIR]", required=False)
@click.option("--train", type=_FILE, metavar="H5", help="The course's train_catvnoncat.h5.")
@click.option("--test", type=_FILE, metavar="H5", help="The course's test_catvnoncat.h5.")
@click.option("--empty", is_flag=True, help="Start without the course's files.")
@click.option(
    "--size", type=click.IntRange(1, 1024), metavar="N", help="Side in pixels [default: 64]."
)
@click.option(
    "--fit",
    type=options.NameIn("catdata.dataset.images:FITS"),
    default="stretch",
    show_default=True,
    help="How a photo becomes a square. The course's own pictures were stretched.",
)
@click.option(
    "--test-fraction",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.2,
    show_default=True,
    help="Share of added photos that goes to test.",
)
@click.option(
    "--cache-size",
    type=click.IntRange(min=0),
    default=4096,
    show_default=True,
    metavar="MIB",
    help="Room for decoded pictures, which later builds need not decode; 0 for none.",
)
@options.as_json
@options.quiet
@click.pass_obj
def init(
    start: Path | None,
    folder: Path | None,
    train: Path | None,
    test: Path | None,
    empty: bool,
    size: int | None,
    fit: str,
    test_fraction: float,
    cache_size: int,
    as_json: bool,
) -> None:
    """Make a workspace from the course's two h5 files.

    DIR becomes the workspace (default: the current folder). The files are copied to
    data/original/ and never changed. Without --train and --test they are looked for in DIR, the
    current folder and ./datasets.
    """
    from catdata.dataset import originals

    folder = folder or start or Path()
    if (train is None) != (test is None):
        raise click.UsageError(
            f"--train and --test go together: add {'--test' if train else '--train'} H5."
        )
    if empty and train:
        raise click.UsageError("--empty goes without --train and --test.")
    if train and test:
        pair = {"train": train, "test": test}
    else:
        places = dict.fromkeys([folder, Path(), Path("datasets")])
        pair = {} if empty else originals.find_pair(list(places))
    report = originals.init(
        folder, pair, size=size, fit=fit, test_fraction=test_fraction, cache_mib=cache_size
    )
    for warning in report.warnings:
        output.warn(warning)
    if as_json:
        output.emit_json(report.to_json())
    else:
        click.echo(_describe_init(report))
    output.next_step("catdata add PHOTO.jpg --label cat", "or a whole folder")


def _describe_init(report: InitReport) -> str:
    lines = [f"Made a workspace in {shown(report.root.absolute())}"]
    for split, images in report.images.items():
        cats = report.cats[split]
        lines.append(f"  {split:5}  {images:4} images, {cats} cats ({cats / images:.1%})")
    if report.images:
        origin = "the course's own files" if report.genuine else "not the course's own files"
        lines.append(f"  These are {origin} (by sha256).")
    for train, test in report.shared:
        lines.append(f"  {train} and {test} are the same picture; builds leave out the first.")
    return "\n".join(lines)


@helping.command(epilog="Example: catdata add ~/Pictures/cats --label cat")
@click.argument("paths", nargs=-1, type=_FILE, metavar="[PATH]...")
@click.option("--label", type=options.NameIn("catdata.h5file:CLASS_NAMES"), help="What all show.")
@click.option(
    "--label-from-folder", is_flag=True, help="Take labels from folders such as cat/ and non-cat/."
)
@click.option(
    "--labels",
    "labels_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take file_name, label (and split) from a CSV or JSON-lines file. Its names start at PATH,"
    " or without one at the folder of FILE.",
)
@click.option(
    "--split",
    type=options.NameIn("catdata.dataset.labels:SPLIT_CHOICES"),
    default="auto",
    show_default=True,
    help="Where the pictures go; auto decides by content, the same way every time.",
)
@click.option(
    "--in-place",
    is_flag=True,
    help="Leave the files where they are instead of copying them; verify notices change and loss.",
)
@options.workers
@options.as_json
@click.option(
    "--jsonl",
    is_flag=True,
    help="Print one JSON object for each file, as soon as it is on disk for good.",
)
@options.quiet
@click.pass_obj
@click.pass_context
def add(
    ctx: click.Context,
    start: Path | None,
    paths: tuple[Path, ...],
    label: str | None,
    label_from_folder: bool,
    labels_file: Path | None,
    split: str,
    in_place: bool,
    jobs: Jobs,
    as_json: bool,
    jsonl: bool,
) -> None:
    """Add photos (JPEG, PNG, WebP, HEIC) or whole folders.

    What is here already is skipped, what cannot be read is refused with the reason, and the rest
    goes on. The exit status is 1 if any file was refused. HEIC, which phones take, needs one more
    package: pip install 'catdata[heif]'
    """
    from catdata.dataset import ingest, labels
    from catdata.dataset.workspace import Workspace

    if sum(map(bool, (label, label_from_folder, labels_file))) != 1:
        raise click.UsageError(
            "Label them: --label cat|non-cat, --label-from-folder or --labels FILE."
        )
    if as_json and jsonl:
        raise click.UsageError("Give one of --json and --jsonl.")
    if not paths and not labels_file:
        raise click.UsageError("Missing argument 'PATH...'.")
    whole = " ".join(map(str, paths))
    if len(paths) > 1 and os.path.lexists(whole) and not os.path.lexists(paths[0]):
        raise click.UsageError(f"A name with spaces needs quotes: {shlex.quote(shown(whole))}")
    workspace = Workspace.find(start)
    source = labels.Source(label, labels_file, split)
    own = (workspace.data, workspace.raw.folder)
    entries = labels.entries(paths, source, apart_from=own)
    taken = ingest.stream(workspace, entries, jobs=jobs, in_place=in_place)
    with output.progress("add", "photos", len(entries)) as show:
        if jsonl:
            ctx.exit(_print_lines(taken, show))
        report = ingest.AddReport()
        try:
            ingest.collect(taken, report, on_progress=show)
        except (KeyboardInterrupt, CatdataError):
            if not as_json and (report.added or report.skipped or report.refused):
                _show_added(report)
            raise
    if as_json:
        output.emit_json(report.to_json())
    else:
        _show_added(report)
    if labels_file and paths and (left := labels.unlisted(paths[0], entries, apart_from=own)):
        output.warn(
            f"{left} picture{'s' * (left != 1)} in {shown(paths[0])} that {shown(labels_file)} does"
            " not list: not added."
        )
    if report.added:
        output.next_step("catdata build-h5", "write the enlarged h5 files")
    ctx.exit(1 if report.refused else 0)


def _print_lines(taken: Iterator[list[Outcome]], show: Callable[[int], None]) -> int:
    """Print a line for each file as its batch is done, and return the exit status."""
    from catdata.dataset.outcomes import Refused, to_line

    done = refused = 0
    for outcomes in taken:
        for outcome in outcomes:
            output.emit_json_line(to_line(outcome))
            refused += isinstance(outcome, Refused)
        done += len(outcomes)
        show(done)
    return int(refused > 0)


def _show_added(report: AddReport) -> None:
    """Print a line for each file that needs attention, and the totals."""
    warnings = [f"{added.file}: {text}" for added in report.added for text in added.warnings]
    for warning in warnings[:_MOST_LINES]:
        output.warn(warning)
    if len(warnings) > _MOST_LINES:
        output.warn(
            f"... and {len(warnings) - _MOST_LINES} more. Look-alikes need nothing: they stay on"
            " one side. See them with: catdata check"
        )
    if len(report.added) <= _MOST_LINES:
        for added in report.added:
            click.echo(f"{added.ref}  {added.label:7}  {added.split:5}  {added.file}")
    here = [skipped for skipped in report.skipped if skipped.duplicate_of]
    others = [skipped for skipped in report.skipped if not skipped.duplicate_of]
    moved = sum(skipped.is_moved for skipped in here)
    known = f"that are here already{f' ({moved} of them noted in a new place)' * (moved > 0)}"
    for some, what in ((here, known), (others, "for other reasons")):
        if len(some) > _MOST_LINES:
            click.echo(f"skipped  {len(some)} {what}; with --json each is named")
        else:
            for skipped in some:
                click.echo(f"skipped  {skipped.file}: {skipped.reason}")
    for refused in report.refused:
        output.error(f"{refused.file}: {refused.reason}", refused.hint)
    splits = [added.split for added in report.added]
    click.echo(
        f"{len(splits)} added ({splits.count('train')} to train, {splits.count('test')} to test), "
        f"{len(report.skipped)} skipped, {len(report.refused)} refused"
    )


@helping.command(epilog="Example: catdata status --json")
@options.as_json
@options.quiet
@click.pass_obj
def status(start: Path | None, as_json: bool) -> None:
    """Count the images by split, class and origin; list builds."""
    from catdata.dataset.status import read_status
    from catdata.dataset.workspace import ORIGINAL, Workspace

    found = read_status(Workspace.find(start))
    if as_json:
        output.emit_json(found.to_json())
    else:
        click.echo(_describe_status(found))
    own = [build for build in found.builds if build.build != ORIGINAL]
    if found.total(origin="added").images and not any(build.up_to_date for build in own):
        output.next_step("catdata build-h5", "write h5 files with the images added")


def _describe_status(status: Status) -> str:
    from catdata.dataset.status import ORIGINS
    from catdata.h5file import SPLITS

    head = ("", "images", "cat", "non-cat", "cats")
    rows = []
    for split in SPLITS:
        rows.append(_counts(split, status.total(split=split)))
        rows += [_counts(f"  {origin}", status.counts[origin, split]) for origin in ORIGINS]
    pixels = f"({status.size} x {status.size} pixels, {status.fit})"
    lines = [
        output.paragraph(f"Workspace {shown(status.root)} {pixels}", later="  "),
        "",
        output.table(head, rows),
        "",
        *(
            [f"{status.removed} removed, in no build: catdata list --removed", ""]
            * (status.removed > 0)
        ),
        *([output.paragraph(status.shift), ""] if status.shift else []),
    ]
    for build in status.builds:
        state = "" if build.up_to_date else "  out of date: the images have changed since"
        if build.is_damaged:
            state = "  damaged: its build.json can't be read. Mend it with: catdata verify --repair"
        line = f"build {build.build}: {build.images} images{state}"
        lines.append(output.paragraph(line, later="  "))
    return "\n".join(lines)


def _counts(name: str, counts: ClassCounts) -> tuple[str, ...]:
    share = f"{counts.cat_share:.0%}" if counts.images else "-"
    return (name, str(counts.images), str(counts.cat), str(counts.non_cat), share)
