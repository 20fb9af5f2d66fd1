"""Measure training as ratios within one run, and exit 1 if a promised one is missed.

Usage: CATDATA_ORIGINALS=DIR python scripts/bench_training.py [--iterations N] [--only PART]...

This library against the textbook loop (the course's notebook in plain NumPy), PyTorch and
scikit-learn as their users write them (``peers.py``; what is not installed is named and skipped),
and against itself: ten seeds at once against one after the other. This library and the textbook
loop get one BLAS thread, the others as many as they take. The last part tells how far the run of
layers 20,7,5 is from what its matrix products alone would take.

DIR holds the course's two files; without it the images are noise of the same shape, which takes as
long. Further images are always noise. Slow ways are measured over N iterations and scaled to 2,500
by their time per iteration. Parts: full-batch, more-images, seeds, mini-batches, products.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import peers
from threadpoolctl import threadpool_limits

from catdata.learning.sources import Gram
from catdata.learning.training import TrainConfig, fit, fit_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ITERATIONS = 2500
SEEDS = range(1, 11)
COURSE = TrainConfig(layers=(20, 7, 5), form="gram", record_every=ITERATIONS)
SIX_LAYERS = replace(COURSE, layers=(100, 100, 20, 75, 10))
BATCHES = TrainConfig(
    layers=(20, 7, 5), form="direct", batch_size=64, dtype="float32", record_every=10**6
)


@dataclass(frozen=True, slots=True)
class Images:
    """Labelled pictures, as training takes them."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


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


def seconds_of(
    work: Callable[[], object],
    rounds: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median time of some calls by a clock, wall time by default."""
    times = []
    for _ in range(rounds):
        started = clock()
        work()
        times.append(clock() - started)
    return statistics.median(times)


def scaled(work: Callable[[int], object], measured: int, wanted: int = ITERATIONS) -> float:
    """Return the wall time of *wanted* iterations from that of *measured* ones and of a single one.

    What is done once, such as K, is in both and so counted once.
    """
    seconds = seconds_of(lambda: work(measured))
    if measured == wanted:
        return seconds
    once = seconds_of(lambda: work(1))
    return once + (seconds - once) * (wanted - 1) / (measured - 1)


class Bench:
    """Prints ratios beside their targets and remembers whether one was missed.

    Attributes:
        missed: Whether a ratio was below its target.
    """

    def __init__(self) -> None:
        self.missed = False

    def ratio(self, against: str, theirs: float, ours: float, target: float | None = None) -> None:
        """Print how many times faster we are."""
        ratio, promised = theirs / ours, ""
        if target is not None:
            promised = f"   target {target:g}x"
            if ratio < target:
                self.missed = True
                promised += "   MISSED"
        print(f"    {against:<42} {theirs:9.3f} s  {ratio:7.2f}x{promised}")

    def ours(self, what: str, seconds: float) -> None:
        """Print what the ratios that follow are about."""
        print(f"{what:<46} {seconds:9.3f} s")

    def skipped(self, against: str) -> None:
        """Say that a peer is missing."""
        print(f"    {against:<42} not installed, skipped")


def by_us(train: Images, test: Images, config: TrainConfig) -> Callable[[int], object]:
    """Return this library's training, as a function of the iterations."""
    return lambda n: fit(train, replace(config, iterations=n), tests={"test": test})


def by_textbook(train: Images, config: TrainConfig) -> Callable[[int], object]:
    """Return the textbook loop, as a function of the iterations."""
    return lambda n: peers.textbook(train, replace(config, iterations=n))


def full_batch(bench: Bench, train: Images, test: Images, measured: int) -> None:
    """Compare whole runs on the course's images."""
    ours = seconds_of(lambda: by_us(train, test, COURSE)(ITERATIONS), rounds=5)
    bench.ours("209 images, layers 20,7,5, float64, Gram form", ours)
    bench.ratio("textbook loop", scaled(by_textbook(train, COURSE), measured), ours, 60)
    for dtype, target in (("float64", 45), ("float32", 28)):
        name = f"PyTorch {TORCH}, {dtype}"
        if TORCH is None:
            bench.skipped(name)
            continue
        torch = peers.Torch(train, replace(COURSE, dtype=dtype))
        bench.ratio(name, scaled(torch.full_batch, measured), ours, target)
    name = f"scikit-learn {SKLEARN}, MLPClassifier"
    if SKLEARN is None:
        bench.skipped(name)
    else:

        def by_sklearn(iterations: int) -> None:
            peers.scikit_learn(train, replace(COURSE, iterations=iterations))

        bench.ratio(name, scaled(by_sklearn, measured), ours, 35)
    direct = by_us(train, test, replace(COURSE, form="direct"))
    bench.ratio("direct form", scaled(direct, measured), ours)
    two_layers = replace(COURSE, layers=(7,), init="small")
    for config, target in ((SIX_LAYERS, 38), (two_layers, None)):
        layers = ",".join(map(str, config.layers))
        ours = seconds_of(lambda config=config: by_us(train, test, config)(ITERATIONS), rounds=3)
        bench.ours(f"209 images, layers {layers}, float64", ours)
        bench.ratio("textbook loop", scaled(by_textbook(train, config), measured), ours, target)


def more_images(bench: Bench, train: Images, test: Images, measured: int) -> None:
    """Compare whole runs on more images, where K costs more."""
    for more, target in ((1000, 20), (4000, 4.5)):
        many = with_noise(train, more)
        ours = scaled(by_us(many, test, COURSE), measured)
        bench.ours(f"{len(many.labels):,} images, layers 20,7,5, float64, Gram form", ours)
        few = max(10, measured * 209 // len(many.labels))
        bench.ratio("textbook loop", scaled(by_textbook(many, COURSE), few), ours, target)


def seeds(bench: Bench, train: Images, test: Images, measured: int) -> None:
    """Measure what it saves to train ten seeds at once, all sharing products made before."""
    for images, iterations in ((train, ITERATIONS), (with_noise(train, 1000), 2 * measured)):
        config = replace(COURSE, iterations=iterations)
        tests, gram = {"test": test}, Gram(images.images, {"test": test.images})

        def one_by_one(config=config, images=images, tests=tests, gram=gram) -> None:
            for seed in SEEDS:
                fit(images, replace(config, seed=seed), tests=tests, gram=gram)

        def at_once(jobs, config=config, images=images, tests=tests, gram=gram) -> None:
            fit_seeds(images, config, SEEDS, tests=tests, gram=gram, jobs=jobs)

        singles = seconds_of(one_by_one)
        all_cores = seconds_of(lambda at_once=at_once: at_once(None))
        bench.ours(f"{len(images.labels):,} images, ten seeds at once, all cores", all_cores)
        bench.ratio("one after the other", singles, all_cores, 1.8)
        bench.ratio(
            "stacked, in one thread", seconds_of(lambda at_once=at_once: at_once(1)), all_cores
        )


def mini_batches(bench: Bench, train: Images, test: Images, _measured: int) -> None:
    """Compare an epoch of mini-batches in the direct form and in float32."""
    many = with_noise(train, 4000)
    epoch = -(-len(many.labels) // BATCHES.batch_size)
    train_by_us = by_us(many, test, BATCHES)
    whole = seconds_of(lambda: train_by_us(epoch), rounds=3)
    # What is done once, looking at all images before and after, is in both and falls out.
    ours = (seconds_of(lambda: train_by_us(6 * epoch), rounds=3) - whole) / 5
    bench.ours("4,209 images, mini-batches of 64, an epoch", ours)
    bench.ours("    the same with history and final answers", whole)
    if TORCH is None:
        bench.skipped("PyTorch")
        return
    torch = peers.Torch(many, BATCHES)
    torch.epochs(1)
    for how, epochs in (("indexed", torch.epochs), ("DataLoader", torch.epochs_by_loader)):
        theirs = seconds_of(lambda epochs=epochs: epochs(1), rounds=5)
        bench.ratio(f"PyTorch {TORCH}, float32, {how}", theirs, ours, 1)


def products(bench: Bench, train: Images, test: Images, _measured: int) -> None:
    """Tell how far the run of layers 20,7,5 is from the time of its matrix products alone.

    All of it runs in one thread, so the processor's time is taken, which others disturb least.
    """

    def cpu_seconds(work: Callable[[], object]) -> float:
        return seconds_of(work, rounds=5, clock=time.process_time)

    images, widths = len(train.labels), (*COURSE.layers, 1)
    shapes = [(widths[0], images, images)]  # C K
    for below, units in pairwise(widths):
        # Forward with the bias, the gradient of the weights, and the one of the layer below.
        shapes += [(units, below + 1, images), (units, images, below + 1), (below, units, images)]
    rng, total, operations = np.random.default_rng(0), 0.0, 0
    with threadpool_limits(1, "blas"):
        for rows, inner, columns in shapes:
            left, right = rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))
            out = np.empty((rows, columns))

            def many(left=left, right=right, out=out) -> None:
                for _ in range(ITERATIONS):
                    np.matmul(left, right, out=out)

            total += cpu_seconds(many)
            operations += 2 * rows * inner * columns
        big = rng.normal(size=(1000, 1000))
        peak = 2 * 1000**3 / cpu_seconds(lambda: big @ big)
    work = by_us(train, test, COURSE)
    once = cpu_seconds(lambda: work(1))
    loop = cpu_seconds(lambda: work(ITERATIONS)) - once
    bench.ours("209 images, layers 20,7,5: the loop alone", loop)
    bench.ours("before and after it: K, W1, the answers", once)
    at_peak = operations * ITERATIONS / peak
    work_done, rate = f"{operations / 1e6:.2f} million operations", f"{peak / 1e9:.1f} GFlop/s"
    print(f"    {work_done} an iteration, {rate} at peak")
    for what, seconds in (
        ("at the peak of large products", at_peak),
        ("its products one by one, at their shapes", total),
        ("the rest: activations, steps, calls", loop - total),
    ):
        print(f"    {what:<42} {seconds:9.3f} s  {seconds / loop:7.0%}")


TORCH = peers.version("torch", "torch")
SKLEARN = peers.version("sklearn", "scikit-learn")
PARTS: dict[str, Callable[[Bench, Images, Images, int], None]] = {
    "full-batch": full_batch,
    "more-images": more_images,
    "seeds": seeds,
    "mini-batches": mini_batches,
    "products": products,
}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--iterations", type=int, default=100, metavar="N")
    parser.add_argument("--only", action="append", choices=PARTS)
    options = parser.parse_args()
    measured = min(max(options.iterations, 10), ITERATIONS)
    train, test, what = course_images()
    print(f"{len(train.labels)} and {len(test.labels)} images: {what}; NumPy {np.__version__}")
    print(f"slow ways: {measured} iterations measured, scaled to {ITERATIONS:,}")
    bench = Bench()
    for name in options.only or PARTS:
        PARTS[name](bench, train, test, measured)
    return int(bench.missed)


if __name__ == "__main__":
    sys.exit(main())
