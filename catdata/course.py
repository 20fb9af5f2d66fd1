"""The course notebook's own function names over this library: change one import, run the cells.

Arguments, return values and printed lines are the notebook's: X has one column an image, Y is one
row of labels, parameters are a dict of W1, b1, W2, ... ``two_layer_model`` and ``L_layer_model``
train in the exact fast form where X is pictures / 255. Figures are returned, and a notebook shows
them.

    from catdata.course import *
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catdata import h5file
from catdata.learning.config import TrainConfig
from catdata.learning.network import activated, initialize, sigmoid
from catdata.learning.training import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = [
    "L_layer_model",
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "load_data",
    "plot_costs",
    "predict",
    "print_mislabeled_images",
    "two_layer_model",
    "update_parameters",
]

_SEED = 1  # the notebook's
_COSTS_EVERY = 100


class _Images(NamedTuple):
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def load_data(folder: str = "datasets") -> tuple[NDArray[Any], ...]:
    """Read the course's two files, or any build's.

    Args:
        folder: Where they lie.

    Returns:
        Train images (m, s, s, 3), train labels (1, m), the same of test, and the class names.

    Raises:
        H5Refused: If the files are not in the course's form.
    """
    pair = h5file.read_pair(Path(folder))
    classes = np.array([name.encode() for name in pair.train.class_names])
    train_y, test_y = pair.train.labels[None, :], pair.test.labels[None, :]
    return pair.train.images, train_y, pair.test.images, test_y, classes


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, NDArray[Any]]:
    """Draw the first weights of the two-layer model, of standard deviation 0.01."""
    return _drawn((n_x, n_h, n_y), "small")


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, NDArray[Any]]:
    """Draw the first weights of the L-layer model, of standard deviation 1 / sqrt(fan-in)."""
    return _drawn(layer_dims, "scaled")


def _drawn(layer_dims: Sequence[int], init: str) -> dict[str, NDArray[Any]]:
    drawn = initialize(layer_dims, init, _SEED)
    return _as_dict(drawn.weights, drawn.biases)


def _as_dict(weights: Sequence[Any], biases: Sequence[Any]) -> dict[str, NDArray[Any]]:
    named: dict[str, NDArray[Any]] = {}
    for layer, (matrix, column) in enumerate(zip(weights, biases, strict=True), start=1):
        named |= {f"W{layer}": matrix, f"b{layer}": column}
    return named


def L_model_forward(  # noqa: N802 - the notebook's name
    X: NDArray[Any], parameters: dict[str, NDArray[Any]]
) -> tuple[NDArray[Any], list[Any]]:
    """Run the network: ReLU in hidden layers, a sigmoid at the end.

    Returns:
        The probabilities (1, m), and for each layer ((A of the layer below, W, b), Z).
    """
    layers, below, caches = len(parameters) // 2, X, []
    for layer in range(1, layers + 1):
        weights, biases = parameters[f"W{layer}"], parameters[f"b{layer}"]
        activation = "sigmoid" if layer == layers else "relu"
        below, cache = linear_activation_forward(below, weights, biases, activation)
        caches.append(cache)
    return below, caches


def linear_forward(
    A: NDArray[Any], W: NDArray[Any], b: NDArray[Any]
) -> tuple[NDArray[Any], tuple[NDArray[Any], ...]]:
    """Return a layer's signal Z = W A + b, and (A, W, b)."""
    return W @ A + b, (A, W, b)


def linear_activation_forward(
    A_prev: NDArray[Any], W: NDArray[Any], b: NDArray[Any], activation: str
) -> tuple[NDArray[Any], Any]:
    """Return a layer's activation, by ``sigmoid`` or ``relu``, and ((A_prev, W, b), Z)."""
    signal, linear_cache = linear_forward(A_prev, W, b)
    answer = sigmoid(signal) if activation == "sigmoid" else activated(signal, activation)
    return answer, (linear_cache, signal)


def linear_backward(
    dZ: NDArray[Any],
    cache: tuple[NDArray[Any], ...],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the gradients of the layer below's activation, of W and of b: dA_prev, dW, db."""
    A_prev, W, _ = cache
    images = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / images, dZ.sum(axis=1, keepdims=True) / images


def linear_activation_backward(
    dA: NDArray[Any],
    cache: Any,
    activation: str,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return what :func:`linear_backward` does, given the gradient of the activation."""
    linear_cache, signal = cache
    if activation == "sigmoid":
        answer = sigmoid(signal)
        slope = answer * (1.0 - answer)
    else:
        slope = signal > 0
    return linear_backward(dA * slope, linear_cache)


def compute_cost(AL: NDArray[Any], Y: NDArray[Any]) -> NDArray[Any]:
    """Return the mean cross-entropy of probabilities AL, shape (1, m), for labels Y."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.mean(np.log(np.where(Y == 1, AL, 1 - AL))))


def L_model_backward(  # noqa: N802 - the notebook's name
    AL: NDArray[Any], Y: NDArray[Any], caches: list[Any]
) -> dict[str, NDArray[Any]]:
    """Return the gradients of the cost: dW1, db1, ..., and dA0, dA1, ... of each layer below."""
    gradients: dict[str, NDArray[Any]] = {}
    signal_gradient = AL - Y.reshape(AL.shape)
    for layer in range(len(caches), 0, -1):
        (below, weights, _), _ = caches[layer - 1]
        gradients[f"dW{layer}"] = signal_gradient @ below.T / Y.size
        gradients[f"db{layer}"] = signal_gradient.mean(axis=1, keepdims=True)
        gradients[f"dA{layer - 1}"] = weights.T @ signal_gradient
        signal_gradient = gradients[f"dA{layer - 1}"] * (below > 0)
    return gradients


def update_parameters(
    params: dict[str, NDArray[Any]], grads: dict[str, NDArray[Any]], learning_rate: float
) -> dict[str, NDArray[Any]]:
    """Return the parameters after one step of gradient descent; those given stay as they are."""
    return {name: values - learning_rate * grads[f"d{name}"] for name, values in params.items()}


def two_layer_model(
    X: NDArray[Any],
    Y: NDArray[Any],
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> tuple[dict[str, NDArray[Any]], list[float]]:
    """Train the two-layer model.

    Returns:
        The parameters, and the cost at every hundredth iteration.
    """
    return _model(X, Y, layers_dims, "small", learning_rate, num_iterations, print_cost)


def L_layer_model(  # noqa: N802 - the notebook's name
    X: NDArray[Any],
    Y: NDArray[Any],
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> tuple[dict[str, NDArray[Any]], list[float]]:
    """Train the L-layer model.

    Returns:
        The parameters, and the cost at every hundredth iteration.
    """
    return _model(X, Y, layers_dims, "scaled", learning_rate, num_iterations, print_cost)


def _model(
    X: NDArray[Any],
    Y: NDArray[Any],
    layers_dims: Sequence[int],
    init: str,
    learning_rate: float,
    num_iterations: int,
    print_cost: bool,
) -> tuple[dict[str, NDArray[Any]], list[float]]:
    images = _images_of(X, Y)
    if images is not None and layers_dims[0] == len(X) and layers_dims[-1] == 1:
        config = TrainConfig(tuple(layers_dims[1:-1]), learning_rate, num_iterations, init)
        run = fit(images, config)
        parameters = _as_dict(run.parameters.weights, run.parameters.biases)
        history = run.history
        costs = dict(zip(history.iterations.tolist(), history.costs.tolist(), strict=True))
    else:
        parameters, costs = _drawn(layers_dims, init), {}
        for iteration in range(num_iterations):
            probabilities, caches = L_model_forward(X, parameters)
            if iteration % _COSTS_EVERY == 0 or iteration == num_iterations - 1:
                costs[iteration] = float(compute_cost(probabilities, Y))
            gradients = L_model_backward(probabilities, Y, caches)
            parameters = update_parameters(parameters, gradients, learning_rate)
    if print_cost:
        for iteration, cost in costs.items():
            print(f"Cost after iteration {iteration}: {cost}")
    return parameters, [cost for at, cost in costs.items() if at % _COSTS_EVERY == 0]


def _images_of(X: NDArray[Any], Y: NDArray[Any]) -> _Images | None:
    """Return the pictures that X was made of, or None if it is anything but pictures / 255."""
    side = math.isqrt(len(X) // 3)
    if 3 * side**2 != len(X) or not ((X >= 0) & (X <= 1)).all():
        return None
    pixels = np.rint(X.T * 255.0)
    if not np.array_equal(pixels / 255.0, X.T):
        return None
    images = pixels.astype(np.uint8).reshape(-1, side, side, 3)
    return _Images(images, Y.reshape(-1).astype(np.int64))


def predict(X: NDArray[Any], y: NDArray[Any], parameters: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Print the accuracy, and return what the network answers: 0.0 or 1.0, shape (1, m)."""
    probabilities, _ = L_model_forward(X, parameters)
    answers = (probabilities > 0.5).astype(np.float64)
    print(f"Accuracy: {(answers == y).sum() / X.shape[1]}")
    return answers


def plot_costs(costs: Sequence[float], learning_rate: float = 0.0075) -> Figure:
    """Return the figure of the cost over the iterations, in hundreds."""
    from catdata.report import notebook

    return notebook.costs_figure(costs, learning_rate)


def print_mislabeled_images(
    classes: NDArray[Any], X: NDArray[Any], y: NDArray[Any], p: NDArray[Any]
) -> Figure | None:
    """Return the figure of the images that were named wrongly; None if there is none.

    Args:
        classes: The class names, as :func:`load_data` returns them.
        X: Inputs, shape (n0, m), 0..1.
        y: Labels, shape (1, m).
        p: Answers of :func:`predict`, shape (1, m).
    """
    from catdata.report import galleries

    side = math.isqrt(len(X) // 3)
    groups = []
    for column in np.flatnonzero(p.reshape(-1) != y.reshape(-1)):
        pixels = np.rint(X[:, column] * 255.0).astype(np.uint8).reshape(side, side, 3)
        answer, label = (classes[int(of.flat[column])].decode() for of in (p, y))
        groups.append([galleries.Tile(pixels, f"Prediction: {answer} Class: {label}")])
    return galleries.gallery_figure(groups) if groups else None
