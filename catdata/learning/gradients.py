"""Check the gradients that training follows against numeric ones, on any configuration.

The numeric slope comes from a step in the imaginary direction: the cost is analytic, so
cost(w + ih) = cost(w) + ih slope (W. Squire and G. Trapp, SIAM Review 40, 1998). Nothing is
subtracted, and a step of 1e-30 crosses no kink of ReLU.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.learning.folds import Subset
from catdata.learning.inputs import inputs_of
from catdata.learning.network import activated, initialize
from catdata.learning.training import fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats, Parameters
    from catdata.learning.records import LabelledImages

TOLERANCE = 1e-7
CHECKED = 40
CHECKED_IMAGES = 2000
_STEP = 1e-30
_ROUNDING = 1e-7  # gradients shorter than this drown in the rounding of the weights


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """How far the gradient of one array is from the numeric one.

    Attributes:
        name: W1, b1, W2, ...
        checked: How many of its numbers were looked at, drawn at random.
        difference: ‖analytic − numeric‖ / (‖analytic‖ + ‖numeric‖) over these.
    """

    name: str
    checked: int
    difference: float

    @property
    def passed(self) -> bool:
        """Whether both are the same but for rounding."""
        return self.difference < TOLERANCE

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain types."""
        return asdict(self) | {"passed": self.passed}


def check_gradients(train: LabelledImages, config: TrainConfig) -> tuple[LayerCheck, ...]:
    """Compare one step of training with the slopes of the cost at the first weights.

    Dropout and mini-batches are left out, since they draw at random, and so are the optimizer,
    which only uses the gradient, and float32. Of more than ``CHECKED_IMAGES`` images so many are
    looked at, spread evenly.

    Args:
        train: The images to learn from.
        config: What to train and how.
    """
    plain = replace(
        config,
        learning_rate=1.0,
        iterations=1,
        optimizer="gradient-descent",
        dropout=0.0,
        batch_size=0,
        early_stop=0.0,
        dtype="float64",
    )
    if len(train.labels) > CHECKED_IMAGES:
        rows = np.linspace(0, len(train.labels) - 1, CHECKED_IMAGES).astype(np.intp)
        train = Subset(train.images[rows], train.labels[rows])
    run = fit(train, plain)
    before = initialize(run.layer_dims, config.init, config.seed)
    cost = _Cost(before, inputs_of(train.images, run.scaling), train.labels, plain)
    rng = np.random.default_rng(config.seed)
    checks = []
    for layer in range(len(before.weights)):
        for kind, name in (("weights", "W"), ("biases", "b")):
            start, end = (getattr(of, kind)[layer] for of in (before, run.parameters))
            places = rng.choice(start.size, min(CHECKED, start.size), replace=False)
            analytic = (start - end).flat[places]
            where = [np.unravel_index(place, start.shape) for place in places]
            numeric = np.array([cost.slope(layer, kind, int(u), int(p)) for u, p in where])
            lengths = float(np.linalg.norm(analytic) + np.linalg.norm(numeric))
            difference = float(np.linalg.norm(analytic - numeric)) / max(lengths, _ROUNDING)
            checks.append(LayerCheck(f"{name}{layer + 1}", len(places), difference))
    return tuple(checks)


class _Cost:
    """The cost of a network around given parameters, by plain arithmetic on complex numbers.

    Args:
        parameters: Where the slopes are asked for.
        inputs: Shape (n0, m).
        labels: Shape (m,).
        config: Gives the activation, L2 and class weights.
    """

    def __init__(
        self, parameters: Parameters, inputs: Floats, labels: NDArray[np.int64], config: TrainConfig
    ) -> None:
        self._parameters = parameters
        self._config = config
        self._signs = np.where(labels == 1, -1.0, 1.0)
        self._weights = config.class_weights(labels)[labels]
        self._below, self._signals = [inputs], []
        for weights, biases in zip(parameters.weights, parameters.biases, strict=True):
            self._signals.append(weights @ self._below[-1] + biases)
            self._below.append(activated(self._signals[-1], config.activation))

    def slope(self, layer: int, kind: str, unit: int, place: int) -> float:
        """Return how the cost changes with one weight or bias of a layer, counted from 0."""
        signal = self._signals[layer].astype(complex)
        by_input = self._below[layer][place] if kind == "weights" else 1.0
        signal[unit] += 1j * _STEP * by_input
        above = zip(
            self._parameters.weights[layer + 1 :], self._parameters.biases[layer + 1 :], strict=True
        )
        for weights, biases in above:
            signal = weights @ activated(signal, self._config.activation) + biases
        # log(1 + e^z), written so that e^z cannot overflow
        wrong = self._signs * signal[0]
        toward = np.where(wrong.real > 0, -wrong, wrong)
        costs = np.log1p(np.exp(toward)) + np.where(wrong.real > 0, wrong, 0.0)
        cost = np.mean(costs * self._weights)
        if kind == "weights":
            weight = self._parameters.weights[layer][unit, place] + 1j * _STEP
            cost += self._config.l2 / (2 * len(wrong)) * weight**2
        return float(cost.imag / _STEP)
