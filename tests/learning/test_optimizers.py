"""Each optimizer's step as worked by hand, each decay, and which of them the Gram form allows."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import Drawn

from catdata.learning.config import TrainConfig
from catdata.learning.network import initialize
from catdata.learning.optimizers import DECAYS, OPTIMIZERS, Moment, Vectors
from catdata.learning.training import fit


def after_two_steps(name: str, second: float = -1.0) -> float:
    """Return where a weight of 1 is after two gradients, the first 2, at a rate of 0.1, μ = 0.5."""
    optimizer = OPTIMIZERS[name]
    weight, gradient = np.array([1.0]), np.empty(1)
    vectors = Vectors(weight, gradient, np.zeros((optimizer.memory, 1)), np.empty(1))
    for iteration, value in enumerate((2.0, second)):
        gradient[:] = value
        optimizer.step(vectors, Moment(iteration, rate=0.1, momentum=0.5))
    return float(weight[0])


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        # 1 - 0.1 * 2 + 0.1 * 1
        pytest.param("gradient-descent", 0.9, id="gradient-descent"),
        # v = 2, then 0.5 * 2 - 1 = 0: 1 - 0.1 * 2 - 0.1 * 0
        pytest.param("momentum", 0.8, id="momentum"),
        # v = 2, a step of 2 + 0.5 * 2 = 3; v = 0, a step of -1 + 0.5 * 0: 1 - 0.3 + 0.1
        pytest.param("nesterov", 0.8, id="nesterov"),
        # m = 1, s = 0.004; corrected 2 and 4: a step of 2 / 2 = 1. Then m = 0, so no step.
        pytest.param("adam", 0.9, id="adam"),
    ],
)
def test_two_steps_are_as_worked_by_hand(name: str, weight: float) -> None:
    assert after_two_steps(name) == pytest.approx(weight, rel=1e-8)


def test_adams_second_step_weighs_both_gradients() -> None:
    # After 2: m = 1, s = 0.004, a step of 1 as above. After 1: m = 0.5 + 0.5 = 1, of 1 - 0.5² kept;
    # s = 0.999 * 0.004 + 0.001 = 0.004996, of 1 - 0.999² = 0.001999 kept.
    step = (1 / 0.75) / (0.004996 / 0.001999) ** 0.5
    assert after_two_steps("adam", second=1.0) == pytest.approx(1 - 0.1 - 0.1 * step, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        pytest.param("none", [1.0, 1.0, 1.0, 1.0], id="none"),
        pytest.param("step", [1.0, 1.0, 0.5, 0.25], id="step"),
        pytest.param("inverse-time", [1.0, 0.8, 1 / 1.5, 0.5], id="inverse-time"),
    ],
)
def test_the_learning_rate_falls_as_its_name_says(name: str, factors: list[float]) -> None:
    decay = DECAYS[name]
    assert [decay(0.5, periods) for periods in (0, 0.5, 1, 2)] == pytest.approx(factors)


@pytest.mark.parametrize("name", DECAYS)
def test_a_decayed_step_is_the_first_one_scaled(few: Drawn, name: str) -> None:
    config = TrainConfig(layers=(), decay=name, decay_every=1, iterations=2, init="zeros")
    start, plain, decayed = (
        fit(few, one).parameters.weights[0]
        for one in (
            TrainConfig(layers=(), iterations=1, init="zeros"),
            TrainConfig(layers=(), iterations=2, init="zeros"),
            config,
        )
    )
    factor = DECAYS[name](0.5, 1.0)
    np.testing.assert_allclose(decayed - start, factor * (plain - start), rtol=1e-9, atol=1e-18)


LINEAR = [name for name, optimizer in OPTIMIZERS.items() if optimizer.linear]


@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_optimizer_gives_the_same_numbers_in_both_forms(
    few: Drawn, others: Drawn, name: str, l2: float
) -> None:
    gram, direct = (
        fit(
            few,
            TrainConfig((6, 4), 0.02, 100, form=form, optimizer=name, l2=l2, record_every=10),
            tests={"test": others},
        )
        for form in ("gram", "direct")
    )
    assert (gram.form, direct.form) == ("gram", "direct")
    np.testing.assert_allclose(gram.history.costs, direct.history.costs, rtol=1e-9)
    for one, other in zip(
        gram.parameters.weights + gram.parameters.biases,
        direct.parameters.weights + direct.parameters.biases,
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        gram.tests["test"].probabilities, direct.tests["test"].probabilities, rtol=1e-9
    )


def test_adam_takes_the_direct_form_by_itself_and_learns(few: Drawn) -> None:
    run = fit(few, TrainConfig((6,), 0.01, 200, optimizer="adam"))
    assert run.form == "direct"
    assert run.train.accuracy == 1.0


def test_adams_first_step_is_one_learning_rate_long_in_every_weight(few: Drawn) -> None:
    config = TrainConfig((), 0.01, 1, optimizer="adam")
    before = initialize((48, 1), config.init, config.seed).weights[0]
    steps = np.abs(before - fit(few, config).parameters.weights[0])
    np.testing.assert_allclose(steps, 0.01, rtol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_diverging_run_returns_to_its_last_finite_cost(few: Drawn, name: str) -> None:
    run = fit(few, TrainConfig((7,), 1e160, 60, optimizer=name, seed=3))
    assert np.isfinite(run.history.costs).all()
    assert all(np.isfinite(weights).all() for weights in run.parameters.weights)
