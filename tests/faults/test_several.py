"""Several processes work in one workspace at once; one of them may die with the locks in hand."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conditions import Prepare, assert_finished, assert_no_alarm, run, start
from pictures import save

from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_that_add_overlapping_photos_store_each_once(
    prepare: Prepare, tmp_path: Path, processes: int
) -> None:
    root = prepare("add").root
    for number in range(processes + 3):
        save(tmp_path / "all" / f"{number}.jpg", number)
    adding = []
    for number in range(processes):  # each shares most of its photos with the others
        folder = tmp_path / f"of-{number}"
        folder.mkdir()
        for photo in range(number, number + 4):
            shutil.copy(tmp_path / "all" / f"{photo}.jpg", folder)
        adding.append(start(["-C", str(root), "add", str(folder), "--label", "cat"]))
    building = [start(["-C", str(root), "build-h5", f"b{number}"]) for number in range(2)]
    for process in (*adding, *building):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode() + out.decode()
    with Workspace(root).catalog() as catalog:
        added = [image for image in catalog.images() if image.origin == "added"]
    assert len(added) == len({image.file_hash for image in added}) == processes + 3
    assert list(verify(Workspace(root)).damage) == []


HOLDER = """
import fcntl, os, signal, sqlite3, sys
root = sys.argv[1]
lock = open(root + "/data/.lock", "ab")
fcntl.flock(lock, fcntl.LOCK_EX)
catalog = sqlite3.connect(root + "/data/catalog.db", isolation_level=None)
catalog.execute("BEGIN EXCLUSIVE")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", ["add", "build-h5"])
def test_a_dead_holder_of_the_locks_blocks_nobody(prepare: Prepare, name: str) -> None:
    fault = prepare(name)
    done = subprocess.run([sys.executable, "-c", HOLDER, fault.root])
    assert done.returncode == -signal.SIGKILL
    assert run(fault.arguments).returncode == 0
    assert_finished(fault.root, fault.job, fault.photos, fault.after)


def test_a_photo_that_changes_while_it_is_read_is_taken_whole_or_refused(
    prepare: Prepare, tmp_path: Path
) -> None:
    root = prepare("add").root
    photos = [save(tmp_path / "changing" / f"{number}.jpg", number) for number in range(20)]
    contents = [photos[0].read_bytes(), photos[1].read_bytes()]
    with start(["-C", str(root), "add", str(tmp_path / "changing"), "--label", "cat"]) as adding:
        while adding.poll() is None:
            for number, photo in enumerate(photos[2:]):
                photo.write_bytes(contents[number % 2][: 500 + 10 * number])
                photo.write_bytes(contents[number % 2])
        _, err = adding.communicate()
    assert_no_alarm(subprocess.CompletedProcess([], adding.returncode, b"", err))
    assert list(verify(Workspace(root)).damage) == []


def test_a_workspace_that_is_copied_while_nobody_writes_is_a_workspace(
    prepare: Prepare, tmp_path: Path
) -> None:
    fault = prepare("build-h5")
    for way in (shutil.copytree, shutil.move):
        place = tmp_path / f"{way.__name__} with a space\nand a newline"
        way(fault.root, place)
        assert run(["-C", str(place), "verify"]).returncode == 0
        assert run(["-C", str(place), *fault.arguments[2:]]).returncode == 0
        assert_finished(place, fault.job, fault.photos, fault.after)
