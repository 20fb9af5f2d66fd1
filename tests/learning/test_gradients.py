"""The check of gradients passes on every configuration, and would notice a wrong one."""

from __future__ import annotations

from itertools import product

import pytest
from drawn import Drawn

from catdata.learning.config import TrainConfig
from catdata.learning.gradients import TOLERANCE, LayerCheck, _Cost, check_gradients
from catdata.learning.inputs import inputs_of
from catdata.learning.network import ACTIVATIONS, initialize


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize(
    ("activation", "layers"), [*product(ACTIVATIONS, [(), (5,), (6, 5, 4)])], ids=str
)
def test_training_follows_the_slope_of_the_cost(
    few: Drawn, activation: str, layers: tuple[int, ...], form: str
) -> None:
    config = TrainConfig(
        layers,
        form=form,
        activation=activation,
        l2=0.7,
        class_weight="balanced",
        standardize=True,
        dropout=0.5,
        batch_size=4,
    )
    checks = check_gradients(few, config)
    assert [check.name for check in checks[:2]] == ["W1", "b1"]
    assert len(checks) == 2 * (len(layers) + 1)
    assert max(check.difference for check in checks) < 1e-10


def test_another_cost_has_another_slope(few: Drawn) -> None:
    config = TrainConfig((4,))
    parameters = initialize((48, 4, 1), config.init, config.seed)
    plain, shrinking = (
        _Cost(parameters, inputs_of(few.images), few.labels, TrainConfig((4,), l2=l2))
        for l2 in (0.0, 3.0)
    )
    weight = parameters.weights[0][1, 2]
    difference = shrinking.slope(0, "weights", 1, 2) - plain.slope(0, "weights", 1, 2)
    assert difference == pytest.approx(3.0 / 30 * weight, rel=1e-9)


def test_a_difference_beyond_rounding_fails() -> None:
    assert LayerCheck("W1", 40, TOLERANCE / 2).passed
    assert not LayerCheck("W1", 40, 1e-4).passed
