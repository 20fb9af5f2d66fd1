"""What the pages tell their readers to type works as they say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from pages import fences, run_page
from pictures import draw

from catdata import h5file

DOCS = Path(__file__).parents[1] / "docs"


def write_datasets(folder: Path) -> None:
    """Draw a pair in the course's form, large enough for cross-validation."""
    folder.mkdir()
    for number, (split, name) in enumerate(h5file.FILE_NAMES.items()):
        images = np.stack([np.asarray(draw(1000 * number + i, 64, 64)) for i in range(30)])
        h5file.write_course_file(folder / name, split, images, np.arange(30) % 3 % 2)


@pytest.fixture
def real(tmp_path: Path) -> bool:
    """Fill ``datasets/`` with the course's files where they are, else draw some; tell which."""
    real = "CATDATA_ORIGINALS" in os.environ
    if real:
        shutil.copytree(os.environ["CATDATA_ORIGINALS"], tmp_path / "datasets")
    else:
        write_datasets(tmp_path / "datasets")
    return real


def test_the_course_page_runs_and_shows_what_the_courses_files_give(
    tmp_path: Path, real: bool
) -> None:
    assert run_page(DOCS / "course.md", tmp_path, compare=real) == 15


def write(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    return page


def test_fences_are_found_with_their_place(tmp_path: Path) -> None:
    page = write(tmp_path, "# Title\n\n```python\na = 1\n```\n\n```text\nno\n```\n")
    assert [(one.language, one.text, one.place) for one in fences(page)] == [
        ("python", "a = 1\n", "page.md:4"),
        ("text", "no\n", "page.md:8"),
    ]


def test_a_cell_knows_what_those_before_it_left(tmp_path: Path) -> None:
    page = write(tmp_path, "```python\na = 1\n```\n```python\n>>> a + 1\n2\n\n```\n")
    assert run_page(page, tmp_path) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("```console\n$ false\n```\n", "page.md:2: false", id="command fails"),
        pytest.param("```console\n$ echo a\nb\n```\n", "Got:\n    a", id="other output"),
        pytest.param("```python\n>>> 1 + 1\n3\n```\n", "Got:\n    2", id="other value"),
        pytest.param("```python\n>>> 1 / 0\n```\n", "ZeroDivisionError", id="cell raises"),
    ],
)
def test_a_page_that_is_wrong_fails(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        run_page(write(tmp_path, text), tmp_path)


def test_without_comparing_a_failing_command_still_fails(tmp_path: Path) -> None:
    page = write(tmp_path, "```console\n$ echo a\nb\n$ false\n```\n")
    with pytest.raises(AssertionError, match="false"):
        run_page(page, tmp_path, compare=False)
