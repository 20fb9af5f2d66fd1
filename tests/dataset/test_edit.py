"""Corrections are all or nothing, never make a leak, and can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import edit, ingest
from catdata.dataset.edit import Edited
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.errors import CatdataError, LeakRefused, UnknownReference


def digest(workspace: Workspace) -> str:
    with workspace.catalog() as catalog:
        return catalog.digest()


def test_relabel_says_what_each_image_was_and_is(workspace: Workspace) -> None:
    assert edit.relabel(workspace, ["train[0]", "train[1]", "train[0]"], 1) == [
        Edited("train[0]", "non-cat", "cat"),
        Edited("train[1]", "cat", "cat"),
    ]


@pytest.mark.parametrize("command", ["relabel", "move", "remove"])
def test_one_unknown_reference_stops_all(workspace: Workspace, command: str) -> None:
    before = digest(workspace)
    refs = ["train[0]", "train[99]"]
    with pytest.raises(UnknownReference, match=r"No image is named train\[99\]"):
        if command == "relabel":
            edit.relabel(workspace, refs, 1)
        elif command == "move":
            edit.move(workspace, refs, "test")
        else:
            edit.remove(workspace, refs)
    assert digest(workspace) == before


def test_what_changes_nothing_is_not_in_the_log(workspace: Workspace) -> None:
    edit.relabel(workspace, ["train[0]"], 0)
    edit.move(workspace, ["train[0]"], "train")
    with workspace.catalog() as catalog:
        assert catalog.commands() == []


def test_near_duplicates_move_together_or_not_at_all(workspace: Workspace, tmp_path: Path) -> None:
    paths = [save(tmp_path / "a.png", 1), save(tmp_path / "b.jpg", 1, quality=60)]
    ingest.add(workspace, [Entry(path, 1, "train") for path in paths])
    with pytest.raises(LeakRefused, match="can't go to test alone: its near-duplicate"):
        edit.move(workspace, ["a.png"], "test")
    moved = edit.move(workspace, ["a.png", "b.jpg"], "test")
    assert [edited.after for edited in moved] == ["test", "test"]


def test_undo_goes_back_step_by_step(workspace: Workspace, tmp_path: Path) -> None:
    states = [digest(workspace)]
    ingest.add(workspace, [Entry(save(tmp_path / "a.png", 1), 1)])
    states.append(digest(workspace))
    edit.relabel(workspace, ["train[0]", "a.png"], 1)
    states.append(digest(workspace))
    edit.remove(workspace, ["a.png"])
    for expected in ("remove", "relabel", "add"):
        message = edit.undo(workspace)
        assert message.startswith(f"Undid {expected} of ")
        assert digest(workspace) == states.pop()
    with pytest.raises(CatdataError, match="There is nothing to undo"):
        edit.undo(workspace)


def test_a_photo_whose_add_was_undone_can_be_added_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    entry = Entry(save(tmp_path / "a.png", 1), 1)
    ref = ingest.add(workspace, [entry]).added[0].ref
    edit.undo(workspace)
    assert ingest.add(workspace, [entry]).added[0].ref == ref
