"""verify names exactly what is damaged, mends what it can, and deletes only what it is asked to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import build, edit, ingest
from catdata.dataset.catalog import ImageRow
from catdata.dataset.labels import Entry
from catdata.dataset.verify import prune, verify
from catdata.dataset.workspace import Workspace
from catdata.errors import WorkspaceDamaged


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
    Path(rows[1].source or "").unlink()
    path_of(workspace, rows[1]).write_bytes(b"rotten")
    assert kinds(workspace) == [("changed-file", rows[1].ref, "")]
    assert kinds(workspace, repair=True) == [("changed-file", rows[1].ref, "taken out of builds")]
    assert kinds(workspace) == [("changed-file", rows[1].ref, "its image is not in builds")]
    assert verify(workspace).is_sound
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


def test_a_lost_file_is_fetched_from_where_it_came(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    path_of(workspace, rows[0]).unlink()
    path_of(workspace, rows[1]).write_bytes(b"rotten")
    Path(rows[2].source or "").write_bytes(b"another photo by now")
    path_of(workspace, rows[2]).unlink()
    assert {ref: mended for _, ref, mended in kinds(workspace, repair=True)} == {
        rows[0].ref: f"fetched from {rows[0].source}",
        rows[1].ref: f"fetched from {rows[1].source}",
        rows[2].ref: "taken out of builds",
    }
    assert [one.kind for one in verify(workspace).damage] == ["missing-file"]


@pytest.fixture
def in_place(workspace: Workspace, tmp_path: Path) -> Path:
    """A photo that is catalogued where it lies."""
    path = save(tmp_path / "photo.jpg", 9)
    ingest.add(workspace, [Entry(path, 1, "train")])
    with workspace.catalog() as catalog, catalog.transaction():
        image = catalog.resolve("photo.jpg")
        catalog.update(image, catalog.log("add", ""), location=str(path))
    workspace.raw.path(image.file_hash or "", "jpeg").unlink()
    return path


def test_a_photo_in_place_is_read_where_it_lies(workspace: Workspace, in_place: Path) -> None:
    assert verify(workspace).damage == []
    assert verify(workspace).orphans == []


@pytest.mark.parametrize("kind", ["changed-file", "missing-file"])
def test_a_photo_in_place_that_was_changed_or_lost_is_named(
    workspace: Workspace, in_place: Path, kind: str
) -> None:
    in_place.write_bytes(b"edited") if kind == "changed-file" else in_place.unlink()
    (damage,) = verify(workspace).damage
    assert (damage.kind, damage.path) == (kind, str(in_place))
    (damage,) = verify(workspace, repair=True).damage
    assert damage.mended == "taken out of builds"
    assert verify(workspace).is_sound


def test_a_copy_in_the_store_is_named_and_deleted(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    home = path_of(workspace, rows[0])
    copy = shutil.copy(home, home.with_name("copy.jpg"))
    assert kinds(workspace) == [("extra-file", rows[0].ref, "")]
    assert kinds(workspace, repair=True) == [("extra-file", rows[0].ref, "deleted, being a copy")]
    assert not Path(copy).exists()
    assert verify(workspace).damage == []


def test_a_file_that_is_no_photo_of_the_store_is_named_and_kept(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    extra = workspace.raw.folder / "notes.txt"
    extra.write_text("mine")
    (damage,) = verify(workspace, repair=True).damage
    assert (damage.kind, damage.path, damage.mended) == ("extra-file", "raw_images/notes.txt", "")
    assert extra.exists()


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


def test_two_files_that_swapped_names_are_both_put_back(
    workspace: Workspace, rows: list[ImageRow], tmp_path: Path
) -> None:
    first, second = (path_of(workspace, row) for row in rows[:2])
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    assert [kind for kind, _, _ in kinds(workspace)] == ["misnamed-file", "misnamed-file"]
    assert verify(workspace, repair=True).is_sound
    assert verify(workspace).damage == []
    assert first.read_bytes() == (tmp_path / "0.jpg").read_bytes()
    assert not list(workspace.raw.folder.glob("*/.partial-*"))


def test_a_file_in_the_wrong_folder_is_put_back(workspace: Workspace, rows: list[ImageRow]) -> None:
    home = path_of(workspace, rows[0])
    (workspace.raw.folder / "zz").mkdir()
    home.rename(workspace.raw.folder / "zz" / home.name)
    assert verify(workspace, repair=True).is_sound
    assert home.exists()


def test_a_lost_file_comes_back_when_the_photo_is_added_again(
    workspace: Workspace, rows: list[ImageRow], tmp_path: Path
) -> None:
    path_of(workspace, rows[0]).unlink()
    path_of(workspace, rows[1]).write_bytes(b"rotten")
    entries = [Entry(tmp_path / f"{i}.jpg", 1, "train") for i in range(2)]
    assert len(ingest.add(workspace, entries).skipped) == 2
    assert verify(workspace).damage == []


def test_a_changed_file_that_nobody_refers_to_is_damage_until_it_is_pruned(
    workspace: Workspace, rows: list[ImageRow]
) -> None:
    edit.undo(workspace)
    path_of(workspace, rows[0]).write_bytes(b"rotten")
    report = verify(workspace)
    assert [one.kind for one in report.damage] == ["changed-file"]
    assert prune(workspace, report).is_sound
    assert verify(workspace).damage == []


@pytest.mark.parametrize("build_name", ["original", "enlarged"])
@pytest.mark.parametrize("what", ["train_catvnoncat.h5", ""])
def test_a_missing_file_of_a_build_is_damage(
    workspace: Workspace, rows: list[ImageRow], build_name: str, what: str
) -> None:
    build.build(workspace)
    folder = workspace.data / build_name
    if what:
        (folder / what).unlink()
    elif build_name == "original":
        shutil.rmtree(folder)
    else:
        for name in ("train_catvnoncat.h5", "test_catvnoncat.h5"):
            (folder / name).unlink()
    assert {one.detail for one in verify(workspace).damage} == {"it is missing"}
    if build_name == "original":
        with pytest.raises(WorkspaceDamaged, match="the course's files are missing"):
            build.build(workspace)


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
    prune(workspace, verify(workspace))
    assert not path_of(workspace, rows[0]).exists()
    assert list(verify(workspace).orphans) == []


def test_a_photo_that_was_added_again_meanwhile_is_not_pruned(
    workspace: Workspace, rows: list[ImageRow], tmp_path: Path
) -> None:
    edit.undo(workspace)
    before = verify(workspace)
    ingest.add(workspace, [Entry(tmp_path / "1.jpg", 1, "train")])
    assert len(prune(workspace, before).orphans) == 1
    assert path_of(workspace, rows[1]).exists()


def test_a_removed_image_keeps_its_file(workspace: Workspace, rows: list[ImageRow]) -> None:
    edit.remove(workspace, ["0.jpg"])
    prune(workspace, verify(workspace))
    assert path_of(workspace, rows[0]).exists()


@pytest.mark.parametrize("build_name", ["original", "enlarged"])
@pytest.mark.parametrize("how", ["torn", "missing"])
def test_a_torn_or_missing_description_of_a_build_is_named_and_written_anew(
    workspace: Workspace, rows: list[ImageRow], build_name: str, how: str
) -> None:
    build.build(workspace)
    path = workspace.data / build_name / "build.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2]) if how == "torn" else path.unlink()
    (damage,) = verify(workspace).damage
    assert (damage.kind, damage.path) == ("damaged-build", f"data/{build_name}/build.json")
    assert verify(workspace, repair=True).is_sound
    assert path.read_bytes() == whole


def test_a_damaged_build_is_written_anew(workspace: Workspace, rows: list[ImageRow]) -> None:
    path = build.build(workspace).folder / "train_catvnoncat.h5"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000])
    (damage,) = verify(workspace, repair=True).damage
    assert damage.mended == "written anew from the catalog as it is now"
    assert path.read_bytes() == whole


def test_a_damaged_course_file_cannot_be_mended(workspace: Workspace) -> None:
    (workspace.data / "original" / "train_catvnoncat.h5").write_bytes(b"torn")
    (damage,) = verify(workspace, repair=True).damage
    assert (damage.path, damage.mended) == ("data/original/train_catvnoncat.h5", "")
