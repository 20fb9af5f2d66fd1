"""Measure how often a comparison claims a difference where there is none.

    python scripts/calibrate_verdicts.py FOLDER [--comparisons 200] [--seeds 10] [--layers 20,7,5]

FOLDER holds a train and a test file in the course's form. Two kinds of A/A comparisons are made:

disjoint-seeds   the same training set under two sets of seeds without a common one
random-halves    two random halves of the training set, of one size, under the same seeds

Everything but ``no-difference-shown`` counts as a claim. Good intervals claim a difference in at
most 5 % and not far below. With the course's files 200 comparisons of each kind take a few minutes.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from catdata import h5file
from catdata.learning import stats
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset
from catdata.learning.training import fit_seeds
from catdata.learning.verdicts import VERDICTS, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catdata.learning.records import LabelledImages

    Arms = tuple[stats.Scores, stats.Scores]

_TEST = "test"
_POOL = 40  # times the seeds of one arm; each comparison draws its two sets from this pool


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all comparisons of one calibration share.

    Attributes:
        pair: The data.
        config: How every network is trained.
        seeds: Networks in each arm.
        rng: Decides which seeds or images are drawn.
    """

    pair: h5file.Pair
    config: TrainConfig
    seeds: int
    rng: np.random.Generator


def disjoint_seeds(setting: Setting) -> Callable[[], Arms]:
    """Return a function that compares two draws from one pool of networks of one training set."""
    starts = range(1, _POOL * setting.seeds + 1, setting.seeds)
    pool = [
        _train(setting, setting.pair.train, range(start, start + setting.seeds)) for start in starts
    ]
    train_correct = np.concatenate([scores.train_correct for scores in pool])
    correct = np.concatenate([scores.correct for scores in pool])

    def draw() -> Arms:
        order = setting.rng.permutation(len(correct))[: 2 * setting.seeds]
        first, second = np.split(order, 2)
        return (
            stats.Scores(train_correct[first], correct[first]),
            stats.Scores(train_correct[second], correct[second]),
        )

    return draw


def random_halves(setting: Setting) -> Callable[[], Arms]:
    """Return a function that compares networks of two halves of the training set."""
    train = setting.pair.train
    half = len(train) // 2
    seeds = range(1, setting.seeds + 1)

    def draw() -> Arms:
        order = setting.rng.permutation(len(train))
        first, second = order[:half], order[half : 2 * half]
        return _half(first), _half(second)

    def _half(rows: np.ndarray) -> stats.Scores:
        return _train(setting, Subset.of(train, rows), seeds)

    return draw


COMPARISONS: dict[str, Callable[[Setting], Callable[[], Arms]]] = {
    "disjoint-seeds": disjoint_seeds,
    "random-halves": random_halves,
}


def _train(setting: Setting, train: LabelledImages, seeds: Sequence[int]) -> stats.Scores:
    runs = fit_seeds(train, setting.config, seeds, tests={_TEST: setting.pair.test})
    return stats.Scores(
        np.stack([run.train.correct for run in runs]),
        np.stack([run.tests[_TEST].correct for run in runs]),
    )


def _count(draw: Callable[[], Arms], comparisons: int, title: str) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for number in tqdm(range(comparisons), desc=title, disable=None):
        before, after = draw()
        change = stats.change(before, after, rng=np.random.default_rng(number))
        verdicts[verdict(change)] += 1
    return verdicts


def _row(name: str, comparisons: int, verdicts: Counter[str]) -> str:
    claimed = stats.wilson(comparisons - verdicts["no-difference-shown"], comparisons)
    share = f"{claimed.estimate:.1%} ({claimed.low:.1%} to {claimed.high:.1%})"
    counts = [str(verdicts[claim]) for claim in VERDICTS[:-1]]
    return f"| {' | '.join([name, str(comparisons), share, *counts])} |"


def main() -> None:
    """Print one table row for each kind of comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--layers", default="20,7,5")
    parser.add_argument("--iterations", type=int, default=2500)
    parser.add_argument("--kind", choices=list(COMPARISONS), action="append")
    options = parser.parse_args()
    layers = tuple(int(width) for width in options.layers.split(","))
    config = TrainConfig(
        layers=layers, iterations=options.iterations, record_every=options.iterations
    )
    pair = h5file.read_pair(options.folder)
    heads = ["kind", "comparisons", "a difference is claimed (95 %)", *VERDICTS[:-1]]
    print(f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|", sep="\n")
    for name in options.kind or COMPARISONS:
        setting = Setting(pair, config, options.seeds, np.random.default_rng(1))
        verdicts = _count(COMPARISONS[name](setting), options.comparisons, name)
        print(_row(name, options.comparisons, verdicts), flush=True)


if __name__ == "__main__":
    main()
