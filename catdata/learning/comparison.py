"""The records of a comparison: what was compared, what came out, and its JSON.

A comparison holds means, intervals and curves but neither networks nor pixels: reports and figures
read it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.h5file import Pair
    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats
    from catdata.learning.stats import Interval
    from catdata.learning.verdicts import Contrast

BAND = (0.1, 0.9)
"""The band around a curve holds the middle 80 % of the seeds."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One build to be compared.

    Attributes:
        name: What results call it, such as ``original``.
        pair: Its train and test set.
    """

    name: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A test set that all arms were judged on.

    Attributes:
        name: The first build that has it.
        classes: How many images of each class it has, by the class's name.
    """

    name: str
    classes: dict[str, int]

    @property
    def images(self) -> int:
        """Number of images."""
        return sum(self.classes.values())

    @property
    def baseline_class(self) -> str:
        """The class that most images are of."""
        return max(self.classes, key=lambda name: self.classes[name])

    @property
    def baseline_accuracy(self) -> float:
        """Share that is right by always naming that class."""
        return self.classes[self.baseline_class] / self.images

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain types."""
        return {
            "name": self.name,
            "images": self.images,
            "classes": self.classes,
            "baseline_class": self.baseline_class,
            "baseline_accuracy": self.baseline_accuracy,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """An accuracy by iteration, over seeds.

    Attributes:
        iterations: How many updates were made, shape (k,), ascending, the last one included.
        mean: Mean over seeds, shape (k,), 0..1.
        low: Lower end of the ``BAND`` of seeds, shape (k,).
        high: Its upper end, shape (k,).
    """

    iterations: NDArray[np.int64]
    mean: Floats
    low: Floats
    high: Floats

    @classmethod
    def over_seeds(cls, iterations: NDArray[np.int64], rows: Floats) -> Curve:
        """Sum up one row a seed, shape (seeds, k)."""
        low, high = np.quantile(rows, BAND, axis=0)
        return cls(iterations, rows.mean(axis=0), low, high)

    def to_json(self) -> dict[str, list[float]]:
        """Return the curve as plain lists."""
        return {name: getattr(self, name).tolist() for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """How an arm did on one test set, over its seeds.

    Attributes:
        test_accuracy: Mean, with the interval over seeds and images.
        gap: Train accuracy minus test accuracy, likewise.
        class_accuracy: Mean share named rightly of each class that occurs.
        curve: Accuracy by iteration.
    """

    test_accuracy: Interval
    gap: Interval
    class_accuracy: dict[str, float]
    curve: Curve

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the accuracies of the classes, whatever their shares."""
        return sum(self.class_accuracy.values()) / len(self.class_accuracy)

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as plain types."""
        return {
            "test_accuracy": self.test_accuracy.to_json("mean"),
            "gap": self.gap.to_json("mean"),
            "class_accuracy": self.class_accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "curve": self.curve.to_json(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class ArmResult:
    """What the networks of one build and one shape came to, over their seeds.

    Attributes:
        build: The arm's name.
        build_id: The build's id, or "" where it has none.
        layers: Widths of the hidden layers.
        train_images: Number of training images.
        train_accuracy: Mean, with the interval over seeds.
        curve: Train accuracy by iteration.
        judgements: By the test set's name, in the order of the comparison's test sets.
    """

    build: str
    build_id: str
    layers: tuple[int, ...]
    train_images: int
    train_accuracy: Interval
    curve: Curve
    judgements: dict[str, Judgement]

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain types, first what it scored on the first test set."""
        first = next(iter(self.judgements.values()))
        return {
            "build": self.build,
            "build_id": self.build_id,
            "layers": list(self.layers),
            "train_images": self.train_images,
            "train_accuracy": self.train_accuracy.to_json("mean"),
            "test_accuracy": first.test_accuracy.to_json("mean"),
            "gap": first.gap.to_json("mean"),
            "curve": self.curve.to_json(),
            "test_sets": {name: judgement.to_json() for name, judgement in self.judgements.items()},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Builds x networks x seeds, judged on common test sets.

    Attributes:
        arms: For each shape of network, every build in the order given.
        changes: For each shape, every later build against the first on each test set.
        test_sets: What all were judged on.
        seeds: The seeds of every arm.
        config: How every network was trained; its layers and seed are not used.
        warnings: What a reader must know, a sentence each.
        seconds: Wall time.
    """

    arms: tuple[ArmResult, ...]
    changes: tuple[Contrast, ...]
    test_sets: tuple[SetSummary, ...]
    seeds: tuple[int, ...]
    config: TrainConfig
    warnings: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain types."""
        config = self.config.to_json()
        del config["layers"], config["seed"]
        return {
            "arms": [arm.to_json() for arm in self.arms],
            "changes": [contrast.to_json() for contrast in self.changes],
            "test_sets": [test_set.to_json() for test_set in self.test_sets],
            "seeds": list(self.seeds),
            "config": config,
            "warnings": list(self.warnings),
            "seconds": self.seconds,
        }
