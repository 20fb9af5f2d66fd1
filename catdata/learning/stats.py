"""Say how sure a comparison of two arms is: intervals, and a verdict built from them.

Each arm is trained once per seed and judged on test images that all arms share, so what an arm
scored on a test set is a table with a row a seed and a column an image. Seeds and images are both
drawn from many more, and an interval has to allow for both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 10_000

SMALLEST_TEST_SET = 6
"""Five images cannot show a change: even 5 of 5 moving one way has a sign test's p of 0.06."""

OTHER_TRAINING_IMAGES = 1.75
"""How much more than the test images' own share :func:`change` allows for; see there."""

_CELLS_AT_ONCE = 1 << 18
_NOTHING = 1e-18  # a variance that is rounding


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
            training images), bool.
        correct: The same of the test images, shape (seeds, images).

    Raises:
        ValueError: If the shapes do not fit each other or there is no seed or no image.
    """

    train_correct: NDArray[np.bool_]
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
        return math.sqrt(_variance(by_image) / len(by_image))


@dataclass(frozen=True, slots=True)
class Change:
    """What moved from one arm to another; both intervals hold together with 95 % confidence.

    Attributes:
        test_accuracy: Change of the mean test accuracy.
        gap: Change of the mean gap, train accuracy minus test accuracy.
    """

    test_accuracy: Interval
    gap: Interval


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


def change(before: Scores, after: Scores, *, rng: np.random.Generator) -> Change:
    """Return how far test accuracy and gap moved between two arms, image by image, seed by seed.

    The bootstrap of :func:`_deviations` over the paired differences, with these additions:

    * Two questions are asked, and each would be answered wrongly once in 20 times. Both intervals
      are widened by one factor so that both hold at once in 95 % of the resamples (the maximum
      statistic of P. H. Westfall and S. S. Young, "Resampling-based multiple testing", 1993). Where
      the train accuracy stays put the two are one question, and the factor is 1.
    * The training images are a draw as well. One training set does not tell how much another of
      its kind would have moved the accuracy, so the images' part of the variance counts
      ``OTHER_TRAINING_IMAGES`` times; C. Nadeau and Y. Bengio ("Inference for the generalization
      error", Machine Learning 52, 2003) enlarge a variance for the same reason. The factor was
      chosen by measurement with ``scripts/calibrate_verdicts.py``: of comparisons between random
      halves of one training set, 6 to 16 % claimed a difference at a factor of 1 and 0 to 5 % at
      this one; of those between disjoint seeds on one training set, 2 to 3 % either way.
    * For the same reason the gap allows for the train accuracy on other training images. Networks
      that answer all images alike would otherwise be told apart by their training sets' shares of
      cats alone: of short trainings on random halves 65 % claimed a difference.

    Args:
        before: What the first arm got right.
        after: What the second got right, with the same seeds on the same images in the same order.
        rng: Source of the resamples.

    Raises:
        ValueError: If the arms do not have as many seeds and images.
    """
    if before.correct.shape != after.correct.shape:
        raise ValueError(f"{before.correct.shape} answers against {after.correct.shape}")
    answers = after.correct.astype(np.float64) - before.correct
    gaps = after.gaps - before.gaps
    moved = [float(answers.mean()), float(gaps.mean())]
    if answers.shape[1] < SMALLEST_TEST_SET:
        return Change(Interval(moved[0], -1.0, 1.0), Interval(moved[1], -2.0, 2.0))
    train_errors = (0.0, math.hypot(before.train_error, after.train_error))
    deviations = np.abs(
        _deviations([answers, gaps], rng, train_errors, image_share=OTHER_TRAINING_IMAGES)
    )
    each = np.quantile(deviations, CONFIDENCE, axis=1)
    together = np.quantile(_relative(deviations, each).max(axis=0), CONFIDENCE)
    widths = each * together
    return Change(
        *(
            Interval(value, max(value - width, -most), min(value + width, most))
            for value, width, most in zip(moved, widths.tolist(), (1.0, 2.0), strict=True)
        )
    )


def _relative(deviations: Floats, widths: Floats) -> Floats:
    """Divide each row by its width; a row without any width stays at zero."""
    widths = widths[:, None]
    return np.divide(deviations, widths, out=np.zeros_like(deviations), where=widths > 0)


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
    ends = estimate + np.quantile(_deviations([table], rng, [train_error])[0], (tail, 1 - tail))
    low, high = np.clip(ends, lowest, highest).tolist()
    return Interval(estimate, low, high)


def _deviations(
    tables: Sequence[Floats],
    rng: np.random.Generator,
    train_errors: Sequence[float],
    *,
    image_share: float = 1.0,
) -> Floats:
    """Draw how far the mean of each table may lie from what was measured.

    Seeds and images are resampled independently and every cell counts as often as its seed times
    its image: the two-way bootstrap of A. B. Owen, "The pigeonhole bootstrap", Annals of Applied
    Statistics 1, 2007. It errs on the side of width: what belongs to single cells enters its
    variance three times (no bootstrap of such tables is exact: P. McCullagh, "Resampling and
    exchangeable arrays", Bernoulli 6, 2000), and arms that differ in their seeds alone are hardly
    ever told apart. Its draws are therefore scaled to the unbiased standard error of
    :func:`_precision`, and, as ten seeds give that error only roughly, spread as Student's t is:
    by the root of degrees / chi-square.

    Args:
        tables: Tables of one shape (seeds, images), resampled together.
        rng: Source of the resamples.
        train_errors: For each table the standard error that stems from the training images, which
            are none of its columns; added as a normal deviate.
        image_share: See :func:`_precision`.

    Returns:
        Shape (tables, RESAMPLES).
    """
    draws = _resampled_means(tables, rng)
    draws -= draws.mean(axis=1, keepdims=True)
    spread = draws.std(axis=1)
    precisions = [_precision(table, image_share) for table in tables]
    errors = np.array([precision.standard_error for precision in precisions])
    scale = np.divide(errors, spread, out=np.zeros_like(errors), where=spread > 0)
    degrees = min(precision.degrees for precision in precisions)
    student = np.sqrt(degrees / rng.chisquare(degrees, RESAMPLES)) if degrees < math.inf else 1.0
    draws *= scale[:, None] * student
    draws += np.array(train_errors)[:, None] * rng.standard_normal(draws.shape)
    return draws


def _resampled_means(tables: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """Return the mean of each table over resampled seeds and images, shape (tables, RESAMPLES)."""
    seeds, images = tables[0].shape
    rows = max(1, _CELLS_AT_ONCE // images)
    means = np.empty((len(tables), RESAMPLES))
    for start in range(0, RESAMPLES, rows):
        stop = min(start + rows, RESAMPLES)
        seed_weights = _weights(rng, stop - start, seeds)
        image_weights = _weights(rng, stop - start, images)
        for index, table in enumerate(tables):
            means[index, start:stop] = ((seed_weights @ table) * image_weights).sum(axis=1)
    return means


def _weights(rng: np.random.Generator, resamples: int, items: int) -> Floats:
    """Draw how often each item comes up, as shares, shape (resamples, items)."""
    picks = rng.integers(items, size=(resamples, items))
    picks += items * np.arange(resamples)[:, None]
    counts = np.bincount(picks.ravel(), minlength=resamples * items)
    return counts.reshape(resamples, items) / items


class _Precision(NamedTuple):
    """The standard error of a table's mean and its degrees of freedom."""

    standard_error: float
    degrees: float


def _precision(table: Floats, image_share: float = 1.0) -> _Precision:
    """Estimate the standard error of a table's mean over random seeds and random images.

    The two-way random-effects analysis of variance (S. R. Searle, G. Casella and C. E. McCulloch,
    "Variance components", 1992): the variance is what single cells contribute, plus what seeds and
    images contribute above that, never less than nothing. The sum has the degrees of freedom of
    F. E. Satterthwaite, Biometrics Bulletin 2, 1946.

    Args:
        table: Shape (seeds, images).
        image_share: How often what the images contribute is counted.
    """
    seeds, images = table.shape
    seed_square = images * _variance(table.mean(axis=1))
    image_square = seeds * _variance(table.mean(axis=0))
    degrees = np.array([seeds - 1, images - 1, (seeds - 1) * (images - 1)])
    cells = float(((table - table.mean()) ** 2).sum())
    cells -= degrees[0] * seed_square + degrees[1] * image_square
    cell_square = max(cells, 0.0) / degrees[2] if degrees[2] else 0.0
    counts = np.array([seed_square > cell_square, image_share * (image_square > cell_square), 1.0])
    counts[2] -= counts[:2].sum()
    parts = counts * [seed_square, image_square, cell_square]
    variance = float(parts.sum())
    if variance <= _NOTHING:
        return _Precision(0.0, math.inf)
    spread = float((parts[degrees > 0] ** 2 / degrees[degrees > 0]).sum())
    return _Precision(math.sqrt(variance / table.size), variance**2 / spread)


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
