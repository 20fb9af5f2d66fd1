"""Whole runs are those of PyTorch from the same first weights, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from drawn import drawn

from catdata.learning.draws import Batches
from catdata.learning.inputs import inputs_of
from catdata.learning.network import initialize
from catdata.learning.training import TrainConfig, fit

if TYPE_CHECKING:
    from catdata.h5file import ImageSet
    from catdata.learning.records import LabelledImages

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "gradient-descent": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {}),
}


@pytest.fixture
def torch() -> Iterator[Any]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # two spin while they wait for each other on a busy machine
    yield torch
    torch.set_num_threads(threads)


def run_by_torch(torch: Any, train: LabelledImages, config: TrainConfig) -> tuple[Any, list[Any]]:
    """Return the cost before each step, and the layers after the last."""
    inputs = torch.from_numpy(np.ascontiguousarray(inputs_of(train.images).T))
    targets = torch.from_numpy(train.labels.astype(np.float64))[:, None]
    start = initialize((inputs.shape[1], *config.layers, 1), config.init, config.seed)
    layers = []
    for weights, biases in zip(start.weights, start.biases, strict=True):
        layer = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.float64)
        layer.weight.data.copy_(torch.from_numpy(weights))
        layer.bias.data.copy_(torch.from_numpy(biases[:, 0]))
        layers += [layer, torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    name, options = OPTIMIZERS[config.optimizer]
    optimizer = getattr(torch.optim, name)(network.parameters(), config.learning_rate, **options)
    loss = torch.nn.BCEWithLogitsLoss()
    batches = Batches(len(targets), config.batch_size or len(targets), config.seed)
    costs = []
    for iteration in range(config.iterations):
        if config.batch_size:
            rows = torch.from_numpy(batches.rows(iteration))
            cost = loss(network(inputs[rows]), targets[rows])
        else:
            cost = loss(network(inputs), targets)
            costs.append(cost.item())
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    return costs, layers[:-1:2]


def assert_as_by_torch(torch: Any, train: LabelledImages, config: TrainConfig) -> None:
    costs, layers = run_by_torch(torch, train, config)
    run = fit(train, config)
    if not config.batch_size:
        np.testing.assert_allclose(run.history.costs, costs, rtol=0, atol=1e-8)
    for layer, weights, biases in zip(
        layers, run.parameters.weights, run.parameters.biases, strict=True
    ):
        np.testing.assert_allclose(weights, layer.weight.detach().numpy(), rtol=0, atol=1e-8)
        np.testing.assert_allclose(biases[:, 0], layer.bias.detach().numpy(), rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("optimizer", "rate", "batch_size", "form"),
    [
        pytest.param("gradient-descent", 0.05, 0, "gram", id="gradient descent, Gram"),
        pytest.param("gradient-descent", 0.05, 0, "direct", id="gradient descent, direct"),
        pytest.param("gradient-descent", 0.05, 25, "gram", id="mini-batches, Gram"),
        pytest.param("gradient-descent", 0.05, 25, "direct", id="mini-batches, direct"),
        pytest.param("momentum", 0.005, 0, "gram", id="momentum"),
        pytest.param("nesterov", 0.005, 0, "gram", id="Nesterov"),
        pytest.param("adam", 0.001, 0, "direct", id="Adam"),
    ],
)
def test_a_run_is_that_of_pytorch(
    torch: Any, optimizer: str, rate: float, batch_size: int, form: str
) -> None:
    config = TrainConfig(
        learning_rate=rate,
        iterations=400,
        optimizer=optimizer,
        batch_size=batch_size,
        form=form,
        record_every=1,
    )
    assert_as_by_torch(torch, drawn(60, size=8), config)


@pytest.mark.originals
def test_a_run_on_the_courses_images_is_that_of_pytorch(
    torch: Any, course: tuple[ImageSet, ImageSet]
) -> None:
    assert_as_by_torch(torch, course[0], TrainConfig(iterations=300, record_every=1))
