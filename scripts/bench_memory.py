"""Measure the peak memory of training on a build that is larger than memory is allowed to be.

Usage: python scripts/bench_memory.py [--images N] [--iterations N]

A pair of made pictures of 64 x 64 is written into a temporary folder, 2.4 GB for 200,000 of them,
and ``catdata train`` is run on it in a process of its own: with mini-batches of 64, in the form
that it picks itself and in the direct form by name, and in full batches. Exits with 1 if any of
these takes 1 GiB or more at its peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.h5file import FILE_NAMES, set_build_id, write_split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

TARGET = 1 << 30  # bytes
SIZE = 64
SLICE = 1000

# What a process has used at most is asked of the system at its very end.
TRAIN = """
import atexit, re, sys
from pathlib import Path

def peak():
    status = Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\\s*(\\d+) kB", status).group(1), file=sys.stderr)

atexit.register(peak)
from catdata.cli import main
main(sys.argv[1:])
"""


def pictures(labels: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """Yield noise, a little redder where the label is 1."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 236, (SLICE, SIZE, SIZE, 3), np.uint8)
    for start in range(0, len(labels), SLICE):
        wanted = labels[start : start + SLICE]
        shifted = np.roll(noise, start // SLICE, axis=1)[: len(wanted)]
        shifted[wanted == 1, :, :, 0] += 20
        yield shifted


@dataclass(frozen=True)
class Numbered:
    """Rows that are called by their number alone."""

    count: int

    def __len__(self) -> int:
        return self.count

    def column(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return one column of some rows."""
        numbers = np.arange(start, stop)
        columns = {
            "copy": np.zeros_like(numbers),
            "fingerprint": np.outer(numbers, [1, 0, 0, 0]).astype(np.uint64),
            "parameters": np.full(len(numbers), b"{}"),
        }
        return columns.get(name, np.array([f"{row:064x}" for row in numbers], "S"))


def write_pair(folder: Path, images: int) -> None:
    """Write a train file of so many pictures and a test file of 50."""
    for split, count in (("train", images), ("test", 50)):
        labels = (np.arange(count) % 3 == 0).astype(np.int64)
        write_split(
            folder / FILE_NAMES[split],
            split,
            labels=labels,
            slices=pictures(labels),
            size=SIZE,
            rows=Numbered(count),
            recipe="{}",
        )
        set_build_id(folder / FILE_NAMES[split], "made")


def train(folder: Path, options: list[str]) -> tuple[int, float, dict[str, Any]]:
    """Return the peak memory of training in bytes, the seconds it took, and its record."""
    command = [sys.executable, "-c", TRAIN, "train", str(folder), "--quiet", "--json", *options]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(done.stderr)
    return int(done.stderr.split()[-1]) * 1024, seconds, json.loads(done.stdout)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--iterations", type=int, default=500)
    options = parser.parse_args()
    batches = ["--batch-size", "64", "--iterations", str(options.iterations)]
    works = {
        "mini-batches of 64": batches,
        "mini-batches of 64, --form direct, float32": [
            *batches,
            *("--form", "direct", "--dtype", "float32"),
        ],
        "full batch, 2 iterations": ["--iterations", "2"],
    }
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pair(folder, options.images)
        size = (folder / FILE_NAMES["train"]).stat().st_size
        print(f"{options.images:,} images of {SIZE} x {SIZE}, {size:,} bytes")
        for what, arguments in works.items():
            peak, seconds, record = train(folder, arguments)
            worst = max(worst, peak)
            print(
                f"{what:<44} {record['form']:>6} form, peak {peak / 2**20:5.0f} MiB"
                f" (target: under {TARGET >> 20}), {seconds:5.1f} s"
            )
    return int(worst >= TARGET)


if __name__ == "__main__":
    sys.exit(main())
