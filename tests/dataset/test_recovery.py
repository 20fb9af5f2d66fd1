"""What is damaged of the catalog and its log is named, and made again from the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from pictures import save

from catdata.dataset import build, edit, ingest
from catdata.dataset.catalog import Catalog, Selection
from catdata.dataset.labels import Entry
from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace
from catdata.errors import StorageFailed, WorkspaceDamaged

KEPT = "the damaged one is now catalog.db.damaged"


@pytest.fixture
def log(workspace: Workspace, tmp_path: Path) -> Path:
    """The log of a workspace in which each kind of change was made."""
    entries = [Entry(save(tmp_path / f"{i}.jpg", i), 1, "train") for i in range(5)]
    ingest.add(workspace, entries[:3])
    edit.relabel(workspace, ["1.jpg", "train[3]"], 0)
    edit.remove(workspace, ["2.jpg"])
    edit.move(workspace, ["train[5]"], "test")
    ingest.add(workspace, entries[3:])
    edit.undo(workspace)
    return workspace.data / "log.jsonl"


def dump(workspace: Workspace) -> list[str]:
    """Return all rows of images and commands as SQL, in a fixed order."""
    connection = sqlite3.connect(workspace.catalog_path)
    try:
        hidden = ('"state"', '"sqlite_sequence"')
        return sorted(line for line in connection.iterdump() if not any(n in line for n in hidden))
    finally:
        connection.close()


def damage(workspace: Workspace, *, repair: bool = False) -> list[tuple[str, str, str]]:
    found = verify(workspace, repair=repair).damage
    return [(one.kind, one.path, one.mended) for one in found]


def test_each_change_is_one_line_of_json(workspace: Workspace, log: Path) -> None:
    lines = [json.loads(line) for line in log.read_text("ascii").splitlines()]
    commands = [line["command"][0]["name"] for line in lines if "command" in line]
    assert commands == ["add", "relabel", "remove", "move", "add", "undo"]
    assert [command["name"] for command in lines[-1]["command"]] == ["undo", "add"]
    assert lines[-1]["gone"] == {"image": [23, 22]}


def test_a_change_that_came_to_nothing_leaves_no_line(workspace: Workspace, log: Path) -> None:
    before = log.read_bytes()
    edit.relabel(workspace, ["0.jpg"], 1)
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(Path.unlink, id="lost"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut"),
        pytest.param(lambda path: path.write_bytes(b"no database" * 999), id="overwritten"),
        pytest.param(lambda path: flip(path, 4096 + 8), id="flipped in a page's head"),
        pytest.param(lambda path: zero(path, 4096, 4096), id="a page of zeros"),
    ],
)
def test_a_damaged_catalog_is_named_and_made_again(
    workspace: Workspace, log: Path, harm: Callable[[Path], object]
) -> None:
    before = dump(workspace)
    harm(workspace.catalog_path)
    assert damage(workspace) == [("damaged-catalog", "data/catalog.db", "")]
    kept = f"; {KEPT}" if workspace.catalog_path.exists() else ""
    assert damage(workspace, repair=True) == [
        ("damaged-catalog", "data/catalog.db", f"made again from its log{kept}")
    ]
    assert dump(workspace) == before
    assert damage(workspace) == []
    edit.undo(workspace)


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.write_bytes(data)


def zero(path: Path, offset: int, length: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset : offset + length] = bytes(length)
    path.write_bytes(data)


def test_a_flipped_label_in_the_catalog_is_found(workspace: Workspace, log: Path) -> None:
    before = dump(workspace)
    connection = sqlite3.connect(workspace.catalog_path)
    connection.execute("UPDATE image SET label = 1 - label WHERE file_name = '0.jpg'")
    connection.commit()
    connection.close()
    (found,) = verify(workspace, repair=True).damage
    assert found.detail == "its rows are not those that were committed last"
    assert dump(workspace) == before


def test_a_catalog_made_again_gives_the_same_build(workspace: Workspace, log: Path) -> None:
    before = build.build(workspace).build_id
    workspace.catalog_path.unlink()
    assert verify(workspace, repair=True).is_sound
    assert build.build(workspace).build_id == before


def test_a_lost_or_changed_log_is_named_and_written_anew(workspace: Workspace, log: Path) -> None:
    log.unlink()
    assert damage(workspace) == [("damaged-log", "data/log.jsonl", "")]
    done = [("damaged-log", "data/log.jsonl", "written anew from the catalog")]
    assert damage(workspace, repair=True) == done
    flip(log, 300)
    assert damage(workspace, repair=True) == done
    assert damage(workspace) == []


def test_the_next_change_writes_a_lost_log_anew(workspace: Workspace, log: Path) -> None:
    log.unlink()
    edit.relabel(workspace, ["0.jpg"], 0)
    assert damage(workspace) == []
    before = dump(workspace)
    workspace.catalog_path.unlink()
    assert verify(workspace, repair=True).is_sound
    assert dump(workspace) == before


@pytest.mark.parametrize("tail", [b'{"sha256": "torn', b"{}\n", b"\x00" * 99])
def test_what_stands_behind_the_last_committed_line_is_dropped(
    workspace: Workspace, log: Path, tail: bytes
) -> None:
    sound = log.read_bytes()
    log.write_bytes(sound + tail)
    assert damage(workspace) == []
    edit.relabel(workspace, ["0.jpg"], 0)
    after = log.read_bytes()
    assert after.startswith(sound)
    assert tail not in after
    assert damage(workspace) == []


def test_a_torn_last_line_is_told_when_the_catalog_is_made_again(
    workspace: Workspace, log: Path
) -> None:
    before = dump(workspace)
    log.write_bytes(log.read_bytes() + b'{"sha256": "torn')
    workspace.catalog_path.unlink()
    assert [mended for _, _, mended in damage(workspace, repair=True)] == [
        "made again from its log, which ends in half a line: the newest change may be lost"
    ]
    assert dump(workspace) == before


def test_a_damaged_line_costs_its_own_change_only(workspace: Workspace, log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    number = next(i for i, line in enumerate(lines) if b'"relabel"' in line)
    lines[number] = lines[number].replace(b'"relabel"', b'"relabeI"')
    log.write_bytes(b"".join(lines))
    workspace.catalog_path.unlink()
    assert damage(workspace, repair=True)[0][2] == (
        "made again from its log, of which 1 damaged line(s) are lost"
    )
    with workspace.catalog() as catalog:
        assert catalog.resolve("1.jpg").label == 1
        assert len(list(catalog.images(Selection(removed=True)))) == 1
    assert damage(workspace) == []


def test_without_catalog_and_log_nothing_is_made_up(workspace: Workspace, log: Path) -> None:
    log.unlink()
    workspace.catalog_path.unlink()
    assert damage(workspace, repair=True) == [("damaged-catalog", "data/catalog.db", "")]
    with pytest.raises(WorkspaceDamaged, match="is missing") as raised, workspace.catalog():
        pass
    assert raised.value.hint == "Mend it with: catdata verify --repair"


def test_without_photos_the_pair_is_enough_to_make_the_catalog_again(workspace: Workspace) -> None:
    (workspace.data / "log.jsonl").unlink()
    workspace.catalog_path.write_bytes(b"no database")
    done = f"made again from the course's files; {KEPT}"
    assert damage(workspace, repair=True) == [("damaged-catalog", "data/catalog.db", done)]
    assert damage(workspace) == []
    with workspace.catalog() as catalog:
        assert sum(count.images for count in catalog.counts()) == 18


def test_a_log_that_cannot_be_written_stops_the_change(workspace: Workspace, log: Path) -> None:
    before = dump(workspace)
    log.unlink()
    log.mkdir()
    with pytest.raises(StorageFailed, match=r"log\.jsonl can't be written: Is a directory"):
        edit.relabel(workspace, ["0.jpg"], 0)
    assert dump(workspace) == before


def test_a_catalog_without_a_log_yet_is_sound(tmp_path: Path, workspace: Workspace) -> None:
    (workspace.data / "log.jsonl").unlink()
    workspace.catalog_path.unlink()
    Catalog.create(workspace.catalog_path)
    assert damage(workspace) == []
