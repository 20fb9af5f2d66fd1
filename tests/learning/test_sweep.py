"""A sweep judges each setting on images it did not learn from, and goes on where it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import built_arm

from catdata import h5file
from catdata.engine import InlineExecutor
from catdata.errors import ConfigRefused
from catdata.learning.comparison import Arm
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset
from catdata.learning.sweep import Grid, _Judge, sweep
from catdata.learning.training import fit

QUICK = TrainConfig(record_every=50)
GRID = Grid(layers=((3,), ()), learning_rates=(0.005, 1e6), iterations=(30,), folds=2, seeds=(1, 2))


@pytest.fixture
def arm(pair: dict[str, Path]) -> Arm:
    return Arm("original", h5file.read_pair(pair["train"].parent))


def test_a_grid_holds_every_combination_once() -> None:
    grid = Grid(((3,), ()), (0.1, 0.2, 0.1), (10, 20), (0.0, 1.0), (0.5,))
    settings = grid.settings(QUICK)
    assert len(settings) == len(set(settings)) == 16
    with pytest.raises(ConfigRefused, match="at least one value"):
        Grid(learning_rates=()).settings(QUICK)


def test_a_sweep_judges_all_settings_and_tests_the_best_once(arm: Arm) -> None:
    done = sweep(arm, GRID, QUICK)
    assert [(one.config.layers, one.config.learning_rate) for one in done.candidates] == [
        ((3,), 0.005),
        ((3,), 1e6),
        ((), 0.005),
        ((), 1e6),
    ]
    fewest = min(one.failed for one in done.candidates)
    assert done.best.failed == fewest
    assert done.best.accuracy.estimate == max(
        one.accuracy.estimate for one in done.candidates if one.failed == fewest
    )
    assert {one.networks for one in done.candidates} == {4}
    assert done.candidates[1].failures
    assert done.test_images == len(arm.pair.test)
    assert json.loads(json.dumps(done.to_json()))["folds"] == 2


@pytest.mark.originals
def test_a_setting_that_does_not_learn_is_not_the_best_however_often_it_is_right(
    originals: Path,
) -> None:
    grid = Grid(((7,),), (0.0225, 0.2025), (500,), seeds=(1,))
    done = sweep(Arm("original", h5file.read_pair(originals)), grid)
    learns, dies = done.candidates
    assert (learns.failures, dies.failures) == ({}, {"dead-units": 5})
    assert dies.accuracy.estimate == pytest.approx(done.majority)
    assert dies.accuracy.estimate > learns.accuracy.estimate
    assert done.best is learns
    assert done.warnings[-1].startswith("No setting is better than always naming")


def test_an_interrupted_sweep_goes_on_and_gives_the_same(arm: Arm, tmp_path: Path) -> None:
    kept = tmp_path / "data" / "sweeps.jsonl"

    def interrupt(done: int, _settings: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(arm, GRID, QUICK, kept=kept, on_progress=interrupt)
    first = kept.read_text().split()
    with kept.open("a") as file:
        file.write('{"key": "torn')
    resumed = sweep(arm, GRID, QUICK, kept=kept)
    assert kept.read_text().split()[: len(first)] == first
    assert len([line for line in kept.read_text().splitlines() if '"result"' in line]) == 4
    assert resumed.candidates == sweep(arm, GRID, QUICK).candidates


def test_what_is_kept_is_for_these_images_and_settings_alone(arm: Arm) -> None:
    other = Arm(
        "other",
        h5file.Pair(
            **{
                **{
                    name: getattr(arm.pair, name)
                    for name in ("test", "build_id", "folder", "warnings")
                },
                "train": arm.pair.test,
            }
        ),
    )
    keys = {
        _Judge(one.pair.train, grid, None).key(config)
        for one in (arm, other)
        for grid in (GRID, Grid(folds=2, seeds=(1,)))
        for config in (QUICK, TrainConfig(center=True))
    }
    assert len(keys) == 8


def test_only_images_that_are_no_copies_are_judged(tmp_path: Path) -> None:
    train = built_arm(tmp_path / "b", [*range(12), *range(8)]).pair.train
    judge, setting = (
        _Judge(train, GRID, InlineExecutor()),
        replace(QUICK, layers=(3,), iterations=30),
    )
    judged = judge.judged(setting)
    right, learnt_right = [], []
    for seed, learnt, held_out in judge._parts:
        tests = {"own": Subset.of(train, held_out[train.copies[held_out] == 0])}
        run = fit(Subset.of(train, learnt), replace(setting, seed=seed), tests=tests)
        right += run.tests["own"].correct.tolist()
        learnt_right.append(run.train.accuracy)
    assert len(right) == 12 * len(GRID.seeds)
    assert judged["accuracy"]["mean"] == pytest.approx(np.mean(right))
    assert judged["train_accuracy"] == pytest.approx(np.mean(learnt_right))


def test_the_same_pictures_are_judged_anew_once_some_count_as_copies(arm: Arm) -> None:
    train = arm.pair.train
    copies = train.copies.copy()
    copies[-1] = 1
    keys = {_Judge(one, GRID, None).key(QUICK) for one in (train, replace(train, copies=copies))}
    assert len(keys) == 2
