"""A learner's notebook cells run on with one import changed, and give the course's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import drawn

from catdata.course import (
    L_layer_model,
    L_model_backward,
    L_model_forward,
    compute_cost,
    initialize_parameters,
    initialize_parameters_deep,
    linear_activation_backward,
    linear_activation_forward,
    load_data,
    plot_costs,
    predict,
    print_mislabeled_images,
    two_layer_model,
    update_parameters,
)


@pytest.mark.originals
@pytest.mark.parametrize(
    ("model", "dims", "costs", "accuracies"),
    [
        pytest.param(
            two_layer_model,
            (12288, 7, 1),
            (0.693049735659989, 0.048554785628770226, "0.0442149821"),
            (1.0, 0.72),
            id="two layers",
        ),
        pytest.param(
            L_layer_model,
            (12288, 20, 7, 5, 1),
            (0.7717493284237686, 0.092878215264724, "0.0884399434"),
            (0.985645933014, 0.80),
            id="four layers",
        ),
    ],
)
def test_the_notebooks_cells_give_the_published_figures(
    originals: Path, capsys, model, dims, costs, accuracies
) -> None:
    train_x_orig, train_y, test_x_orig, test_y, classes = load_data(str(originals))
    assert classes[1].decode("utf-8") == "cat"
    train_x, test_x = (x.reshape(x.shape[0], -1).T / 255.0 for x in (train_x_orig, test_x_orig))
    parameters, found = model(train_x, train_y, dims, num_iterations=2500, print_cost=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(found) == 25
    assert (found[0], found[-1]) == pytest.approx(costs[:2], rel=1e-9)
    assert lines[1].startswith("Cost after iteration 100: 0.6")
    assert lines[-1].startswith(f"Cost after iteration 2499: {costs[2]}")
    answers = [predict(x, y, parameters) for x, y in ((train_x, train_y), (test_x, test_y))]
    assert answers[1].shape == (1, 50)
    printed = capsys.readouterr().out.splitlines()
    assert [float(line.removeprefix("Accuracy: ")) for line in printed] == pytest.approx(accuracies)
    assert print_mislabeled_images(classes, test_x, test_y, answers[1]) is not None


def test_the_notebooks_loop_and_the_fast_form_give_the_same() -> None:
    images = drawn(20)
    x, y = images.images.reshape(20, -1).T / 255.0, images.labels[None, :]
    parameters = initialize_parameters_deep((48, 5, 3, 1))
    for _ in range(50):
        probabilities, caches = L_model_forward(x, parameters)
        cost = compute_cost(probabilities, y)
        parameters = update_parameters(parameters, L_model_backward(probabilities, y, caches), 0.05)
    fast, _ = L_layer_model(x, y, (48, 5, 3, 1), 0.05, 50)
    _, costs = L_layer_model(x, y, (48, 5, 3, 1), 0.05, 1)
    assert cost < costs[0]
    for name, values in parameters.items():
        np.testing.assert_allclose(fast[name], values, rtol=1e-9, atol=1e-12)


def test_a_two_layer_model_that_learners_wrote_themselves_gives_the_same() -> None:
    images = drawn(20)
    X, Y = images.images.reshape(20, -1).T / 255.0, images.labels[None, :]
    # The cell of the notebook, as it has to be filled in.
    grads, costs = {}, []
    parameters = initialize_parameters(48, 7, 1)
    W1, b1, W2, b2 = (parameters[name] for name in ("W1", "b1", "W2", "b2"))
    for i in range(101):
        A1, cache1 = linear_activation_forward(X, W1, b1, "relu")
        A2, cache2 = linear_activation_forward(A1, W2, b2, "sigmoid")
        cost = compute_cost(A2, Y)
        dA2 = -(np.divide(Y, A2) - np.divide(1 - Y, 1 - A2))
        dA1, grads["dW2"], grads["db2"] = linear_activation_backward(dA2, cache2, "sigmoid")
        _, grads["dW1"], grads["db1"] = linear_activation_backward(dA1, cache1, "relu")
        parameters = update_parameters(parameters, grads, 0.05)
        W1, b1, W2, b2 = (parameters[name] for name in ("W1", "b1", "W2", "b2"))
        if i % 100 == 0:
            costs.append(cost)
    found, expected = two_layer_model(X, Y, (48, 7, 1), 0.05, 101)
    np.testing.assert_allclose(costs, expected, rtol=1e-9)
    for name, values in parameters.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-8, atol=1e-12)


def test_inputs_that_are_no_pictures_are_trained_on_too(capsys) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 30)), (np.arange(30) % 2)[None, :]
    parameters, costs = two_layer_model(x, y, (4, 3, 1), num_iterations=201, print_cost=True)
    assert [parameters[name].shape for name in ("W1", "b1", "W2", "b2")] == [
        (3, 4),
        (3, 1),
        (1, 3),
        (1, 1),
    ]
    assert len(costs) == 3
    assert capsys.readouterr().out.startswith("Cost after iteration 0: 0.693")


def test_first_weights_are_the_notebooks() -> None:
    rng = np.random.RandomState(1)
    np.testing.assert_array_equal(initialize_parameters(3, 2, 1)["W1"], rng.randn(2, 3) * 0.01)


def test_costs_are_drawn_with_the_learning_rate() -> None:
    axes = plot_costs([0.7, 0.5], 0.0075).axes[0]
    assert axes.get_title() == "Learning rate =0.0075"
