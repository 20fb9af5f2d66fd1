"""The records of a learning curve: what is drawn, what came out, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catdata.errors import ConfigRefused
from catdata.learning.powerlaw import FEWEST_SIZES

if TYPE_CHECKING:
    from catdata.learning.comparison import SetSummary
    from catdata.learning.config import TrainConfig
    from catdata.learning.needed import Needed
    from catdata.learning.nesting import Nest
    from catdata.learning.stats import Interval

_SMALLEST_SHARE = 16  # the first size, as a part of all images
_SMALLEST = 4  # images


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How a learning curve is measured.

    Attributes:
        sizes: Numbers of training images, augmented copies not counted; six from a sixteenth of all
            images to all of them, in equal ratios, if empty.
        draws: How often nested parts are drawn, 2 or more.
        seeds: Networks trained on each part. Every draw has seeds of its own.
        target: The accuracy that is asked for, above 0 and below 1.

    Raises:
        ConfigRefused: If one of them cannot work.
    """

    sizes: tuple[int, ...] = ()
    draws: int = 5
    seeds: int = 5
    target: float = 0.9

    def __post_init__(self) -> None:
        if not 0.0 < self.target < 1.0:
            raise ConfigRefused(
                f"the target must be an accuracy above 0 and below 1, not {self.target:g}",
                hint="Write 90 % as 0.9.",
            )
        if self.draws < 2:
            raise ConfigRefused("a learning curve needs 2 draws or more: one does not tell chance")
        if self.seeds < 1:
            raise ConfigRefused("a learning curve needs at least one seed")

    def sizes_for(self, nest: Nest) -> list[int]:
        """Return the sizes for a training set, ascending.

        Raises:
            ConfigRefused: If they are too few, or not all among what can be drawn.
        """
        smallest = nest.fewest or max(_SMALLEST, nest.images // _SMALLEST_SHARE)
        if self.sizes:
            sizes = sorted(set(self.sizes))
        else:
            smallest = min(smallest, nest.images)
            ratio = nest.images / smallest
            sizes = sorted({round(smallest * ratio ** (step / 5)) for step in range(6)})
        if len(sizes) < FEWEST_SIZES:
            raise ConfigRefused(
                f"a learning curve needs {FEWEST_SIZES} different sizes, not {len(sizes)}, and the"
                f" training set has {nest.images} images to draw from, {nest.fewest} of them always"
                " in"
            )
        for size in sizes:
            if not max(nest.fewest, 2) <= size <= nest.images:
                raise ConfigRefused(
                    f"a size of {size} images is not possible: the sizes go from"
                    f" {max(nest.fewest, 2)} to {nest.images}, the images there are"
                )
        return sizes


@dataclass(frozen=True, slots=True)
class Point:
    """The networks that learnt from one number of images.

    Attributes:
        images: How many.
        train_accuracy: Mean, with the interval over draws.
        test_accuracy: Mean, with the interval over draws and test images.
        draws: The mean test accuracy of each draw.
        failures: How many networks ended in each state but learning.
        networks: How many were trained.
    """

    images: int
    train_accuracy: Interval
    test_accuracy: Interval
    draws: tuple[float, ...]
    failures: dict[str, int]
    networks: int

    def to_json(self) -> dict[str, Any]:
        """Return the point as plain types."""
        return {
            "images": self.images,
            "train_accuracy": self.train_accuracy.to_json("mean"),
            "test_accuracy": self.test_accuracy.to_json("mean"),
            "draws": list(self.draws),
            "failures": self.failures,
            "networks": self.networks,
        }


@dataclass(frozen=True, slots=True)
class Law:
    """The fitted power law, accuracy = ceiling - scale * images**-exponent.

    Attributes:
        ceiling: The accuracy that endless images would bring, 1 minus the error that remains.
        scale: See above.
        exponent: How fast the error falls.
        misses: How far the measured mean lies above the law at each size.
        foretold: Numbers of images up to ten times those there are, and the accuracy with each.
    """

    ceiling: Interval
    scale: Interval
    exponent: Interval
    misses: tuple[float, ...]
    foretold: tuple[tuple[float, Interval], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the law as plain types."""
        return {
            "ceiling": self.ceiling.to_json(),
            "scale": self.scale.to_json(),
            "exponent": self.exponent.to_json(),
            "misses": list(self.misses),
            "foretold": [{"images": n, **mean.to_json("mean")} for n, mean in self.foretold],
        }


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """A learning curve, the law through it, and what it answers.

    Attributes:
        build: The build's name.
        base: The build whose images are always in, or "".
        points: By number of images, ascending.
        law: Fitted through the mean test accuracies.
        doubling: How much accuracy twice the images would add by the law; None where that does not
            rise.
        answer: How many images the target takes.
        test_set: What all were judged on.
        config: How every network was trained; its seed is not used.
        options: What was drawn.
        warnings: What a reader must know, a sentence each.
        seconds: Wall time.
    """

    build: str
    base: str
    points: tuple[Point, ...]
    law: Law
    doubling: Interval | None
    answer: Needed
    test_set: SetSummary
    config: TrainConfig
    options: CurveOptions
    warnings: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the curve as plain types."""
        config = self.config.to_json()
        del config["seed"]
        return {
            "build": self.build,
            "from": self.base or None,
            "points": [point.to_json() for point in self.points],
            "law": self.law.to_json(),
            "doubling": self.doubling and self.doubling.to_json(),
            "target": self.answer.to_json(),
            "test_set": self.test_set.to_json(),
            "draws": self.options.draws,
            "seeds": self.options.seeds,
            "config": config,
            "warnings": list(self.warnings),
            "seconds": self.seconds,
        }
