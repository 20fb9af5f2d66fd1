"""Measure how many wrong labels the search for doubtful labels finds: flip 5 % of them and look.

Usage: python scripts/measure_doubt.py [--rounds N] [--iterations N ...]

Reads the photos named by CATDATA_PHOTOS (``cat/`` and ``non-cat/``) and the pair named by
CATDATA_ORIGINALS, whichever are set. Precision is the share of flipped labels among as many of the
most doubtful images as were flipped; recall the share of flipped labels found among three times as
many. What chance would give stands beside both.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catdata import h5file
from catdata.dataset import labels
from catdata.dataset.images import Preparation
from catdata.dataset.pixels import prepare_files
from catdata.learning.config import TrainConfig
from catdata.learning.doubt import DoubtConfig, label_probabilities
from catdata.learning.folds import Subset

if TYPE_CHECKING:
    from collections.abc import Iterator

FLIPPED = 0.05


def sets() -> Iterator[tuple[str, Subset]]:
    """Yield the sets of images that the environment names."""
    photos, originals = (os.environ.get(f"CATDATA_{name}") for name in ("PHOTOS", "ORIGINALS"))
    if originals:
        pair = h5file.read_pair(Path(originals))
        images = np.concatenate([pair.train.images, pair.test.images])
        yield "originals", Subset(images, np.concatenate([pair.train.labels, pair.test.labels]))
    if photos:
        entries = labels.by_folder([Path(photos)])
        files = prepare_files(entries, Preparation())
        squares = [file.picture.pixels for file in files if file.picture]
        yield "photos", Subset(np.stack(squares), np.array([entry.label for entry in entries]))


def found(images: Subset, config: TrainConfig, seed: int) -> tuple[float, float]:
    """Flip some labels and return precision and recall of the most doubtful ones."""
    count = round(FLIPPED * len(images.labels))
    flipped = np.random.default_rng(seed).choice(len(images.labels), count, replace=False)
    wrong = images.labels.copy()
    wrong[flipped] = 1 - wrong[flipped]
    believed = label_probabilities(Subset(images.images, wrong), DoubtConfig(config))
    doubtful = np.argsort(believed)
    precision = np.isin(doubtful[:count], flipped).sum() / count
    recall = np.isin(doubtful[: 3 * count], flipped).sum() / count
    return precision, recall


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, nargs="+", default=[300])
    options = parser.parse_args()
    print("set        images  iterations  precision  recall  seconds  (by chance 0.05 and 0.15)")
    for name, images in sets():
        for iterations in options.iterations:
            start = time.perf_counter()
            config = TrainConfig(iterations=iterations)
            results = [found(images, config, seed) for seed in range(options.rounds)]
            precision, recall = np.mean(results, axis=0)
            seconds = (time.perf_counter() - start) / options.rounds
            counts = f"{name:9} {len(images.labels):7} {iterations:11}"
            print(f"{counts} {precision:10.2f} {recall:7.2f} {seconds:8.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
