"""What a stack notes on the way: dead networks, diverging ones, and the history."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from catdata.learning.diagnosis import diagnose
from catdata.learning.training import Run, TrainConfig, fit, fit_seeds

if TYPE_CHECKING:
    from drawn import Drawn

# With these images, this rate and these seeds some runs die and some grow beyond all floats.
DIVERGING = TrainConfig(layers=(7,), learning_rate=1e150, iterations=120, record_every=10)
SEEDS = range(1, 9)


def test_the_history_holds_every_recorded_iteration_and_the_last(few: Drawn, others: Drawn) -> None:
    config = TrainConfig(layers=(5, 3), iterations=250, record_every=100)
    history = fit(few, config, tests={"test": others}).history
    assert history.iterations.tolist() == [0, 100, 200, 249]
    assert history.costs.shape == history.train_accuracy.shape == (4,)
    assert history.test_accuracy["test"].shape == (4,)
    assert history.gradient_norms.shape == (4, 3)
    assert history.dead_units.shape == (4, 2)
    assert history.diverged_at is None


def test_the_history_does_not_depend_on_how_often_it_is_written(few: Drawn) -> None:
    often, seldom = (
        fit(few, TrainConfig(layers=(5,), iterations=61, record_every=every)) for every in (1, 60)
    )
    np.testing.assert_array_equal(often.history.costs[[0, 60]], seldom.history.costs)
    np.testing.assert_array_equal(often.parameters.weights[0], seldom.parameters.weights[0])


def test_recorded_gradient_norms_are_those_of_the_step_that_follows(few: Drawn) -> None:
    config = TrainConfig(layers=(5, 3), iterations=2, record_every=1, learning_rate=0.1)
    one, two = (fit(few, TrainConfig(**{**_options(config), "iterations": n})) for n in (1, 2))
    steps = [
        np.linalg.norm(after - before) / 0.1
        for before, after in zip(one.parameters.weights, two.parameters.weights, strict=True)
    ]
    np.testing.assert_allclose(two.history.gradient_norms[1], steps, rtol=1e-9)


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize(
    "knobs",
    [
        pytest.param({}, id="gradient descent"),
        pytest.param({"optimizer": "nesterov", "l2": 3.0}, id="nesterov with L2"),
        pytest.param({"batch_size": 7, "dropout": 0.2}, id="mini-batches with dropout"),
    ],
)
def test_recorded_ratios_are_those_of_the_step_that_follows(
    few: Drawn, form: str, knobs: dict[str, object]
) -> None:
    config = TrainConfig(**({"layers": (5, 3), "learning_rate": 0.1, "form": form} | knobs))
    two, three = (fit(few, replace(config, iterations=n, record_every=1)) for n in (2, 3))
    ratios = [
        np.linalg.norm(after - before) / np.linalg.norm(before)
        for before, after in zip(two.parameters.weights, three.parameters.weights, strict=True)
    ]
    np.testing.assert_allclose(three.history.update_ratios[2], ratios, rtol=1e-8)


def test_looking_at_the_next_step_does_not_take_it(few: Drawn) -> None:
    config = TrainConfig((5, 3), 0.1, 20, optimizer="adam", batch_size=7, dropout=0.2)
    often, seldom = (fit(few, replace(config, record_every=every)) for every in (1, 100))
    np.testing.assert_array_equal(often.parameters.weights[0], seldom.parameters.weights[0])


def test_steps_of_weights_of_zero_have_no_ratio(few: Drawn) -> None:
    run = fit(few, TrainConfig(layers=(), init="zeros", iterations=2, record_every=1))
    assert run.history.to_json()["update_ratios"][0] == [None]
    assert run.history.update_ratios[1, 0] > 0.0


def test_saturation_is_the_share_of_answers_that_are_all_but_certain(few: Drawn) -> None:
    run = fit(few, TrainConfig((7,), 0.5, 301, seed=2, activation="tanh", record_every=300))
    start, end = run.history.saturation
    assert start == 0.0
    answers = fit(few, replace(run.config, iterations=300)).train.probabilities
    assert end == np.mean((answers <= 0.01) | (answers >= 0.99)) > 0.5


def _options(config: TrainConfig) -> dict[str, object]:
    return config.to_json() | {"layers": config.layers}


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_the_iteration_at_which_the_gradient_becomes_zero_is_noted(few: Drawn, form: str) -> None:
    config = TrainConfig(
        layers=(4, 3), learning_rate=0.5, seed=3, iterations=40, record_every=1, form=form
    )
    history = fit(few, config).history
    zero_at = history.zero_gradient_at
    assert zero_at == 27
    assert np.flatnonzero(history.gradient_norms[:, 0] == 0.0)[0] == zero_at
    assert (history.dead_units[zero_at] == (4, 3)).any()


def test_a_gradient_that_is_zero_for_once_is_not_noted(few: Drawn) -> None:
    config = TrainConfig((1,), seed=1, activation="tanh", dropout=0.5, batch_size=1)
    # A unit that is left out has no gradient, which is so in about half of the iterations.
    zero_at = [
        fit(few, replace(config, iterations=n + 1)).history.zero_gradient_at for n in range(20)
    ]
    for iteration, (before, now) in enumerate(pairwise(zero_at), start=1):
        assert now in (None, before if before is not None else iteration)
    assert any(now is None and before is not None for before, now in pairwise(zero_at))


def test_units_that_fill_the_rows_up_are_not_counted_as_dead(few: Drawn) -> None:
    history = fit(few, TrainConfig(layers=(5,), iterations=1)).history
    assert history.dead_units.tolist() == [[0]]


def diverged_runs(few: Drawn, record_every: int = 10) -> list[Run]:
    config = TrainConfig(**{**_options(DIVERGING), "record_every": record_every})
    return [run for run in fit_seeds(few, config, SEEDS, jobs=1) if run.history.diverged_at]


@pytest.mark.parametrize("record_every", [1, 10, 1000])
def test_a_diverging_run_ends_with_its_last_finite_cost(few: Drawn, record_every: int) -> None:
    runs = diverged_runs(few, record_every)
    assert {run.config.seed: run.history.diverged_at for run in runs} == {3: 2, 5: 2, 7: 2}
    for run in runs:
        assert run.history.iterations.tolist() == [0, 1]
        assert np.isfinite(run.history.costs).all()
        assert all(np.isfinite(weights).all() for weights in run.parameters.weights)
        assert np.isfinite(run.train.probabilities).all()


def test_a_diverging_run_leaves_the_others_in_its_stack_alone(few: Drawn) -> None:
    for run in fit_seeds(few, DIVERGING, SEEDS, jobs=1):
        alone = fit(few, run.config)
        assert run.history.diverged_at == alone.history.diverged_at
        np.testing.assert_allclose(run.history.costs, alone.history.costs, rtol=1e-9)


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_on_failure_stop_ends_a_run_whose_gradient_is_zero(few: Drawn, form: str) -> None:
    options = {"layers": (4, 3), "learning_rate": 0.5, "seed": 3, "iterations": 400, "form": form}
    stopped, whole = (
        fit(few, TrainConfig(**options, on_failure=name)) for name in ("stop", "continue")
    )
    assert (stopped.history.stopped_at, whole.history.stopped_at) == (50, None)
    assert stopped.history.iterations.tolist() == [0, 50]
    assert stopped.history.zero_gradient_at == whole.history.zero_gradient_at == 27
    assert diagnose(stopped).state == "dead-units"


def test_a_run_that_learns_is_not_stopped(few: Drawn) -> None:
    assert fit(few, TrainConfig((5,), iterations=200, on_failure="stop")).history.stopped_at is None


@pytest.mark.parametrize("early_stop", [0.0, 0.2])
def test_a_run_that_is_told_to_stop_returns_what_it_reached(few: Drawn, early_stop: float) -> None:
    stop = threading.Event()

    def show(done: int, _total: int) -> None:
        if done >= 100:
            stop.set()

    config = TrainConfig((5,), iterations=2500, early_stop=early_stop)
    run = fit(few, config, stop=stop, on_progress=show)
    assert run.history.stopped_at == run.history.updates(config) == 150
    shorter = fit(few, TrainConfig((5,), iterations=150, early_stop=early_stop))
    np.testing.assert_array_equal(run.parameters.weights[0], shorter.parameters.weights[0])
