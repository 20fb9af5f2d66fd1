"""Measure how long the page of a comparison on 1,050 test images takes, and how large it is.

Usage: CATDATA_ORIGINALS=DIR CATDATA_PHOTOS=DIR python scripts/bench_report.py

The course's pair is enlarged by 1,000 photos in test, compared quickly, and its page written by
the command, Python's start and the look at every photo included. Exits with 1 if it takes 5 s or
more, or if the page is 3 MB or more.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET = 5.0  # seconds
LARGEST = 3.0  # MB


def catdata(*arguments: str) -> float:
    """Run a command in the current folder; return its wall time in seconds."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "catdata", *arguments, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def processor_seconds() -> float:
    """Return the processor time of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print."""
    originals, photos = (
        Path(os.environ[name]).absolute() for name in ("CATDATA_ORIGINALS", "CATDATA_PHOTOS")
    )
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = [str(originals / f"{split}_catvnoncat.h5") for split in ("train", "test")]
        catdata("init", "--train", files[0], "--test", files[1])
        catdata("add", str(photos), "--label-from-folder", "--split", "test")
        catdata("build-h5")
        catdata("compare", "--iterations", "200", "--seeds", "3", "--save", "large")
        before = processor_seconds()
        seconds = catdata("report", "large", "--report", "large.html")
        worked = processor_seconds() - before
        size = Path("large.html").stat().st_size / 1e6
    print(f"report on 1,050 test images   {seconds:.1f} s   (target: under {TARGET:.0f} s)")
    print(f"                              {worked:.1f} s of the processor's time")
    print(f"                              {size:.2f} MB (target: under {LARGEST:.0f} MB)")
    return int(seconds >= TARGET or size >= LARGEST)


if __name__ == "__main__":
    sys.exit(main())
