"""Measure how long ``catdata --help`` takes, beside Python's own start in the same run.

Usage: python scripts/bench_start.py [--runs N]

The target is 0.25 s for the fastest run. Exits with 1 if it is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

TARGET = 0.25  # seconds


def fastest(command: list[str], runs: int) -> float:
    """Return the wall time of the fastest of *runs* runs, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    python = fastest([sys.executable, "-c", "pass"], runs)
    start = fastest([sys.executable, "-m", "catdata", "--help"], runs)
    print(f"python -c pass   {python:.3f} s")
    print(f"catdata --help   {start:.3f} s   (target: under {TARGET} s)")
    return int(start >= TARGET)


if __name__ == "__main__":
    sys.exit(main())
