"""Try many settings, judge each by cross-validation inside train, test the best once.

A setting is judged on images that its networks did not learn from, over several splits and first
weights. Near-duplicates and augmented copies stay in one fold, and only images that are no copies
are judged. What is done is kept line by line, so an interrupted sweep goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.engine import UNLIMITED, Engine, Jobs, shared
from catdata.errors import ConfigRefused, StorageFailed, shown
from catdata.fingerprint import fingerprints, groups_within
from catdata.learning import stats
from catdata.learning.config import TrainConfig
from catdata.learning.dealing import check_sendable, map_parts
from catdata.learning.diagnosis import diagnose
from catdata.learning.folds import Subset, splits, stratified_folds
from catdata.learning.stats import Interval, Scores
from catdata.learning.testsets import check_leaks, shared_tests
from catdata.learning.training import fit, fit_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from numpy.typing import NDArray

    from catdata.h5file import ImageSet
    from catdata.learning.comparison import Arm

_RESAMPLING_SEED = 0
_PRELOAD = ("catdata.learning.sweep",)  # what workers forked for a sweep need


@dataclass(frozen=True, slots=True)
class Grid:
    """The values to try; every combination of them is one setting.

    Attributes:
        layers: Widths of the hidden layers, one tuple a shape.
        learning_rates: Steps per unit of gradient.
        iterations: Steps of the optimizer.
        l2: The course's lambda.
        dropout: Shares of hidden units left out.
        folds: Parts of the cross-validation.
        seeds: Each decides a split into folds and the first weights of its networks.
    """

    layers: tuple[tuple[int, ...], ...] = ((20, 7, 5),)
    learning_rates: tuple[float, ...] = (0.0075,)
    iterations: tuple[int, ...] = (2500,)
    l2: tuple[float, ...] = (0.0,)
    dropout: tuple[float, ...] = (0.0,)
    folds: int = 5
    seeds: tuple[int, ...] = (1, 2, 3)

    def settings(self, config: TrainConfig) -> list[TrainConfig]:
        """Return every combination, checked, with all else as in *config*.

        Raises:
            ConfigRefused: If there are none, or one cannot work.
        """
        combinations = product(
            dict.fromkeys(self.layers),
            dict.fromkeys(self.l2),
            dict.fromkeys(self.dropout),
            dict.fromkeys(self.iterations),
            dict.fromkeys(self.learning_rates),
        )
        settings = [
            replace(config, layers=layers, l2=l2, dropout=dropout, iterations=n, learning_rate=rate)
            for layers, l2, dropout, n, rate in combinations
        ]
        if not settings or not self.seeds:
            raise ConfigRefused("a sweep needs at least one value of each kind and one seed")
        return settings


@dataclass(frozen=True, slots=True)
class Candidate:
    """A setting and how it was judged.

    Attributes:
        config: The setting; its seed is not used.
        accuracy: Mean over seeds and held-out images, with the interval over both.
        train_accuracy: Mean share of the images learnt from that are named rightly.
        failures: How many networks ended in each state but learning.
        networks: How many were trained.
    """

    config: TrainConfig
    accuracy: Interval
    train_accuracy: float
    failures: dict[str, int]
    networks: int

    @property
    def failed(self) -> int:
        """How many networks did not learn."""
        return sum(self.failures.values())

    def to_json(self) -> dict[str, Any]:
        """Return the candidate as plain types."""
        config = self.config
        return {
            "layers": list(config.layers),
            "learning_rate": config.learning_rate,
            "iterations": config.iterations,
            "l2": config.l2,
            "dropout": config.dropout,
            "accuracy": self.accuracy.to_json("mean"),
            "train_accuracy": self.train_accuracy,
            "failures": self.failures,
            "networks": self.networks,
        }


@dataclass(frozen=True, slots=True)
class Sweep:
    """All settings, and what became of the best.

    Attributes:
        candidates: In the order of the grid.
        best: Of those with the fewest networks that did not learn, the one of the highest
            cross-validated accuracy; the first of equals. Dead networks, which always name the more
            frequent class, would else often win.
        majority: Share of the judged images that is right by always naming their more frequent
            class.
        test_accuracy: Of the best, trained on all of train with each seed.
        test_images: Number of test images.
        baseline_accuracy: Share of them that is right by always naming their more frequent class.
        grid: What was tried.
        warnings: What a reader must know, a sentence each.
        seconds: Wall time.
    """

    candidates: tuple[Candidate, ...]
    best: Candidate
    majority: float
    test_accuracy: Interval
    test_images: int
    baseline_accuracy: float
    grid: Grid
    warnings: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the sweep as plain types."""
        return {
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "best": self.best.to_json(),
            "majority": self.majority,
            "test": {
                "images": self.test_images,
                "accuracy": self.test_accuracy.to_json("mean"),
                "baseline_accuracy": self.baseline_accuracy,
            },
            "folds": self.grid.folds,
            "seeds": list(self.grid.seeds),
            "warnings": list(self.warnings),
            "seconds": self.seconds,
        }


def sweep(
    arm: Arm,
    grid: Grid,
    config: TrainConfig | None = None,
    *,
    kept: Path | None = None,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Judge every setting by cross-validation inside train, and show the best the test set.

    Args:
        arm: The build.
        grid: The values to try.
        config: All other options; the course's if None.
        kept: A file that each result is appended to and that results are taken from; None for none.
        jobs: Networks trained side by side in threads, by default one for each core; or an engine.
        on_progress: Called with the settings judged and their number.

    Raises:
        ConfigRefused: If a setting cannot work, or a class has fewer images than there are folds.
        LeakRefused: If train holds an image of test, or a near-duplicate of one.
        StorageFailed: If *kept* can't be read or written.
        EngineFailed: If the cluster cannot be reached.
    """
    started = time.perf_counter()
    settings = grid.settings(config or TrainConfig())
    warnings: tuple[str, ...] = (*arm.pair.warnings, *check_leaks([arm], shared_tests([arm])))
    engine = Engine.of(jobs, "threads")
    if not engine.is_here:
        check_sendable(arm.pair.train, arm.pair.test)
    results = _Kept(kept)
    candidates = []
    with engine.executor(_PRELOAD, UNLIMITED) as pool:
        judge = _Judge(arm.pair.train, grid, pool)
        for done, setting in enumerate(settings, start=1):
            key = judge.key(setting)
            if key not in results.found:
                results.add(key, judge.judged(setting))
            candidates.append(_candidate(setting, results.found[key]))
            if on_progress:
                on_progress(done, len(settings))
    best = max(candidates, key=lambda one: (-one.failed, one.accuracy.estimate))
    if best.accuracy.estimate <= judge.majority:
        share = f"{100 * judge.majority:.1f} %"
        warnings += (f"No setting is better than always naming the more frequent class: {share}.",)
    test = arm.pair.test
    runs = fit_seeds(arm.pair.train, best.config, grid.seeds, tests={"test": test}, jobs=jobs)
    judged = runs[0].tests["test"]
    return Sweep(
        candidates=tuple(candidates),
        best=best,
        majority=judge.majority,
        test_accuracy=_mean_accuracy(np.stack([run.tests["test"].correct for run in runs])),
        test_images=judged.images,
        baseline_accuracy=judged.baseline_accuracy,
        grid=grid,
        warnings=warnings,
        seconds=time.perf_counter() - started,
    )


class _Judge:
    """Cross-validates settings on one training set.

    Args:
        train: The images.
        grid: Tells folds and seeds.
        pool: Where networks are trained side by side.

    Attributes:
        majority: Share of the judged images that are of their more frequent class.
    """

    def __init__(self, train: ImageSet, grid: Grid, pool: Executor) -> None:
        self._train = train
        self._pool = pool
        self._shared = shared(pool, Subset(train.images, train.labels))
        self._originals = train.copies == 0
        share = float((train.labels[self._originals] == 1).mean())
        self.majority = max(share, 1.0 - share)
        prints = fingerprints(train.images) if train.fingerprints is None else train.fingerprints
        groups = groups_within(prints)
        self._parts = [
            _Part(seed, learnt, held_out)
            for seed in grid.seeds
            for learnt, held_out in splits(
                stratified_folds(
                    train.labels, grid.folds, groups=groups, rng=np.random.default_rng(seed)
                )
            )
        ]
        self._folds, self._seeds = grid.folds, grid.seeds
        pixels = hashlib.sha256(train.images.tobytes())
        for decisive in (train.labels, self._originals, groups):
            pixels.update(decisive.tobytes())
        self._data = pixels.hexdigest()

    def key(self, setting: TrainConfig) -> str:
        """Return what the result of a setting depends on, as a hash."""
        text = json.dumps([self._data, self._folds, list(self._seeds), setting.to_json()])
        return hashlib.sha256(text.encode()).hexdigest()

    def judged(self, setting: TrainConfig) -> dict[str, Any]:
        """Train the networks of a setting on all but one fold each, and judge them on it."""
        train_parts = partial(_train_parts, self._shared, setting)
        # Outside all threads: each training sets it and sets it back.
        with threadpool_limits(setting.threads, "blas"):
            judged = list(map_parts(self._pool, train_parts, self._parts))
        correct = np.zeros((len(self._seeds), len(self._train.labels)), bool)
        for part, one in zip(self._parts, judged, strict=True):
            correct[self._seeds.index(part.seed), part.held_out] = one.correct
        train_accuracy = np.array([one.train_accuracy for one in judged]).reshape(-1, self._folds)
        accuracy = _mean_accuracy(correct[:, self._originals])
        states = Counter(one.state for one in judged)
        return {
            "accuracy": accuracy.to_json("mean"),
            "train_accuracy": float(train_accuracy.mean()),
            "failures": {state: n for state, n in sorted(states.items()) if state != "learning"},
            "networks": len(judged),
        }


class _Part(NamedTuple):
    """A network to train: its seed, the rows that it learns from and those it is judged on."""

    seed: int
    learnt: NDArray[np.intp]
    held_out: NDArray[np.intp]


class _Judged(NamedTuple):
    """What is kept of a network: its answers to the rows held out, and how it ended."""

    correct: NDArray[np.bool_]
    train_accuracy: float
    state: str


def _train_parts(train: Subset, setting: TrainConfig, parts: Sequence[_Part]) -> list[_Judged]:
    """Train the networks of some parts, in the process that this is called in."""
    judged = []
    for part in parts:
        judges = {"held out": Subset.of(train, part.held_out)}
        config = replace(setting, seed=part.seed)
        run = fit(Subset.of(train, part.learnt), config, tests=judges)
        correct = run.tests["held out"].correct
        judged.append(_Judged(correct, run.train.accuracy, diagnose(run).state))
    return judged


def _mean_accuracy(correct: NDArray[np.bool_]) -> Interval:
    """Return the mean of answers of shape (seeds, images), with its interval."""
    scores = Scores(train_correct=correct, correct=correct)
    return stats.mean_test_accuracy(scores, rng=np.random.default_rng(_RESAMPLING_SEED))


def _candidate(setting: TrainConfig, found: dict[str, Any]) -> Candidate:
    accuracy = found["accuracy"]
    return Candidate(
        config=setting,
        accuracy=Interval(accuracy["mean"], accuracy["low"], accuracy["high"]),
        train_accuracy=found["train_accuracy"],
        failures=found["failures"],
        networks=found["networks"],
    )


class _Kept:
    """Results by key, and the file of one JSON line each that they are appended to.

    Args:
        path: The file, or None to keep nothing beyond this sweep.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.found: dict[str, dict[str, Any]] = dict(self._read())

    def _read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if self._path is None or not self._path.exists():
            return
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise StorageFailed(f"{shown(self._path)} can't be read: {error}.") from error
        for line in lines:
            try:
                record = json.loads(line)
                yield record["key"], record["result"]
            except (ValueError, KeyError, TypeError):
                continue  # a line that an interrupt or a power cut tore

    def add(self, key: str, result: dict[str, Any]) -> None:
        """Keep a result, at once."""
        self.found[key] = result
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                # A line break before it too: the line before may be torn.
                file.write("\n" + json.dumps({"key": key, "result": result}) + "\n")
        except OSError as error:
            raise StorageFailed(
                f"{shown(self._path)} can't be written: {error.strerror}."
            ) from error
