from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from pictures import save
from PIL import Image

from catdata.dataset.ingest import Refused, Skipped
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.labeler.children import Children
from catdata.labeler.preparing import Job, Maker, Prepared, Setup


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(Entry(save(tmp_path / "photo.jpg", 1), 0, found=True))


def test_a_child_that_dies_costs_one_photo(workspace: Workspace, job: Job) -> None:
    with Children(Setup(workspace.root), 1) as children:
        assert isinstance(children.submit(job).result(), Prepared)
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        lost = children.submit(job).result()
        assert isinstance(lost, Refused)
        assert lost.reason == "made the decoder crash"
        assert isinstance(children.submit(job).result(), Prepared)


def test_a_child_that_hangs_is_given_up(workspace: Workspace, job: Job) -> None:
    with Children(Setup(workspace.root), 1, time_limit=0.0) as children:
        lost = children.submit(job).result()
    assert isinstance(lost, Refused)
    assert lost.reason == "took longer than 0 s to decode"


def test_no_child_outlives_the_block(workspace: Workspace, job: Job) -> None:
    with Children(Setup(workspace.root), 2) as children:
        children.submit(job).result()
    assert multiprocessing.active_children() == []


def test_a_preview_holds_nothing_of_the_files_exif(workspace: Workspace, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 24.0)
    photo = save(tmp_path / "photo.jpg", 1, exif=exif)
    assert b"a secret place" in photo.read_bytes()
    with Maker(Setup(workspace.root)) as maker:
        made = maker.make(Job(Entry(photo, 0)))
    assert isinstance(made, Prepared)
    assert b"Exif" not in made.preview
    assert b"secret" not in made.preview + made.square


def test_an_image_of_the_course_is_prepared_as_it_is(workspace: Workspace) -> None:
    with workspace.catalog() as catalog:
        row = catalog.resolve("train[3]")
    with Maker(Setup(workspace.root)) as maker:
        made = maker.make(Job(row))
    assert isinstance(made, Prepared)
    assert made.square.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "kind"),
    [pytest.param("notes.txt", Skipped, id="no-picture"), pytest.param("a.jpg", Refused, id="jpg")],
)
def test_what_is_no_picture_is_passed_over_or_refused(
    workspace: Workspace, tmp_path: Path, name: str, kind: type
) -> None:
    (tmp_path / name).write_text("not a picture")
    with Maker(Setup(workspace.root)) as maker:
        made = maker.make(Job(Entry(tmp_path / name, 0, found=True)))
    assert isinstance(made, kind)
