"""Split images into folds for cross-validation: classes spread evenly, groups kept together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused
from catdata.learning.inputs import Chosen, in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from catdata.learning.inputs import Pictures
    from catdata.learning.records import LabelledImages


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Some rows of a set of images, as a set of its own.

    Attributes:
        images: Shape (k, size, size, 3), uint8; or (k, n0), float64.
        labels: Shape (k,), 0 or 1.
    """

    images: Pictures
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, whole: LabelledImages, rows: NDArray[np.intp]) -> Subset:
        """Return the *rows* of *whole*; what is not in memory is not brought there."""
        images = whole.images
        chosen = images[rows] if in_memory(images) else Chosen(images, rows)
        return cls(chosen, whole.labels[rows])


def stratified_folds(
    labels: NDArray[np.int64],
    count: int,
    *,
    groups: NDArray[np.intp] | None = None,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Assign each image to one of *count* folds.

    Groups go one after the other, in random order, to the fold that has fewest of their more
    frequent class, so every fold has its share of each class up to the size of a group.

    Args:
        labels: Shape (m,), 0 or 1.
        count: Number of folds, 2 or more.
        groups: Which images belong together, shape (m,), any numbers; None for none.
        rng: Decides the order.

    Returns:
        The fold of each image, shape (m,), 0..count - 1.

    Raises:
        ConfigRefused: If a class has fewer images, near-duplicates counted once, than there are
            folds.
    """
    groups = np.arange(len(labels)) if groups is None else groups
    _, group_of = np.unique(groups, return_inverse=True)
    cats = np.bincount(group_of, weights=labels)
    sizes = np.bincount(group_of)
    rarest = min(np.bincount((2 * cats > sizes).astype(int), minlength=2))
    if count < 2 or rarest < count:
        raise ConfigRefused(
            f"{count} folds need {max(count, 2)} images of each class that are no copies of each "
            f"other; the rarer one has {rarest}."
        )
    held = np.zeros((2, count))
    fold_of_group = np.empty(len(sizes), dtype=np.intp)
    for group in rng.permutation(len(sizes)):
        frequent = int(2 * cats[group] > sizes[group])
        fold = int(np.lexsort((held.sum(axis=0), held[frequent]))[0])
        fold_of_group[group] = fold
        held[:, fold] += sizes[group] - cats[group], cats[group]
    assigned: NDArray[np.intp] = fold_of_group[group_of]
    return assigned


def held_out(labels: NDArray[np.int64], share: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw images to keep apart, the same share of each class.

    The draw depends on the labels alone, so runs of any seed keep the same images apart.

    Args:
        labels: Shape (m,), 0 or 1.
        share: Of each class, 0..1.

    Returns:
        The other rows, and those kept apart, each in ascending order.

    Raises:
        ConfigRefused: If none or all images of a class would be kept apart.
    """
    rng = np.random.default_rng(0)
    apart = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        count = round(share * len(rows))
        if not 0 < count < len(rows):
            raise ConfigRefused(
                f"a share of {share:g} of {len(rows)} training images of a class is {count}:"
                " at least 1 has to be kept for validation, and 1 to learn from"
            )
        apart[rows[:count]] = True
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def splits(folds: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield for each fold the rows outside it, to train on, and those in it, to judge."""
    for fold in range(int(folds.max()) + 1):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
