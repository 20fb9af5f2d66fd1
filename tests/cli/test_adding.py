"""``add``: a line for each file, files that stay where they are, and files that are deadly."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from pictures import draw, save

from catdata.dataset import ingest
from catdata.dataset.examine import Examined, NotTaken, Task, examine
from catdata.dataset.images import Preparation
from catdata.dataset.labels import Entry
from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace
from catdata.engine import Engine

Run = Callable[..., Result]


def test_add_prints_a_line_for_each_file(here: Path, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    save(folder / "a.jpg", 1)
    (folder / "b.txt").write_text("no picture")
    (folder / "c.jpg").write_bytes(b"broken")
    result = run("add", str(folder), "--label", "cat", "--jsonl", "--split", "train", status=1)
    a, b, c = map(json.loads, result.stdout.splitlines())
    assert a == {
        "outcome": "added",
        "ref": a["ref"],
        "file": str(folder / "a.jpg"),
        "label": "cat",
        "split": "train",
        "warnings": [],
    }
    assert (b["outcome"], b["reason"]) == ("skipped", "not a JPEG, PNG, WebP or HEIC picture")
    assert c["outcome"] == "refused"


def test_add_prints_one_json_document_or_lines(here: Path, run: Run) -> None:
    result = run("add x.jpg --label cat --jsonl --json", status=2)
    assert "Give one of --json and --jsonl." in result.stderr


def test_a_batch_is_told_when_it_is_committed(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH_IMAGES", 2)
    entries = [Entry(save(tmp_path / f"{number}.png", number), 1) for number in range(5)]
    with workspace.catalog() as catalog:
        told = before = sum(count.images for count in catalog.counts())
    for outcomes in ingest.stream(workspace, entries):
        told += len(outcomes)
        with workspace.catalog() as catalog:
            assert sum(count.images for count in catalog.counts()) == told
    assert told - before == 5


def test_files_added_in_place_stay_where_they_are(here: Path, run: Run) -> None:
    path = save(here / "photo.jpg", 1)
    run("add photo.jpg --label cat --in-place")
    workspace = Workspace(here)
    assert list(workspace.raw.folder.rglob("*.jpg")) == []
    assert verify(workspace).is_sound
    path.write_bytes(b"changed")
    assert [damage.kind for damage in verify(workspace).damage] == ["changed-file"]
    path.unlink()
    assert [damage.kind for damage in verify(workspace).damage] == ["missing-file"]


def test_a_file_that_changes_while_it_is_added_is_refused_and_the_rest_is_added(
    workspace: Workspace, tmp_path: Path
) -> None:
    paths = [save(tmp_path / f"{number:02}.jpg", number) for number in range(17)]

    def entries() -> Iterator[Entry]:
        for path in paths:
            yield Entry(path, 1, "train")
        save(paths[1], 99)  # sixteen have been examined by now

    report = ingest.add(workspace, entries(), jobs=Engine("inline"))
    assert [Path(added.file) for added in report.added] == [paths[0], *paths[2:]]
    (refused,) = report.refused
    assert refused.file == str(paths[1])
    assert refused.reason == "it changed while it was being added"
    assert verify(workspace).is_sound


def hostile(tasks: list[Task], preparation: Preparation) -> list[Examined | NotTaken]:
    """Examine files as ever, but die of one that a decoder would die of."""
    for task in tasks:
        if Path(task.path).read_bytes() == b"deadly":
            os.kill(os.getpid(), signal.SIGSEGV)
    return examine(tasks, preparation)


def test_a_picture_that_crashes_the_decoder_costs_itself_alone(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [save(tmp_path / f"{number:02}.jpg", number) for number in range(20)]
    paths[7].write_bytes(b"deadly")
    monkeypatch.setattr(ingest, "examine", hostile)
    report = ingest.add(workspace, [Entry(path, 1) for path in paths])
    assert [Path(added.file) for added in report.added] == paths[:7] + paths[8:]
    (refused,) = report.refused
    assert (refused.file, refused.reason) == (str(paths[7]), "it crashed the decoder")


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_figures_in_a_folder_are_passed_over(here: Path, run: Run, ending: str) -> None:
    folder = here / "photos" / "cat"
    folder.mkdir(parents=True)
    save(folder / "a.jpg", 1)
    figure = folder.parent / f"figure.{ending}"
    run(f"show train[0] --plot {figure}")
    result = run("add photos --label-from-folder --jsonl")
    a, b = sorted(map(json.loads, result.stdout.splitlines()), key=lambda line: line["file"])
    assert (Path(a["file"]).name, a["outcome"]) == ("a.jpg", "added")
    assert (Path(b["file"]).name, b["outcome"]) == (figure.name, "skipped")
    assert b["reason"] == "a figure that catdata drew, not a photo"


def test_a_figure_that_is_named_is_refused(here: Path, run: Run) -> None:
    run("show train[0] --plot figure.png")
    stderr = run("add figure.png --label cat", status=1).stderr
    assert "figure.png: a figure that catdata drew, not a photo" in stderr


def test_a_name_that_no_file_system_takes_costs_itself_alone(here: Path, run: Run) -> None:
    save(here / "a.jpg", 1)
    result = run("add", "x" * 300, "a.jpg", "--label", "cat", "--split", "train", status=1)
    assert "Error: " + "x" * 300 + ": cannot be read: File name too long" in result.stderr
    assert "1 added (1 to train, 0 to test), 0 skipped, 1 refused" in result.stdout


def test_add_takes_a_heic_and_names_the_extra_where_it_is_missing(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    heif.from_pillow(draw(1)).save(here / "cat.heic")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pillow_heif", None)
        result = run("add cat.heic --label cat --engine inline", status=1)
    assert "cat.heic: this is a HEIC picture; to read it takes a package" in result.stderr
    assert "Hint: Install it with: pip install 'catdata[heif]'" in result.stderr
    assert "1 added" in run("add cat.heic --label cat").stdout


def test_pictures_that_a_labels_file_does_not_list_are_counted(
    here: Path, run: Run, tmp_path: Path
) -> None:
    for number in range(3):
        save(tmp_path / "photos" / f"{number}.jpg", number)
    (tmp_path / "l.csv").write_text("file_name,label\nphotos/0.jpg,cat\n")
    result = run("add . --labels l.csv")  # the workspace's own files do not count
    assert "2 pictures in . that l.csv does not list: not added" in result.stderr


def test_many_warnings_are_cut_short(here: Path, run: Run, tmp_path: Path) -> None:
    for quality in range(60, 75):
        save(tmp_path / "photos" / f"{quality}.jpg", 1, quality=quality)
    result = run("add photos --label cat --split train")
    assert result.stderr.count("near-duplicate of") == 12
    assert "Warning: ... and " in result.stderr
