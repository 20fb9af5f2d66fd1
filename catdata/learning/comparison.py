"""The records of a comparison: what was compared, what came out, and its JSON.

A comparison holds means, intervals, curves and the test images that matter, but no networks:
reports and figures read it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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
        control: Whether its training set is that of another arm, repeated.
    """

    name: str
    pair: Pair
    control: bool = False


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
        nearest_neighbour: Share named rightly by giving each image the label of the training image
            that is nearest to it, pixel by pixel.
        curve: Accuracy by iteration.
    """

    test_accuracy: Interval
    gap: Interval
    class_accuracy: dict[str, float]
    nearest_neighbour: float
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
            "nearest_neighbour": self.nearest_neighbour,
            "curve": self.curve.to_json(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class ArmResult:
    """What the networks of one build and one shape came to, over their seeds.

    Attributes:
        build: The arm's name.
        build_id: The build's id, or "" where it has none.
        layers: Widths of the hidden layers.
        control: Whether this is the first build's training set, repeated to the size of another.
        train_classes: How many training images of each class there are, by the class's name.
        train_class_accuracy: Mean share named rightly of each class of the training images.
        train_accuracy: Mean, with the interval over seeds.
        curve: Train accuracy by iteration.
        judgements: By the test set's name, in the order of the comparison's test sets.
    """

    build: str
    build_id: str
    layers: tuple[int, ...]
    control: bool
    train_classes: dict[str, int]
    train_class_accuracy: dict[str, float]
    train_accuracy: Interval
    curve: Curve
    judgements: dict[str, Judgement]

    @property
    def train_images(self) -> int:
        """Number of training images."""
        return sum(self.train_classes.values())

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain types, first what it scored on the first test set."""
        first = next(iter(self.judgements.values()))
        return {
            "build": self.build,
            "build_id": self.build_id,
            "layers": list(self.layers),
            "control": self.control,
            "train_images": self.train_images,
            "train_classes": self.train_classes,
            "train_class_accuracy": self.train_class_accuracy,
            "train_accuracy": self.train_accuracy.to_json("mean"),
            "test_accuracy": first.test_accuracy.to_json("mean"),
            "gap": first.gap.to_json("mean"),
            "curve": self.curve.to_json(),
            "test_sets": {name: judgement.to_json() for name, judgement in self.judgements.items()},
        }


@dataclass(frozen=True, slots=True, eq=False)
class TestImage:
    """A test image and what the networks of two arms made of it.

    Attributes:
        ref: What it is called: ``test[17]``, or a content hash.
        label: 1 for a cat, 0 for anything else.
        class_name: The label's name.
        pixels: The picture as the first arm's networks see it, shape (s, s, 3), uint8.
        before: Mean probability of a cat over the seeds of the one arm, 0..1.
        after: The same of the other.
        right_before: Share of the seeds of the one arm that name it rightly.
        right_after: The same of the other.
    """

    __test__: ClassVar[bool] = False  # pytest goes by names

    ref: str
    label: int
    class_name: str
    pixels: NDArray[np.uint8]
    before: float
    after: float
    right_before: float
    right_after: float

    def to_json(self) -> dict[str, Any]:
        """Return all but the pixels as plain types."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "pixels"}


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """The test images that changed sides between two arms, and those that neither gets right.

    In each list the image whose probability moved furthest comes first.

    Attributes:
        before: Name of the one arm.
        after: Name of the other.
        layers: Widths of the hidden layers of both.
        test_set: Name of the test set.
        improved: Wrong in most seeds before, right in most after.
        worsened: Right in most seeds before, wrong in most after.
        always_wrong: Wrong in most seeds of both.
    """

    before: str
    after: str
    layers: tuple[int, ...]
    test_set: str
    improved: tuple[TestImage, ...]
    worsened: tuple[TestImage, ...]
    always_wrong: tuple[TestImage, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the lists as plain types, without pixels."""
        return {
            name: [image.to_json() for image in getattr(self, name)]
            for name in ("improved", "worsened", "always_wrong")
        }


@dataclass(frozen=True, slots=True)
class World:
    """Whether the images of one class that a build added look like those that the first arm has.

    Attributes:
        build: The build that has more images.
        class_name: The class.
        added: Images of the class that it added, augmented copies not counted.
        original: Images of the class that both have.
        auc: How well a cross-validated network tells the added from the original ones: the share of
            pairs that it puts in the right order; 0.5 means one world, 1 two.
        distance_added: Median distance from an added image to the nearest original one, root mean
            square over pixels, 0..1.
        distance_original: The same from an original image to the nearest other original one.
    """

    build: str
    class_name: str
    added: int
    original: int
    auc: Interval
    distance_added: float
    distance_original: float

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain types."""
        return {name: getattr(self, name) for name in self.__slots__} | {"auc": self.auc.to_json()}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Builds x networks x seeds, judged on common test sets.

    Attributes:
        arms: For each shape of network, every build in the order given.
        changes: For each shape, every later build against the first on each test set; with a
            control arm, the largest build against that one as well.
        flips: For each of *changes*, which test images changed sides.
        worlds: Whether what was added looks like what was there, for each build and class with
            enough images to tell; empty where nothing was added.
        folds: For each shape, the same pairs of arms as in *changes*, judged by cross-validation
            over the pooled original images; empty where that was not asked for.
        test_sets: What all were judged on.
        seeds: The seeds of every arm.
        config: How every network was trained; its layers and seed are not used.
        warnings: What a reader must know, a sentence each.
        seconds: Wall time.
    """

    arms: tuple[ArmResult, ...]
    changes: tuple[Contrast, ...]
    flips: tuple[Flips, ...]
    worlds: tuple[World, ...]
    folds: tuple[Contrast, ...]
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
            "changes": [
                contrast.to_json() | {"flips": flips.to_json()}
                for contrast, flips in zip(self.changes, self.flips, strict=True)
            ],
            "worlds": [world.to_json() for world in self.worlds],
            "folds": [change.to_json() for change in self.folds],
            "test_sets": [test_set.to_json() for test_set in self.test_sets],
            "seeds": list(self.seeds),
            "config": config,
            "warnings": list(self.warnings),
            "seconds": self.seconds,
        }
