"""Find labels that are doubtful: those that networks which never saw the image do not believe.

A simple form of confident learning (Northcutt, Jiang and Chuang, 2021): cross-validated
probabilities of each image's own label, averaged over several splits and first weights. The network
is small and often wrong itself; what it doubts is worth a look, not a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset, splits, stratified_folds
from catdata.learning.training import fit_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from catdata.engine import Jobs
    from catdata.learning.records import LabelledImages


@dataclass(frozen=True, slots=True)
class DoubtConfig:
    """How doubtful labels are looked for.

    Attributes:
        config: What is trained; its seed is not used.
        folds: Parts that the images are split into.
        repeats: Different splits.
        seeds: First weights for each.
        limit: A label is doubtful if its mean probability is below this, 0..1.
    """

    config: TrainConfig = field(default_factory=lambda: TrainConfig(iterations=300))
    folds: int = 5
    repeats: int = 2
    seeds: tuple[int, ...] = (1, 2, 3)
    limit: float = 0.1


MOST_IMAGES = 5000
TOO_MANY = f"there are more than {MOST_IMAGES} images"
CAVEAT = "the network is small and often wrong itself: look before you relabel"


def doubtful_labels(
    images: LabelledImages,
    options: DoubtConfig | None = None,
    *,
    groups: NDArray[np.intp] | None = None,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[tuple[int, float]]:
    """Return the rows whose label is doubtful, the most doubtful first.

    Args:
        images: All images with their labels.
        options: What to train, and the limit.
        groups: Which images show the same and are kept together, shape (m,); None for none.
        jobs: Networks trained side by side in threads, or an engine.
        on_progress: Called with the trainings done and their total.

    Returns:
        Each row with the mean probability of its label, 0..1.

    Raises:
        ConfigRefused: If a class has fewer images than there are folds.
        EngineFailed: If the cluster cannot be reached.
    """
    options = options or DoubtConfig()
    believed = label_probabilities(
        images, options, groups=groups, jobs=jobs, on_progress=on_progress
    )
    rows = np.argsort(believed, kind="stable")
    return [(int(row), float(believed[row])) for row in rows if believed[row] < options.limit]


def obstacle(labels: NDArray[np.int64], groups: NDArray[np.intp], options: DoubtConfig) -> str:
    """Return why labels cannot be doubted, for people; empty if they can be.

    Args:
        labels: Shape (m,), 0 or 1.
        groups: Which images show the same, shape (m,).
        options: What would be trained.
    """
    try:
        stratified_folds(labels, options.folds, groups=groups, rng=np.random.default_rng(0))
    except ConfigRefused as refused:
        return refused.message.rstrip(".")
    return ""


def label_probabilities(
    images: LabelledImages,
    options: DoubtConfig,
    *,
    groups: NDArray[np.intp] | None = None,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float64]:
    """Return how far networks that were not trained on an image believe its label.

    Args:
        images: All images with their labels.
        options: What to train.
        groups: Which images show the same and are kept together, shape (m,); None for none.
        jobs: Networks trained side by side in threads, or an engine.
        on_progress: Called with the trainings done and their total.

    Returns:
        The mean probability of each image's own label, shape (m,), 0..1.

    Raises:
        ConfigRefused: If a class has fewer images than there are folds.
        EngineFailed: If the cluster cannot be reached.
    """
    believed = np.zeros(len(images.labels))
    total = options.repeats * options.folds
    for repeat in range(options.repeats):
        rng = np.random.default_rng(repeat)
        folds = stratified_folds(images.labels, options.folds, groups=groups, rng=rng)
        for done, (train, held_out) in enumerate(splits(folds), start=repeat * options.folds + 1):
            learnt, judged = Subset.of(images, train), {"held out": Subset.of(images, held_out)}
            runs = fit_seeds(learnt, options.config, options.seeds, tests=judged, jobs=jobs)
            cat = np.mean([run.tests["held out"].probabilities for run in runs], axis=0)
            believed[held_out] += np.where(images.labels[held_out] == 1, cat, 1 - cat)
            if on_progress:
                on_progress(done, total)
    return believed / options.repeats
