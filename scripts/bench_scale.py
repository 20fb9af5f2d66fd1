"""Measure what must stay quick where images are many, on synthetic rows.

Usage: python scripts/bench_scale.py [--rows 1000000] [--pairs 100000]

The leak guard compares one new image with all fingerprints; ``check`` looks for near-duplicates
among ``--pairs``; and ``list --json`` is timed to its first row, in a process of its own. Exits
with 1 if a target is missed. ``simulate_scale.py`` measures more, for docs/scale.md.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from synthetic import fill

from catdata.fingerprint import FingerprintIndex, pairs_within

GUARD, CHECK, LIST = 0.020, 20.0, 0.5  # seconds


def words(rows: int) -> np.ndarray:
    """Draw fingerprints, shape (rows, 4), uint64."""
    return np.random.default_rng(0).integers(0, 1 << 64, (rows, 4), np.uint64, endpoint=False)


def guard(rows: int) -> float:
    """Return the median seconds of one query against *rows* fingerprints."""
    index: FingerprintIndex[int] = FingerprintIndex()
    index.add(words(rows), range(rows))
    times = []
    for query in words(50):
        start = time.perf_counter()
        index.near(query)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def check(rows: int) -> float:
    """Return the seconds of looking for near-duplicates among *rows* fingerprints."""
    start = time.perf_counter()
    pairs_within(words(rows))
    return time.perf_counter() - start


def first_row(rows: int) -> float:
    """Return the seconds from starting ``list --json`` to its first row."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        root = Path(folder, "workspace")
        fill(root, rows)
        command = [sys.executable, "-m", "catdata", "-C", str(root), "list", "--json"]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            lines = process.stdout or ()
            next(line for line in lines if '"ref"' in line)
            seconds = time.perf_counter() - start
            process.kill()
    return seconds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=100_000)
    given = parser.parse_args()
    found = {
        f"leak guard, {given.rows:,} fingerprints": (guard(given.rows), GUARD),
        f"near-duplicates among {given.pairs:,}": (check(given.pairs), CHECK),
        f"first row of list --json, {given.rows:,} rows": (first_row(given.rows), LIST),
    }
    for what, (seconds, target) in found.items():
        print(f"{what:45} {seconds:8.3f} s   (target: under {target:g} s)")
    return int(any(seconds >= target for seconds, target in found.values()))


if __name__ == "__main__":
    sys.exit(main())
