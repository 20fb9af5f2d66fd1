"""Measure training on each engine of this machine: ten seeds of layers 20,7,5.

Usage: CATDATA_ORIGINALS=DIR python scripts/bench_engines.py [--rounds N] [--iterations N]

DIR holds the course's two files. Each engine trains in turn, a round after the other, and the
fastest round counts. Also printed: the bytes that go to another process or to a cluster.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import time
from pathlib import Path

from catdata.engine import Engine
from catdata.h5file import Pair, read_pair
from catdata.learning.dealing import Training
from catdata.learning.sources import Gram
from catdata.learning.training import TrainConfig, fit_seeds

SEEDS = range(1, 11)
ENGINES = [Engine("inline"), Engine("threads", 2), Engine("processes", 2)]


def seconds(pair: Pair, config: TrainConfig, engine: Engine) -> float:
    """Return how long ten networks take, workers started and ended included."""
    start = time.perf_counter()
    fit_seeds(pair.train, config, SEEDS, tests={"test": pair.test}, jobs=engine)
    return time.perf_counter() - start


def bytes_sent(pair: Pair) -> int:
    """Return the bytes of what the stacks of a training have in common."""
    gram = Gram(pair.train.images, {"test": pair.test.images})
    training = Training(pair.train, {"test": pair.test}, gram, None, None).to_send()
    return len(pickle.dumps(training, protocol=5))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=2500)
    options = parser.parse_args()
    folder = os.environ.get("CATDATA_ORIGINALS")
    if not folder:
        print("skipped: CATDATA_ORIGINALS names no folder with the course's files")
        return 0
    pair = read_pair(Path(folder))
    config = TrainConfig(layers=(20, 7, 5), iterations=options.iterations)
    rounds = [[seconds(pair, config, engine) for engine in ENGINES] for _ in range(options.rounds)]
    for engine, times in zip(ENGINES, zip(*rounds, strict=True), strict=True):
        print(f"{engine.name:10} {min(times):6.2f} s  (up to {max(times):.2f})")
    print(
        f"sent       {bytes_sent(pair):,} bytes to each process, once to each worker of a cluster"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
