"""Measure training as ratios within one run, and exit 1 if a promised one is missed.

Usage: CATDATA_ORIGINALS=DIR python scripts/bench_training.py [--slow-iterations N] [--skip-seeds]

Three ways to train the same networks on 209 images, 2,500 iterations in float64, each with one
BLAS thread: the textbook loop (the course's notebook in plain NumPy), this library's direct form
(weights times pixels) and its Gram form (coefficients times products of images). Then ten seeds at
once against the same ten runs one after the other, at 209 and at 1,209 images, all with the same
products made before.

DIR holds the course's two files; without it the images are noise of the same shape, which takes as
long. The thousand further images are always noise. The first two ways are measured over N
iterations and scaled up by their time per iteration; with N = 2500 nothing is scaled. Exits with 1
if the Gram form misses a target against the direct form.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from catdata.learning.network import initialize
from catdata.learning.sources import Gram
from catdata.learning.training import TrainConfig, fit, fit_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ITERATIONS = 2500
SEEDS = range(1, 11)


@dataclass(frozen=True, slots=True)
class Images:
    """Labelled pictures, as training takes them."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """A network, and how many times faster than the direct form the Gram form has to be."""

    config: TrainConfig
    target: float

    @property
    def name(self) -> str:
        """The hidden layers as the command line writes them."""
        return ",".join(str(width) for width in self.config.layers)


CASES = [
    Case(TrainConfig(layers=(7,), init="small", record_every=ITERATIONS), 30.0),
    Case(TrainConfig(layers=(20, 7, 5), record_every=ITERATIONS), 30.0),
    Case(TrainConfig(layers=(100, 100, 20, 75, 10), record_every=ITERATIONS), 20.0),
]


def course_images() -> tuple[Images, Images, str]:
    """Return the course's training and test images, or noise of their shape, and what it is."""
    folder = os.environ.get("CATDATA_ORIGINALS")
    if folder:
        from catdata.h5file import read_pair

        pair = read_pair(Path(folder))
        train, test = pair.train, pair.test
        return Images(train.images, train.labels), Images(test.images, test.labels), "the course's"
    return noise(209), noise(50), "noise in the course's shape (CATDATA_ORIGINALS is not set)"


def noise(count: int) -> Images:
    """Return pictures of noise, a third of them called cats."""
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, 64, 64, 3), np.uint8)
    return Images(images, (np.arange(count) % 3 == 0).astype(np.int64))


def with_noise(train: Images, count: int) -> Images:
    """Return the images with as many pictures of noise after them."""
    more = noise(count)
    return Images(
        np.concatenate([train.images, more.images]), np.concatenate([train.labels, more.labels])
    )


def textbook(train: Images, config: TrainConfig) -> None:
    """Train as the course's notebook does: plain arrays, a new one for every result."""
    x, y = train.images.reshape(len(train.images), -1).T / 255.0, train.labels[None, :]
    start = initialize((len(x), *config.layers, 1), config.init, config.seed)
    weights, biases = list(start.weights), list(start.biases)
    last = len(weights) - 1
    for _ in range(config.iterations):
        activations, signals = [x], []
        for layer in range(last + 1):
            z = np.dot(weights[layer], activations[-1]) + biases[layer]
            signals.append(z)
            activations.append(1 / (1 + np.exp(-z)) if layer == last else np.maximum(0, z))
        answer = activations[-1]
        np.squeeze(-np.sum(y * np.log(answer) + (1 - y) * np.log(1 - answer)) / y.shape[1])
        da = -(np.divide(y, answer) - np.divide(1 - y, 1 - answer))
        gradients = {}
        for layer in range(last, -1, -1):
            if layer == last:
                dz = da * answer * (1 - answer)
            else:
                dz = np.array(da, copy=True)
                dz[signals[layer] <= 0] = 0
            dw = np.dot(dz, activations[layer].T) / y.shape[1]
            db = np.sum(dz, axis=1, keepdims=True) / y.shape[1]
            da = np.dot(weights[layer].T, dz)
            gradients[layer] = dw, db
        for layer, (dw, db) in gradients.items():
            weights[layer] = weights[layer] - config.learning_rate * dw
            biases[layer] = biases[layer] - config.learning_rate * db


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def scaled(work: Callable[[int], object], measured: int) -> float:
    """Return the wall time of all iterations from that of *measured* ones and of a single one."""
    seconds = seconds_of(lambda: work(measured))
    if measured == ITERATIONS:
        return seconds
    once = seconds_of(lambda: work(1))
    return once + (seconds - once) * (ITERATIONS - 1) / (measured - 1)


def compare_forms(case: Case, train: Images, test: Images, measured: int) -> bool:
    """Print the three ways side by side and return whether the target is met."""

    def by_textbook(iterations: int) -> None:
        with threadpool_limits(1, "blas"):
            textbook(train, replace(case.config, iterations=iterations))

    def by_form(iterations: int, form: str) -> None:
        config = replace(case.config, iterations=iterations, form=form)
        fit(train, config, tests={"test": test})

    plain = scaled(by_textbook, measured)
    direct = scaled(lambda iterations: by_form(iterations, "direct"), measured)
    gram = statistics.median(seconds_of(lambda: by_form(ITERATIONS, "gram")) for _ in range(3))
    print(
        f"{case.name:>16} {plain:8.2f}s {direct:8.2f}s {gram:8.3f}s   {plain / gram:4.0f}x"
        f" textbook, {direct / gram:4.0f}x direct (target {case.target:.0f}x)"
    )
    return direct / gram >= case.target


def compare_seeds(case: Case, train: Images, test: Images, iterations: int) -> None:
    """Print what it saves to train ten seeds at once, all sharing products made before."""
    config = replace(case.config, iterations=iterations, form="gram")
    tests, gram = {"test": test}, Gram(train.images, {"test": test.images})

    def one_by_one() -> None:
        for seed in SEEDS:
            fit(train, replace(config, seed=seed), tests=tests, gram=gram)

    def at_once(jobs: int | None) -> None:
        fit_seeds(train, config, SEEDS, tests=tests, gram=gram, jobs=jobs)

    singles = seconds_of(one_by_one)
    one_thread, all_cores = (seconds_of(lambda jobs=jobs: at_once(jobs)) for jobs in (1, None))
    print(
        f"{len(train.labels):>7} {iterations:>10} {singles:8.2f}s {one_thread:9.2f}s"
        f" {all_cores:8.2f}s   {singles / one_thread:.2f}x in one thread,"
        f" {singles / all_cores:.2f}x on all cores"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slow-iterations", type=int, default=200, metavar="N")
    parser.add_argument("--skip-seeds", action="store_true")
    options = parser.parse_args()
    measured = min(max(options.slow_iterations, 2), ITERATIONS)
    train, test, what = course_images()
    print(f"{len(train.labels)} and {len(test.labels)} images: {what}; NumPy {np.__version__}")
    if measured < ITERATIONS:
        print(f"textbook and direct: {measured} iterations measured, scaled to {ITERATIONS:,}")
    print(f"{'layers':>16} {'textbook':>9} {'direct':>9} {'Gram':>9}   Gram against both")
    met = [compare_forms(case, train, test, measured) for case in CASES]
    if not options.skip_seeds:
        print(f"ten seeds, layers {CASES[1].name}")
        print(
            f"{'images':>7} {'iterations':>10} {'in turn':>9} {'one thread':>10} {'all cores':>9}"
        )
        compare_seeds(CASES[1], train, test, ITERATIONS)
        compare_seeds(CASES[1], with_noise(train, 1000), test, 500)
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
