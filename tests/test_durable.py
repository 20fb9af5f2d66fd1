"""Files and folders appear whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from catdata import durable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with durable.replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), durable.replacing(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("before", [None, "old"])
def test_a_folder_takes_the_place_of_the_one_before(tmp_path: Path, before: str | None) -> None:
    folder = tmp_path / "build"
    if before:
        folder.mkdir()
        (folder / before).touch()
    with durable.replacing_folder(folder) as partial:
        (partial / "new").touch()
    assert names(folder) == ["new"]
    assert names(tmp_path) == ["build"]


def test_a_folder_is_replaced_by_two_renames_where_there_is_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "other")
    folder = tmp_path / "build"
    folder.mkdir()
    with durable.replacing_folder(folder) as partial:
        (partial / "new").touch()
    assert names(folder) == ["new"]
    assert names(tmp_path) == ["build"]


def test_a_failing_block_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(RuntimeError), durable.replacing_folder(folder) as partial:
        (partial / "new").touch()
        raise RuntimeError
    assert names(folder) == ["old"]
    assert names(tmp_path) == ["build"]


def test_leftovers_of_a_killed_writer_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    durable.partial_path(tmp_path / "file.jpg").touch()
    durable.partial_path(tmp_path / "folder").mkdir()
    durable.remove_partials(tmp_path)
    assert names(tmp_path) == ["kept"]


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = (
        "import sys, time; from pathlib import Path; from catdata import durable\n"
        "with durable.exclusive(Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", holder, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.kill()
        with durable.exclusive(lock):
            pass
