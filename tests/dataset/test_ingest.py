"""Adding photos: each is in or out, never half, and the outcome does not depend on the workers."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from pictures import draw, save

from catdata.dataset import edit, ingest, labels
from catdata.dataset.catalog import Selection
from catdata.dataset.ingest import AddReport
from catdata.dataset.labels import Entry
from catdata.dataset.originals import init
from catdata.dataset.workspace import Workspace


def add(workspace: Workspace, *paths: Path, label: int = 1, split: str = "auto") -> AddReport:
    return ingest.add(workspace, [Entry(path, label, split) for path in paths], jobs=2)


def splits(workspace: Workspace) -> dict[str | None, str]:
    with workspace.catalog() as catalog:
        return {row.file_name: row.split for row in catalog.images(Selection(origin="added"))}


def test_an_added_photo_is_stored_byte_for_byte_and_catalogued(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.jpg", 1)
    (added,) = add(workspace, path).added
    with workspace.catalog() as catalog:
        row = catalog.resolve("a.jpg")
    assert (added.ref, added.label) == (row.content_hash[:6], "cat")
    assert (row.width, row.height, row.format) == (120, 90, "jpeg")
    assert row.source == str(path)
    assert row.file_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert workspace.raw.read(row.file_hash, "jpeg") == path.read_bytes()


def test_add_skips_a_picture_already_stored(workspace: Workspace, tmp_path: Path) -> None:
    first = save(tmp_path / "a.jpg", 1)
    ref = add(workspace, first).added[0].ref
    report = add(workspace, shutil.copy(first, tmp_path / "b.jpg"))
    (skipped,) = report.skipped
    assert skipped.reason == f"the same file is here already as {ref}"
    assert skipped.duplicate_of == ref


def test_add_skips_the_same_pixels_in_another_file(workspace: Workspace, tmp_path: Path) -> None:
    add(workspace, save(tmp_path / "a.png", 1))
    (skipped,) = add(workspace, save(tmp_path / "b.png", 1, compress_level=1)).skipped
    assert skipped.reason.startswith("the same picture is here already")


def test_add_skips_a_picture_of_the_original_pair(workspace: Workspace, tmp_path: Path) -> None:
    draw(10_003, 64, 64).save(tmp_path / "a.png")
    (skipped,) = add(workspace, tmp_path / "a.png", label=0).skipped
    assert skipped.duplicate_of == "train[3]"


def test_the_same_picture_twice_in_one_command_is_added_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.jpg", 1)
    report = add(workspace, path, path)
    assert (len(report.added), len(report.skipped)) == (1, 1)


def test_the_same_picture_under_another_label_is_refused_with_the_way_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.jpg", 1)
    ref = add(workspace, path).added[0].ref
    (refused,) = add(workspace, path, label=0).refused
    assert refused.reason == f"the same file is here already as {ref}, labelled cat"
    assert refused.hint == f"If non-cat is right: catdata relabel {ref} --label non-cat"


def test_what_cannot_be_read_is_refused_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    good = [save(tmp_path / f"{i}.jpg", i) for i in range(2)]
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(good[0].read_bytes()[:-500])
    report = add(workspace, good[0], cut, tmp_path / "gone.jpg", tmp_path, good[1])
    assert len(report.added) == 2
    assert [Path(refused.file).name for refused in report.refused[:2]] == ["cut.jpg", "gone.jpg"]
    assert report.refused[1].reason == "does not exist"
    assert report.refused[2].reason == "is a folder, not a picture file"


def test_in_a_folder_a_broken_photo_is_refused_and_other_files_are_passed_over(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    save(folder / "a.jpg", 1)
    (folder / "notes.txt").write_text("hello")
    (folder / "page.jpg").write_text("<html>not found</html>")
    report = ingest.add(workspace, labels.with_label([folder], 1))
    assert [Path(added.file).name for added in report.added] == ["a.jpg"]
    assert [Path(skipped.file).name for skipped in report.skipped] == ["notes.txt"]
    assert [Path(refused.file).name for refused in report.refused] == ["page.jpg"]


def test_a_pipe_is_refused_without_waiting_for_it(workspace: Workspace, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (refused,) = add(workspace, tmp_path / "pipe.jpg").refused
    assert refused.reason == "is a named pipe, not a picture file"


def test_the_automatic_split_depends_on_the_picture_alone(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{i}.png", i) for i in range(40)]
    sides = []
    for name, order in (("one", paths), ("two", paths[::-1])):
        init(tmp_path / name, {})
        workspace = Workspace(tmp_path / name)
        add(workspace, *order)
        sides.append(splits(workspace))
    assert sides[0] == sides[1]
    assert set(sides[0].values()) == {"train", "test"}


def test_a_test_fraction_of_zero_puts_all_into_train(tmp_path: Path) -> None:
    init(tmp_path / "workspace", {}, test_fraction=0)
    workspace = Workspace(tmp_path / "workspace")
    add(workspace, *(save(tmp_path / f"{i}.png", i) for i in range(20)))
    assert set(splits(workspace).values()) == {"train"}


@pytest.mark.parametrize("side", ["train", "test"])
def test_a_near_duplicate_follows_the_first_one(
    workspace: Workspace, tmp_path: Path, side: str
) -> None:
    ref = add(workspace, save(tmp_path / "a.png", 1), split=side).added[0].ref
    (added,) = add(workspace, save(tmp_path / "b.jpg", 1, quality=60)).added
    assert added.split == side
    assert added.warnings == (f"near-duplicate of {ref} (a.png)",)


def test_a_near_duplicate_on_the_other_side_is_refused_with_both_and_the_distance(
    workspace: Workspace, tmp_path: Path
) -> None:
    ref = add(workspace, save(tmp_path / "a.png", 1), split="train").added[0].ref
    (refused,) = add(workspace, save(tmp_path / "b.jpg", 1, quality=60), split="test").refused
    assert refused.file == str(tmp_path / "b.jpg")
    assert f"near-duplicate of {ref} (a.png), which is in train (dHash distance " in refused.reason
    assert refused.hint == "Add it with --split train or --split auto."


def test_a_removed_photo_comes_back_when_it_is_added_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.jpg", 1)
    ref = add(workspace, path).added[0].ref
    edit.remove(workspace, [ref])
    again = path.rename(tmp_path / "b.jpg")
    (added,) = add(workspace, again, label=0, split="test").added
    assert (added.ref, added.warnings) == (ref, ("had been removed, and is brought back",))
    with workspace.catalog() as catalog:
        row = catalog.resolve("b.jpg")
    assert (row.class_name, row.split, row.source) == ("non-cat", "test", str(again))


def test_a_removed_photo_stays_out_when_its_folder_is_added_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = save(tmp_path / "photos" / "a.jpg", 1)
    ref = add(workspace, path).added[0].ref
    edit.remove(workspace, [ref])
    (skipped,) = ingest.add(workspace, labels.with_label([tmp_path / "photos"], 1)).skipped
    assert skipped.reason == f"{ref} was removed; to bring it back, add this very file by its name"
    assert splits(workspace) == {}


def test_a_present_copy_counts_before_a_removed_one_of_the_same_file(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = save(tmp_path / "a.png", 1)
    edit.remove(workspace, [add(workspace, first).added[0].ref])
    add(workspace, save(tmp_path / "b.png", 1, compress_level=1), label=0)
    (refused,) = add(workspace, first, label=1).refused
    assert refused.reason.startswith("the same picture is here already as ")


def test_an_undo_in_the_middle_of_an_add_is_followed_by_an_entry_of_its_own(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH_IMAGES", 2)
    paths = [save(tmp_path / f"{i}.png", i) for i in range(5)]
    undone: list[str] = []

    def undo_once(_done: int) -> None:
        if not undone:
            undone.append(edit.undo(workspace))

    entries = [Entry(path, 1, "train") for path in paths]
    ingest.add(workspace, entries, on_progress=undo_once)
    assert len(splits(workspace)) == 3
    edit.undo(workspace)
    assert splits(workspace) == {}


def test_a_batch_that_fails_adds_nothing_and_running_again_finishes(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [save(tmp_path / f"{i}.png", i) for i in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full_disk)
        with pytest.raises(ingest.StorageFailed, match="after 0 photos: No space left"):
            add(workspace, *paths)
    assert splits(workspace) == {}
    assert len(add(workspace, *paths).added) == 5
    assert not list(workspace.raw.folder.glob(".partial-*"))


def _full_disk(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_report_counts_every_input_once(workspace: Workspace, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", 1)
    record = add(workspace, path, path, tmp_path / "gone.jpg").to_json()
    assert {kind: len(outcomes) for kind, outcomes in record.items()} == {  # type: ignore[arg-type]
        "added": 1,
        "skipped": 1,
        "refused": 1,
    }
