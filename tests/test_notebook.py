"""A notebook shows results as a table and a figure, whatever their names."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builds import course_arm
from drawn import drawn
from pictures import save

import catdata
from catdata.dataset import labels
from catdata.dataset.augment import augmenter
from catdata.learning import growth, training
from catdata.learning.comparison import Comparison
from catdata.learning.learningcurve import LearningCurve
from catdata.learning.records import Run
from catdata.learning.sweep import Sweep

QUICK = catdata.TrainConfig(layers=(4,), learning_rate=0.02, iterations=30, record_every=10)
SMALL_CURVE = catdata.CurveOptions(sizes=(8, 12, 16, 24), draws=2, seeds=1)
HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'&"


class Shown(HTMLParser):
    """What a browser makes of HTML: its tags with the names of their attributes, and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.sources: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def compared(folder: Path, name: str) -> Comparison:
    folder.mkdir(exist_ok=True)
    arms = [
        catdata.Arm(called, course_arm(folder / str(number), range(12 + number)).pair)
        for number, called in enumerate(("original", name))
    ]
    return catdata.compare(arms, layers=[(4,)], seeds=[1, 2], config=QUICK)


def swept(folder: Path) -> Sweep:
    grid = catdata.Grid(layers=((4,),), learning_rates=(0.02,), iterations=(30,), folds=2)
    return catdata.sweep(course_arm(folder / "one"), grid)


def measured(folder: Path) -> LearningCurve:
    folder.mkdir(exist_ok=True)
    return catdata.curve(course_arm(folder / "one", range(24)), SMALL_CURVE, QUICK)


def fitted(test_set: str = "test") -> Run:
    return catdata.fit(drawn(30), QUICK, tests={test_set: drawn(12, seed=1)})


def test_a_run_shows_how_it_answers_and_what_became_of_it() -> None:
    run = fitted()
    texts = Shown(run._repr_html_()).texts
    accuracy = f"{100 * run.tests['test'].accuracy:.1f} %"
    assert texts[0].startswith("Network 48-4-1, seed 1: ")
    assert texts[texts.index("test") :][:3] == ["test", "12", accuracy]


def test_a_comparison_shows_its_verdict_and_every_build(tmp_path: Path) -> None:
    comparison = compared(tmp_path, "enlarged")
    texts = Shown(comparison._repr_html_()).texts
    assert comparison.changes[0].sentence in texts
    assert texts[texts.index("enlarged") :][:3] == ["enlarged", "4", "13"]


def test_a_sweep_shows_every_setting_and_marks_the_best(tmp_path: Path) -> None:
    texts = Shown(swept(tmp_path)._repr_html_()).texts
    assert texts[texts.index("best") :][:4] == ["best", "4", "0.02", "30"]


def test_what_was_added_and_built_shows_itself(tmp_path: Path, pair: dict[str, Path]) -> None:
    catdata.init(tmp_path / "cats", pair)
    workspace = catdata.Workspace(tmp_path / "cats")
    names = ["one.jpg", "gone.jpg", *(f"gone{n}.jpg" for n in range(30))]
    save(tmp_path / names[0], seed=1)
    entries = labels.with_label([tmp_path / name for name in names], 1, "train")
    added = catdata.add(workspace, entries)
    texts = Shown(added._repr_html_()).texts
    assert repr(added) == "<1 added, 0 skipped, 31 refused>"
    assert texts[0] == "1 added, 0 skipped, 31 refused."
    assert texts[texts.index("cat") :] == ["cat", "1", "0"]
    assert "And 11 more." in texts
    assert sum(text.startswith(str(tmp_path / "gone")) for text in texts) == 20
    built = catdata.build(workspace)
    texts = Shown(built._repr_html_()).texts
    assert repr(built).startswith("<build enlarged: 13 train, 6 test")
    assert texts[texts.index("train") :][:6] == ["train", "13", "5", "12", "1", "0"]


def test_a_learning_curve_shows_its_answer_and_every_size(tmp_path: Path) -> None:
    curve = measured(tmp_path)
    texts = Shown(curve._repr_html_()).texts
    assert curve.answer.sentence in texts
    sizes = [str(point.images) for point in curve.points]
    assert [text for text in texts if text in sizes] == sizes == ["8", "12", "16", "24"]
    assert repr(curve) == f"<learning curve: {curve.answer.sentence}>"


def test_a_public_curve_is_the_library_s_own(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / name, range(n)) for name, n in (("small", 8), ("large", 24))]
    public, own = (
        replace(draw(arms[1], SMALL_CURVE, QUICK, base=arms[0]), seconds=0.0).to_json()
        for draw in (catdata.curve, growth.learning_curve)
    )
    assert public == own
    assert public["from"] == "small"


def test_a_comparison_takes_a_control_and_shows_what_folds_say(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / name, range(n)) for name, n in (("small", 12), ("large", 16))]
    comparison = catdata.compare(
        arms, layers=[(4,)], seeds=[1], config=QUICK, control=True, folds=2
    )
    texts = Shown(comparison._repr_html_()).texts
    assert "small x1.3 (control)" in texts
    assert len(comparison.folds) == 3
    assert {change.sentence for change in comparison.folds} <= set(texts)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(lambda _folder: fitted(), id="run"),
        pytest.param(lambda folder: compared(folder, "b"), id="comparison"),
        pytest.param(swept, id="sweep"),
        pytest.param(measured, id="curve"),
    ],
)
def test_a_result_ends_with_its_figure(tmp_path: Path, result: Callable[[Path], Any]) -> None:
    shown = Shown(result(tmp_path)._repr_html_())
    (source,) = shown.sources
    kind, _, data = source.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert ET.fromstring(base64.b64decode(data)).tag.endswith("svg")
    assert shown.tags[-1] == ("img", "alt", "style", "src")


def test_a_hostile_name_is_text_and_nothing_else(tmp_path: Path) -> None:
    harmless, hostile = (
        Shown(compared(tmp_path / str(number), name)._repr_html_())
        for number, name in enumerate(("enlarged", HOSTILE))
    )
    assert hostile.tags == harmless.tags
    assert "<img src=x onerror=alert(1)>\\u202e\"'&" in hostile.texts


def test_a_hostile_test_set_is_text_and_nothing_else() -> None:
    harmless, hostile = (Shown(fitted(name)._repr_html_()) for name in ("test", HOSTILE))
    assert hostile.tags == harmless.tags


def test_what_is_shown_is_the_record_itself(tmp_path: Path) -> None:
    run = fitted()
    assert isinstance(run, Run)
    assert repr(run).startswith("<run: The cost ")
    assert run.to_json()["network"]["layer_dims"] == [48, 4, 1]
    assert isinstance(compared(tmp_path, "b"), Comparison)


def test_training_draws_nothing_until_it_is_shown() -> None:
    code = "import sys, catdata; catdata.fit; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_fit_learns_from_fresh_copies_by_the_name_of_a_preset(pair: dict[str, Path]) -> None:
    train = catdata.read_pair(pair["train"].parent).train
    config = catdata.TrainConfig(layers=(3,), iterations=4, batch_size=4, seed=5)
    by_name = catdata.fit(train, config, augment="standard")
    by_hand = training.fit(train, config, augment=augmenter("standard", seed=5))
    plain = catdata.fit(train, config)
    weights = [run.parameters.weights[0] for run in (by_name, by_hand, plain)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
