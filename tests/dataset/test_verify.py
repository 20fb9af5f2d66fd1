"""verify names exactly what is damaged, mends what it can, and deletes only what it is asked to."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import build, edit, ingest
from catdata.dataset.catalog import ImageRow
from catdata.dataset.labels import Entry
from catdata.dataset.verify import prune, verify
from catdata.dataset.workspace import Workspace


@pytest.fixture
def rows(workspace: Workspace, tmp_path: Path) -> list[ImageRow]:
    entries = [Entry(save(tmp_path / f"{i}.jpg", i), 1, "train") for i in range(3)]
    ingest.add(workspace, entries)
    with workspace.catalog() as catalog:
        return [catalog.resolve(f"{i}.jpg") for i in range(3)]


def path_of(workspace: Workspace, row: ImageRow) -> Path:
    return workspace.raw.path(row.file_hash or "", row.format or "")


def kinds(workspace: Workspace, *, repair: bool = False) -> list[tuple[str, str, str]]:
    damage = verify(workspace, repair=repair).damage
    return [(one.kind, one.ref, one.mended) for one in damage]


def test_a_sound_workspace_has_no_damage(workspace: Workspace, rows: list[ImageRow]) -> None:
    build.build(workspace)
    report = verify(workspace)
    assert report.is_sound
    assert report.files == 3 + 2 + 2


def test_a_changed_file_is_named_and_taken_out_of_builds(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    path_of(workspace, rows[1]).write_bytes(b"rotten")
    assert kinds(workspace) == [("changed-file", rows[1].ref, "")]
    assert kinds(workspace, repair=True) == [("changed-file", rows[1].ref, "taken out of builds")]
    assert build.build(workspace).splits["train"].added == 2
    edit.undo(workspace)
    with workspace.catalog() as catalog:
        assert not catalog.resolve("1.jpg").removed


def test_a_missing_file_is_named_with_where_it_came_from(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    path_of(workspace, rows[0]).unlink()
    (damage,) = verify(workspace).damage
    assert damage.kind == "missing-file"
    assert damage.detail == f"the file of 0.jpg is gone; it came from {rows[0].source}"
    assert not verify(workspace).is_sound
    assert verify(workspace, repair=True).is_sound


def test_a_misnamed_file_is_put_back(workspace: Workspace, rows: list[ImageRow]) -> None:
    home = path_of(workspace, rows[2])
    home.rename(home.with_name("0" * 64 + ".jpg"))
    assert kinds(workspace) == [
        ("misnamed-file", rows[2].ref, ""),
        ("missing-file", rows[2].ref, ""),
    ]
    assert verify(workspace, repair=True).is_sound
    assert home.exists()
    assert verify(workspace).damage == []


def test_a_flipped_byte_in_a_build_is_found(workspace: Workspace, rows: list[ImageRow]) -> None:
    path = build.build(workspace).folder / "test_catvnoncat.h5"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (damage,) = verify(workspace).damage
    assert (damage.kind, damage.path) == ("damaged-build", "data/enlarged/test_catvnoncat.h5")


def test_the_files_of_an_undone_add_stay_until_they_are_pruned(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    edit.undo(workspace)
    orphans = verify(workspace).orphans
    assert len(orphans) == 3
    assert path_of(workspace, rows[0]).exists()
    assert prune(workspace, orphans) == 3
    assert not path_of(workspace, rows[0]).exists()
    assert list(verify(workspace).orphans) == []


def test_a_photo_that_was_added_again_meanwhile_is_not_pruned(
    workspace: Workspace, rows: list[ImageRow], tmp_path: Path
) -> None:
    edit.undo(workspace)
    orphans = verify(workspace).orphans
    ingest.add(workspace, [Entry(tmp_path / "1.jpg", 1, "train")])
    assert prune(workspace, orphans) == 2
    assert path_of(workspace, rows[1]).exists()


def test_a_removed_image_keeps_its_file(workspace: Workspace, rows: list[ImageRow]) -> None:
    edit.remove(workspace, ["0.jpg"])
    assert prune(workspace, verify(workspace).orphans) == 0
    assert path_of(workspace, rows[0]).exists()
