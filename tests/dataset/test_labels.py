"""Labels come from one option, from folders or from a file, and what is unclear is said by line."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catdata.dataset import labels
from catdata.errors import ConfigRefused


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("cat", 1),
        ("Cats", 1),
        ("1", 1),
        ("non-cat", 0),
        ("NonCat", 0),
        ("not_cat", 0),
        ("Non Cats", 0),
        ("0", 0),
        ("dog", None),
        ("", None),
    ],
)
def test_a_class_is_understood_in_many_spellings(word: str, label: int | None) -> None:
    assert labels.parse_label(word) == label


def test_a_folder_is_searched_through_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/z.jpg", ".hidden", "own/x.jpg"):
        touch(tmp_path / name)
    entries = list(labels.with_label([tmp_path], 1, apart_from=[tmp_path / "own"]))
    assert [entry.path.relative_to(tmp_path).as_posix() for entry in entries] == [
        "b.jpg",
        "a/z.jpg",
    ]
    assert all(entry.found for entry in entries)


def test_an_empty_folder_is_a_problem_not_silence(tmp_path: Path) -> None:
    (entry,) = labels.with_label([tmp_path], 1)
    assert entry.problem == "there is no file in this folder"


def test_a_file_that_is_named_is_not_one_that_was_found(tmp_path: Path) -> None:
    assert list(labels.with_label([tmp_path / "a.jpg"], 0, "test")) == [
        labels.Entry(tmp_path / "a.jpg", 0, "test", found=False)
    ]


@pytest.mark.parametrize(
    ("path", "label", "split"),
    [
        pytest.param("cat/a.jpg", 1, "auto", id="class folder"),
        pytest.param("Cats/kitchen/a.jpg", 1, "auto", id="folder below a class folder"),
        pytest.param("train/not-cat/a.jpg", 0, "train", id="train above it"),
        pytest.param("TEST/cat/a.jpg", 1, "test", id="test above it"),
    ],
)
def test_the_folders_give_label_and_split(
    tmp_path: Path, path: str, label: int, split: str
) -> None:
    touch(tmp_path / path)
    (entry,) = labels.by_folder([tmp_path])
    assert (entry.label, entry.split) == (label, split)


def test_the_folder_that_is_named_can_itself_be_the_class(tmp_path: Path) -> None:
    touch(tmp_path / "cat" / "a.jpg")
    (entry,) = labels.by_folder([tmp_path / "cat"])
    assert entry.label == 1


def test_folders_above_the_one_that_is_named_say_nothing(tmp_path: Path) -> None:
    touch(tmp_path / "test" / "photos" / "cat" / "a.jpg")
    (entry,) = labels.by_folder([tmp_path / "test" / "photos"])
    assert (entry.label, entry.split) == (1, "auto")


def test_a_file_that_is_named_takes_the_label_of_its_folder(tmp_path: Path) -> None:
    touch(tmp_path / "cat" / "a.jpg")
    (entry,) = labels.by_folder([tmp_path / "cat" / "a.jpg"])
    assert entry.label == 1


def test_what_is_no_picture_needs_no_class(tmp_path: Path) -> None:
    touch(tmp_path / "cat" / "a.jpg", tmp_path / "metadata.csv")
    table, photo = labels.by_folder([tmp_path])
    assert (photo.path.name, photo.label) == ("a.jpg", 1)
    assert (table.path.name, table.found) == ("metadata.csv", True)  # passed over by add


def test_a_link_to_a_folder_is_a_problem_not_silence(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "link").symlink_to(tmp_path / "elsewhere")
    (entry,) = labels.with_label([tmp_path / "photos"], 1)
    assert entry.problem == "is a link to a folder; name that folder itself"


def test_a_split_given_by_hand_wins_over_the_folders(tmp_path: Path) -> None:
    touch(tmp_path / "train" / "cat" / "a.jpg")
    (entry,) = labels.by_folder([tmp_path], "test")
    assert entry.split == "test"


def test_an_unknown_folder_is_an_error_that_lists_what_is_understood(tmp_path: Path) -> None:
    touch(tmp_path / "cat" / "a.jpg", tmp_path / "dogs" / "b.jpg")
    with pytest.raises(ConfigRefused, match="dogs") as raised:
        labels.by_folder([tmp_path])
    assert "cat, cats, non-cat, noncat, not-cat" in raised.value.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("l.csv", "file_name,label,split\na.jpg,cat,\nb.jpg,0,test\n", id="csv"),
        pytest.param("l.csv", "Label;File_Name;split\ncat;a.jpg;\n0;b.jpg;test\n", id="semicolons"),
        pytest.param(
            "l.jsonl",
            '{"file_name": "a.jpg", "label": "cat"}\n\n'
            '{"file_name": "b.jpg", "label": 0, "split": "test"}\n',
            id="json lines",
        ),
    ],
)
def test_a_labels_file_gives_label_and_split_by_line(tmp_path: Path, name: str, text: str) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert labels.from_file(tmp_path / name) == [
        labels.Entry(tmp_path / "a.jpg", 1, "auto"),
        labels.Entry(tmp_path / "b.jpg", 0, "test"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param("gone.jpg,cat", "line 3: there is no such file", id="missing file"),
        pytest.param("a.jpg,cat", "line 3: named before, in line 2", id="doubled row"),
        pytest.param("b.jpg,dog", "line 3: the label 'dog' is not understood", id="unknown label"),
        pytest.param("b.jpg,", "line 3: the label '' is not understood", id="no label"),
        pytest.param("../x.jpg,cat", "line 3: '../x.jpg' is no file below", id="outside"),
        pytest.param("/etc/passwd,cat", "line 3: '/etc/passwd' is no file below", id="absolute"),
        pytest.param(",cat", "line 3: 'no name' is no file below", id="no name"),
    ],
)
def test_a_bad_line_is_reported_and_the_rest_goes_on(
    tmp_path: Path, line: str, problem: str
) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (tmp_path / "l.csv").write_text(f"file_name,label\na.jpg,cat\n{line}\nb.jpg,cat\n")
    good, bad, *_rest = labels.from_file(tmp_path / "l.csv")
    assert not good.problem
    assert problem in bad.problem


ROWS = st.lists(
    st.tuples(
        st.text(st.characters(codec="utf-8"), max_size=12) | st.just("a.jpg"),
        st.sampled_from(["cat", "non-cat", "1", "0", "dog", ""]),
    ),
    max_size=8,
)


@given(ROWS)
@settings(deadline=None)
def test_every_row_of_any_labels_file_is_an_entry_or_a_problem_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    touch(folder / "a.jpg")
    records = [json.dumps({"file_name": name, "label": label}) for name, label in rows]
    (folder / "l.jsonl").write_text("\n".join(["{}", *records]), "utf-8")
    _, *entries = labels.from_file(folder / "l.jsonl")
    assert len(entries) == len(rows)
    for line, entry, (_, label) in zip(range(2, 99), entries, rows):
        if entry.problem:
            assert entry.problem.startswith(f"l.jsonl line {line}: ")
        else:
            assert entry.path == folder / "a.jpg"
            assert entry.label == labels.parse_label(label)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_a_labels_file_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("labels") / "l.csv"
    path.write_bytes(b"file_name,label\n" + data)
    with contextlib.suppress(ConfigRefused):
        assert all(entry.problem for entry in labels.from_file(path))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"name,label\n", "has no column file_name", id="column missing"),
        pytest.param(b"", "has no column file_name and no column label", id="empty"),
        pytest.param(b"file_name,label\n\xff,cat\n", "line 2 is not UTF-8", id="not UTF-8"),
        pytest.param(b'{"file_name": \n', "line 1 is no JSON", id="broken JSON"),
        pytest.param(b'{"a":' * 5000, "line 1 is no JSON", id="deep JSON"),
        pytest.param(b"[{}]", "is a JSON array; JSON lines are read", id="JSON array"),
        pytest.param(b'"file_name"x,label\n', "line 1: ',' expected after", id="quotes in header"),
        pytest.param(b"file_name,label\n", "names no file", id="header only"),
        pytest.param(b'file_name,label\n"a,cat\n', "line 2: unexpected end", id="open quote"),
    ],
)
def test_a_labels_file_that_cannot_be_read_is_refused(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "l").write_bytes(data)
    with pytest.raises(ConfigRefused, match=message):
        labels.from_file(tmp_path / "l")


def test_a_labels_file_that_is_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "l.csv")
    with pytest.raises(ConfigRefused, match="is no plain file"):
        labels.from_file(tmp_path / "l.csv")


def test_a_name_that_is_too_long_is_a_problem_of_its_line_alone(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    (tmp_path / "l.csv").write_text(f"file_name,label\n{'x' * 300}.jpg,cat\na.jpg,cat\n")
    long, good = labels.from_file(tmp_path / "l.csv")
    assert long.problem == "l.csv line 2: there is no such file"
    assert not good.problem


def test_a_file_where_the_folder_of_the_names_belongs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("file_name,label\na.jpg,cat\n")
    touch(tmp_path / "a.jpg")
    source = labels.Source(file=tmp_path / "l.csv")
    with pytest.raises(ConfigRefused, match="name a folder, not .*a.jpg"):
        labels.entries([tmp_path / "a.jpg"], source)
