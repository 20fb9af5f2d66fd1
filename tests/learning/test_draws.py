"""Mini-batches, dropout and early stopping: what they draw, and the same numbers in both forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.draws import Batches, dropped_units
from catdata.learning.folds import held_out
from catdata.learning.network import ACTIVATIONS, UpperLayers, cross_entropy
from catdata.learning.records import VALIDATION
from catdata.learning.training import fit, fit_seeds

CONFIG = TrainConfig((6, 4), 0.05, 100, record_every=10)


def test_every_epoch_goes_through_all_images_once_in_another_order() -> None:
    batches = Batches(10, 4, seed=3)
    epochs = [np.concatenate([batches.rows(3 * epoch + i) for i in range(3)]) for epoch in (0, 1)]
    assert [batches.epoch(iteration) for iteration in (0, 2, 3, 6)] == [0, 0, 1, 2]
    assert [sorted(epoch.tolist()) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0].tolist() != epochs[1].tolist()
    np.testing.assert_array_equal(Batches(10, 4, seed=3).rows(4), epochs[1][4:8])


def test_dropout_leaves_out_its_share_and_scales_up_the_rest() -> None:
    (factors,) = dropped_units([1, 2], 0, 0.25, [(2, 50, 200)])
    assert set(np.unique(factors)) == {0.0, np.float32(1 / 0.75)}
    assert (factors == 0.0).mean() == pytest.approx(0.25, abs=0.02)
    (alone,) = dropped_units([2], 0, 0.25, [(1, 50, 200)])
    np.testing.assert_array_equal(alone[0], factors[1])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param(name, options, id=f"{name} {'-'.join(options)}")
        for name, options in product(
            ("gradient-descent", "momentum", "nesterov"),
            ({"batch_size": 8}, {"dropout": 0.3}, {"batch_size": 7, "dropout": 0.2, "l2": 0.5}),
        )
    ],
)
def test_both_forms_give_the_same_numbers(
    few: Drawn, others: Drawn, name: str, options: dict[str, float]
) -> None:
    gram, direct = (
        fit(few, replace(CONFIG, form=form, optimizer=name, **options), tests={"test": others})  # type: ignore[arg-type]
        for form in ("gram", "direct")
    )
    np.testing.assert_allclose(gram.history.costs, direct.history.costs, rtol=1e-9)
    for one, other in zip(gram.parameters.weights, direct.parameters.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_a_batch_of_all_images_is_the_full_batch(few: Drawn, form: str) -> None:
    full, batch = (fit(few, replace(CONFIG, form=form, batch_size=size)) for size in (0, 99))
    np.testing.assert_allclose(full.history.costs, batch.history.costs, rtol=1e-9)


def test_one_epoch_of_batches_is_as_worked_out_on_plain_arrays(few: Drawn) -> None:
    config = TrainConfig((), 0.1, 3, "zeros", batch_size=12)
    weights, bias = np.zeros(48), 0.0
    inputs, batches = few.images.reshape(30, -1) / 255.0, Batches(30, 12, config.seed)
    for iteration in range(3):
        rows = batches.rows(iteration)
        error = 1 / (1 + np.exp(-(inputs[rows] @ weights + bias))) - few.labels[rows]
        weights = weights - 0.1 * error @ inputs[rows] / len(rows)
        bias -= 0.1 * error.mean()
    parameters = fit(few, config).parameters
    np.testing.assert_allclose(parameters.weights[0][0], weights, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(parameters.biases[0][0], bias, rtol=1e-9)


@pytest.mark.parametrize("options", [{"batch_size": 8}, {"dropout": 0.4}], ids=str)
def test_a_run_is_the_same_alone_and_among_others(few: Drawn, options: dict[str, float]) -> None:
    config = replace(CONFIG, **options)  # type: ignore[arg-type]
    for run in fit_seeds(few, config, [1, 2, 3], jobs=1):
        alone = fit(few, replace(run.config, record_every=7))
        np.testing.assert_allclose(run.history.costs[0], alone.history.costs[0], rtol=1e-12)
        np.testing.assert_allclose(run.history.costs[-1], alone.history.costs[-1], rtol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_right_for_a_fixed_mask(activation: str) -> None:
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in ((1, 4, 7), (1, 1, 5))]
    gradients = [np.zeros_like(matrix) for matrix in weights]
    signal, labels = rng.normal(size=(1, 6, 9)), (np.arange(9) % 2).astype(float)
    dropped = dropped_units([1], 0, 0.4, [(1, 6, 9), (1, 4, 9)])
    upper = UpperLayers(weights, gradients, signal.copy(), activation)

    def cost() -> float:
        upper._layers[0].below[:] = signal
        upper.forward(dropped)
        return float(cross_entropy(upper.output[0, 0], labels))

    cost()
    upper.backward(labels)
    analytic = [*(gradient.copy() for gradient in gradients), upper._layers[0].below.copy()]
    for moved, gradient in zip([*weights, signal], analytic, strict=True):
        for place in np.ndindex(moved.shape):
            value, costs = moved[place], []
            for step in (1e-6, -1e-6):
                moved[place] = value + step
                costs.append(cost())
            moved[place] = value
            assert gradient[place] == pytest.approx((costs[0] - costs[1]) / 2e-6, abs=1e-8)


def test_dropout_is_for_training_alone(few: Drawn) -> None:
    plain, dropped = (fit(few, replace(CONFIG, dropout=share)) for share in (0.0, 0.9))
    assert plain.history.costs[0] == dropped.history.costs[0]
    assert plain.history.costs[-1] != dropped.history.costs[-1]


def test_validation_takes_the_same_share_of_each_class() -> None:
    labels = np.repeat([0, 1], [40, 10])
    kept, apart = held_out(labels, 0.2)
    assert np.bincount(labels[apart]).tolist() == [8, 2]
    assert sorted([*kept, *apart]) == list(range(50))


def test_a_share_that_takes_no_image_of_a_class_is_refused() -> None:
    with pytest.raises(ConfigRefused, match=r"0.1 of 3 training images of a class is 0"):
        held_out(np.array([0] * 20 + [1] * 3), 0.1)


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_early_stopping_restores_the_best_weights(form: str) -> None:
    images = drawn(60)
    labels = np.random.default_rng(0).permutation(images.labels)  # nothing to be learnt
    noise = Drawn(images.images, labels)
    config = TrainConfig((8,), 0.3, 5000, form=form, early_stop=0.25)
    run = fit(noise, config)
    assert run.history.stopped_at is not None
    assert run.history.stopped_at < 5000
    assert run.history.best_at == run.history.stopped_at - 500
    assert (run.train.images, run.tests[VALIDATION].images) == (45, 15)
    again = fit(noise, replace(config, iterations=run.history.best_at))
    np.testing.assert_allclose(
        run.parameters.weights[0], again.parameters.weights[0], rtol=1e-9, atol=1e-12
    )


def test_each_run_of_a_stack_stops_on_its_own() -> None:
    images = drawn(60)
    labels = np.random.default_rng(0).permutation(images.labels)
    config = TrainConfig((8,), 0.02, 2000, early_stop=0.25)
    runs = fit_seeds(Drawn(images.images, labels), config, range(4), jobs=1)
    assert len({run.history.best_at for run in runs}) > 1
    for run in runs:
        alone = fit(Drawn(images.images, labels), run.config)
        assert alone.history.best_at == run.history.best_at
        np.testing.assert_allclose(run.train.probabilities, alone.train.probabilities, rtol=1e-6)
