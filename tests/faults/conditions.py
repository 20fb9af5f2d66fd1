"""The commands that are disturbed, and what must hold after every fault."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from catdata.cli import main
from catdata.dataset import build
from catdata.dataset.catalog import Selection
from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace

TESTS = Path(__file__).parents[1]
PHOTOS = "PHOTOS"  # stands for the folder of photos in the arguments of a job


@dataclass(frozen=True, slots=True)
class Job:
    """One command on a workspace.

    Attributes:
        start: Which template it runs on: ``new`` (the pair alone) or ``filled``.
        arguments: Its command line.
        repeatable: Whether it may be run again once it is done.
        status: With which it ends undisturbed; 1 if it refuses one of its files.
    """

    start: str
    arguments: tuple[str, ...]
    repeatable: bool = True
    status: int = 0


JOBS = {
    "add": Job("new", ("add", PHOTOS, "--label", "cat")),
    "build-h5": Job("filled", ("build-h5", "--augment", "flip", "--copies", "1")),
    "relabel": Job("filled", ("relabel", "0.jpg", "1.jpg", "train[3]", "--label", "non-cat")),
    "move": Job("filled", ("move", "0.jpg", "train[3]", "--split", "test")),
    "remove": Job("filled", ("remove", "0.jpg", "train[3]"), repeatable=False),
    "undo": Job("filled", ("undo",), repeatable=False),
}


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child: this one's, and where the code is."""
    path = f"{TESTS.parent}{os.pathsep}{TESTS}"
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


def command(root: Path, job: Job, photos: Path) -> list[str]:
    """Return the arguments of a job on the workspace *root*."""
    return ["-C", str(root), *(str(photos) if part == PHOTOS else part for part in job.arguments)]


def start(arguments: list[str], **options: object) -> subprocess.Popen[bytes]:
    """Start ``catdata`` as a process of its own."""
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment(),
        **options,
    }
    return subprocess.Popen([sys.executable, "-m", "catdata", *arguments], **options)  # type: ignore[call-overload]


def run(arguments: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run ``catdata`` as a process of its own to its end, which comes within two minutes (C1)."""
    with start(arguments, **options) as process:
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def run_here(arguments: list[str], status: int = 0) -> None:
    """Run a command in this process, which is faster, and check its exit status."""
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == status, result.output


def rows(root: Path) -> list[tuple[object, ...]]:
    """Return what the catalog says of every image but when it came."""
    with Workspace(root).catalog() as catalog:
        chosen = (Selection(), Selection(removed=True))
        images = [image for one in chosen for image in catalog.images(one)]
    return sorted((i.id, i.ref, i.file_hash, i.label, i.split, i.removed) for i in images)


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below *folder*."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished workspace holds, to be the same whatever happened on the way (C9)."""

    rows: list[tuple[object, ...]]
    photos: dict[str, str]
    builds: dict[str, dict[str, str]]


def result(root: Path) -> Result:
    """Build what the catalog says, and return all of it by content."""
    workspace = Workspace(root)
    build.build(workspace, "final", jobs=1)
    builds = {name: digests(workspace.data / name) for name in workspace.builds()}
    return Result(rows(root), digests(workspace.raw.folder), builds)


@dataclass(frozen=True, slots=True)
class Disturbed:
    """A fresh copy of a workspace for one fault.

    Attributes:
        root: The workspace.
        photos: The folder that ``add`` is given; outside the workspace.
        before: What the workspace holds.
        after: What it holds after the undisturbed job.
    """

    root: Path
    job: Job
    photos: Path
    before: Result
    after: Result

    @property
    def arguments(self) -> list[str]:
        """The command line of the job."""
        return command(self.root, self.job, self.photos)


Prepare = Callable[..., Disturbed]


PROGRAM = Path(__file__).with_name("disturbed.py")


def disturb(
    fault: Disturbed, signal_number: int, count: int
) -> tuple[subprocess.CompletedProcess[bytes], int]:
    """Run the job with a signal at its *count*th moment; return also how many it had, if it can."""
    moments = fault.root.with_name("moments")
    moments.unlink(missing_ok=True)
    words = [fault.root, signal_number, count, moments, *fault.arguments]
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, words)],
        capture_output=True,
        env=environment(),
        timeout=120,
    )
    return done, int(moments.read_text()) if moments.exists() else 0


def assert_no_alarm(done: subprocess.CompletedProcess[bytes]) -> None:
    """Check that a command ended by itself and in words (C1)."""
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode in {0, 1, 3, 130}, done.stderr.decode()
    if done.returncode in {1, 130}:
        assert b"Error: " in done.stderr


def assert_sound(root: Path, before: Result, after: Result) -> None:
    """Check a workspace as the fault left it.

    Nothing is damaged (C7); each image is as it was or as it was to be, and once (C8); a build is
    the old one or the new one (C10).
    """
    workspace = Workspace(root)
    assert list(verify(workspace).damage) == []
    found = rows(root)
    assert set(found) <= {*before.rows, *after.rows}
    assert len({row[0] for row in found}) == len({row[1] for row in found}) == len(found)
    for name in workspace.builds():
        assert digests(workspace.data / name) in [
            one.builds.get(name) for one in (before, after)
        ], name


def assert_finished(root: Path, job: Job, photos: Path, after: Result) -> None:
    """Run the job again, and check that nothing tells the workspace from an undisturbed one.

    The result is the same to the byte (C9) and nothing is left over (C11).
    """
    if job.repeatable or rows(root) != after.rows:
        run_here(command(root, job, photos), job.status)
    assert result(root) == after
    assert list(verify(Workspace(root)).damage) == []
    assert leftovers(root) == []


def leftovers(root: Path) -> list[str]:
    """Return the files that belong to nothing that is finished."""
    known = {".lock", "README.md"}
    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if (path.name.startswith(".") or path.name.endswith(("-journal", ".new")))
        if path.name not in known
    ]
