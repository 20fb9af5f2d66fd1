"""Measure ``build-h5`` of cached images against plain sequential writing of the same bytes.

Usage: python scripts/bench_build.py [--images 100000] [--rounds 3]

Three runs in turn, each a process of its own: write as many bytes to one file and sync it; build;
build again after one image was added. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from synthetic import fill

TARGET_RATE = 0.6
TARGET_MEMORY = 300  # MB
TARGET_AGAIN = 1.2  # times the first

_BUILD = """
import re, sys
from pathlib import Path
from catdata.dataset.build import build
from catdata.dataset.workspace import Workspace
build(Workspace(Path(sys.argv[1])))
print(re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1])
"""


def write(path: Path, size: int) -> float:
    """Write and sync *size* bytes of noise; return the seconds."""
    block = np.random.default_rng(0).bytes(8 << 20)
    start = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
        file.write(block[: size % len(block)])
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    path.unlink()
    return seconds


def build(root: Path) -> tuple[float, float]:
    """Build in a process of its own; return the seconds and the peak memory in MB."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(root)], stdout=subprocess.PIPE, check=True
    )
    return time.perf_counter() - start, int(done.stdout) / 1000


def add_one(root: Path) -> None:
    """Add one photo in a process of its own."""
    path = root / "one.jpg"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    command = [sys.executable, "-m", "catdata", "-C", str(root), "add", str(path)]
    subprocess.run([*command, "--label", "cat", "--quiet"], stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    size = given.images * 64 * 64 * 3
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        root = Path(folder)
        fill(root, given.images, with_pixels=True)
        rounds = [(write(root / "plain", size), *build(root)) for _ in range(given.rounds)]
        add_one(root)
        again, _ = build(root)
    plain, building, memory = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"{given.images:,} images, {size / 1e9:.2f} GB")
    print(f"plain writing  {plain:7.2f} s   {size / plain / 1e6:7.0f} MB/s")
    print(f"build-h5       {building:7.2f} s   {size / building / 1e6:7.0f} MB/s")
    print(f"ratio          {plain / building:7.2f}     (target: at least {TARGET_RATE})")
    print(f"peak memory    {memory:7.0f} MB  (target: under {TARGET_MEMORY})")
    print(f"one image more {again:7.2f} s   ({again / building:.2f} times the first)")
    missed = plain / building < TARGET_RATE or memory >= TARGET_MEMORY
    return int(missed or again / building > TARGET_AGAIN)


if __name__ == "__main__":
    sys.exit(main())
