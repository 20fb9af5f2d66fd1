"""The network's arithmetic, by hand and by its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdata.learning.network import (
    INITIALIZERS,
    Parameters,
    UpperLayers,
    activated,
    carve,
    cross_entropy,
    forward,
    initialize,
    sigmoid,
)


def one_unit_over_two_images() -> UpperLayers:
    """Return a stack of one network: a hidden unit with Z1 = [1, -2], an output 0.5 a - 0.5."""
    weights, gradient = np.array([[[0.5, -0.5]]]), np.zeros((1, 1, 2))
    return UpperLayers([weights], [gradient], np.array([[[1.0, -2.0]]]))


def test_forward_gives_the_logits_worked_by_hand() -> None:
    upper = one_unit_over_two_images()
    upper.forward()
    # ReLU: [1, 0]; 0.5 * [1, 0] - 0.5 = [0, -0.5]
    np.testing.assert_array_equal(upper.output, [[[0.0, -0.5]]])


def test_backward_gives_the_gradients_worked_by_hand() -> None:
    upper = one_unit_over_two_images()
    upper.forward()
    upper.backward(np.array([1.0, 0.0]))
    # Probabilities: 1 / (1 + e^0) = 0.5 and 1 / (1 + e^0.5) = 0.3775406688.
    # dZ2 = (probability - label) / 2 = [-0.25, 0.1887703344]
    # dW2 = -0.25 * 1 + 0.1887703344 * 0 = -0.25; db2 = -0.25 + 0.1887703344 = -0.0612296656
    np.testing.assert_allclose(upper.gradient_norms(), [[0.25]], rtol=1e-15)
    (layer,) = upper._layers
    np.testing.assert_allclose(layer.gradient, [[[-0.25, -0.0612296656]]], rtol=1e-9)
    # dZ1 = 0.5 * dZ2 where the unit was active = [-0.125, 0]
    np.testing.assert_allclose(layer.below, [[[-0.125, 0.0]]], rtol=1e-15)


def test_a_unit_that_no_image_activates_is_counted_as_dead() -> None:
    signal = np.array([[[1.0, -2.0], [-1.0, -2.0], [-1.0, 0.0]]])
    upper = UpperLayers([np.zeros((1, 1, 4))], [np.zeros((1, 1, 4))], signal)
    upper.forward()
    assert [units.sum() for units in upper.active_units()] == [1]


def test_other_images_are_answered_like_the_training_images() -> None:
    upper = one_unit_over_two_images()
    np.testing.assert_array_equal(upper.logits_of(np.array([[[-2.0, 1.0, 3.0]]])), [[-0.5, 0.0, 1]])


def test_the_stack_keeps_its_dtype() -> None:
    weights = np.ones((2, 1, 4), np.float32)
    upper = UpperLayers([weights], [np.zeros_like(weights)], np.ones((2, 3, 5), np.float32))
    upper.forward()
    assert upper.output.dtype == np.float32
    assert cross_entropy(upper.output, np.ones(5, np.float32)).dtype == np.float32
    upper.backward(np.ones(5, np.float32))
    assert upper.output.dtype == np.float32


@pytest.mark.parametrize("init", INITIALIZERS)
def test_one_generator_draws_the_weights_in_the_order_of_the_layers(init: str) -> None:
    parameters = initialize((6, 3, 1), init, seed=1)
    rng = np.random.RandomState(1)
    scales = {
        "small": (0.01, 0.01),
        "scaled": (1 / np.sqrt(6), 1 / np.sqrt(3)),
        "he": (1 / np.sqrt(3), np.sqrt(2 / 3)),
        "zeros": (0.0, 0.0),
    }[init]
    np.testing.assert_allclose(parameters.weights[0], rng.randn(3, 6) * scales[0], rtol=1e-15)
    np.testing.assert_allclose(parameters.weights[1], rng.randn(1, 3) * scales[1], rtol=1e-15)
    assert [biases.tolist() for biases in parameters.biases] == [[[0.0]] * 3, [[0.0]]]
    assert parameters.layer_dims == (6, 3, 1)


@pytest.mark.parametrize("init", [init for init in INITIALIZERS if init != "zeros"])
def test_a_seed_stands_for_its_weights(init: str) -> None:
    first, again, another = (initialize((6, 3, 1), init, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.weights[0], again.weights[0])
    assert not np.array_equal(first.weights[0], another.weights[0])


def test_a_network_answers_inputs_as_worked_by_hand() -> None:
    parameters = Parameters(
        weights=(np.array([[1.0, -1.0], [2.0, 0.0]]), np.array([[3.0, 0.5]])),
        biases=(np.array([[0.0], [-1.0]]), np.array([[0.25]])),
    )
    # Z1 = [1*2 - 1*4, 2*2 - 1] = [-2, 3]; ReLU: [0, 3]; 3*0 + 0.5*3 + 0.25 = 1.75
    np.testing.assert_array_equal(forward(parameters, np.array([[2.0], [4.0]])), [1.75])


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        pytest.param("relu", [0.0, 0.0, 3.0], id="relu"),
        pytest.param("leaky-relu", [-0.02, 0.0, 3.0], id="leaky-relu"),
        pytest.param("tanh", [-0.9640275800758169, 0.0, 0.9950547536867305], id="tanh"),
    ],
)
def test_an_activation_is_what_its_name_says(name: str, answers: list[float]) -> None:
    signal = np.array([-2.0, 0.0, 3.0])
    assert activated(signal, name) == pytest.approx(answers)
    assert signal.tolist() == [-2.0, 0.0, 3.0]


def test_the_cost_is_exact_at_any_confidence() -> None:
    # log(1 + e^1000) = 1000 for a wrong answer, log(1 + e^-1000) = 0 for a right one; and
    # log(1 + e^-40) = e^-40 to all digits.
    assert cross_entropy(np.array([1000.0, -1000.0]), np.array([0, 1])) == 1000.0
    assert cross_entropy(np.array([1000.0, -1000.0]), np.array([1, 0])) == 0.0
    assert cross_entropy(np.array([40.0]), np.array([1])) == np.exp(-40.0)


def test_probabilities_reach_zero_and_one_without_a_warning() -> None:
    np.testing.assert_array_equal(sigmoid(np.array([-1e4, 0.0, 1e4])), [0.0, 0.5, 1.0])


@given(st.lists(st.tuples(st.floats(-15, 15), st.integers(0, 1)), min_size=1))
def test_the_cost_is_the_textbooks_where_that_is_defined(answers: list[tuple[float, int]]) -> None:
    logits, labels = (np.array(values) for values in zip(*answers, strict=True))
    probabilities = sigmoid(logits)
    textbook = -np.mean(labels * np.log(probabilities) + (1 - labels) * np.log(1 - probabilities))
    np.testing.assert_allclose(cross_entropy(logits, labels), textbook, rtol=1e-9)


def test_carved_arrays_share_the_memory_of_their_vector() -> None:
    vector = np.zeros(10)
    first, second = carve(vector, [(2, 3), (4,)])
    first[1, 2], second[0] = 5.0, 7.0
    np.testing.assert_array_equal(vector, [0, 0, 0, 0, 0, 5, 7, 0, 0, 0])
