"""A disk that is full or failing is said in words; with room again the same command ends well."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conditions import (
    JOBS,
    Prepare,
    assert_finished,
    assert_no_alarm,
    assert_sound,
    digests,
    environment,
    run,
)
from pictures import save

from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace

STRACE = shutil.which("strace")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory that takes 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system, and not everywhere")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("name", JOBS)
def test_a_full_disk_is_said_and_with_room_the_command_ends_well(
    prepare: Prepare, name: str, small_disk: Path
) -> None:
    fault = prepare(name, small_disk / "workspace")
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 1):
            while _writes(file, size):
                pass
    done = run(fault.arguments)
    assert_no_alarm(done)
    assert done.returncode == 1
    assert b"full" in done.stderr or b"No space left on device" in done.stderr
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


def _writes(file: object, size: int) -> bool:
    try:
        return bool(file.write(b"x" * size))  # type: ignore[attr-defined]
    except OSError:
        return False


@pytest.mark.parametrize("name", ["add", "build-h5", "undo"])
@pytest.mark.parametrize("most", [0, 4096, 30_000])
def test_a_limit_on_the_length_of_files_is_said(prepare: Prepare, name: str, most: int) -> None:
    fault = prepare(name)
    done = run(
        fault.arguments,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert_no_alarm(done)
    assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


FAILURES = [
    pytest.param("fsync,fdatasync", "EIO", id="fsync fails"),
    pytest.param("rename,renameat,renameat2", "EIO", id="rename fails"),
    pytest.param("pwrite64", "ENOSPC", id="write finds no space"),
    pytest.param("pwrite64", "EDQUOT", id="write finds the quota used up"),
    pytest.param("mkdir", "ENOSPC", id="mkdir finds no space"),
    pytest.param("unlink,unlinkat", "EIO", id="unlink fails"),
]


@pytest.mark.skipif(not STRACE, reason="strace, which makes system calls fail, is not here")
@pytest.mark.parametrize("name", ["add", "build-h5", "relabel"])
@pytest.mark.parametrize(("calls", "error"), FAILURES)
def test_a_system_call_that_fails_is_never_followed_by_success(
    prepare: Prepare, name: str, calls: str, error: str
) -> None:
    fault = prepare(name)
    inject = ["-f", "-qq", "-o", "/dev/null", "-e", f"inject={calls}:error={error}:when=2+"]
    words = [str(STRACE), *inject, sys.executable, "-m", "catdata", *fault.arguments]
    done = subprocess.run(words, capture_output=True, env=environment(), timeout=120)
    assert_no_alarm(done)
    if calls.startswith("fsync") or (calls == "pwrite64" and name != "build-h5"):
        assert done.returncode == 1  # builds are written by another call
    assert_sound(fault.root, fault.before, fault.after)
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.skipif(not STRACE, reason="strace, which makes system calls fail, is not here")
def test_a_call_that_does_not_reach_its_worker_is_not_waited_for(
    prepare: Prepare, tmp_path: Path
) -> None:
    fault, trace = prepare("add"), tmp_path / "trace"
    inject = ["-f", "-y", "-o", str(trace), "-e", "inject=write:error=ENOBUFS:when=2"]
    words = [str(STRACE), *inject, sys.executable, "-m", "catdata", *fault.arguments]
    done = subprocess.run(words, capture_output=True, env=environment(), timeout=120)
    assert re.search(r"write\(\d+<socket:.*\(INJECTED\)", trace.read_text())
    assert_no_alarm(done)
    assert done.returncode == 1
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


@pytest.mark.skipif(not STRACE, reason="strace, which makes system calls fail, is not here")
@pytest.mark.parametrize("line", ["verify", "verify --repair", "build-h5"])
def test_a_manifest_that_cannot_be_read_now_is_not_called_torn(prepare: Prepare, line: str) -> None:
    root = prepare("relabel").root
    manifest = root / "data" / "enlarged" / "build.json"
    before = digests(root)
    inject = ["-f", "-qq", "-o", "/dev/null", "-P", str(manifest), "-e", "inject=openat:error=EIO"]
    words = [str(STRACE), *inject, sys.executable, "-m", "catdata", "-C", str(root), *line.split()]
    done = subprocess.run(words, capture_output=True, env=environment(), timeout=120)
    assert_no_alarm(done)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"build.json can't be read: Input/output error." in done.stderr
    assert digests(root) == before


def test_photos_that_were_added_before_the_disk_was_full_stay(
    prepare: Prepare, small_disk: Path, tmp_path: Path
) -> None:
    fault = prepare("add", small_disk / "workspace")
    for number in range(100, 112):
        save(tmp_path / "many" / f"{number}.png", number)
    more = ["-C", str(fault.root), "add", str(tmp_path / "many"), "--label", "cat"]
    assert run(fault.arguments).returncode == 0
    done = run(more)
    assert_no_alarm(done)
    assert list(verify(Workspace(fault.root)).damage) == []
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert run(more).returncode == 0
    with Workspace(fault.root).catalog() as catalog:
        assert sum(count.images for count in catalog.counts() if count.origin == "added") == 21
