"""Photos that stay where they lie: found again where they were moved to, and copied later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import edit, ingest, labels
from catdata.dataset.catalog import ImageRow
from catdata.dataset.ingest import AddReport
from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace


def add(workspace: Workspace, folder: Path, label: int = 1, *, in_place: bool = True) -> AddReport:
    return ingest.add(workspace, labels.with_label([folder], label), jobs=1, in_place=in_place)


@pytest.fixture
def folder(workspace: Workspace, tmp_path: Path) -> Path:
    """A folder with one photo that is catalogued in place."""
    folder = save(tmp_path / "before" / "a.jpg", 1).parent
    assert add(workspace, folder).added
    return folder


def row(workspace: Workspace) -> ImageRow:
    with workspace.catalog() as catalog:
        return catalog.resolve("a.jpg")


def test_a_photo_that_was_moved_is_found_where_it_is_added_again(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    edit.relabel(workspace, [row(workspace).ref], 0)
    folder.rename(tmp_path / "after")
    (refused,) = add(workspace, tmp_path / "after").refused
    assert ", whose file is now known to be here, labelled non-cat" in refused.reason
    assert row(workspace).location == str(tmp_path / "after" / "a.jpg")
    assert verify(workspace).is_sound
    assert "noted where 1 file now lies" in edit.undo(workspace)
    assert row(workspace).location == str(folder / "a.jpg")


def test_a_copy_elsewhere_does_not_take_the_place_of_a_photo_that_is_there(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (skipped,) = add(workspace, tmp_path / "copy").skipped
    assert skipped.reason == f"the same file is here already as {skipped.duplicate_of}"
    assert row(workspace).location == str(folder / "a.jpg")


def test_a_photo_in_place_is_copied_when_it_is_added_without(
    workspace: Workspace, folder: Path
) -> None:
    (skipped,) = add(workspace, folder, in_place=False).skipped
    assert skipped.reason.endswith(", whose file is now copied")
    (folder / "a.jpg").unlink()
    assert row(workspace).location is None
    assert verify(workspace).is_sound


def test_what_a_repair_took_out_comes_back_with_its_folder(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    folder.rename(tmp_path / "after")
    assert verify(workspace, repair=True).is_sound
    assert row_of_removed(workspace).removed
    (added,) = add(workspace, tmp_path / "after").added
    assert added.warnings == ("had been removed, and is brought back",)
    assert row(workspace).location == str(tmp_path / "after" / "a.jpg")
    assert not list(verify(workspace).damage)


def row_of_removed(workspace: Workspace) -> ImageRow:
    with workspace.catalog() as catalog:
        return catalog.resolve("a.jpg", removed=True)
