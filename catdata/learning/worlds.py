"""Tell whether added images look like those that were there: one world, or two.

A network that learns to tell a build's added cats from its original cats, and is asked about others
than it learnt from, can only guess if they come from one world. Cats from elsewhere that it knows
at sight ask for other knowledge than the original test images do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import ConfigRefused, shown
from catdata.fingerprint import fingerprints, groups_within
from catdata.learning.comparison import World
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset, splits, stratified_folds
from catdata.learning.neighbours import nearest, nearest_others
from catdata.learning.stats import cross_validated_auc
from catdata.learning.testsets import content_hash
from catdata.learning.training import fit_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.engine import Jobs
    from catdata.h5file import ImageSet
    from catdata.learning.comparison import Arm
    from catdata.learning.stats import Interval

FEWEST = 8
"""With fewer images on a side an interval says nothing: 7 against 7 reach from 0.2 to 0.8."""

MOST = 300
"""Of more images on a side so many are drawn: the interval is narrow enough, and time is short."""

_FOLDS = 5
_SEEDS = (1, 2)
_NETWORK = TrainConfig(
    layers=(7,), iterations=500, center=True, class_weight="balanced", record_every=500
)


def find_worlds(
    first: Arm, later: Arm, jobs: Jobs = None
) -> tuple[tuple[World, ...], tuple[str, ...]]:
    """Compare what a build added with what it shares with the first one, class by class.

    Augmented copies are left out.

    Args:
        first: The arm that has the original images.
        later: The arm that has more.
        jobs: Networks trained side by side in threads, or an engine.

    Returns:
        The answers, and a sentence for each class with too few images to tell.
    """
    train = later.pair.train
    own = train.copies == 0
    known = np.isin(_hashes(train), _hashes(first.pair.train))
    worlds, warnings = [], []
    for label, class_name in enumerate(train.class_names):
        of_class = own & (train.labels == label)
        added, original = (np.flatnonzero(of_class & side) for side in (~known, known))
        if not len(added):
            continue
        auc = _told_apart(train, added, original, jobs)
        if auc is None:
            warnings.append(
                f"{shown(later.name)} added {len(added)} images of {shown(class_name)} to"
                f" {len(original)}: too few to tell whether they look alike. At least {FEWEST} of"
                " each are needed."
            )
            continue
        originals = train.images[original]
        world = World(
            build=later.name,
            class_name=class_name,
            added=len(added),
            original=len(original),
            auc=auc,
            distance_added=float(np.median(nearest(train.images[added], originals).distances)),
            distance_original=float(np.median(nearest_others(originals).distances)),
        )
        worlds.append(world)
    return tuple(worlds), tuple(warnings)


def _hashes(images: ImageSet) -> NDArray[np.bytes_]:
    return np.array([content_hash(images, row) for row in range(len(images))])


def _told_apart(
    train: ImageSet, added: NDArray[np.intp], original: NDArray[np.intp], jobs: Jobs
) -> Interval | None:
    """Return how well networks tell added from original images that they did not learn from.

    Near-duplicates are kept in one fold, and both kinds count alike however many there are.
    """
    if min(len(added), len(original)) < FEWEST:
        return None
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.permutation(side)[:MOST] for side in (original, added)])
    is_added = np.isin(rows, added)
    chosen = train.images[rows]
    pictures = Subset(chosen, is_added.astype(np.int64))
    prints = train.fingerprints
    groups = groups_within(fingerprints(chosen) if prints is None else prints[rows])
    try:
        folds = stratified_folds(pictures.labels, _FOLDS, groups=groups, rng=rng)
    except ConfigRefused:  # nearly all of a side are near-duplicates of each other
        return None
    scores = np.empty(len(rows))
    for learnt, held_out in splits(folds):
        judged = {"held out": Subset.of(pictures, held_out)}
        runs = fit_seeds(Subset.of(pictures, learnt), _NETWORK, _SEEDS, tests=judged, jobs=jobs)
        scores[held_out] = np.mean([run.tests["held out"].probabilities for run in runs], axis=0)
    return cross_validated_auc(scores, is_added, folds)
