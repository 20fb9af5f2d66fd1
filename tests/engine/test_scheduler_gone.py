"""A scheduler that is killed in the middle ends a command in words, and costs nothing finished."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builds import course_arm
from pictures import save

from catdata.dataset import build, ingest
from catdata.dataset.labels import Entry
from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace
from catdata.engine import Engine, cluster
from catdata.errors import EngineFailed
from catdata.learning.comparison import Comparison
from catdata.learning.config import TrainConfig
from catdata.learning.experiments import compare

Program = subprocess.Popen[str]
StartCluster = Callable[[], tuple[Program, str]]

PHOTOS, NAMES = 20, 80  # each photo goes by so many names, and is added once
HINT = (
    "What was finished before stays. Start the cluster again, or leave --scheduler out; then run"
    " the same command again."
)


def gone(address: str) -> str:
    return f"The Dask scheduler at {address} is gone, and with it what was under way."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """More files than are examined ahead."""
    for number in range(PHOTOS):
        photo = save(tmp_path / "photos" / f"{number:02}-00.jpg", number)
        for name in range(1, NAMES):
            os.link(photo, photo.with_name(f"{number:02}-{name:02}.jpg"))
    return tmp_path / "photos"


def test_an_add_ends_in_words_and_keeps_what_it_acknowledged(
    start_cluster: StartCluster, workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    scheduler, address = start_cluster()
    command = [sys.executable, "-m", "catdata", "-C", str(workspace.root)]
    command += ["add", str(folder), "--label", "cat", "--jsonl"]
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("w") as stdout, err.open("w") as stderr:
        first = subprocess.Popen(
            [*command, "--scheduler", address], stdout=stdout, stderr=stderr, text=True
        )
        while first.poll() is None and not out.stat().st_size:
            time.sleep(0.01)
        scheduler.kill()
        assert first.wait(timeout=60) == 1
    assert err.read_text() == f"Error: {gone(address)}\nHint: {HINT}\n"
    acknowledged = [json.loads(line) for line in out.read_text().splitlines()]
    added = {line["ref"] for line in acknowledged if line["outcome"] == "added"}
    assert verify(workspace).is_sound
    with workspace.catalog() as catalog:
        assert all(catalog.resolve(ref) for ref in added)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(again.stdout.splitlines()) == PHOTOS * NAMES
    with workspace.catalog() as catalog:
        names = [row.file_name for row in catalog.images() if row.origin == "added"]
    assert names == [f"{number:02}-00.jpg" for number in range(PHOTOS)]


def test_a_scheduler_without_workers_is_refused_in_words(
    start_scheduler: StartCluster, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_FOR_WORKERS", "1s")
    _, address = start_scheduler()
    with pytest.raises(EngineFailed, match="has no workers") as raised:
        ingest.add(workspace, [], jobs=Engine("dask", scheduler=address))
    assert raised.value.hint == f"Start some with: dask worker {address}"


def test_a_build_is_made_whole_by_the_same_command_without_the_cluster(
    start_cluster: StartCluster, workspace: Workspace, folder: Path
) -> None:
    ingest.add(workspace, [Entry(path, 1) for path in sorted(folder.glob("*-00.jpg"))])
    recipe = build.Recipe(augment=("standard",), copies=40)
    scheduler, address = start_cluster()

    def kill(_done: int, _total: int) -> None:
        scheduler.kill()

    with pytest.raises(EngineFailed) as raised:
        build.build(workspace, recipe=recipe, jobs=Engine("dask", None, address), on_progress=kill)
    assert (raised.value.message, raised.value.hint) == (gone(address), HINT)
    assert list(workspace.builds()) == ["original"]
    build.build(workspace, recipe=recipe)
    assert verify(workspace).is_sound
    folders = {path.name for path in workspace.data.iterdir() if path.is_dir()}
    assert folders == {"cache", "enlarged", "original"}


@pytest.mark.parametrize(
    ("stacks", "message"),
    [
        pytest.param(1, "is gone, and with it what was under way", id="in a training"),
        pytest.param(8, "There is no Dask scheduler at", id="between two"),
    ],
)
def test_a_comparison_ends_wherever_the_scheduler_goes(
    start_cluster: StartCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stacks: int,
    message: str,
) -> None:
    monkeypatch.setattr("catdata.engine.cluster.PATIENCE", "1s")
    arms = [
        course_arm(tmp_path / "original", range(30), range(100, 120)),
        course_arm(tmp_path / "enlarged", range(50), range(100, 120)),
    ]
    config = TrainConfig(iterations=500, batch_size=8, record_every=500)
    scheduler, address = start_cluster()

    def kill(done: int, _total: int) -> None:
        if done == stacks * config.iterations:
            scheduler.kill()
            scheduler.wait()

    def compared(**options: Any) -> Comparison:
        return compare(arms, layers=[(4,)], seeds=range(8), config=config, **options)

    with pytest.raises(EngineFailed, match=message):
        compared(jobs=Engine("dask", None, address), on_progress=kill)
    assert compared().seeds == tuple(range(8))
