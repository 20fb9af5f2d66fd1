"""Measure how often comparisons claim a difference: where there is none, and where there is one.

    python scripts/calibrate_verdicts.py [--kind KIND]... [--comparisons 200] [--seeds 10]
        [--factor F]...

Reads the pair that CATDATA_ORIGINALS names and, for kinds with photos, those of CATDATA_PHOTOS
(``cat/`` and ``non-cat/``).

disjoint-seeds   A/A: the course's training set under two sets of seeds without a common one
random-halves    A/A: two random halves of that training set, of one size, under the same seeds
flipped-labels   A/B: that training set against itself with 30 % of its labels flipped
photos-flipped   A/B: 100 photos against themselves with 30 % of their labels flipped
photos-100-600   A/B: 100 photos against those and 500 more
folds-seeds      A/A: as disjoint-seeds, by cross-validation over the course's pair
folds-halves     A/A: as random-halves, by cross-validation over the course's pair
folds-photos     A/A: likewise, the pair and 50 photos against the pair and 50 others

The course's networks are judged on its 50 test images (by folds on all 259), those of photos on all
photos that were held out and on 50 of them. Everything but ``no-difference-shown`` counts as a
claim. Of A/A comparisons good intervals claim a difference in at most 5 % and not far below. With
``--factor`` the images' part of the variance counts so often, in place of what ``compare`` uses;
given several times, the same comparisons are judged with each.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from catdata import h5file
from catdata.dataset import labels
from catdata.dataset.images import Preparation
from catdata.dataset.pixels import prepare_files
from catdata.learning import stats
from catdata.learning.changes import OTHER_FOLDS, OTHER_TRAINING_IMAGES, Change, change
from catdata.learning.comparison import Arm
from catdata.learning.config import TrainConfig
from catdata.learning.cross_validation import Pool, cross_validate
from catdata.learning.folds import Subset
from catdata.learning.training import fit_seeds
from catdata.learning.verdicts import VERDICTS, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from catdata.learning.records import LabelledImages

    Answers = Mapping[str, stats.Scores]
    Draws = Iterator[tuple[Answers, Answers]]

_POOL = 40  # times the seeds of one arm; each comparison draws its two sets from this pool
_FOLDS_POOL = 10  # the same by folds, which take longer
_FLIPPED = 0.3
_FEW, _MANY, _SAMPLE = 100, 600, 50
_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all comparisons of one calibration share.

    Attributes:
        config: How every network is trained.
        seeds: Networks in each arm.
        rng: Decides which seeds or images are drawn.
    """

    config: TrainConfig
    seeds: int
    rng: np.random.Generator

    def train(
        self,
        train: LabelledImages,
        tests: Mapping[str, LabelledImages],
        seeds: Sequence[int] | None = None,
    ) -> dict[str, stats.Scores]:
        """Train one arm and return what it gets right on each test set."""
        runs = fit_seeds(train, self.config, seeds or range(1, self.seeds + 1), tests=tests)
        learnt = np.stack([run.train.correct for run in runs])
        return {
            name: stats.Scores(learnt, np.stack([run.tests[name].correct for run in runs]))
            for name in tests
        }

    def flipped(self, train: LabelledImages) -> Subset:
        """Return the images with some of their labels flipped."""
        count = round(_FLIPPED * len(train.labels))
        rows = self.rng.choice(len(train.labels), count, replace=False)
        wrong = train.labels.copy()
        wrong[rows] = 1 - wrong[rows]
        return Subset(train.images, wrong)


def course() -> tuple[LabelledImages, dict[str, LabelledImages]]:
    """Return the course's training images, and its test images by name."""
    pair = h5file.read_pair(Path(os.environ["CATDATA_ORIGINALS"]))
    return pair.train, {f"the course's {len(pair.test)}": pair.test}


def photos() -> Subset:
    """Return all photos."""
    entries = labels.by_folder([Path(os.environ["CATDATA_PHOTOS"])])
    squares = [file.picture.pixels for file in prepare_files(entries, Preparation())]
    return Subset(np.stack(squares), np.array([entry.label for entry in entries]))


def disjoint_seeds(setting: Setting) -> Draws:
    """Compare draws from one pool of networks of one training set."""
    train, tests = course()
    starts = range(1, _POOL * setting.seeds + 1, setting.seeds)
    pool = [setting.train(train, tests, range(start, start + setting.seeds)) for start in starts]
    (name,) = tests
    learnt = np.concatenate([answers[name].train_correct for answers in pool])
    correct = np.concatenate([answers[name].correct for answers in pool])
    yield from _sets_of_seeds(setting, name, stats.Scores(learnt, correct))


def _sets_of_seeds(setting: Setting, name: str, pool: stats.Scores) -> Draws:
    """Yield two sets of networks that have none in common."""
    while True:
        order = setting.rng.permutation(len(pool.correct))[: 2 * setting.seeds]
        first, second = (
            stats.Scores(pool.train_correct[rows], pool.correct[rows])
            for rows in np.split(order, 2)
        )
        yield {name: first}, {name: second}


def random_halves(setting: Setting) -> Draws:
    """Compare networks of two halves of the training set."""
    train, tests = course()
    half = len(train.labels) // 2
    while True:
        order = setting.rng.permutation(len(train.labels))
        halves = (order[:half], order[half : 2 * half])
        first, second = (setting.train(Subset.of(train, rows), tests) for rows in halves)
        yield first, second


def flipped_labels(setting: Setting) -> Draws:
    """Compare the training set with itself, some labels flipped."""
    train, tests = course()
    before = setting.train(train, tests)
    while True:
        yield before, setting.train(setting.flipped(train), tests)


def photos_flipped(setting: Setting) -> Draws:
    """Compare a few photos with themselves, some labels flipped."""
    for few, _, tests in _splits_of_photos(setting):
        yield setting.train(few, tests), setting.train(setting.flipped(few), tests)


def photos_100_600(setting: Setting) -> Draws:
    """Compare a few photos with those and more."""
    for few, many, tests in _splits_of_photos(setting):
        yield setting.train(few, tests), setting.train(many, tests)


def _splits_of_photos(setting: Setting) -> Iterator[tuple[Subset, Subset, dict[str, Subset]]]:
    """Yield a few photos, these among many, and the held-out ones: all, and a sample."""
    images = photos()
    while True:
        order = setting.rng.permutation(len(images.labels))
        few, many, rest = order[:_FEW], order[:_MANY], order[_MANY:]
        names = {f"{len(rest)} photos": rest, f"{_SAMPLE} photos": rest[:_SAMPLE]}
        tests = {name: Subset.of(images, rows) for name, rows in names.items()}
        yield Subset.of(images, few), Subset.of(images, many), tests


def folds_seeds(setting: Setting) -> Draws:
    """Compare draws from one pool of cross-validations of one pair."""
    arm = Arm("pair", h5file.read_pair(Path(os.environ["CATDATA_ORIGINALS"])))
    pool = Pool.of([arm])
    seeds = range(1, _FOLDS_POOL * setting.seeds + 1)
    scores = cross_validate(pool, arm, pool.arm_groups[0], setting.config, seeds, _FOLDS)
    yield from _sets_of_seeds(setting, _title(pool), scores)


def folds_halves(setting: Setting) -> Draws:
    """Compare what two halves of the training set teach, by cross-validation over the pair."""
    pair = h5file.read_pair(Path(os.environ["CATDATA_ORIGINALS"]))
    half = len(pair.train) // 2
    while True:
        order = setting.rng.permutation(len(pair.train))
        halves = (order[:half], order[half : 2 * half])
        yield _by_folds(setting, pair, [_rows_of(pair.train, np.sort(rows)) for rows in halves])


def folds_photos(setting: Setting) -> Draws:
    """Compare what some photos add with what as many others add, by cross-validation."""
    pair = h5file.read_pair(Path(os.environ["CATDATA_ORIGINALS"]))
    images = photos()
    while True:
        order = setting.rng.permutation(len(images.labels))
        halves = (order[:_SAMPLE], order[_SAMPLE : 2 * _SAMPLE])
        added = [_with_photos(pair.train, Subset.of(images, rows)) for rows in halves]
        yield _by_folds(setting, pair, added)


def _by_folds(
    setting: Setting, pair: h5file.Pair, trains: Sequence[h5file.ImageSet]
) -> tuple[Answers, Answers]:
    """Judge two training sets on the images of a pair."""
    arms = [Arm(f"{number}", replace(pair, train=train)) for number, train in enumerate(trains)]
    pool = Pool.of([Arm("pair", pair), *arms])
    seeds = range(1, setting.seeds + 1)
    before, after = (
        cross_validate(pool, arm, groups, setting.config, seeds, _FOLDS)
        for arm, groups in zip(arms, pool.arm_groups[1:], strict=True)
    )
    return {_title(pool): before}, {_title(pool): after}


def _title(pool: Pool) -> str:
    return f"{_FOLDS} folds of {len(pool.labels)}"


def _rows_of(train: h5file.ImageSet, rows: NDArray[np.intp]) -> h5file.ImageSet:
    return replace(
        train,
        images=train.images[rows],
        labels=train.labels[rows],
        refs=tuple(train.refs[row] for row in rows),
        copies=train.copies[rows],
    )


def _with_photos(train: h5file.ImageSet, added: Subset) -> h5file.ImageSet:
    count = len(added.labels)
    return replace(
        train,
        images=np.concatenate([train.images, added.images]),
        labels=np.concatenate([train.labels, added.labels]),
        refs=train.refs + tuple(f"{row:064x}" for row in range(count)),
        copies=np.concatenate([train.copies, np.zeros(count, train.copies.dtype)]),
    )


COMPARISONS: dict[str, Callable[[Setting], Draws]] = {
    "disjoint-seeds": disjoint_seeds,
    "random-halves": random_halves,
    "flipped-labels": flipped_labels,
    "photos-flipped": photos_flipped,
    "photos-100-600": photos_100_600,
    "folds-seeds": folds_seeds,
    "folds-halves": folds_halves,
    "folds-photos": folds_photos,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What the comparisons of one kind came to on one test set."""

    verdicts: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)

    def add(self, moved: Change) -> None:
        """Count one comparison."""
        self.changes.append(moved)
        self.verdicts[verdict(moved, (moved.p_value, moved.gap_p_value))] += 1

    def row(self, *names: str) -> str:
        """Return a line of the table."""
        count = len(self.changes)
        claimed = stats.wilson(count - self.verdicts["no-difference-shown"], count)
        moved = [one.test_accuracy.estimate for one in self.changes]
        smallest = np.mean([one.smallest_shown for one in self.changes])
        cells = [
            *names,
            str(count),
            f"{claimed.estimate:.1%} ({claimed.low:.1%} to {claimed.high:.1%})",
            *(str(self.verdicts[claim]) for claim in VERDICTS[:-1]),
            f"{100 * np.mean(moved):+.1f} ± {100 * np.std(moved):.1f}",
            f"{100 * smallest:.1f}",
        ]
        return f"| {' | '.join(cells)} |"


def count(
    draws: Draws, comparisons: int, title: str, factors: Sequence[float]
) -> dict[tuple[str, float], Tally]:
    """Make the comparisons of one kind and count their verdicts by test set and factor."""
    tallies: dict[tuple[str, float], Tally] = {}
    bar = tqdm(range(comparisons), desc=title, disable=None)
    for number, (before, after) in zip(bar, draws, strict=False):
        for name in before:
            for factor in factors:
                rng = np.random.default_rng(number)
                moved = change(before[name], after[name], rng=rng, image_share=factor)
                tallies.setdefault((name, factor), Tally()).add(moved)
    return tallies


def main() -> None:
    """Print one table row for each kind of comparison and test set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--layers", default="20,7,5")
    parser.add_argument("--iterations", type=int, default=2500)
    parser.add_argument("--factor", type=float, action="append")
    parser.add_argument("--kind", choices=list(COMPARISONS), action="append")
    options = parser.parse_args()
    layers = tuple(int(width) for width in options.layers.split(","))
    config = TrainConfig(
        layers=layers, iterations=options.iterations, record_every=options.iterations
    )
    heads = ["kind", "judged on", "factor", "comparisons", "a difference is claimed (95 %)"]
    heads += [*VERDICTS[:-1], "change (points)", "smallest shown (points)"]
    print(f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|", sep="\n")
    for kind in options.kind or COMPARISONS:
        setting = Setting(config, options.seeds, np.random.default_rng(1))
        own = OTHER_FOLDS if kind.startswith("folds") else OTHER_TRAINING_IMAGES
        draws = COMPARISONS[kind](setting)
        tallies = count(draws, options.comparisons, kind, options.factor or [own])
        for (test_set, factor), tally in tallies.items():
            print(tally.row(kind, test_set, f"{factor:g}"), flush=True)


if __name__ == "__main__":
    main()
