"""Two workspaces, made once and copied for every fault; and what each job makes of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conditions import JOBS, Disturbed, Job, Prepare, Result, command, result, run_here
from pictures import save, write_pair

PHOTOS = 9


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn photos."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(PHOTOS):
        save(folder / f"{number}.jpg", number)
    return folder


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> dict[str, Path]:
    """A workspace with the pair alone, and one with photos and a build."""
    folder = tmp_path_factory.mktemp("templates")
    pair = write_pair(folder / "course")
    places = ["--train", str(pair["train"]), "--test", str(pair["test"])]
    run_here(["init", str(folder / "new"), *places])
    shutil.copytree(folder / "new", folder / "filled")
    run_here(["-C", str(folder / "filled"), "add", str(photos), "--label", "cat"])
    run_here(["-C", str(folder / "filled"), "build-h5"])
    return {name: folder / name for name in ("new", "filled")}


@pytest.fixture(scope="session")
def known(
    tmp_path_factory: pytest.TempPathFactory, templates: dict[str, Path], photos: Path
) -> Callable[[str], tuple[Result, Result]]:
    """What a job's workspace holds before and after an undisturbed run, by the job's name."""
    results: dict[str, tuple[Result, Result]] = {}

    def known(name: str) -> tuple[Result, Result]:
        if name not in results:
            job, folder = JOBS[name], tmp_path_factory.mktemp(f"undisturbed-{name}")
            copies = [shutil.copytree(templates[job.start], folder / end) for end in ("b", "a")]
            run_here(command(copies[1], job, photos))
            results[name] = (result(copies[0]), result(copies[1]))
        return results[name]

    return known


@pytest.fixture
def prepare(
    tmp_path: Path,
    templates: dict[str, Path],
    photos: Path,
    known: Callable[[str], tuple[Result, Result]],
) -> Prepare:
    """Return a function that copies the workspace of a job, to a given folder or to one here."""

    def prepare(name: str, root: Path | None = None, job: Job | None = None) -> Disturbed:
        root = root or tmp_path / "workspace"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(templates[JOBS[name].start], root)
        return Disturbed(root, job or JOBS[name], photos, *known(name))

    return prepare
