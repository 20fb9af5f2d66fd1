"""Measure how the memory of commands grows with the number of images.

Usage: python scripts/bench_growth.py [--images 10000 50000] [--files 10000 40000]

Each command runs in a process of its own, on synthetic rows whose pixels are in the cache (``add``
on small photos that are drawn for it), and tells its peak memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from synthetic import fill

from catdata.dataset import originals

COMMANDS = {
    "list --json": ["list", "--json"],
    "status": ["status"],
    "check --no-doubtful": ["check", "--no-doubtful"],
    "build-h5 --dry-run": ["build-h5", "--dry-run"],
    "build-h5": ["build-h5"],
    "build-h5 again": ["build-h5"],
    "export --size 64": ["export", "out", "--size", "64"],
    "export --format npz": ["export", "arrays", "--format", "npz"],
}
ADDING = {
    "add --jsonl": ["add", "photos", "--label", "cat", "--jsonl"],
    "add": ["add", "photos", "--label", "cat"],
    "add --json": ["add", "photos", "--label", "cat", "--json"],
}


_RUN = """
import re, sys
from pathlib import Path
from catdata.cli import main
try:
    main(sys.argv[1:])
finally:
    peak = re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1]
    print(peak, file=sys.stderr)
"""


def peak(root: Path, arguments: list[str]) -> float:
    """Run a command in a folder and return the most memory that its process had, in MB."""
    command = [sys.executable, "-c", _RUN, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1]) / 1000


def draw(folder: Path, files: int) -> None:
    """Write small photos, none like another."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(files):
        image = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((64, 64))
        image.save(folder / f"photo{number:07}.jpg")


def show(what: str, sizes: list[int], found: list[float]) -> None:
    """Print the peaks, and what one more image costs."""
    each = 1000 * (found[-1] - found[0]) / (sizes[-1] - sizes[0])
    peaks = "".join(f"{megabytes:8.0f} MB" for megabytes in found)
    print(f"{what:22}{peaks}{each:8.2f} kB an image", flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, nargs=2, default=[10_000, 50_000])
    parser.add_argument("--files", type=int, nargs=2, default=[10_000, 40_000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        roots = [Path(folder, str(images)) for images in given.images]
        for root, images in zip(roots, given.images, strict=True):
            fill(root, images, with_pixels=True)
        for what, arguments in COMMANDS.items():
            show(what, given.images, [peak(root, arguments) for root in roots])
    for what, arguments in ADDING.items():
        found = []
        for files in given.files:
            with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
                originals.init(Path(folder), {})
                draw(Path(folder, "photos"), files)
                found.append(peak(Path(folder), arguments))
        show(what, given.files, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
