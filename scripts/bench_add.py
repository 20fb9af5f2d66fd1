"""Measure the rate of ``add`` against a bare two-thread loop of draft decode and fit, in one run.

Usage: CATDATA_PHOTOS=DIR python scripts/bench_add.py [--rounds N]

DIR holds ``cat/*.jpg`` and ``non-cat/*.jpg``; without it 1,000 photos of 500 x 374 are drawn.
``add`` does what it always does: bounds, hashes, fingerprint, leak guard, durable storage, catalog.
Both are run in turn, and the ratio is that of the medians. Exits with 1 if it is under 0.7.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from catdata.dataset import ingest, labels, originals
from catdata.dataset.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = 0.7


def photos(folder: Path) -> list[Path]:
    """Return the photos to add, drawn into *folder* if the environment names none."""
    named = os.environ.get("CATDATA_PHOTOS")
    if named:
        return sorted(Path(named).glob("*/*.jpg"))
    paths = [folder / f"{i}.jpg" for i in range(1000)]
    for seed, path in enumerate(paths):
        rng = np.random.default_rng(seed)
        blobs = Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
        blobs.resize((500, 374), Image.Resampling.BICUBIC).save(path, quality=90)
    return paths


def decode_and_fit(path: Path) -> np.ndarray:
    """Decode one photo at a reduced scale and resize it, as a bare script would."""
    with Image.open(path) as image:
        image.draft("RGB", (128, 128))
        upright = ImageOps.exif_transpose(image.convert("RGB"))
        return np.asarray(upright.resize((64, 64), Image.Resampling.LANCZOS))


def bare_loop(paths: list[Path]) -> None:
    """Decode and fit all photos in two threads and keep the pixels."""
    with ThreadPoolExecutor(2) as pool:
        np.stack(list(pool.map(decode_and_fit, paths)))


def copy(paths: list[Path]) -> None:
    """Copy all photos to a new folder, unsynced: what merely keeping them costs on this disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for number, path in enumerate(paths):
            Path(folder, f"{number}.jpg").write_bytes(path.read_bytes())


def add(paths: list[Path]) -> None:
    """Add all photos to a new workspace."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        originals.init(Path(folder), {})
        report = ingest.add(Workspace(Path(folder)), labels.with_label(paths, 1))
    if report.refused:
        sys.exit(f"refused: {report.refused[0]}")


def seconds(work: Callable[[list[Path]], None], paths: list[Path]) -> float:
    """Return how long *work* takes."""
    start = time.perf_counter()
    work(paths)
    return time.perf_counter() - start


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        paths = photos(Path(folder))
        bare_loop(paths)
        works = (bare_loop, copy, add)
        times = [[seconds(work, paths) for work in works] for _ in range(rounds)]
    loop, copying, adding = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"bare loop  {len(paths) / loop:7.0f} photos/s")
    print(f"bare copy  {len(paths) / copying:7.0f} photos/s   (the files alone, unsynced)")
    print(f"add        {len(paths) / adding:7.0f} photos/s")
    print(f"ratio      {loop / adding:7.2f}   (add to the bare loop; target: at least {TARGET})")
    print(
        f"           {(loop + copying) / adding:7.2f}   (add to loop and copy, one after the other)"
    )
    return int(loop / adding < TARGET)


if __name__ == "__main__":
    sys.exit(main())
