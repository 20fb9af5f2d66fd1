"""A workspace is found from anywhere inside it and says what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from catdata.dataset import build
from catdata.dataset.workspace import (
    SETTINGS_FILE,
    Settings,
    Workspace,
    is_build_name,
    read_pair,
    write_settings,
)
from catdata.errors import ConfigRefused, UnknownReference, WorkspaceError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATDATA_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_workspace_is_found_from_any_folder_inside_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.data)
    assert Workspace.find().root == workspace.root


def test_the_environment_names_a_workspace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATDATA_WORKSPACE", str(workspace.root))
    assert Workspace.find().root == workspace.root


def test_a_folder_given_comes_before_the_environment(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATDATA_WORKSPACE", "/nowhere")
    assert Workspace.find(workspace.data).root == workspace.root


def test_without_a_workspace_the_error_says_how_to_make_one() -> None:
    with pytest.raises(WorkspaceError, match="No workspace in") as raised:
        Workspace.find()
    assert "catdata init --train FILE.h5 --test FILE.h5" in raised.value.hint


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(WorkspaceError, match="The folder /nowhere can't be opened"):
        Workspace.find(Path("/nowhere"))


def test_a_deleted_current_folder_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(WorkspaceError, match="can't be opened"):
        Workspace.find()


def test_a_moved_workspace_works(workspace: Workspace, tmp_path: Path) -> None:
    moved = tmp_path / "moved to\nelsewhere"
    shutil.move(workspace.root, moved)
    assert build.build(Workspace(moved)).splits["test"].images == 6


def test_settings_survive_the_file(tmp_path: Path) -> None:
    settings = Settings(size=32, fit="crop", test_fraction=0.25)
    write_settings(tmp_path, settings)
    assert Workspace(tmp_path).settings == settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[workspace]\nsize = 0\n", "can't be understood: size is 0", id="size"),
        pytest.param("[workspace]\nfit = 'x'\n", "can't be understood: fit is 'x'", id="fit"),
        pytest.param("[workspace]\ntest_fraction = 1\n", "test_fraction is 1", id="fraction"),
        pytest.param("[workspace]\nsize = 'a'\n", "can't be understood", id="type"),
        pytest.param("[workspace]\ncolour = 1\n", "unknown settings: colour", id="unknown"),
        pytest.param("[workspace]\nformat = 9\n", "made by a newer catdata", id="newer"),
        pytest.param("[other]\n", "can't be understood", id="no table"),
        pytest.param("workspace = 1\n", "can't be understood", id="no table but a number"),
        pytest.param("not toml", "can't be understood", id="no TOML"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(WorkspaceError, match=message):
        Workspace(tmp_path)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan"), "half"])
def test_a_test_fraction_outside_its_range_is_refused(fraction: float) -> None:
    with pytest.raises(ConfigRefused, match="test_fraction"):
        Settings(test_fraction=fraction)


def test_builds_are_listed_the_original_first(workspace: Workspace) -> None:
    build.build(workspace, "a")
    assert workspace.builds() == ["original", "a"]


def test_the_default_build_is_enlarged_once_it_is_there(workspace: Workspace) -> None:
    assert workspace.default_build() == "original"
    build.build(workspace)
    assert workspace.default_build() == "enlarged"


def test_an_unknown_build_is_an_error_that_lists_those_there(workspace: Workspace) -> None:
    with pytest.raises(UnknownReference, match="no build named enlarged") as raised:
        workspace.build_folder("enlarged")
    assert raised.value.hint == "Builds here: original. Make one with: catdata build-h5"


def test_a_pair_in_any_folder_is_read_without_a_workspace(pair: dict[str, Path]) -> None:
    assert len(read_pair(str(pair["train"].parent)).train) == 12


def test_a_name_without_a_workspace_asks_for_one() -> None:
    with pytest.raises(WorkspaceError, match="No workspace"):
        read_pair("enlarged")


def test_a_manifest_is_read_without_its_rows_however_it_is_laid_out(workspace: Workspace) -> None:
    path = build.build(workspace).folder / "build.json"
    whole = json.loads(path.read_text())
    assert len(whole.pop("rows")["train"]) == 12
    assert workspace.manifest("enlarged") == whole
    for indent in (None, 1, 3):
        path.write_text(json.dumps(json.loads(path.read_text()), indent=indent))
        assert workspace.manifest("enlarged") == whole


def test_a_manifest_cut_anywhere_or_with_a_torn_row_counts_as_none(workspace: Workspace) -> None:
    path = build.build(workspace).folder / "build.json"
    text = path.read_text()
    for length in range(0, len(text) - 1, 13):
        path.write_text(text[:length])
        assert workspace.manifest("enlarged") == {}
    path.write_text(text.replace('   {"ref": "train[7]"', '   {"ref": "train[7]'))
    assert workspace.manifest("enlarged") == {}


def test_a_torn_manifest_counts_as_none(workspace: Workspace) -> None:
    folder = build.build(workspace).folder
    (folder / "build.json").write_text('{"build": ')
    assert workspace.manifest("enlarged") == {}
    for wrong in ([1], {"files": []}, {"train": 3}, {"recipe": None}, {"files": {"a": 1}}):
        (folder / "build.json").write_text(json.dumps(wrong))
        assert workspace.manifest("enlarged") == {}


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("enlarged", True),
        ("v1-2_b", True),
        ("", False),
        (".x", False),
        ("a/b", False),
        ("a.db", False),
    ],
)
def test_a_build_name_is_a_plain_folder_name(name: str, *, possible: bool) -> None:
    assert is_build_name(name) is possible
    assert os.sep not in name or not possible


def test_a_saved_comparison_is_found_by_name_or_path(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.new_comparison_file("first")
    assert path == workspace.data / "comparisons" / "first.json"
    path.parent.mkdir()
    path.write_text("{}")
    assert workspace.comparisons() == ["first"]
    assert workspace.comparison_file("first") == path
    assert workspace.comparison_file(str(path)) == path
    with pytest.raises(UnknownReference, match="no saved comparison named other") as refused:
        workspace.comparison_file("other")
    assert refused.value.hint.startswith("Comparisons here: first.")


def test_a_comparison_has_the_name_of_a_file(workspace: Workspace) -> None:
    with pytest.raises(ConfigRefused, match="'../x' can't be the name of a comparison"):
        workspace.new_comparison_file("../x")
