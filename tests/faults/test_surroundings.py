"""A poor environment changes no result: limits, locale, clock, folders, closed outputs."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conditions import (
    JOBS,
    Prepare,
    assert_finished,
    assert_no_alarm,
    assert_sound,
    environment,
    run,
)

from catdata.dataset.workspace import Workspace


def deleted_folder() -> None:
    Path("gone").mkdir()
    os.chdir("gone")
    Path("../gone").rmdir()


SURROUNDINGS = {
    "TMPDIR elsewhere": {"env": environment(TMPDIR="/dev/shm")},
    "TMPDIR missing": {"env": environment(TMPDIR="/nowhere")},
    "HOME unset": {"env": {k: v for k, v in environment().items() if k != "HOME"}},
    "LANG=C": {"env": environment(LANG="C", LC_ALL="C", PYTHONUTF8="0")},
    "umask 077": {"preexec_fn": lambda: os.umask(0o077)},
    "deleted current folder": {"preexec_fn": deleted_folder},
    "24 open files": {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))},
    "4 GiB of addresses": {
        "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    },
}


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
@pytest.mark.parametrize("name", ["add", "build-h5"])
def test_surroundings_do_not_change_the_result(
    prepare: Prepare, tmp_path: Path, name: str, surrounding: str
) -> None:
    fault = prepare(name)
    done = run(fault.arguments, cwd=tmp_path, **SURROUNDINGS[surrounding])
    assert done.returncode == 0, done.stderr.decode()
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.parametrize("most", [5, 6, 7, 9, 11, 13, 15, 18])
@pytest.mark.parametrize("name", ["add", "build-h5"])
def test_too_few_open_files_are_said(prepare: Prepare, name: str, most: int) -> None:
    fault = prepare(name)
    done = run(
        fault.arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    )
    assert_no_alarm(done)
    assert b"damaged" not in done.stderr, done.stderr.decode()
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.parametrize("mib", [60, 150, 200, 400])
@pytest.mark.parametrize("name", ["add", "build-h5"])
def test_too_little_memory_is_said(prepare: Prepare, name: str, mib: int) -> None:
    fault = prepare(name)
    limits = (mib << 20, mib << 20)
    done = run(fault.arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limits))
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode in {0, 1}
    assert done.returncode == 0 or b"rror: " in done.stderr  # OpenBLAS also ends programs, in words
    assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


# Time is asked of the module datetime; a child whose clock is shifted asks another one, which goes
# forward and back by turns if it is shifted by two numbers of days.
SHIFTED = """
import datetime, itertools, sys
real = datetime.datetime
days = itertools.cycle(map(int, sys.argv[1].split()))
class Shifted(real):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(days=next(days))
datetime.datetime = Shifted
from catdata.cli import main
main(sys.argv[2:], prog_name="catdata")
"""


@pytest.mark.parametrize("days", [-20_000, 200_000])
def test_a_clock_far_off_changes_only_when_images_came(prepare: Prepare, days: int) -> None:
    fault = prepare("add")
    words = [sys.executable, "-c", SHIFTED, str(days), *fault.arguments]
    done = subprocess.run(words, capture_output=True, env=environment())
    assert done.returncode == 0, done.stderr.decode()
    with Workspace(fault.root).catalog() as catalog:
        came = {image.added_at[:4] for image in catalog.images() if image.origin == "added"}
    assert came < {str(year) for year in (*range(1960, 1980), *range(2570, 2600))}
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


OUTPUTS = ["list --json", "list", "status --json", "check --no-doubtful", "log", "verify --json"]


@pytest.mark.parametrize("line", OUTPUTS)
def test_a_full_output_is_said(prepare: Prepare, line: str) -> None:
    root = prepare("relabel").root
    with Path("/dev/full").open("wb") as full:
        done = run(["-C", str(root), *line.split()], stdout=full)
    assert_no_alarm(done)
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr


@pytest.mark.parametrize("name", JOBS)
def test_messages_that_find_no_room_do_not_stop_the_work(prepare: Prepare, name: str) -> None:
    fault = prepare(name)
    with Path("/dev/full").open("wb") as full:
        assert run(fault.arguments, stderr=full).returncode == 0
        assert run(["-C", str(fault.root), "show", "no such image"], stderr=full).returncode == 1
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.parametrize("line", OUTPUTS)
def test_an_output_that_is_not_read_to_its_end_is_no_alarm(prepare: Prepare, line: str) -> None:
    root = prepare("relabel").root
    shell = f"{sys.executable} -m catdata -C {root} {line} | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, env=environment())
    said = [line for line in done.stderr.splitlines() if not line.startswith(b"Next: ")]
    assert said == []
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize("days", ["1000 -1000", "-5000 0 5000"])
@pytest.mark.parametrize("name", JOBS)
def test_a_clock_that_steps_changes_no_result(prepare: Prepare, name: str, days: str) -> None:
    fault = prepare(name)
    words = [sys.executable, "-c", SHIFTED, days, *fault.arguments]
    done = subprocess.run(words, capture_output=True, env=environment())
    assert done.returncode == 0, done.stderr.decode()
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("name", ["add", "build-h5", "relabel"])
def test_closed_standard_files_do_not_stop_the_work(
    prepare: Prepare, name: str, closed: tuple[int, ...]
) -> None:
    fault = prepare(name)
    done = run(fault.arguments, preexec_fn=lambda: [os.close(each) for each in closed])
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


# Another user, who may read everything (the interpreter may lie in a private folder), and write
# nothing.
SETPRIV = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
READS_ALL = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def run_as_other(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    words = [*SETPRIV, *READS_ALL, sys.executable, "-m", "catdata", *arguments]
    return subprocess.run(words, capture_output=True, env=environment(), cwd="/", timeout=120)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may look into; those of pytest are private."""
    with tempfile.TemporaryDirectory(prefix="catdata-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


becomes_other = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root may become another user"
)


@becomes_other
@pytest.mark.parametrize(
    "line", ["list", "status", "show train[3]", "log", "verify", "check --no-doubtful"]
)
def test_a_workspace_of_another_user_can_be_read(prepare: Prepare, public: Path, line: str) -> None:
    root = prepare("relabel", public / "workspace").root
    done = run_as_other(["-C", str(root), *line.split()])
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode()


@becomes_other
@pytest.mark.parametrize("name", JOBS)
def test_a_workspace_of_another_user_is_not_written(
    prepare: Prepare, public: Path, name: str
) -> None:
    fault = prepare(name, public / "workspace")
    fault = replace(fault, photos=shutil.copytree(fault.photos, public / "photos"))
    fault.photos.chmod(0o755)
    done = run_as_other(fault.arguments)
    assert_no_alarm(done)
    assert done.returncode == 1
    assert_sound(fault.root, fault.before, fault.before)
