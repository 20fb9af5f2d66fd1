from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pictures import save
from PIL import Image

from catdata.dataset.ingest import Refused, Skipped
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.engine.deaths import LIMITS, Limits
from catdata.labeler.children import Children
from catdata.labeler.preparing import Job, Made, Prepared, Setup

Result = TypeVar("Result")
ADVICE = "Open it in a picture program and save it again."


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def swell() -> None:
    bytearray(4 << 30)


@dataclass(frozen=True)
class Hostile:
    """The path of a file that does to a worker what a decoder could; harmless at home."""

    harm: Callable[[], object]
    home: int

    def __fspath__(self) -> str:
        if os.getpid() != self.home:
            self.harm()
        return "hostile.jpg"


def hostile(harm: Callable[[], object]) -> Job:
    return Job(Entry(Hostile(harm, os.getpid()), 0))  # type: ignore[arg-type]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(Entry(save(tmp_path / "photo.jpg", 1), 0, found=True))


def made(workspace: Workspace, *jobs: Job, limits: Limits = LIMITS) -> list[Made]:
    """Return what the workers of a page make of photos, all asked for at once."""

    async def make() -> list[Made]:
        with Children(Setup(workspace.root), 1, limits) as children:
            return await asyncio.gather(*map(children.make, jobs))

    return run(make())


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in a thread: this one may have the event loop of the browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(crash, "it crashed the decoder", id="crash"),
        pytest.param(swell, "it needs more memory than there is", id="swell"),
    ],
)
def test_what_harms_its_worker_is_refused_and_costs_nothing_else(
    workspace: Workspace, job: Job, harm: Callable[[], object], reason: str
) -> None:
    before, lost, *after = made(workspace, job, hostile(harm), job, job)
    assert lost == Refused("hostile.jpg", reason, ADVICE)
    assert all(isinstance(one, Prepared) for one in (before, *after))


def test_a_photo_that_takes_too_long_is_given_up(workspace: Workspace, job: Job) -> None:
    (lost,) = made(workspace, job, limits=Limits(seconds=0.0001))
    assert isinstance(lost, Refused)
    assert (lost.reason, lost.hint) == ("it took more than 0.0001 seconds", ADVICE)


def test_who_waits_for_a_photo_gets_it_before_those_made_ahead(
    workspace: Workspace, job: Job
) -> None:
    order: list[str] = []

    async def make() -> None:
        with Children(Setup(workspace.root), 1) as children:
            tasks = [children.make(job) for _ in range(100)]
            ahead = asyncio.gather(*tasks)
            ahead.add_done_callback(lambda _done: order.append("ahead"))
            await children.make_first(job)
            order.append("first")
            await ahead

    run(make())
    assert order == ["first", "ahead"]


def test_a_workspace_that_is_gone_is_said_of_each_photo(workspace: Workspace, job: Job) -> None:
    (workspace.root / "catdata.toml").unlink()
    (lost,) = made(workspace, job)
    assert isinstance(lost, Refused)
    assert "catdata.toml" in lost.reason + lost.hint


def test_a_preview_holds_nothing_of_the_files_exif(workspace: Workspace, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 24.0)
    photo = save(tmp_path / "photo.jpg", 1, exif=exif)
    assert b"a secret place" in photo.read_bytes()
    (found,) = made(workspace, Job(Entry(photo, 0)))
    assert isinstance(found, Prepared)
    assert b"Exif" not in found.preview
    assert b"secret" not in found.preview + found.square


def test_an_image_of_the_course_is_prepared_as_it_is(workspace: Workspace) -> None:
    with workspace.catalog() as catalog:
        row = catalog.resolve("train[3]")
    (found,) = made(workspace, Job(row))
    assert isinstance(found, Prepared)
    assert found.square.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "kind"),
    [pytest.param("notes.txt", Skipped, id="no-picture"), pytest.param("a.jpg", Refused, id="jpg")],
)
def test_what_is_no_picture_is_passed_over_or_refused(
    workspace: Workspace, tmp_path: Path, name: str, kind: type
) -> None:
    (tmp_path / name).write_text("not a picture")
    (found,) = made(workspace, Job(Entry(tmp_path / name, 0, found=True)))
    assert isinstance(found, kind)
