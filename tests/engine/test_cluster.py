"""Every engine gives the same bytes, a Dask cluster of real processes over TCP among them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import build, ingest, originals
from catdata.dataset.audit import audit
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.engine import EXECUTORS, UNLIMITED, Engine
from catdata.errors import ConfigRefused, EngineFailed

PHOTOS = 40


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    return [save(folder / f"{number:02}.jpg", number) for number in range(PHOTOS)]


def engine_of(name: str, request: pytest.FixtureRequest) -> Engine:
    if name == "dask":
        return Engine("dask", scheduler=request.getfixturevalue("scheduler"))
    return Engine(name, 2)


def files_below(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def made_by(engine: Engine, root: Path, photos: list[Path]) -> dict[str, bytes]:
    """Return the files of a build whose photos were added, checked and built by an engine."""
    originals.init(root, {})
    workspace = Workspace(root)
    entries = [Entry(path, number % 2) for number, path in enumerate(photos)]
    assert len(ingest.add(workspace, entries, jobs=engine).added) == PHOTOS
    found = [finding.to_json() for finding in audit(workspace, jobs=engine)]
    for path in (workspace.data / "cache").iterdir():
        path.unlink()
    recipe = build.Recipe(augment=("standard",), copies=1)
    build.build(workspace, recipe=recipe, jobs=engine)
    return {**files_below(workspace.data / "enlarged"), "findings": repr(found).encode()}


@pytest.fixture(scope="module")
def made_inline(tmp_path_factory: pytest.TempPathFactory, photos: list[Path]) -> dict[str, bytes]:
    return made_by(Engine("inline"), tmp_path_factory.mktemp("inline"), photos)


@pytest.mark.parametrize("name", [name for name in EXECUTORS if name != "inline"])
def test_every_engine_gives_the_same_bytes(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    photos: list[Path],
    made_inline: dict[str, bytes],
) -> None:
    assert made_by(engine_of(name, request), tmp_path, photos) == made_inline


def test_a_dask_worker_killed_in_the_middle_of_add_costs_nothing(
    start_worker: Callable[[str], subprocess.Popen[str]],
    scheduler: str,
    workspace: Workspace,
    photos: list[Path],
) -> None:
    doomed = start_worker(scheduler)

    def entries() -> Iterator[Entry]:
        for number, path in enumerate(photos):
            if number == PHOTOS // 2:
                os.kill(doomed.pid, signal.SIGKILL)
            yield Entry(path, 1)

    report = ingest.add(workspace, entries(), jobs=Engine("dask", scheduler=scheduler))
    assert [Path(added.file) for added in report.added] == photos
    assert doomed.wait() == -signal.SIGKILL


SLEEPER = "import os, time; open({0!r}, 'w').write(str(os.getpid())); time.sleep(3600)"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_was_begun_for_somebody_who_left_is_ended(scheduler: str, tmp_path: Path) -> None:
    number = tmp_path / "number"
    with (
        pytest.raises(KeyboardInterrupt),
        Engine("dask", scheduler=scheduler).executor(limits=UNLIMITED) as pool,
    ):
        pool.submit(exec, SLEEPER.format(str(number)))
        wait_until(lambda: number.exists() and bool(number.read_text()))
        raise KeyboardInterrupt
    wait_until(lambda: not Path("/proc", number.read_text()).exists())


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_scheduler_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    pytest.importorskip("distributed")
    nowhere = "tcp://127.0.0.1:9"
    monkeypatch.setattr("catdata.engine.cluster.PATIENCE", "1s")
    with pytest.raises(EngineFailed, match=f"no Dask scheduler at {nowhere}"):
        ingest.add(workspace, [], jobs=Engine("dask", scheduler=nowhere))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigRefused) as raised:
        ingest.add(workspace, [], jobs=Engine("dask", scheduler="tcp://127.0.0.1:9"))
    assert raised.value.hint == "Install it with: pip install 'catdata[dask]'"


@pytest.mark.parametrize(("name", "scheduler"), [("dask", None), ("threads", "tcp://127.0.0.1:9")])
def test_a_scheduler_goes_with_dask_alone(name: str, scheduler: str | None) -> None:
    with pytest.raises(ConfigRefused, match="known by the address of its scheduler"):
        Engine(name, scheduler=scheduler)
