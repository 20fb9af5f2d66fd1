"""Hold arms against each other on their test sets, and correct for all that is shown together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.changes import accuracy_change, balanced_change, change
from catdata.learning.stats import holm, mcnemar
from catdata.learning.verdicts import Contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.changes import Change
    from catdata.learning.testsets import SharedTest
    from catdata.learning.trained import Trained

    Pairing = tuple[Trained, Trained, SharedTest]

_RESAMPLING_SEED = 0


def resampling_rng() -> np.random.Generator:
    """Return the generator that every interval is drawn with, so that a record comes out again."""
    return np.random.default_rng(_RESAMPLING_SEED)


def contrasts(pairings: Sequence[Pairing]) -> tuple[Contrast, ...]:
    """Judge pairs of arms, each on a test set, as changes that are shown together.

    Args:
        pairings: The arm before, the arm after and the test set of each change.
    """
    changes = [
        change(
            before.scores[test.name],
            after.scores[test.name],
            rng=resampling_rng(),
            comparisons=len(pairings),
        )
        for before, after, test in pairings
    ]
    adjusted = holm([(moved.p_value, moved.gap_p_value) for moved in changes])
    return tuple(
        _contrast(pairing, moved, p_values, len(pairings))
        for pairing, moved, p_values in zip(pairings, changes, adjusted, strict=True)
    )


def _contrast(
    pairing: Pairing, moved: Change, p_values: tuple[float, ...], comparisons: int
) -> Contrast:
    before, after, test = pairing
    first, last = before.scores[test.name], after.scores[test.name]
    labels = test.images.labels
    rows = {
        name: labels == label
        for label, name in enumerate(test.images.class_names)
        if (labels == label).any()
    }
    by_class = {
        name: accuracy_change(first, last, which, rng=resampling_rng())
        for name, which in rows.items()
    }
    adjusted, adjusted_gap = p_values
    return Contrast(
        before=before.arm.name,
        after=after.arm.name,
        layers=before.config.layers,
        test_set=test.name,
        images=test.summary.images,
        baseline_class=test.summary.baseline_class,
        baseline_accuracy=test.summary.baseline_accuracy,
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
        balanced_accuracy=balanced_change(first, last, labels, rng=resampling_rng()),
        mcnemar=mcnemar(first.correct[0], last.correct[0]) if len(first.correct) == 1 else None,
        control=before.arm.control or after.arm.control,
    )
