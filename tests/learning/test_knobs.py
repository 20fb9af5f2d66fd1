"""Every knob of a training does what it says: activation, L2, scaling, weights, threshold."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.learning.config import TrainConfig
from catdata.learning.inputs import Scaling, inputs_of
from catdata.learning.network import ACTIVATIONS, Parameters, forward, initialize
from catdata.learning.training import Run, fit

DEPTHS = [(), (5,), (5, 4), (6, 5, 4), (6, 5, 4, 3)]
IMAGES = drawn(7, size=2)


def cost_of(parameters: Parameters, config: TrainConfig) -> float:
    """Return what one step of training descends, by plain arithmetic."""
    scaling = Scaling.of(IMAGES.images, standardize=config.standardize) if config.center else None
    logits = forward(parameters, inputs_of(IMAGES.images, scaling), config.activation)
    cats = IMAGES.labels.mean()
    weights = np.where(IMAGES.labels == 1, 0.5 / cats, 0.5 / (1 - cats))
    costs = np.log1p(np.exp(np.where(IMAGES.labels == 1, -logits, logits)))
    if config.class_weight == "balanced":
        costs *= weights
    penalty = config.l2 / (2 * len(costs)) * sum((w**2).sum() for w in parameters.weights)
    return float(costs.mean() + penalty)


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize(("activation", "layers"), [*product(ACTIVATIONS, DEPTHS)], ids=str)
def test_a_step_follows_the_numeric_gradient_with_every_knob_turned(
    activation: str, layers: tuple[int, ...], form: str
) -> None:
    config = TrainConfig(
        layers, 1.0, 1, form=form, activation=activation, l2=0.7, class_weight="balanced"
    )
    config = replace(config, center=True)
    before = initialize((12, *layers, 1), config.init, config.seed)
    after = fit(IMAGES, config).parameters
    for layer in range(len(layers) + 1):
        for kind in ("weights", "biases"):
            array = getattr(before, kind)[layer]
            numeric = np.empty_like(array)
            for place in np.ndindex(array.shape):
                value, costs = array[place], []
                for step in (1e-6, -1e-6):
                    array[place] = value + step
                    costs.append(cost_of(before, config))
                array[place] = value
                numeric[place] = (costs[0] - costs[1]) / 2e-6
            step = array - getattr(after, kind)[layer]
            np.testing.assert_allclose(step, numeric, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("knob", ["center", "standardize"])
def test_both_forms_agree_on_scaled_inputs(
    few: Drawn, others: Drawn, knob: str, activation: str
) -> None:
    config = TrainConfig((6, 4), 0.02, 100, activation=activation, **{knob: True})
    gram, direct = (
        fit(few, replace(config, form=form), tests={"test": others}) for form in ("gram", "direct")
    )
    np.testing.assert_allclose(gram.history.costs, direct.history.costs, rtol=1e-9)
    np.testing.assert_allclose(
        gram.parameters.weights[0], direct.parameters.weights[0], rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(answers(gram, others), gram.tests["test"].probabilities, rtol=1e-9)


def answers(run: Run, images: Drawn) -> np.ndarray:
    inputs = inputs_of(images.images, run.scaling)
    return 1 / (1 + np.exp(-forward(run.parameters, inputs, run.config.activation)))


def test_standardized_inputs_have_mean_0_and_deviation_1_over_the_training_images() -> None:
    images = drawn(40).images
    images[:, 0, 0, 0] = 9  # never changes
    inputs = inputs_of(images, Scaling.of(images, standardize=True))
    np.testing.assert_allclose(inputs.mean(axis=1), 0.0, atol=1e-13)
    np.testing.assert_allclose(inputs[1:].std(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(inputs[0], 0.0)


def test_l2_shrinks_weights_and_leaves_their_cost_out_of_the_history(few: Drawn) -> None:
    plain, shrunk = (fit(few, TrainConfig((5,), 0.05, 300, l2=l2)) for l2 in (0.0, 3.0))
    sizes = [sum((w**2).sum() for w in run.parameters.weights) for run in (plain, shrunk)]
    assert sizes[1] < 0.8 * sizes[0]
    assert shrunk.history.costs[0] == plain.history.costs[0]


def test_float32_follows_float64_where_inputs_are_centred(few: Drawn) -> None:
    config = TrainConfig((6,), 0.02, 100, center=True)
    double, single = (fit(few, replace(config, dtype=dtype)) for dtype in ("float64", "float32"))
    assert {w.dtype.name for w in single.parameters.weights} == {"float32"}
    assert single.train.probabilities.dtype == np.float32
    np.testing.assert_allclose(single.history.costs, double.history.costs, rtol=1e-4)


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_balanced_weights_do_what_repeating_the_rarer_class_does(form: str) -> None:
    images = drawn(30, cats=1 / 3)
    cats = images.labels == 1
    twice = Drawn(
        np.concatenate([images.images, images.images[cats]]),
        np.concatenate([images.labels, images.labels[cats]]),
    )
    config = TrainConfig((5,), 0.05, 50, form=form)
    weighted = fit(images, replace(config, class_weight="balanced"))
    np.testing.assert_allclose(weighted.history.costs, fit(twice, config).history.costs, rtol=1e-9)


def test_one_class_alone_cannot_be_balanced_and_counts_as_it_is() -> None:
    images = drawn(5, cats=1.0)
    plain, balanced = (
        fit(images, TrainConfig((3,), iterations=5, class_weight=name))
        for name in ("none", "balanced")
    )
    np.testing.assert_array_equal(plain.history.costs, balanced.history.costs)


def test_the_threshold_decides_what_counts_as_a_cat(few: Drawn, others: Drawn) -> None:
    run = fit(few, TrainConfig((3,), iterations=20, threshold=0.999), tests={"test": others})
    cats = others.labels == 1
    np.testing.assert_array_equal(run.tests["test"].correct, ~cats)
    assert run.history.test_accuracy["test"][-1] == (~cats).mean()


@pytest.mark.parametrize("activation", ["leaky-relu", "tanh"])
def test_units_that_always_answer_are_never_dead(few: Drawn, activation: str) -> None:
    run = fit(few, TrainConfig((7,), 1.0, 100, "small", activation=activation))
    assert (run.history.dead_units == 0).all()
