"""Photos added answer by answer, as the labelling page does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pictures import draw, save

from catdata.dataset import edit, ingest
from catdata.dataset.images import Picture
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.errors import CatdataError


def examined(workspace: Workspace, path: Path, label: int = 1) -> tuple[Entry, Picture, str]:
    found = ingest.examine(Entry(path, 0), workspace.settings.preparation)
    assert not isinstance(found, ingest.Skipped | ingest.Refused)
    return replace(found.entry, label=label), found.picture, found.file_hash


def names(workspace: Workspace) -> list[str]:
    with workspace.catalog() as catalog:
        return [row.file_name for row in catalog.images() if row.file_name]


def test_each_answer_is_a_command_that_can_be_undone_by_itself(
    workspace: Workspace, tmp_path: Path
) -> None:
    photos = [examined(workspace, save(tmp_path / f"{seed}.jpg", seed)) for seed in range(3)]
    with workspace.catalog() as catalog:
        desk = ingest.Desk(workspace, catalog)
        taken = [desk.take([photo]) for photo in photos]
    edit.undo(workspace, taken[1].command_id)
    assert names(workspace) == ["0.jpg", "2.jpg"]
    edit.undo(workspace)
    assert names(workspace) == ["0.jpg"]


def test_a_command_is_not_undone_below_a_later_change(workspace: Workspace, tmp_path: Path) -> None:
    photo = examined(workspace, save(tmp_path / "photo.jpg", 1))
    with workspace.catalog() as catalog:
        taken = ingest.Desk(workspace, catalog).take([photo])
    edit.relabel(workspace, ["photo.jpg"], 0)
    with pytest.raises(CatdataError, match="changed again since"):
        edit.undo(workspace, taken.command_id)
    edit.undo(workspace)
    edit.undo(workspace, taken.command_id)
    assert names(workspace) == []


def test_a_file_that_changed_since_it_was_shown_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "photo.jpg", 1)
    photo = examined(workspace, path)
    draw(2).save(path)
    with workspace.catalog() as catalog:
        (outcome,) = ingest.Desk(workspace, catalog).take([photo]).outcomes
    assert isinstance(outcome, ingest.Refused)
    assert outcome.reason == "has changed since it was shown"


def test_an_image_that_others_brought_back_is_known_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    photo = examined(workspace, save(tmp_path / "photo.jpg", 1))
    with workspace.catalog() as catalog:
        ingest.Desk(workspace, catalog).take([photo])
    edit.remove(workspace, ["photo.jpg"])
    with workspace.catalog() as catalog:
        desk = ingest.Desk(workspace, catalog)
        assert desk.near(photo[1].fingerprint) == []
        edit.undo(workspace)
        assert [row.file_name for row in desk.near(photo[1].fingerprint)] == ["photo.jpg"]
        (outcome,) = desk.take([photo]).outcomes
    assert isinstance(outcome, ingest.Skipped)
