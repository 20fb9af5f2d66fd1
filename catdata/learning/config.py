"""What determines a run besides its data: one frozen, checked record, stored with every result."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.errors import ConfigRefused
from catdata.learning.network import ACTIVATIONS, INITIALIZERS
from catdata.learning.optimizers import DECAYS, OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FORMS = ("auto", "gram", "direct")
CLASS_WEIGHTS = ("none", "balanced")
ON_FAILURE = ("continue", "stop")
DTYPES = ("float64", "float32")
MOST_ITERATIONS = 10_000_000
"""Steps of one training: the course's takes half an hour for so many, one of more images days."""
MOST_ENTRIES = 100_000
"""Entries of one history, each about a kilobyte in memory."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """All that determines a run besides its data.

    Attributes:
        layers: Widths of the hidden layers; none of them is logistic regression.
        learning_rate: Step per unit of gradient.
        iterations: Steps of the optimizer, at most ``MOST_ITERATIONS``.
        init: A name in ``network.INITIALIZERS``; ``zeros`` is for logistic regression alone.
        seed: Seed of the first weights, 0 to 2**32 - 1.
        form: ``gram``, ``direct``, or ``auto`` for the cheaper one; the numbers are the same.
        record_every: Iterations between two entries of the history, of which ``MOST_ENTRIES`` are
            possible. With mini-batches of images that are read from a file, an epoch at least: an
            entry looks at all of them.
        threads: Threads of the BLAS.
        optimizer: A name in ``optimizers.OPTIMIZERS``.
        momentum: Share of its memory that an optimizer keeps from step to step, 0 to below 1.
        decay: A name in ``optimizers.DECAYS``: how the learning rate falls.
        decay_rate: How far it falls; 0.5 halves it with ``step``.
        decay_every: In how many iterations it does so.
        activation: A name in ``network.ACTIVATIONS``, for the hidden layers.
        l2: The course's lambda: lambda / 2m times the sum of the squared weights is minimised along
            with the cost. Biases are left alone.
        class_weight: ``balanced`` lets both classes count alike in the cost, whatever their shares.
            Or two numbers: how much an image of class 0 and one of class 1 counts, in proportion.
        threshold: A probability above this counts as a cat, 0..1.
        center: Subtract the training images' mean picture from every picture.
        standardize: Subtract it and divide every pixel by its standard deviation over them.
        dtype: ``float64`` or ``float32``, of all that the loop computes.
        batch_size: Images in the mini-batch of an iteration; 0 for all of them.
        dropout: Share of the hidden units left out in each iteration, 0 to below 1.
        early_stop: Share of each class of train that is kept for validation, 0 for none. Training
            stops when the cost there no longer falls, and the best weights are kept.
        on_failure: ``stop`` ends a run once the gradient of W1 is zero, so that no more can be
            learnt of the images; ``continue`` does all iterations. A run that diverges always ends.

    Raises:
        ConfigRefused: If a value cannot work.
    """

    layers: tuple[int, ...] = (20, 7, 5)
    learning_rate: float = 0.0075
    iterations: int = 2500
    init: str = "scaled"
    seed: int = 1
    form: str = "auto"
    record_every: int = 100
    threads: int = 1
    optimizer: str = "gradient-descent"
    momentum: float = 0.9
    decay: str = "none"
    decay_rate: float = 0.5
    decay_every: int = 1000
    activation: str = "relu"
    l2: float = 0.0
    class_weight: str | tuple[float, float] = "none"
    threshold: float = 0.5
    center: bool = False
    standardize: bool = False
    dtype: str = "float64"
    batch_size: int = 0
    dropout: float = 0.0
    early_stop: float = 0.0
    on_failure: str = "continue"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(_whole("layers", n) for n in self.layers))
        for name, lowest in _WHOLE.items():
            object.__setattr__(self, name, _whole(name, getattr(self, name), lowest))
        for name, share in _NUMBERS.items():
            object.__setattr__(self, name, share.checked(name, getattr(self, name)))
        if self.seed >= 2**32:
            raise ConfigRefused(f"seed must be below 2**32, not {self.seed}")
        for name, known in _NAMES.items():
            two_weights = name == "class_weight" and not isinstance(self.class_weight, str)
            if not two_weights and getattr(self, name) not in known:
                raise ConfigRefused(
                    f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}"
                )
        if not isinstance(self.class_weight, str):
            object.__setattr__(self, "class_weight", _two_weights(self.class_weight))
        self._check_together()

    def _check_together(self) -> None:
        if self.iterations > MOST_ITERATIONS:
            raise ConfigRefused(
                f"iterations must be {MOST_ITERATIONS:,} at most, not {self.iterations:,}",
                hint="The course does 2,500. What learns too slowly wants a higher learning rate.",
            )
        if self.iterations > MOST_ENTRIES * self.record_every:
            raise ConfigRefused(
                f"a history of {self.iterations:,} iterations, with an entry in every"
                f" {self.record_every:,}, would have more than {MOST_ENTRIES:,} entries",
                hint="Set record_every to more.",
            )
        if self.init == "zeros" and self.layers:
            raise ConfigRefused(
                "init zeros is for logistic regression: from equal weights all units of a hidden"
                " layer would stay equal for ever",
                hint="Use another initialiser, or --layers none.",
            )
        if self.form == "gram" and not OPTIMIZERS[self.optimizer].linear:
            raise ConfigRefused(
                f"form gram is not possible with {self.optimizer}: it divides each weight's step by"
                " a length of its own, so W1 leaves the span of the images",
                hint="Leave --form out; auto picks the direct form.",
            )

    def class_weights(self, labels: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return how much an image of class 0 and one of class 1 counts in the cost.

        Args:
            labels: Of the images that are trained on, shape (m,), 0 or 1. Over them the weights are
                1 on average. One class alone counts as it is.
        """
        counts = np.bincount(labels, minlength=2)
        if self.class_weight == "none" or not counts.all():
            return np.ones(2)
        weights = 1.0 / counts if self.class_weight == "balanced" else np.array(self.class_weight)
        relative: NDArray[np.float64] = weights * (len(labels) / (weights @ counts))
        return relative

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as plain types."""
        return asdict(self) | {"layers": list(self.layers)}


@dataclass(frozen=True, slots=True)
class _Range:
    """The numbers that an option may have.

    Attributes:
        wording: How a message describes them.
        low: Their lower end.
        high: Their upper end, itself excluded.
        with_low: Whether the lower end is one of them.
        hint: The next step for whoever left them.
    """

    wording: str
    low: float
    high: float
    with_low: bool
    hint: str = ""

    def checked(self, name: str, value: object) -> float:
        """Return *value* as a float.

        Raises:
            ConfigRefused: If it is no number, or none of these.
        """
        if isinstance(value, int | float | np.floating) and not isinstance(value, bool):
            above = value >= self.low if self.with_low else value > self.low
            if above and value < self.high:
                return float(value)
        raise ConfigRefused(f"{name} must be {self.wording}, not {value!r}", hint=self.hint)


_WHOLE = {
    "iterations": 1,
    "record_every": 1,
    "threads": 1,
    "seed": 0,
    "decay_every": 1,
    "batch_size": 0,
}
_NUMBERS = {
    "learning_rate": _Range("a number above 0", 0, math.inf, False, "The course uses 0.0075."),
    "momentum": _Range("a number from 0 to below 1", 0, 1, True, "A common value is 0.9."),
    "decay_rate": _Range("a number above 0", 0, math.inf, False),
    "l2": _Range("0 or more", 0, math.inf, True),
    "dropout": _Range("a share from 0 to below 1", 0, 1, True),
    "early_stop": _Range("a share from 0 to below 1", 0, 1, True, "A common share is 0.2."),
    "threshold": _Range("a number between 0 and 1", 0, 1, False),
}
_NAMES: dict[str, Sequence[str]] = {
    "init": tuple(INITIALIZERS),
    "form": FORMS,
    "optimizer": tuple(OPTIMIZERS),
    "decay": tuple(DECAYS),
    "activation": tuple(ACTIVATIONS),
    "class_weight": CLASS_WEIGHTS,
    "dtype": DTYPES,
    "on_failure": ON_FAILURE,
}


def _two_weights(weights: object) -> tuple[float, float]:
    weight = _Range("balanced, none or two numbers above 0", 0, math.inf, False)
    if not isinstance(weights, list | tuple) or len(weights) != 2:
        raise ConfigRefused(f"class_weight must be {weight.wording}, not {weights!r}")
    of_other, of_cat = (weight.checked("class_weight", number) for number in weights)
    return of_other, of_cat


def _whole(name: str, value: object, lowest: int = 1) -> int:
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ConfigRefused(f"{name} must be a whole number, not {value!r}") from None
    if number < lowest:
        raise ConfigRefused(f"{name} must be {lowest} or more, not {number}")
    return number
