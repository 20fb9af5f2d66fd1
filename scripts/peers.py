"""The same training as others write it: a textbook loop, PyTorch, scikit-learn.

For ``bench_training``. Each takes images and a configuration and does its iterations; what comes
out is dropped. A peer that is not installed is ``None`` in the table of versions.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.learning.inputs import inputs_of
from catdata.learning.network import initialize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.learning.records import LabelledImages
    from catdata.learning.training import TrainConfig


def version(module: str, distribution: str) -> str | None:
    """Return the version of a library, or None if it is not installed."""
    if importlib.util.find_spec(module) is None:
        return None
    return importlib.metadata.version(distribution)


def textbook(train: LabelledImages, config: TrainConfig) -> None:
    """Train as the course's notebook does: plain arrays, a new one for every result, one thread."""
    x, y = inputs_of(train.images), train.labels[None, :]
    start = initialize((len(x), *config.layers, 1), config.init, config.seed)
    weights, biases = list(start.weights), list(start.biases)
    with threadpool_limits(1, "blas"):
        for _ in range(config.iterations):
            _textbook_step(x, y, weights, biases, config.learning_rate)


def _textbook_step(
    x: NDArray[Any], y: NDArray[Any], weights: list[Any], biases: list[Any], rate: float
) -> None:
    last = len(weights) - 1
    activations, signals = [x], []
    for layer in range(last + 1):
        z = np.dot(weights[layer], activations[-1]) + biases[layer]
        signals.append(z)
        activations.append(1 / (1 + np.exp(-z)) if layer == last else np.maximum(0, z))
    answer = activations[-1]
    np.squeeze(-np.sum(y * np.log(answer) + (1 - y) * np.log(1 - answer)) / y.shape[1])
    da = -(np.divide(y, answer) - np.divide(1 - y, 1 - answer))
    gradients = {}
    for layer in range(last, -1, -1):
        if layer == last:
            dz = da * answer * (1 - answer)
        else:
            dz = np.array(da, copy=True)
            dz[signals[layer] <= 0] = 0
        dw = np.dot(dz, activations[layer].T) / y.shape[1]
        db = np.sum(dz, axis=1, keepdims=True) / y.shape[1]
        da = np.dot(weights[layer].T, dz)
        gradients[layer] = dw, db
    for layer, (dw, db) in gradients.items():
        weights[layer] = weights[layer] - rate * dw
        biases[layer] = biases[layer] - rate * db


class Torch:
    """PyTorch on the CPU with its own number of threads, in one type of float.

    The images are made into a tensor beforehand, which is not measured.

    Args:
        train: The images.
        config: Gives layers, learning rate and type.
    """

    def __init__(self, train: LabelledImages, config: TrainConfig) -> None:
        import torch
        from torch import nn

        kind = getattr(torch, config.dtype)
        inputs = inputs_of(train.images).T
        self._torch, self._config = torch, config
        self._x = torch.tensor(np.ascontiguousarray(inputs), dtype=kind)
        self._y = torch.tensor(train.labels[:, None], dtype=kind)
        layers: list[Any] = []
        widths = (inputs.shape[1], *config.layers)
        for below, units in pairwise(widths):
            layers += [nn.Linear(below, units, dtype=kind), nn.ReLU()]
        self._network = nn.Sequential(*layers, nn.Linear(widths[-1], 1, dtype=kind))
        self._loss = nn.BCEWithLogitsLoss()
        self._optimizer = torch.optim.SGD(self._network.parameters(), lr=config.learning_rate)

    def _step(self, x: Any, y: Any) -> None:
        self._optimizer.zero_grad()
        self._loss(self._network(x), y).backward()
        self._optimizer.step()

    def full_batch(self, iterations: int) -> None:
        """Do so many iterations over all images."""
        for _ in range(iterations):
            self._step(self._x, self._y)

    def epochs(self, count: int) -> None:
        """Go so often through all images, shuffled by indexing the tensors."""
        for _ in range(count):
            for rows in self._torch.randperm(len(self._x)).split(self._config.batch_size):
                self._step(self._x[rows], self._y[rows])

    def epochs_by_loader(self, count: int) -> None:
        """Go so often through all images with the library's own ``DataLoader``."""
        from torch.utils.data import DataLoader, TensorDataset

        pairs = TensorDataset(self._x, self._y)
        loader = DataLoader(pairs, batch_size=self._config.batch_size, shuffle=True)
        for _ in range(count):
            for x, y in loader:
                self._step(x, y)


def scikit_learn(train: LabelledImages, config: TrainConfig) -> None:
    """Train with ``MLPClassifier`` by plain gradient descent over all images."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        config.layers,
        solver="sgd",
        alpha=0.0,
        batch_size=len(train.labels),
        learning_rate_init=config.learning_rate,
        momentum=0.0,
        max_iter=config.iterations,
        tol=0.0,
        n_iter_no_change=config.iterations,
        random_state=config.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(inputs_of(train.images).T, train.labels)
