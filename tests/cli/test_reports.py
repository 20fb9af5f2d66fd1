"""The commands that write a comparison's page say what the dataset knows of it."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from conftest import Run
from pictures import save

HOSTILE = "<script>alert(1)</script>\u202e.png"
QUICK = "--layers 4 --iterations 30 --learning-rate 0.02 --seeds 2"


def words(path: Path) -> str:
    """Return what a page says, without its tags."""
    page = path.read_text("utf-8")
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


@pytest.fixture
def enlarged(run: Run, here: Path) -> Path:
    """Add six photos, one of them with a hostile name, and build them with copies."""
    for seed in range(5):
        save(here / "photos" / f"photo{seed}.png", seed)
    save(here / "photos" / "last.png", 5).rename(here / "photos" / "last.png")
    save(here / "hostile.png", 6)
    shutil.move(here / "hostile.png", here / "photos" / HOSTILE.replace("/", "\u2215"))
    run("add photos --label cat --split train")
    run("build-h5 --augment flip --copies 1")
    return here


def test_compare_writes_the_page_and_says_where(run: Run, enlarged: Path) -> None:
    done = run(f"compare {QUICK} --report page.html")
    assert "Wrote page.html" in done.stderr
    assert "No difference is shown between original and enlarged" in words(enlarged / "page.html")


def test_the_page_tells_what_was_added(run: Run, enlarged: Path) -> None:
    run(f"compare {QUICK} --report page.html -q")
    text = words(enlarged / "page.html")
    assert "train: also in original 4 8 12" in text
    assert "train: added 7 0 7" in text
    assert "train: augmented copies 11 8 19" in text
    assert "test: also in original 2 4 6" in text
    assert "A sample of the added images 7 of them" in text
    assert "cat photo3.png" in text
    assert "class-shift (1):" in text


def test_a_photo_s_hostile_name_is_text(run: Run, enlarged: Path) -> None:
    run(f"compare {QUICK} --report page.html -q")
    assert HOSTILE.replace("/", "\u2215").replace("\u202e", "\\u202e") in words(
        enlarged / "page.html"
    )
    assert "<script" not in (enlarged / "page.html").read_text("utf-8")


def test_the_commands_of_the_page_repeat_it(run: Run, enlarged: Path) -> None:
    run(f"compare {QUICK} --center --report page.html -q")
    page = (enlarged / "page.html").read_text("utf-8")
    block = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert block
    build, compare = unescape(block[1]).split("\n")[-3:-1]
    assert build == ("catdata build-h5 enlarged --size 64 --augment flip --copies 1 --seed 0")
    assert compare == (
        "catdata compare original enlarged --layers 4 --seeds 2 --learning-rate 0.02"
        " --iterations 30 --center"
    )
    before = (enlarged / "data" / "enlarged" / "build.json").read_bytes()
    run(build.removeprefix("catdata "))
    assert (enlarged / "data" / "enlarged" / "build.json").read_bytes() == before
    run(f"{compare.removeprefix('catdata ')} --report again.html -q")

    def timeless(name: str) -> str:
        return re.sub(r"\d+ \w+ 20\d\d, \d\d:\d\d UTC|judging \d+", "", words(enlarged / name))

    assert timeless("again.html") == timeless("page.html")


def test_two_folders_are_reported_without_a_workspace(
    run: Run, tmp_path: Path, pair: dict[str, Path]
) -> None:
    folder = pair["train"].parent
    shutil.copytree(folder, tmp_path / "with a space")
    run("compare", folder.name, "with a space", *QUICK.split(), "--report", "page.html")
    text = words(tmp_path / "page.html")
    assert f"catdata compare {folder.name} 'with a space' --layers 4" in text
    assert "train: also in course 4 8 12" in text
    assert "catdata check finds" not in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("compare --report page.pdf", "page.pdf: a report is written as .html or .htm"),
        ("compare --report mine.html", "mine.html is there already and is not a report"),
        ("compare original --report page.html", "A report shows what differs between builds"),
    ],
)
def test_what_cannot_be_written_is_refused_before_training(
    run: Run, enlarged: Path, line: str, message: str
) -> None:
    (enlarged / "mine.html").write_text("mine")
    done = run(f"{line} --iterations 1000000000", status=1)
    assert message in done.stderr
    assert (enlarged / "mine.html").read_text() == "mine"
    assert not (enlarged / "page.html").exists()
