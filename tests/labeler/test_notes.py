from __future__ import annotations

import os
from pathlib import Path

from catdata.labeler.notes import FOLDER, KnownFiles, Marks


def test_marks_survive_the_program(tmp_path: Path) -> None:
    Marks(tmp_path).set("train[3]", 1)
    assert Marks(tmp_path).has("train[3]", 1)


def test_a_mark_is_of_one_label_only(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.set("train[3]", 1)
    assert not marks.has("train[3]", 0)


def test_a_mark_can_be_taken_away(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.set("train[3]", 1)
    marks.set("train[3]", None)
    assert not Marks(tmp_path).has("train[3]", 1)


def test_a_torn_line_costs_that_mark_alone(tmp_path: Path) -> None:
    Marks(tmp_path).set("train[3]", 1)
    with (tmp_path / FOLDER / "marks.jsonl").open("ab") as file:
        file.write(b'{"image": "train[4]", "la')
    Marks(tmp_path).set("train[5]", 0)
    marks = Marks(tmp_path)
    assert marks.has("train[3]", 1)
    assert marks.has("train[5]", 0)
    assert not marks.has("train[4]", 1)


def test_an_unchanged_file_is_known_without_reading_it(tmp_path: Path) -> None:
    photo = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    photo.write_bytes(b"one")
    KnownFiles(tmp_path).note(photo, "ab" * 32)
    assert KnownFiles(tmp_path).hash_of(photo) == "ab" * 32


def test_a_changed_file_is_not_known(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"one")
    known = KnownFiles(tmp_path)
    known.note(photo, "ab" * 32)
    photo.write_bytes(b"three")
    assert known.hash_of(photo) is None
