"""How many images an accuracy takes, as a range and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.learning.stats import CONFIDENCE, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.powerlaw import Floats, PowerLaws

FARTHEST = 100
"""How many times the images there are a fitted law is followed; beyond that nothing is claimed."""

_FLAT = 1e-9  # a scale that is rounding
_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Needed:
    """The answer to "how many images would I need?".

    Attributes:
        accuracy: What is to be reached, 0..1.
        fewest: The smallest number of images that was tried.
        began: The mean test accuracy with them.
        there: Number of images there are.
        reached: The mean test accuracy with them.
        rising: Whether the law through the means rises at all.
        estimate: Images that the law through the means needs; None for more than ``FARTHEST`` times
            those there are, or for never.
        low: Lower end of the 95 % range, None likewise.
        high: Upper end, None likewise.
        far: The accuracy that ``FARTHEST`` times as many images would bring.
    """

    accuracy: float
    fewest: int
    began: float
    there: int
    reached: float
    rising: bool
    estimate: int | None
    low: int | None
    high: int | None
    far: Interval

    @property
    def state(self) -> str:
        """``reached``, ``range``, ``at-least`` or ``not-reachable``."""
        if self.reached >= self.accuracy:
            return "reached"
        if self.low is None or not self.rising:
            return "not-reachable"
        return "at-least" if self.high is None else "range"

    @property
    def sentence(self) -> str:
        """The answer for a beginner, with the numbers it rests on."""
        aim, there = f"{100 * self.accuracy:g} %", f"{self.there:,}"
        guess = f"; the best guess is {self.estimate:,}" if self.estimate else ""
        far = (
            f"{FARTHEST} times as many would bring {100 * self.far.estimate:.1f} %"
            f" (95 % interval {100 * self.far.low:.1f} to {100 * self.far.high:.1f})"
        )
        if self.state == "reached":
            return (
                f"{aim} is reached: the {there} images there are bring {100 * self.reached:.1f} %."
            )
        if not self.rising:
            return (
                f"{aim} is not reachable by this network on this evidence: more images like these"
                f" did not raise the accuracy, which is {100 * self.began:.1f} % with"
                f" {self.fewest:,} and {100 * self.reached:.1f} % with {there}."
            )
        if self.state == "not-reachable":
            return (
                f"{aim} is not reachable by this network on this evidence, however many images"
                f" like these you add: {far}."
            )
        if self.state == "at-least":
            return (
                f"{aim} takes at least {self.low:,} images like these, where there are {there}"
                f" now{guess}. That any number is enough is not shown: {far}."
            )
        return (
            f"{aim} takes {self.low:,} to {self.high:,} images like these, where there are {there}"
            f" now{guess}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain types; null stands for more images than can be told."""
        return {
            "accuracy": self.accuracy,
            "state": self.state,
            "sentence": self.sentence,
            "images": {"estimate": self.estimate, "low": self.low, "high": self.high},
            "farthest": FARTHEST * self.there,
            "farthest_accuracy": self.far.to_json("mean"),
        }


def needed(
    accuracy: float, sizes: Sequence[int], means: Floats, law: PowerLaws, resampled: PowerLaws
) -> Needed:
    """Ask fitted laws how many images an accuracy takes.

    Args:
        accuracy: What is to be reached, 0..1.
        sizes: Numbers of images that were tried, ascending; the last are all there are.
        means: The mean test accuracy with each, shape (sizes,).
        law: The one law through the means.
        resampled: The laws of the resamples.
    """
    farthest = FARTHEST * sizes[-1]
    ends = np.quantile(resampled.images_for(accuracy), (_TAIL, 1 - _TAIL), method="nearest")
    estimate, low, high = (
        _whole(n, farthest) for n in (law.images_for(accuracy)[0], *ends.tolist())
    )
    return Needed(
        accuracy=accuracy,
        fewest=sizes[0],
        began=float(means[0]),
        there=sizes[-1],
        reached=float(means[-1]),
        rising=bool(law.scale[0] > _FLAT),
        estimate=estimate,
        low=low,
        high=high,
        far=accuracies(law, resampled, farthest),
    )


def accuracies(law: PowerLaws, resampled: PowerLaws, images: float) -> Interval:
    """Return the accuracy that laws foretell for a number of images, with its interval."""
    foretold = resampled.accuracy(images)[:, 0]
    return interval(float(law.accuracy(images)[0, 0]), foretold)


def interval(estimate: float, resampled: Floats) -> Interval:
    """Return the percentile interval around an estimate, which may lie outside by a hair."""
    low, high = np.quantile(resampled, (_TAIL, 1 - _TAIL)).tolist()
    return Interval(estimate, min(low, estimate), max(high, estimate))


def _whole(images: float, farthest: int) -> int | None:
    """Round up to two digits, as many as such a number is worth; None if it is too many."""
    if not images <= farthest:
        return None
    unit: int = 10 ** max(0, math.floor(math.log10(max(images, 1.0))) - 1)
    return math.ceil(images / unit) * unit
