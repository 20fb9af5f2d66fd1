"""A run gives the textbook's numbers: in either form, alone or stacked, from any images."""

from __future__ import annotations

import gc
import json
import weakref
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn import Drawn, drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from catdata.engine import Engine, Jobs
from catdata.errors import ConfigRefused
from catdata.h5file import ImageSet
from catdata.learning.network import INITIALIZERS, Parameters, forward, initialize
from catdata.learning.sources import Gram
from catdata.learning.training import Run, TrainConfig, fit, fit_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

Course = tuple[ImageSet, ImageSet]
DEPTHS = [(), (5,), (5, 4), (6, 5, 4), (6, 5, 4, 3)]
SHAPES = [
    (init, layers)
    for init, layers in product(INITIALIZERS, DEPTHS)
    if init != "zeros" or not layers
]

# FACTS of the course: hidden layers, learning rate, init; costs by iteration; train and test.
TWO_LAYERS = TrainConfig(layers=(7,), init="small")
SIX_LAYERS = TrainConfig(layers=(100, 100, 20, 75, 10))
PUBLISHED = [
    pytest.param(
        TWO_LAYERS,
        {
            0: 0.693049735659989,
            100: 0.6464320953428849,
            1000: 0.3394281538366412,
            2400: 0.048554785628770226,
            2499: 0.04421498215868959,
        },
        (1.0, 0.72),
        id="two layers",
    ),
    pytest.param(
        replace(TWO_LAYERS, learning_rate=1.0),
        {0: 0.693049735659989} | dict.fromkeys([*range(100, 2500, 100), 2499], 0.6439737380528059),
        (137 / 209, 0.34),
        id="two layers, learning rate 1",
    ),
    pytest.param(
        TrainConfig(layers=(20, 7, 5)),
        {
            0: 0.7717493284237686,
            100: 0.6720534400822914,
            2400: 0.092878215264724,
            2499: 0.088439943441702,
        },
        (206 / 209, 0.80),
        id="four layers",
    ),
    pytest.param(
        TrainConfig(layers=(100, 20, 7, 5)),
        {0: 0.6817482703195333, 100: 0.5670191827658908, 2499: 0.00214290492776},
        (1.0, 0.74),
        id="five layers",
    ),
    pytest.param(
        SIX_LAYERS,
        {0: 0.690259597969216, 100: 0.6477604989263184, 2499: 0.00231295977230},
        (1.0, 0.70),
        id="six layers",
    ),
]


@pytest.mark.originals
@pytest.mark.parametrize(("config", "costs", "accuracies"), PUBLISHED)
def test_the_published_figures_come_out(
    course: Course, config: TrainConfig, costs: dict[int, float], accuracies: tuple[float, float]
) -> None:
    train, test = course
    run = fit(train, config, tests={"test": test})
    found = dict(zip(run.history.iterations.tolist(), run.history.costs.tolist(), strict=True))
    assert run.form == "gram"
    assert {i: found[i] for i in costs} == pytest.approx(costs, rel=1e-9)
    assert (run.train.accuracy, run.tests["test"].accuracy) == pytest.approx(accuracies, rel=1e-12)


@pytest.mark.originals
def test_with_learning_rate_1_the_gradient_of_w1_is_zero_from_iteration_56(course: Course) -> None:
    train, _ = course
    config = replace(TWO_LAYERS, learning_rate=1.0, iterations=80, record_every=1)
    history = fit(train, config).history
    assert history.zero_gradient_at == 56
    assert (history.gradient_norms[:56, 0] > 0.0).all()
    assert (history.gradient_norms[56:, 0] == 0.0).all()


@pytest.mark.originals
@pytest.mark.parametrize("config", [TWO_LAYERS, TrainConfig()], ids=["two layers", "four layers"])
def test_the_direct_form_gives_the_gram_forms_numbers(course: Course, config: TrainConfig) -> None:
    train, test = course
    config = replace(config, iterations=100, record_every=10)
    gram, direct = (
        fit(train, replace(config, form=form), tests={"test": test}) for form in ("gram", "direct")
    )
    assert_same_run(gram, direct, rtol=1e-9)


def assert_same_run(one: Run, other: Run, rtol: float) -> None:
    np.testing.assert_allclose(one.history.costs, other.history.costs, rtol=rtol)
    for name in one.tests:
        np.testing.assert_array_equal(one.tests[name].correct, other.tests[name].correct)
        np.testing.assert_array_equal(
            one.history.test_accuracy[name], other.history.test_accuracy[name]
        )
    np.testing.assert_allclose(one.history.gradient_norms, other.history.gradient_norms, rtol=1e-6)
    for first, second in zip(one.parameters.weights, other.parameters.weights, strict=True):
        np.testing.assert_allclose(first, second, rtol=rtol, atol=rtol * np.abs(first).max())
    for first, second in zip(one.parameters.biases, other.parameters.biases, strict=True):
        np.testing.assert_allclose(first, second, rtol=rtol, atol=rtol)


@pytest.mark.originals
def test_stacked_runs_give_the_numbers_of_single_ones(course: Course) -> None:
    train, test = course
    config = replace(TWO_LAYERS, iterations=600)
    for run in fit_seeds(train, config, [1, 2, 3], tests={"test": test}, jobs=1):
        assert_same_run(run, fit(train, run.config, tests={"test": test}), rtol=1e-9)


def inputs_of(images: Drawn) -> NDArray[np.float64]:
    return images.images.reshape(len(images.images), -1).T / 255.0


def textbook(images: Drawn, config: TrainConfig) -> tuple[Parameters, list[float]]:
    """Train as the course's notebook does, on plain arrays."""
    x, y = inputs_of(images), images.labels[None, :]
    start = initialize((len(x), *config.layers, 1), config.init, config.seed)
    weights, biases, costs = list(start.weights), list(start.biases), []
    last = len(weights) - 1
    for _ in range(config.iterations):
        activations = [x]
        for layer in range(last + 1):
            z = weights[layer] @ activations[-1] + biases[layer]
            activations.append(1 / (1 + np.exp(-z)) if layer == last else np.maximum(z, 0))
        answer = activations[-1]
        costs.append(float(-np.mean(y * np.log(answer) + (1 - y) * np.log(1 - answer))))
        dz = answer - y
        for layer in range(last, -1, -1):
            below = activations[layer]
            dw, db = dz @ below.T / y.size, dz.sum(axis=1, keepdims=True) / y.size
            dz = (weights[layer].T @ dz) * (below > 0)
            weights[layer] = weights[layer] - config.learning_rate * dw
            biases[layer] = biases[layer] - config.learning_rate * db
    return Parameters(tuple(weights), tuple(biases)), costs


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize("layers", DEPTHS, ids=str)
def test_a_whole_run_is_the_textbooks(few: Drawn, layers: tuple[int, ...], form: str) -> None:
    config = TrainConfig(
        layers=layers, learning_rate=0.05, iterations=200, record_every=1, form=form
    )
    parameters, costs = textbook(few, config)
    run = fit(few, config)
    np.testing.assert_allclose(run.history.costs, costs, rtol=1e-9)
    np.testing.assert_allclose(forward(run.parameters, inputs_of(few)), _logits(run), rtol=1e-9)
    for ours, theirs in zip(
        run.parameters.weights + run.parameters.biases,
        parameters.weights + parameters.biases,
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def _logits(run: Run) -> NDArray[np.float64]:
    probabilities = run.train.probabilities
    return np.log(probabilities / (1 - probabilities))


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize(("init", "layers"), SHAPES, ids=str)
def test_a_step_follows_the_numeric_gradient(init: str, layers: tuple[int, ...], form: str) -> None:
    images = drawn(7, size=2)
    config = TrainConfig(layers=layers, learning_rate=1.0, iterations=1, init=init, form=form)
    before = initialize((12, *layers, 1), init, config.seed)
    after = fit(images, config).parameters
    for layer in range(len(layers) + 1):
        for kind in ("weights", "biases"):
            step = getattr(before, kind)[layer] - getattr(after, kind)[layer]
            numeric = numeric_gradient(before, kind, layer, images)
            np.testing.assert_allclose(step, numeric, rtol=1e-9, atol=1e-15)


def numeric_gradient(
    parameters: Parameters, kind: str, layer: int, images: Drawn
) -> NDArray[np.float64]:
    """Return the slope of the cost along each weight, by a step in the imaginary direction.

    The cost is analytic, so cost(w + ih) = cost(w) + ih slope: nothing is subtracted, and a step of
    1e-30 crosses no kink of ReLU.
    """
    weights = [matrix.astype(complex) for matrix in parameters.weights]
    biases = [column.astype(complex) for column in parameters.biases]
    moved = {"weights": weights, "biases": biases}[kind][layer]
    gradient = np.empty(moved.shape)
    for place in np.ndindex(moved.shape):
        moved[place] += 1e-30j
        signal = weights[0] @ inputs_of(images) + biases[0]
        for matrix, column in zip(weights[1:], biases[1:], strict=True):
            signal = matrix @ np.where(signal.real > 0, signal, 0) + column
        cost = np.mean(np.log(1 + np.exp(signal)) - images.labels * signal)
        gradient[place] = cost.imag / 1e-30
        moved[place] -= 1e-30j
    return gradient


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(2, 40),
    layers=st.lists(st.integers(1, 9), max_size=3),
    init=st.sampled_from(sorted(set(INITIALIZERS) - {"zeros"})),
    seed=st.integers(0, 2**32 - 1),
)
def test_form_and_stacking_do_not_change_a_run(
    count: int, layers: list[int], init: str, seed: int
) -> None:
    images, tests = drawn(count, seed=count), {"test": drawn(5, seed=99)}
    config = TrainConfig(tuple(layers), 0.02, 30, init, seed, form="gram", record_every=10)
    alone = fit(images, config, tests=tests)
    direct = fit(images, replace(config, form="direct"), tests=tests)
    stacked = fit_seeds(images, config, [0, seed, 1], tests=tests, jobs=1)[1]
    for other in (direct, stacked):
        np.testing.assert_allclose(alone.history.costs, other.history.costs, rtol=1e-9)
        np.testing.assert_allclose(
            alone.parameters.weights[0], other.parameters.weights[0], rtol=1e-9, atol=1e-11
        )


def test_a_run_is_repeated_to_the_bit(few: Drawn) -> None:
    one, again = (fit(few, TrainConfig(iterations=50)) for _ in range(2))
    for first, second in zip(one.parameters.weights, again.parameters.weights, strict=True):
        np.testing.assert_array_equal(first, second)


def test_parameters_are_in_the_configured_shape_and_in_float64(few: Drawn) -> None:
    run = fit(few, TrainConfig(layers=(5, 3), iterations=1))
    assert run.layer_dims == run.parameters.layer_dims == (48, 5, 3, 1)
    assert [biases.shape for biases in run.parameters.biases] == [(5, 1), (3, 1), (1, 1)]
    assert {array.dtype.name for array in run.parameters.weights} == {"float64"}


def test_the_numbers_do_not_depend_on_the_number_of_jobs(few: Drawn) -> None:
    config = TrainConfig(layers=(8,), iterations=60)
    one, two = (fit_seeds(few, config, range(5), jobs=jobs) for jobs in (1, 2))
    assert [run.config.seed for run in two] == [0, 1, 2, 3, 4]
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(first.history.costs, second.history.costs, rtol=1e-12)


def test_a_run_is_plain_json(few: Drawn, others: Drawn) -> None:
    config = TrainConfig(layers=(5,), iterations=150, init="small", seed=3)
    run = fit(few, config, tests={"test": others})
    document = json.loads(json.dumps(run.to_json()))
    assert document["network"] == {"layer_dims": [48, 5, 1], "init": "small", "seed": 3}
    assert document["form"] == "gram"
    assert [iteration for iteration, _ in document["costs"]] == [0, 100, 149]
    assert document["history"]["iterations"] == [0, 100, 149]
    tests = document["history"].pop("test_accuracy")
    assert {len(values) for values in (*document["history"].values(), *tests.values())} == {3}
    assert document["train"]["images"] == 30
    assert sum(document["tests"]["test"]["confusion"].values()) == 12


def test_no_seeds_give_no_runs(few: Drawn) -> None:
    assert fit_seeds(few, TrainConfig(), []) == ()


def test_a_gram_matrix_serves_several_runs(few: Drawn, others: Drawn) -> None:
    gram, config = Gram(few.images, {"test": others.images}), TrainConfig(iterations=20)
    shared = fit(few, config, tests={"test": others}, gram=gram)
    alone = fit(few, replace(config, form="gram"), tests={"test": others})
    np.testing.assert_array_equal(shared.history.costs, alone.history.costs)
    with pytest.raises(ValueError, match="made of other images"):
        fit(others, replace(config, form="gram"), gram=gram)


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_ends_with_all_iterations_of_all_runs(few: Drawn, jobs: int) -> None:
    calls: list[tuple[int, int]] = []
    config = TrainConfig(layers=(3,), iterations=120)
    fit_seeds(few, config, range(4), jobs=jobs, on_progress=lambda *call: calls.append(call))
    assert calls[-1] == (480, 480)
    assert calls == sorted(calls)
    assert len(calls) < 20


def test_progress_counts_the_iterations_that_a_diverged_run_left_out(few: Drawn) -> None:
    calls: list[tuple[int, int]] = []
    config = TrainConfig(layers=(7,), learning_rate=1e160, iterations=500)
    run = fit(few, config, on_progress=lambda *call: calls.append(call))
    assert run.history.diverged_at == 1
    assert calls[-1] == (500, 500)


@pytest.mark.parametrize("jobs", [1, 2, Engine("processes", 2)])
def test_an_interrupt_passes_through(few: Drawn, jobs: Jobs) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_seeds(few, TrainConfig(), range(4), jobs=jobs, on_progress=interrupt)


def test_a_million_units_are_refused_before_they_are_made(few: Drawn) -> None:
    with pytest.raises(ConfigRefused, match="GiB of memory") as refused:
        fit(few, TrainConfig(layers=(1_000_000, 1_000_000)))
    assert refused.value.hint == "Use fewer units."


@pytest.mark.parametrize("form", ["auto", "gram", "direct"])
def test_a_single_image_can_be_trained_on(form: str) -> None:
    images = drawn(1, cats=1.0)
    run = fit(images, TrainConfig(layers=(3,), iterations=5, form=form))
    assert run.train.images == 1


@pytest.mark.parametrize("form", ["gram", "direct"])
def test_a_training_leaves_nothing_that_holds_its_images(form: str) -> None:
    images = drawn(12)
    pixels = weakref.ref(images.images)
    gc.disable()
    try:
        fit(images, TrainConfig(layers=(3,), iterations=3, form=form))
        del images
        assert pixels() is None
    finally:
        gc.enable()
