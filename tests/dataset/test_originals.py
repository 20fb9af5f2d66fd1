"""Making a workspace copies the pair, recognises it, and refuses what is not one by its name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from pictures import TRAIN_IMAGES, course_arrays

from catdata import h5file
from catdata.dataset.catalog import Catalog, Selection
from catdata.dataset.originals import find_pair, init
from catdata.dataset.workspace import Workspace
from catdata.errors import H5Refused, WorkspaceError


def test_the_pair_is_copied_with_its_size_and_hash(
    workspace: Workspace, pair: dict[str, Path]
) -> None:
    for split, path in pair.items():
        copy = workspace.data / "original" / h5file.FILE_NAMES[split]
        assert copy.read_bytes() == path.read_bytes()
        assert workspace.manifest("original")["files"][copy.name] == {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }


def test_each_row_of_the_pair_is_an_image_of_the_catalog(workspace: Workspace) -> None:
    with workspace.catalog() as catalog:
        rows = list(catalog.images(Selection(split="train")))
        assert [row.ref for row in rows] == [f"train[{i}]" for i in range(TRAIN_IMAGES)]
        assert [row.label for row in rows] == course_arrays("train")[1].tolist()
        pixels = course_arrays("train")[0][3]
        assert rows[3].content_hash == hashlib.sha256(pixels.tobytes()).hexdigest()
        assert catalog.commands() == []


def test_the_size_of_the_pair_is_the_size_of_the_workspace(tmp_path: Path) -> None:
    pair = {split: tmp_path / name for split, name in h5file.FILE_NAMES.items()}
    for split, path in pair.items():
        images, labels = course_arrays(split)
        h5file.write_course_file(path, split, images[:, ::2, ::2], labels)
    init(tmp_path / "workspace", pair)
    assert Workspace(tmp_path / "workspace").settings.size == 32


def test_a_drawn_pair_is_not_called_genuine(tmp_path: Path, pair: dict[str, Path]) -> None:
    report = init(tmp_path / "new", pair)
    assert not report.genuine
    assert report.images == {"train": 12, "test": 6}


@pytest.mark.originals
def test_the_course_files_are_genuine_and_share_one_picture(
    tmp_path: Path, originals: Path
) -> None:
    report = init(tmp_path, find_pair([originals]))
    assert report.genuine
    assert report.images == {"train": 209, "test": 50}
    assert report.cats == {"train": 72, "test": 33}
    assert report.shared == [("train[146]", "test[17]")]


def test_the_files_are_looked_for_in_several_folders(tmp_path: Path, pair: dict[str, Path]) -> None:
    assert find_pair([tmp_path, pair["train"].parent]) == pair
    with pytest.raises(WorkspaceError, match="are not in") as raised:
        find_pair([tmp_path])
    assert "catdata init --empty" in raised.value.hint


def test_a_workspace_is_not_made_twice(workspace: Workspace, pair: dict[str, Path]) -> None:
    with pytest.raises(WorkspaceError, match="is a workspace already"):
        init(workspace.root, pair)


def test_a_bad_file_is_named_and_nothing_is_made(tmp_path: Path, pair: dict[str, Path]) -> None:
    pair["test"].write_bytes(b"<!DOCTYPE html><html>404</html>")
    with pytest.raises(H5Refused, match="test_catvnoncat.h5") as raised:
        init(tmp_path / "new", pair)
    assert str(pair["test"]) in raised.value.message
    assert not (tmp_path / "new").exists()


def test_files_of_two_sizes_are_refused(tmp_path: Path, pair: dict[str, Path]) -> None:
    images, labels = course_arrays("test")
    pair["test"].unlink()
    h5file.write_course_file(pair["test"], "test", images[:, ::2, ::2], labels)
    with pytest.raises(H5Refused, match="differ in size: 32 x 32 and 64 x 64"):
        init(tmp_path / "new", pair)


def test_labels_of_another_shape_are_accepted_with_a_warning(
    tmp_path: Path, pair: dict[str, Path]
) -> None:
    with h5py.File(pair["train"], "r+") as file:
        labels = file["train_set_y"][:]
        del file["train_set_y"]
        file["train_set_y"] = labels.reshape(-1, 1)
    report = init(tmp_path / "new", pair)
    (warning,) = report.warnings
    assert warning.startswith("train_catvnoncat.h5: ")
    np.testing.assert_equal(report.images, {"train": 12, "test": 6})


def test_an_interrupted_init_is_finished_by_running_it_again(
    workspace: Workspace, pair: dict[str, Path]
) -> None:
    (workspace.root / "catdata.toml").unlink()
    (workspace.data / ".partial-1-x").mkdir()
    init(workspace.root, pair)
    assert sorted(path.name for path in workspace.data.iterdir()) == [
        ".lock",
        "catalog.db",
        "log.jsonl",
        "original",
    ]


def test_a_catalog_with_photos_is_not_written_over(
    workspace: Workspace, pair: dict[str, Path]
) -> None:
    with workspace.catalog() as catalog, catalog.transaction():
        row = catalog.resolve("train[0]")
        catalog._connection.execute("UPDATE image SET origin = 'added' WHERE id = ?", (row.id,))
    (workspace.root / "catdata.toml").unlink()
    with pytest.raises(WorkspaceError, match=r"catdata\.toml beside data/ is gone"):
        init(workspace.root, pair)
    Catalog(workspace.catalog_path).close()


def test_a_folder_in_the_place_of_the_pair_is_not_replaced(
    tmp_path: Path, pair: dict[str, Path]
) -> None:
    notes = tmp_path / "new" / "data" / "original" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    with pytest.raises(WorkspaceError, match=r"holds notes\.txt, so it is not replaced"):
        init(tmp_path / "new", pair)
    assert notes.read_text() == "mine"


def test_what_else_is_in_the_folder_stays(tmp_path: Path, pair: dict[str, Path]) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes.txt").write_text("mine")
    report = init(tmp_path / "new", pair)
    assert (tmp_path / "new" / "notes.txt").read_text() == "mine"
    assert json.dumps(report.to_json())
