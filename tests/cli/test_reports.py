"""The commands that write a comparison's page say what the dataset knows of it."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from pictures import save

HOSTILE = "<img src=x onerror=alert(1)>\u202e.png"
QUICK = "--layers 4 --iterations 30 --learning-rate 0.02 --seeds 2"


def words(path: Path) -> str:
    """Return what a page says, without its tags."""
    page = path.read_text("utf-8")
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


@pytest.fixture
def enlarged(run, here: Path) -> Path:
    """Add six photos, one of them with a hostile name, and build them with copies."""
    for seed in range(5):
        save(here / "photos" / f"photo{seed}.png", seed)
    save(here / "photos" / HOSTILE, 6)
    run("add photos --label cat --split train")
    run("build-h5 --augment flip --copies 1")
    return here


def test_compare_writes_the_page_and_says_where(run, enlarged: Path) -> None:
    done = run(f"compare {QUICK} --report page.html")
    assert "Wrote page.html" in done.stderr
    assert "No difference is shown between original and enlarged" in words(enlarged / "page.html")


def test_the_page_tells_what_was_added(run, enlarged: Path) -> None:
    run(f"compare {QUICK} --report page.html -q")
    text = words(enlarged / "page.html")
    assert "train: also in original 4 8 12" in text
    assert "train: added 6 0 6" in text
    assert "train: augmented copies 10 8 18" in text
    assert "test: also in original 2 4 6" in text
    assert "A sample of the added images 6 of them" in text
    assert "cat photo3.png" in text
    assert "class-shift (1):" in text


def test_a_photo_s_hostile_name_is_text(run, enlarged: Path) -> None:
    run(f"compare {QUICK} --report page.html -q")
    assert HOSTILE.replace("\u202e", "\\u202e") in words(enlarged / "page.html")
    assert "<img src=x" not in (enlarged / "page.html").read_text("utf-8")


def test_the_commands_of_the_page_repeat_it(run, enlarged: Path) -> None:
    run(f"compare {QUICK} --center --report page.html -q")
    page = (enlarged / "page.html").read_text("utf-8")
    block = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert block
    build, comparison = unescape(re.sub("<[^>]*>", "", block[1])).strip().split("\n")
    assert build == ("catdata build-h5 enlarged --size 64 --augment flip=1@0.5 --copies 1 --seed 0")
    assert comparison == (
        "catdata compare original enlarged --layers 4 --seeds 2 --learning-rate 0.02"
        " --iterations 30 --center"
    )
    before = (enlarged / "data" / "enlarged" / "build.json").read_bytes()
    run(build.removeprefix("catdata "))
    assert (enlarged / "data" / "enlarged" / "build.json").read_bytes() == before
    run(f"{comparison.removeprefix('catdata ')} --report again.html -q")

    def timeless(name: str) -> str:
        return re.sub(r"\d+ \w+ 20\d\d, \d\d:\d\d UTC|judging \d+", "", words(enlarged / name))

    assert timeless("again.html") == timeless("page.html")


def test_two_folders_are_reported_without_a_workspace(
    run, tmp_path: Path, pair: dict[str, Path]
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
    run, enlarged: Path, line: str, message: str
) -> None:
    (enlarged / "mine.html").write_text("mine")
    done = run(f"{line} --iterations 1000000000", status=1)
    assert message in done.stderr
    assert (enlarged / "mine.html").read_text() == "mine"
    assert not (enlarged / "page.html").exists()


@pytest.fixture
def kept(run, enlarged: Path) -> Path:
    """Save a comparison of the two builds as ``first``."""
    run(f"compare {QUICK} --save first -q")
    return enlarged / "data" / "comparisons" / "first.json"


def test_a_saved_comparison_gets_the_page_that_compare_writes(run, kept: Path) -> None:
    run(f"compare {QUICK} --report now.html -q")
    done = run("report first")
    assert done.stderr == "Wrote first.html\n"
    run("report", str(kept), "--report", "second.html", "-q")
    now, first, second = (
        re.sub(r"\d+ \w+ 20\d\d, \d\d:\d\d UTC|judging \d+", "", words(Path(f"{name}.html")))
        for name in ("now", "first", "second")
    )
    assert first == now
    assert second == now


def test_a_build_that_was_made_anew_since_is_not_described(run, kept: Path) -> None:
    run("build-h5")
    run("report first -q")
    text = words(Path("first.html"))
    assert "The build enlarged was made anew since it was compared." in text
    assert "A sample of the added images" not in text
    assert "catdata build-h5" not in text


def test_a_build_that_is_gone_is_not_described(run, kept: Path) -> None:
    shutil.rmtree(Path("data/enlarged"))
    run("report first -q")
    assert "There is no build named enlarged." in words(Path("first.html"))


def test_a_comparison_is_reported_where_there_is_no_workspace(
    run, kept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(kept, elsewhere / "mailed.json")
    monkeypatch.chdir(elsewhere)
    run("report mailed.json")
    assert "No difference is shown" in words(elsewhere / "mailed.html")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("report second", "There is no saved comparison named second."),
        ("report catdata.toml", "catdata.toml is no comparison, or is damaged"),
        ("report first --report page.txt", "page.txt: a report is written as .html or .htm"),
    ],
)
def test_what_is_no_comparison_is_refused(run, kept: Path, line: str, message: str) -> None:
    assert message in run(line, status=1).stderr


def test_the_control_and_the_folds_are_told(run, enlarged: Path) -> None:
    run(f"compare {QUICK} --control --folds 2 --report page.html -q")
    text = words(enlarged / "page.html")
    assert "None of 3 comparisons shows a difference" in text
    assert "original x3.0 (control)" in text
    assert "One of the two is a control: the training images of original" in text
    assert "A judge that sees smaller differences" in text
    assert "layers 4, 2 folds of " in text
    assert "cat alone" in text
    assert "--seeds 2 --control --folds 2 --learning-rate 0.02" in text
