"""What goes into a training and what comes out: frozen records that serialise to plain types."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from catdata.errors import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.learning.config import TrainConfig
    from catdata.learning.inputs import Pictures, Scaling
    from catdata.learning.network import Floats, Parameters


VALIDATION = "validation"
"""What early stopping calls the images that it takes from train."""
SATURATED = 0.01
"""A probability this close to 0 or 1 is saturated: there the sigmoid is flat."""


def is_saturated(probabilities: Floats) -> NDArray[np.bool_]:
    """Tell which probabilities are within ``SATURATED`` of 0 or 1."""
    saturated: NDArray[np.bool_] = np.abs(probabilities - 0.5) >= 0.5 - SATURATED
    return saturated


class LabelledImages(Protocol):
    """What can be trained on: the pictures and labels of one split."""

    @property
    def images(self) -> Pictures:
        """Pictures of shape (m, s, s, 3), uint8, in memory or read when asked for.

        Or any numbers, shape (m, n0), float64.
        """
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """Labels of shape (m,): 1 for a cat, 0 for anything else."""
        ...


def check_images(train: LabelledImages, tests: Mapping[str, LabelledImages]) -> None:
    """Refuse what cannot be trained on or judged.

    Raises:
        ConfigRefused: If a set is empty, is neither uint8 pictures nor rows of finite float64, has
            labels other than 0 and 1, or if its pictures are of another size than those of *train*.
    """
    for name, images in {"train": train, **tests}.items():
        pixels, labels = images.images, images.labels
        pictures = pixels.dtype == np.uint8 and len(pixels.shape) == 4 and pixels.shape[3] == 3
        if not pictures and not _are_rows_of_numbers(pixels):
            raise ConfigRefused(
                f"{name}: pictures must be uint8 of shape (m, size, size, 3),"
                f" not {pixels.dtype} of shape {pixels.shape}",
                hint="A float array may hold NaN; scale it to 0..255 and convert it to uint8.",
            )
        if len(pixels) == 0:
            raise ConfigRefused(f"{name}: there are no images")
        if labels.shape != (len(pixels),) or not np.isin(labels, (0, 1)).all():
            raise ConfigRefused(
                f"{name}: labels must be 0 or 1, one for each of {len(pixels)} images"
            )
        if pixels.shape[1:] != train.images.shape[1:]:
            raise ConfigRefused(
                f"{name}: its pictures are {_size(pixels)}, those of train {_size(train.images)}",
                hint="Build both splits with the same size.",
            )


def _are_rows_of_numbers(pixels: Pictures) -> bool:
    return (
        pixels.dtype == np.float64 and len(pixels.shape) == 2 and bool(np.isfinite(pixels[:]).all())
    )


def _size(pixels: Pictures) -> str:
    return " x ".join(map(str, pixels.shape[1:3]))


class Confusion(NamedTuple):
    """How many images of each class were called what; a cat is the positive class."""

    tp: int
    fn: int
    fp: int
    tn: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A network's answers to a set of images.

    Attributes:
        probabilities: That each image is a cat, shape (m,), 0..1.
        labels: Shape (m,), 0 or 1.
        threshold: A probability above this counts as a cat.
    """

    probabilities: Floats
    labels: NDArray[np.int64]
    threshold: float = 0.5

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.labels)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image was named rightly, shape (m,)."""
        right: NDArray[np.bool_] = (self.probabilities > self.threshold) == (self.labels == 1)
        return right

    @property
    def accuracy(self) -> float:
        """Share of images named rightly."""
        return float(self.correct.mean())

    @property
    def baseline_accuracy(self) -> float:
        """Share that is right by always naming the more frequent class of these images."""
        share = float((self.labels == 1).mean())
        return max(share, 1.0 - share)

    @property
    def confusion(self) -> Confusion:
        """Counts of true and false answers for cats and non-cats."""
        cat, right = self.labels == 1, self.correct
        counts = (cat & right, cat & ~right, ~cat & ~right, ~cat & right)
        return Confusion(*(int(count.sum()) for count in counts))

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain types."""
        return {
            "images": self.images,
            "accuracy": self.accuracy,
            "baseline_accuracy": self.baseline_accuracy,
            "confusion": self.confusion._asdict(),
        }


class Entry(NamedTuple):
    """How a run stood before the update of one iteration; see :class:`History`."""

    iteration: int
    cost: float
    train_accuracy: float
    test_accuracy: dict[str, float]
    gradient_norms: Floats
    dead_units: NDArray[np.int64]
    saturation: float
    update_ratios: Floats


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What was noted on the way, at every recorded iteration before its update.

    Attributes:
        iterations: 0, record_every, ... and the last one; shape (k,).
        costs: Cross-entropy on the training images in nats, without what L2 adds, shape (k,);
            always finite. With balanced class weights both classes count alike in it.
        train_accuracy: Shape (k,), 0..1.
        test_accuracy: For each test set, shape (k,), 0..1.
        gradient_norms: Length of the gradient of the cost along each layer's weights, shape
            (k, layers).
        dead_units: Units of each hidden layer whose activation is 0 for all training images, shape
            (k, hidden layers).
        saturation: Share of the training images whose probability is within ``SATURATED`` of 0 or
            1, shape (k,).
        update_ratios: Length of the step of that iteration beside that of the weights it moves, by
            layer, shape (k, layers); nan where all weights are zero. About 0.001 is usual.
        zero_gradient_at: The iteration from which on the gradient of W1 was exactly zero, to the
            end; None if it was not.
        diverged_at: The iteration at which numbers ceased to be finite and training stopped; the
            last entry of the history and the parameters are those of the iteration before.
        stopped_at: How many updates were made if training stopped early.
        best_at: The number of updates after which the parameters are those that were best on the
            validation images; None without early stopping.
    """

    iterations: NDArray[np.int64]
    costs: Floats
    train_accuracy: Floats
    test_accuracy: dict[str, Floats]
    gradient_norms: Floats
    dead_units: NDArray[np.int64]
    saturation: Floats
    update_ratios: Floats
    zero_gradient_at: int | None
    diverged_at: int | None
    stopped_at: int | None = None
    best_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what was noted as plain types, one list a quantity; null is what is no number."""
        arrays = {
            "iterations": self.iterations,
            "costs": self.costs,
            "train_accuracy": self.train_accuracy,
            "gradient_norms": self.gradient_norms,
            "dead_units": self.dead_units,
            "saturation": self.saturation,
            "update_ratios": self.update_ratios,
        }
        tests = {name: values.tolist() for name, values in self.test_accuracy.items()}
        return {name: _plain(values) for name, values in arrays.items()} | {"test_accuracy": tests}

    def updates(self, config: TrainConfig) -> int:
        """Return how many updates were made in training."""
        if self.diverged_at is not None:
            return int(self.iterations[-1])
        return config.iterations if self.stopped_at is None else self.stopped_at

    @classmethod
    def from_entries(
        cls,
        entries: Sequence[Entry],
        *,
        zero_gradient_at: int | None,
        diverged_at: int | None,
        stopped_at: int | None,
        best_at: int | None,
    ) -> History:
        """Turn a list of entries, at least one, into arrays."""
        return cls(
            iterations=np.array([entry.iteration for entry in entries]),
            costs=np.array([entry.cost for entry in entries]),
            train_accuracy=np.array([entry.train_accuracy for entry in entries]),
            test_accuracy={
                name: np.array([entry.test_accuracy[name] for entry in entries])
                for name in entries[0].test_accuracy
            },
            gradient_norms=np.stack([entry.gradient_norms for entry in entries]),
            dead_units=np.stack([entry.dead_units for entry in entries]),
            saturation=np.array([entry.saturation for entry in entries]),
            update_ratios=np.stack([entry.update_ratios for entry in entries]),
            zero_gradient_at=zero_gradient_at,
            diverged_at=diverged_at,
            stopped_at=stopped_at,
            best_at=best_at,
        )


def _plain(values: NDArray[Any]) -> list[Any]:
    """Return an array as nested lists, with None for what JSON has no number for."""
    if values.ndim > 1:
        return [_plain(row) for row in values]
    return [value if math.isfinite(value) else None for value in values.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A trained network and how it came about.

    Attributes:
        config: The configuration, with this run's seed.
        layer_dims: Widths of all layers, input and output included.
        form: The form of the first layer that was used, ``gram`` or ``direct``.
        parameters: Weights and biases after the last update.
        history: What was noted on the way.
        train: The answers to the training images after the last update.
        tests: The same for each test set.
        seconds: Wall time; of runs that were trained together, an equal share.
        scaling: How pictures became inputs; None for pixels / 255.
    """

    config: TrainConfig
    layer_dims: tuple[int, ...]
    form: str
    parameters: Parameters
    history: History
    train: Evaluation
    tests: dict[str, Evaluation]
    seconds: float
    scaling: Scaling | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything but the parameters as plain types."""
        history = self.history
        return {
            "network": {
                "layer_dims": list(self.layer_dims),
                "init": self.config.init,
                "seed": self.config.seed,
            },
            "config": self.config.to_json(),
            "form": self.form,
            "seconds": self.seconds,
            "stopped_at": history.stopped_at,
            "best_at": history.best_at,
            "costs": [
                [int(iteration), float(cost)]
                for iteration, cost in zip(history.iterations, history.costs, strict=True)
            ],
            "history": history.to_json(),
            "train": self.train.to_json(),
            "tests": {name: evaluation.to_json() for name, evaluation in self.tests.items()},
        }
