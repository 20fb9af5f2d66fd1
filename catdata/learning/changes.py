"""Say how far two arms are apart: intervals and p-values that agree, and what could be seen at all.

Both arms were trained with the same seeds and judged on the same images, so all is computed from
differences, image by image and seed by seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.resampling import Floats, deviations, precision
from catdata.learning.stats import CONFIDENCE, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.learning.stats import Scores

SMALLEST_TEST_SET = 6
"""Five images cannot show a change: even 5 of 5 moving one way has a sign test's p of 0.06."""

OTHER_TRAINING_IMAGES = 1.75
"""How much more than the test images' own share :func:`change` allows for; see there."""

OTHER_FOLDS = 1.0
"""The same for cross-validation, whose networks learnt from many parts of the images; see there."""

POWER = 0.8
"""How often a change of the size ``smallest_shown`` would be shown; Cohen's convention."""

POWER_ERRORS = NormalDist().inv_cdf(POWER)
"""How many standard errors a change must lie beyond the interval's half width for that."""

LEVEL = 1 - CONFIDENCE
"""A p-value above this shows nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """What moved from one arm to another; both intervals hold together with 95 % confidence.

    Attributes:
        test_accuracy: Change of the mean test accuracy.
        gap: Change of the mean gap, train accuracy minus test accuracy.
        p_value: How often equal arms would differ as much in test accuracy, 0..1; above ``LEVEL``
            exactly if the interval holds 0.
        gap_p_value: The same of the gap.
        smallest_shown: The smallest change of test accuracy, as a share, that this test set and
            these seeds would have shown in ``POWER`` of all cases.
    """

    test_accuracy: Interval
    gap: Interval
    p_value: float
    gap_p_value: float
    smallest_shown: float


def change(
    before: Scores,
    after: Scores,
    *,
    rng: np.random.Generator,
    comparisons: int = 1,
    image_share: float = OTHER_TRAINING_IMAGES,
) -> Change:
    """Return how far test accuracy and gap moved between two arms, image by image, seed by seed.

    The bootstrap of :func:`~catdata.learning.resampling.deviations` over the paired differences,
    with these additions:

    * Two questions are asked, and each would be answered wrongly once in 20 times. Both intervals
      are widened by one factor so that both hold at once in 95 % of the resamples (the maximum
      statistic of P. H. Westfall and S. S. Young, "Resampling-based multiple testing", 1993). Where
      the train accuracy stays put the two are one question, and the factor is 1.
    * The training images are a draw as well. One training set does not tell how much another of
      its kind would have moved the accuracy, so the images' part of the variance counts
      *image_share* times; C. Nadeau and Y. Bengio ("Inference for the generalization
      error", Machine Learning 52, 2003) enlarge a variance for the same reason. The factor was
      chosen by measurement with ``scripts/calibrate_verdicts.py``: of comparisons between random
      halves of one training set, 6 to 16 % claimed a difference at a factor of 1 and 0 to 5 % at
      this one; of those between disjoint seeds on one training set, 2 to 3 % either way. By folds
      an image is judged by networks of many training sets, one a seed, so that the spread between
      seeds and images knows what other ones do; measured likewise, ``OTHER_FOLDS`` is 1.
    * For the same reason the gap allows for the train accuracy on other training images. Networks
      that answer all images alike would otherwise be told apart by their training sets' shares of
      cats alone: of short trainings on random halves 65 % claimed a difference.

    Args:
        before: What the first arm got right.
        after: What the second got right, with the same seeds on the same images in the same order.
        rng: Source of the resamples.
        comparisons: How many changes are shown together; the smallest one that would have been
            shown allows for the first step of :func:`~catdata.learning.stats.holm`.
        image_share: How often the images' part of the variance counts.

    Raises:
        ValueError: If the arms do not have as many seeds and images.
    """
    if before.correct.shape != after.correct.shape:
        raise ValueError(f"{before.correct.shape} answers against {after.correct.shape}")
    answers = _differences(before, after)
    gaps = after.gaps - before.gaps
    moved = np.array([answers.mean(), gaps.mean()])
    images = answers.shape[1]
    if images < SMALLEST_TEST_SET:
        accuracy, gap = moved.tolist()
        return Change(Interval(accuracy, -1.0, 1.0), Interval(gap, -2.0, 2.0), 1.0, 1.0, 1.0)
    train_errors = (0.0, math.hypot(before.train_error, after.train_error))
    drawn = np.abs(deviations([answers, gaps], rng, train_errors, image_share=image_share))
    each = np.quantile(drawn, CONFIDENCE, axis=1)
    furthest = _relative(drawn, each[:, None]).max(axis=0)
    together, first_step = np.quantile(furthest, (CONFIDENCE, 1 - LEVEL / comparisons))
    p_value, gap_p_value = (_p_value(furthest, far) for far in _relative(np.abs(moved), each))
    error = precision(answers, image_share).standard_error
    # Arms without any spread tell nothing of it; then the sign test says what can be seen.
    seen = each[0] * first_step + POWER_ERRORS * error if error else SMALLEST_TEST_SET / images
    accuracy, gap = map(_interval, moved.tolist(), (each * together).tolist(), (1.0, 2.0))
    return Change(accuracy, gap, p_value, gap_p_value, smallest_shown=min(float(seen), 1.0))


def accuracy_change(
    before: Scores,
    after: Scores,
    rows: NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    image_share: float = OTHER_TRAINING_IMAGES,
) -> Interval:
    """Return how far the accuracy on some of the test images moved, such as those of one class.

    The interval is that of :func:`change` for this one question alone.

    Args:
        before: What the first arm got right.
        after: What the second got right.
        rows: Which images, shape (images,), at least one.
        rng: Source of the resamples.
        image_share: As for :func:`change`.
    """
    return _own_interval(_differences(before, after)[:, rows], rng, image_share)


def balanced_change(
    before: Scores,
    after: Scores,
    labels: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    image_share: float = OTHER_TRAINING_IMAGES,
) -> Interval:
    """Return how far the balanced accuracy moved, the mean of the classes' accuracies.

    Every class keeps its share of the test images when those are drawn anew, so what the classes
    differ in is taken out of the spread between images (stratified sampling: W. G. Cochran,
    "Sampling techniques", 1977, chapter 5).

    Args:
        before: What the first arm got right.
        after: What the second got right.
        labels: The class of each image, shape (images,).
        rng: Source of the resamples.
        image_share: As for :func:`change`.
    """
    answers = _differences(before, after)
    classes = [labels == label for label in np.unique(labels)]
    balanced = float(np.mean([answers[:, rows].mean() for rows in classes]))
    weighted = np.empty_like(answers)
    for rows in classes:
        weight = len(labels) / (len(classes) * rows.sum())
        weighted[:, rows] = balanced + weight * (answers[:, rows] - answers[:, rows].mean())
    return _own_interval(weighted, rng, image_share)


def _differences(before: Scores, after: Scores) -> Floats:
    return after.correct.astype(np.float64) - before.correct


def _own_interval(table: Floats, rng: np.random.Generator, image_share: float) -> Interval:
    """Return the interval of the mean of a table of differences, for one question alone."""
    mean = float(table.mean())
    if table.shape[1] < SMALLEST_TEST_SET:
        return Interval(mean, -1.0, 1.0)
    drawn = np.abs(deviations([table], rng, [0.0], image_share=image_share)[0])
    return _interval(mean, float(np.quantile(drawn, CONFIDENCE)), 1.0)


def _interval(value: float, width: float, most: float) -> Interval:
    return Interval(value, max(value - width, -most), min(value + width, most))


def _relative(distances: Floats, widths: Floats) -> Floats:
    """Divide by widths; where there is none, a distance is none or without bounds."""
    endless = np.where(distances > 0, np.inf, 0.0)
    return np.divide(distances, widths, out=endless, where=widths > 0)


def _p_value(furthest: Floats, distance: float) -> float:
    """Return the share of the resamples that are as far; none of them is still no certainty."""
    return max(float((furthest >= distance).mean()), 1 / len(furthest))
