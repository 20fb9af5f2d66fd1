"""Say how sure an accuracy is: intervals, exact tests, and corrections for asking often.

Each arm is trained once per seed and judged on test images that all arms share, so what an arm
scored on a test set is a table with a row a seed and a column an image. Seeds and images are both
drawn from many more, and an interval has to allow for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.resampling import Floats, deviations, variance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the 95 % interval around it, all as shares (0.01 is a point).

    Attributes:
        estimate: The value that was measured.
        low: Lower end.
        high: Upper end.
    """

    estimate: float
    low: float
    high: float

    def to_json(self, name: str = "estimate") -> dict[str, float]:
        """Return the three numbers, the estimate under *name*."""
        return {name: self.estimate, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the networks of one arm got right on one test set.

    Attributes:
        train_correct: Whether each seed's network names each training image rightly, shape (seeds,
            training images), bool; where a seed has several networks, the share of them, 0..1.
        correct: The same of the test images, shape (seeds, images).

    Raises:
        ValueError: If the shapes do not fit each other or there is no seed or no image.
    """

    train_correct: NDArray[np.bool_] | Floats
    correct: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for answers in (self.train_correct, self.correct):
            if answers.ndim != 2 or not answers.size:
                raise ValueError(f"answers must be (seeds, images), not {answers.shape}")
        if len(self.train_correct) != len(self.correct):
            raise ValueError(
                f"{len(self.train_correct)} seeds in train, {len(self.correct)} in test"
            )

    @property
    def train_accuracy(self) -> Floats:
        """Share of the training images that each network names rightly, shape (seeds,)."""
        share: Floats = self.train_correct.mean(axis=1)
        return share

    @property
    def gaps(self) -> Floats:
        """Train accuracy minus each answer, shape (seeds, images); their mean is the gap."""
        return self.train_accuracy[:, None] - self.correct

    @property
    def train_error(self) -> float:
        """Standard error of the mean train accuracy over training images of the same kind."""
        by_image = self.train_correct.mean(axis=0)
        return math.sqrt(variance_of(by_image) / len(by_image))


def wilson(right: int, images: int) -> Interval:
    """Return the interval of one network's accuracy.

    Wilson's score interval (E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22, 1927). It stays within 0 and 1 and holds for few images.

    Args:
        right: Images named rightly.
        images: Images in all, at least one.

    Raises:
        ValueError: If there are no images, or not 0 <= right <= images.
    """
    if not 0 <= right <= images or images == 0:
        raise ValueError(f"{right} of {images} images cannot be right")
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share = right / images
    centre = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z / (1 + z**2 / images) * math.sqrt(share * (1 - share) / images + (z / images / 2) ** 2)
    return Interval(share, max(centre - half, 0.0), min(centre + half, 1.0))


def mcnemar(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Return how likely two equally good networks differ as unevenly as these two do.

    The exact test of Q. McNemar ("Note on the sampling error of the difference between correlated
    proportions", Psychometrika 12, 1947): images that both name rightly, or both wrongly, say
    nothing, and each of the others is as likely to be won by the one as by the other. It judges
    these two networks, not the builds that they learnt from.

    Args:
        before: Whether the first network names each image rightly, shape (images,).
        after: The same of the second.

    Returns:
        The two-sided p-value, 0..1; 1 where the two agree on all images.
    """
    won, lost = int((~before & after).sum()), int((before & ~after).sum())
    apart = won + lost
    tail = sum(math.comb(apart, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2 * tail / (1 << apart))


def holm(families: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    """Correct p-values for being shown together, so that all claims hold at once.

    The step-down method of S. Holm ("A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6, 1979). A family is a set of questions whose p-values are
    already corrected for one another, so it counts as one: each p-value, the smallest first, is
    multiplied by the number of families that still hold a question not passed yet. Before the
    first false claim every family with a true null is among these, so Holm's proof holds.

    Args:
        families: The p-values of each family, 0..1; with one a family, this is Holm's own method.

    Returns:
        The corrected p-values in the same places.
    """
    order = sorted(
        (p_value, family, place)
        for family, p_values in enumerate(families)
        for place, p_value in enumerate(p_values)
    )
    unpassed = [len(p_values) for p_values in families]
    corrected = [list(p_values) for p_values in families]
    largest = 0.0
    for p_value, family, place in order:
        largest = max(largest, min(1.0, p_value * sum(map(bool, unpassed))))
        corrected[family][place] = largest
        unpassed[family] -= 1
    return [tuple(p_values) for p_values in corrected]


def cross_validated_auc(
    scores: Floats, positive: NDArray[np.bool_], folds: NDArray[np.intp]
) -> Interval:
    """Return how well cross-validated scores tell two kinds of images apart.

    The area under the ROC curve is the share of pairs, one image of each kind, that are in the
    right order; a tie is half right. Different networks judged different folds, so only images of
    one fold make a pair. The standard error is that of E. R. DeLong, D. M. DeLong and D. L.
    Clarke-Pearson ("Comparing the areas under two or more correlated receiver operating
    characteristic curves", Biometrics 44, 1988) with pairs so restricted, as E. LeDell, M. Petersen
    and M. van der Laan do (Electronic Journal of Statistics 9, 2015). The interval is symmetric in
    the logit. Kinds that are told apart without a fault have Wilson's interval over the rarer one.

    Args:
        scores: Higher for the positive kind, shape (m,).
        positive: Whether each image is of that kind, shape (m,).
        folds: Which network judged it, shape (m,); at least one image of each kind in every fold.
    """
    pairs = (folds[positive][:, None] == folds[~positive]).astype(np.float64)
    above = np.sign(scores[positive][:, None] - scores[~positive])
    right = pairs * (above + 1) / 2
    # Each image's own share of right pairs, of the one kind and of the other.
    shares = right.sum(axis=1) / pairs.sum(axis=1), right.sum(axis=0) / pairs.sum(axis=0)
    area = float(right.sum() / pairs.sum())
    error = math.sqrt(sum(variance_of(share) / len(share) for share in shares))
    if not 0 < area < 1:
        fewest = min(map(len, shares))
        return wilson(round(area * fewest), fewest)
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle, half = math.log(area / (1 - area)), z * error / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-end)) for end in (middle - half, middle + half))
    return Interval(area, low, high)


def mean_train_accuracy(scores: Scores, *, rng: np.random.Generator) -> Interval:
    """Return the interval of an arm's mean train accuracy, over seeds.

    It tells how well networks learn these very images. With one seed it has no width.

    Args:
        scores: What the arm got right.
        rng: Source of the resamples.
    """
    return _bootstrap(scores.train_accuracy[:, None], rng, lowest=0.0, highest=1.0)


def mean_test_accuracy(scores: Scores, *, rng: np.random.Generator) -> Interval:
    """Return the interval of an arm's mean test accuracy, over seeds and test images.

    Args:
        scores: What the arm got right.
        rng: Source of the resamples.
    """
    right, images = int(scores.correct.sum()), scores.correct.shape[1]
    if right in (0, scores.correct.size):
        # Resampling one and the same answer would claim certainty, however few the images.
        return wilson(images if right else 0, images)
    return _bootstrap(scores.correct.astype(np.float64), rng, lowest=0.0, highest=1.0)


def mean_gap(scores: Scores, *, rng: np.random.Generator) -> Interval:
    """Return the interval of an arm's mean gap, over seeds, test images and training images.

    Args:
        scores: What the arm got right.
        rng: Source of the resamples.
    """
    return _bootstrap(scores.gaps, rng, lowest=-1.0, highest=1.0, train_error=scores.train_error)


def _bootstrap(
    table: Floats,
    rng: np.random.Generator,
    *,
    lowest: float,
    highest: float,
    train_error: float = 0.0,
) -> Interval:
    """Return the percentile interval of a table's mean, cut to what is possible."""
    estimate = float(table.mean())
    tail = (1 - CONFIDENCE) / 2
    ends = estimate + np.quantile(deviations([table], rng, [train_error])[0], (tail, 1 - tail))
    low, high = np.clip(ends, lowest, highest).tolist()
    return Interval(estimate, low, high)
