"""Hold arms against each other on their test sets, and correct for all that is shown together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.learning.changes import (
    OTHER_FOLDS,
    OTHER_TRAINING_IMAGES,
    accuracy_change,
    balanced_change,
    change,
)
from catdata.learning.stats import holm, mcnemar
from catdata.learning.verdicts import Contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from catdata.learning.changes import Change
    from catdata.learning.comparison import Arm, SetSummary
    from catdata.learning.stats import Scores

_RESAMPLING_SEED = 0


def resampling_rng() -> np.random.Generator:
    """Return the generator that every interval is drawn with, so that a record comes out again."""
    return np.random.default_rng(_RESAMPLING_SEED)


class Case(NamedTuple):
    """Two arms and how both did on the same images with the same seeds.

    Attributes:
        before: The one.
        after: The other.
        layers: Widths of the hidden layers of both.
        scores: What either got right.
        test_set: What they were judged on.
        labels: The class of each of its images, shape (images,).
        folds: Parts of it that took turns at being judged; 0 for a test set.
    """

    before: Arm
    after: Arm
    layers: tuple[int, ...]
    scores: tuple[Scores, Scores]
    test_set: SetSummary
    labels: NDArray[np.int64]
    folds: int = 0

    @property
    def image_share(self) -> float:
        """How often the images' part of the variance counts."""
        return OTHER_FOLDS if self.folds else OTHER_TRAINING_IMAGES


def contrasts(cases: Sequence[Case]) -> tuple[Contrast, ...]:
    """Judge pairs of arms, as changes that are shown together."""
    changes = [
        change(
            *case.scores,
            rng=resampling_rng(),
            comparisons=len(cases),
            image_share=case.image_share,
        )
        for case in cases
    ]
    adjusted = holm([(moved.p_value, moved.gap_p_value) for moved in changes])
    return tuple(
        _contrast(case, moved, p_values, len(cases))
        for case, moved, p_values in zip(cases, changes, adjusted, strict=True)
    )


def _contrast(case: Case, moved: Change, p_values: tuple[float, ...], comparisons: int) -> Contrast:
    first, last = case.scores
    rows = {
        name: case.labels == label
        for label, name in enumerate(case.test_set.classes)
        if (case.labels == label).any()
    }
    of_class = partial(accuracy_change, first, last, image_share=case.image_share)
    by_class = {name: of_class(which, rng=resampling_rng()) for name, which in rows.items()}
    adjusted, adjusted_gap = p_values
    two_networks = len(first.correct) == 1 and not case.folds
    return Contrast(
        before=case.before.name,
        after=case.after.name,
        layers=case.layers,
        test_set=case.test_set.name,
        folds=case.folds,
        images=case.test_set.images,
        baseline_class=case.test_set.baseline_class,
        baseline_accuracy=case.test_set.baseline_accuracy,
        train_accuracy=(float(first.train_accuracy.mean()), float(last.train_accuracy.mean())),
        test_accuracy=(float(first.correct.mean()), float(last.correct.mean())),
        change=moved,
        adjusted_p_value=adjusted,
        adjusted_gap_p_value=adjusted_gap,
        comparisons=comparisons,
        by_class=by_class,
        contribution={
            name: float(which.mean()) * by_class[name].estimate for name, which in rows.items()
        },
        balanced_accuracy=balanced_change(
            first, last, case.labels, rng=resampling_rng(), image_share=case.image_share
        ),
        mcnemar=mcnemar(first.correct[0], last.correct[0]) if two_networks else None,
        control=case.before.control or case.after.control,
    )
