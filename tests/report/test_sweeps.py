"""The figure of a sweep shows every setting with its interval, and what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import course_arm

from catdata.learning.config import TrainConfig
from catdata.learning.sweep import Grid, Sweep, sweep
from catdata.report.sweeps import sweep_figure, words_for

GRID = Grid(layers=((3,),), learning_rates=(0.005, 1e6), iterations=(1000,), folds=2, seeds=(1,))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    arm = course_arm(tmp_path_factory.mktemp("builds") / "original")
    return sweep(arm, GRID, TrainConfig(record_every=500))


def test_what_all_settings_share_stands_above_and_the_rest_beside_each(done: Sweep) -> None:
    assert words_for(done.candidates) == (
        "layers 3, 1,000 iterations, L2 0, dropout 0",
        ["rate 0.005", "rate 1e+06"],
    )
    figure = sweep_figure(done)
    assert figure.get_suptitle() == "layers 3, 1,000 iterations, L2 0, dropout 0"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["rate 0.005", "rate 1e+06"]


def test_each_setting_has_its_interval_and_the_best_is_filled(done: Sweep, tmp_path: Path) -> None:
    (axes,) = sweep_figure(done).axes
    intervals = [list(line.get_xdata()) for line in axes.lines[:-1:2]]
    assert intervals == [[one.accuracy.low, one.accuracy.high] for one in done.candidates]
    styles = [line.get_fillstyle() for line in axes.lines[1::2]]
    best = done.candidates.index(done.best)
    assert [style == "full" for style in styles] == [place == best for place in range(2)]


def test_networks_that_did_not_learn_are_told_beside_their_setting(done: Sweep) -> None:
    texts = [text.get_text() for text in sweep_figure(done).axes[0].texts]
    assert "2 of 2 dead-units" in texts
