"""Judge arms by cross-validation over the original images, where a small test set can't decide.

The original images of both files are pooled and split into folds; every image is judged once a
seed, by networks that learnt from the other folds. What an arm adds, and augmented copies, are only
ever learnt from, and never beside a held-out image that they show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.engine import UNLIMITED, Engine, shared
from catdata.errors import ConfigRefused
from catdata.fingerprint import fingerprints, groups_within
from catdata.learning.comparison import SetSummary
from catdata.learning.dealing import map_parts
from catdata.learning.folds import Subset, held_out, splits, stratified_folds
from catdata.learning.forms import cheaper_form
from catdata.learning.inputs import inputs_in
from catdata.learning.sources import Gram
from catdata.learning.stats import Scores
from catdata.learning.testsets import content_hash
from catdata.learning.training import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from catdata.engine import Jobs
    from catdata.h5file import ImageSet
    from catdata.learning.comparison import Arm
    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Rows
    from catdata.learning.training import Progress

_POOL = "pool"
_PRELOAD = ("catdata.learning.cross_validation",)  # what workers forked for this need


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The original images of the first arm's two files, and what of the arms belongs to them.

    Attributes:
        images: Shape (n, s, s, 3), uint8.
        labels: Shape (n,), 0 or 1.
        hashes: Content hashes, shape (n,).
        from_test: Whether each is of the test file, shape (n,).
        class_names: The names of class 0 and class 1.
        groups: Which near-duplicates each belongs to, shape (n,).
        arm_groups: The same for the training images of each arm.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    hashes: NDArray[np.bytes_]
    from_test: NDArray[np.bool_]
    class_names: tuple[str, str]
    groups: NDArray[np.intp]
    arm_groups: tuple[NDArray[np.intp], ...]

    @classmethod
    def of(cls, arms: Sequence[Arm]) -> Pool:
        """Pool the originals of the first arm: the course's own rows, or all where it has none.

        Raises:
            ConfigRefused: If the arms' pictures are of different sizes.
        """
        sizes = {arm.pair.train.size for arm in arms}
        if len(sizes) > 1:
            raise ConfigRefused(
                f"folds need pictures of one size, not of {' and '.join(map(str, sorted(sizes)))}"
                " pixels",
                hint="Compare builds of one size.",
            )
        files = [arms[0].pair.train, arms[0].pair.test]
        rows = [_originals(images) for images in files]
        prints = [_prints(images)[own] for images, own in zip(files, rows, strict=True)]
        prints += [_prints(arm.pair.train) for arm in arms]
        # Copies have the fingerprint of their parent, so many are the same: search each once.
        distinct, place = np.unique(np.concatenate(prints), axis=0, return_inverse=True)
        groups = groups_within(distinct)[place.reshape(-1)]
        parts = np.split(groups, np.cumsum([len(part) for part in prints])[:-1])
        return cls(
            images=np.concatenate([f.images[own] for f, own in zip(files, rows, strict=True)]),
            labels=np.concatenate([f.labels[own] for f, own in zip(files, rows, strict=True)]),
            hashes=np.concatenate([_hashes(f)[own] for f, own in zip(files, rows, strict=True)]),
            from_test=np.repeat([False, True], [len(own) for own in rows]),
            class_names=files[0].class_names,
            groups=np.concatenate(parts[:2]),
            arm_groups=tuple(parts[2:]),
        )

    @property
    def summary(self) -> SetSummary:
        """How many images of each class there are."""
        counts = np.bincount(self.labels, minlength=2).tolist()
        return SetSummary("pool", dict(zip(self.class_names, counts, strict=True)))

    def seen_by(self, arm: Arm) -> NDArray[np.uint8]:
        """Return the pool's pictures as an arm prepares them, where it has them."""
        pictures = self.images.copy()
        for images in (arm.pair.train, arm.pair.test):
            own = np.flatnonzero(images.copies == 0)
            where = dict(zip(_hashes(images)[own].tolist(), own.tolist(), strict=True))
            for row, name in enumerate(self.hashes.tolist()):
                if name in where:
                    pictures[row] = images.images[where[name]]
        return pictures

    def folds(self, count: int, seed: int) -> NDArray[np.intp]:
        """Return the fold of each image, near-duplicates in one; other for each seed.

        Raises:
            ConfigRefused: If a class has fewer images than there are folds.
        """
        rng = np.random.default_rng(seed)
        return stratified_folds(self.labels, count, groups=self.groups, rng=rng)


def _originals(images: ImageSet) -> Rows:
    courses = np.array([ref.startswith(("train[", "test[")) for ref in images.refs])
    own = images.copies == 0
    return np.flatnonzero(own & courses if (own & courses).any() else own)


def _prints(images: ImageSet) -> NDArray[np.uint64]:
    return fingerprints(images.images) if images.fingerprints is None else images.fingerprints


def _hashes(images: ImageSet) -> NDArray[np.bytes_]:
    return np.array([content_hash(images, row) for row in range(len(images))])


class Part(NamedTuple):
    """One training of a cross-validation: which rows are learnt from, and which images judged."""

    seed: int
    learnt: Rows
    held_out: Rows


def parts_of(pool: Pool, groups: NDArray[np.intp], seeds: Sequence[int], count: int) -> list[Part]:
    """Return what is learnt from and judged in each training, seed by seed and fold by fold.

    Args:
        pool: The images to judge on.
        groups: Which near-duplicates an arm's training images belong to.
        seeds: Each decides a split into folds.
        count: Folds of a seed.

    Returns:
        Parts whose *learnt* counts the arm's training images first, then the pooled test images.
    """
    groups = np.concatenate([groups, pool.groups[pool.from_test]])
    return [
        Part(seed, np.flatnonzero(~np.isin(groups, pool.groups[held_out])), held_out)
        for seed in seeds
        for _, held_out in splits(pool.folds(count, seed))
    ]


def cross_validate(
    pool: Pool,
    arm: Arm,
    groups: NDArray[np.intp],
    config: TrainConfig,
    seeds: Sequence[int],
    count: int,
    *,
    jobs: Jobs = None,
    on_progress: Progress | None = None,
) -> Scores:
    """Train one arm's networks on all but one fold each, and judge them on it.

    An arm learns from its own training images and from the pooled test images, less those of the
    held-out fold and all that are near-duplicates of these. All parts share one matrix of products.

    Args:
        pool: The images to judge on.
        arm: The arm.
        groups: Which near-duplicates its training images belong to.
        config: How to train; its seed is not used.
        seeds: Each decides a split into folds and the first weights of its networks.
        count: Folds of a seed.
        jobs: Networks trained side by side in threads, or an engine.
        on_progress: Called with the iterations done and their total.

    Returns:
        A row a seed, as of a test set: whether each image of the pool was named rightly by the one
        network that did not learn from it; and for each image that the arm learns from, the share
        of right answers of the networks that did learn from it.

    Raises:
        ConfigRefused: If a class has fewer images than there are folds.
        EngineFailed: If the cluster cannot be reached.
    """
    parts = parts_of(pool, groups, seeds, count)
    answers: list[_Answers] = []
    with (
        Engine.of(jobs, "threads").executor(_PRELOAD, UNLIMITED) as workers,
        threadpool_limits(config.threads, "blas"),
    ):
        material = shared(workers, _Material.of(pool, arm, config, len(parts)))
        for answer in map_parts(workers, partial(_train_parts, material), parts):
            answers.append(answer)
            if on_progress:
                on_progress(len(answers) * config.iterations, len(parts) * config.iterations)
    judged, learnt = len(pool.labels), len(groups) + int(pool.from_test.sum())
    return _scores(
        zip((seeds.index(part.seed) for part in parts), parts, answers, strict=True),
        (len(seeds), learnt),
        (len(seeds), judged),
    )


class _Answers(NamedTuple):
    """What one network got right of the rows that it learnt from, and of those held out."""

    rows: Rows
    learnt: NDArray[np.bool_]
    held_out: NDArray[np.bool_]


def _scores(
    found: Iterable[tuple[int, Part, _Answers]], learnt: tuple[int, int], judged: tuple[int, int]
) -> Scores:
    """Sum up the networks of each seed.

    Args:
        found: Which seed, by its row, what its network was given and what it answered.
        learnt: Seeds and images that are learnt from.
        judged: Seeds and images that are judged.
    """
    correct = np.zeros(judged, bool)
    named, times = np.zeros((2, *learnt))
    for row, part, answer in found:
        correct[row, part.held_out] = answer.held_out
        named[row, answer.rows] += answer.learnt
        times[row, answer.rows] += 1
    # Early stopping may keep an image from all networks of a seed, which then say nothing of it.
    typical = named.sum(axis=1, keepdims=True) / times.sum(axis=1, keepdims=True)
    shares = np.divide(named, times, out=np.tile(typical, named.shape[1]), where=times > 0)
    return Scores(shares, correct)


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    """What all networks of an arm have in common.

    Attributes:
        learnt: The images to learn from.
        judged: The pool as the arm prepares it.
        config: How to train; its seed is not used.
        gram: The products of all these images; None where each part makes its own.
    """

    learnt: Subset
    judged: Subset
    config: TrainConfig
    gram: Gram | None

    @classmethod
    def of(cls, pool: Pool, arm: Arm, config: TrainConfig, runs: int) -> _Material:
        train, seen = arm.pair.train, pool.seen_by(arm)
        learnt = Subset(
            np.concatenate([train.images, seen[pool.from_test]]),
            np.concatenate([train.labels, pool.labels[pool.from_test]]),
        )
        judged = Subset(seen, pool.labels)
        return cls(learnt, judged, config, _shared_products(learnt, judged, config, runs))


def _train_parts(material: _Material, parts: Sequence[Part]) -> list[_Answers]:
    """Train and judge a network for each part, in the process that this is called in."""
    return [_train_part(material, part) for part in parts]


def _train_part(material: _Material, part: Part) -> _Answers:
    config, gram = material.config, material.gram
    learnt = Subset.of(material.learnt, part.learnt)
    unseen = Subset.of(material.judged, part.held_out)
    own = gram and gram.part(
        learnt.images, part.learnt, {_POOL: (unseen.images, _POOL, part.held_out)}
    )
    run = fit(learnt, replace(config, seed=part.seed), tests={_POOL: unseen}, gram=own)
    rows = part.learnt
    if config.early_stop:
        rows = rows[held_out(learnt.labels, config.early_stop)[0]]
    return _Answers(rows, run.train.correct, run.tests[_POOL].correct)


def _shared_products(
    material: Subset, judged: Subset, config: TrainConfig, runs: int
) -> Gram | None:
    """Multiply all images once, where every part can take its products from there."""
    dims = (inputs_in(material.images), *config.layers, 1)
    form = config.form
    if form == "auto":
        form = cheaper_form(config, dims, len(material.images), runs)
    if form != "gram" or config.center or config.standardize or config.early_stop:
        return None
    return Gram(material.images, {_POOL: judged.images}, dtype=config.dtype)
