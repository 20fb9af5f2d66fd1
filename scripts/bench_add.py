"""Measure the rate of ``add`` against a bare loop, and of the whole against a learner's script.

Usage: CATDATA_PHOTOS=DIR python scripts/bench_add.py [--rounds N]

DIR holds ``cat/*.jpg`` and ``non-cat/*.jpg``; without it 1,000 photos of 500 x 374 are drawn. 100
photos of 12 megapixels are always drawn. The bare loop is two threads of draft decode and fit that
keep nothing; ``add`` does what it always does: bounds, hashes, fingerprint, leak guard, durable
storage, catalog. The learner's script decodes in full, resizes, collects a list and writes an h5
file; it and ``catdata add`` with ``catdata build-h5`` are whole processes. All run in turn in the
current folder, and ratios are of the medians. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
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

TARGET = 0.85
LEARNER = """
import sys
import h5py, numpy
from pathlib import Path
from PIL import Image
pictures, labels = [], []
for path in sorted(Path(sys.argv[1]).iterdir()):
    pictures.append(numpy.array(Image.open(path).convert("RGB").resize((64, 64))))
    labels.append(1)
with h5py.File(sys.argv[2], "w") as file:
    file["train_set_x"], file["train_set_y"] = numpy.array(pictures), numpy.array(labels)
"""


def photos(folder: Path) -> list[Path]:
    """Return the photos to add, drawn into *folder* if the environment names none."""
    named = os.environ.get("CATDATA_PHOTOS")
    if named:
        return sorted(Path(named).glob("*/*.jpg"))
    return drawn(folder, 1000, (500, 374))


def drawn(folder: Path, number: int, size: tuple[int, int]) -> list[Path]:
    """Draw photos into a new folder."""
    folder.mkdir()
    paths = [folder / f"{seed}.jpg" for seed in range(number)]
    for seed, path in enumerate(paths):
        rng = np.random.default_rng(seed)
        blobs = Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
        blobs.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
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
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for number, path in enumerate(paths):
            Path(folder, f"{number}.jpg").write_bytes(path.read_bytes())


def add(paths: list[Path]) -> None:
    """Add all photos to a new workspace."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        originals.init(Path(folder), {})
        report = ingest.add(Workspace(Path(folder)), labels.with_label(paths, 1))
    if report.refused:
        sys.exit(f"refused: {report.refused[0]}")


def learner(paths: list[Path]) -> None:
    """Run the script that learners write, on a folder of the photos."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        together = gathered(Path(folder), paths)
        run("-c", LEARNER, str(together), f"{folder}/train.h5")


def whole(paths: list[Path]) -> None:
    """Run ``catdata add`` and ``catdata build-h5`` on a folder of the photos."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        together = gathered(Path(folder), paths)
        root = Path(folder, "workspace")
        originals.init(root, {})
        catdata = ("-m", "catdata", "-C", str(root))
        run(*catdata, "add", str(together), "--label", "cat", "--quiet")
        run(*catdata, "build-h5", "--quiet")


def gathered(folder: Path, paths: list[Path]) -> Path:
    """Return a folder of links to the photos."""
    together = folder / "photos"
    together.mkdir()
    for number, path in enumerate(paths):
        (together / f"{number}.jpg").symlink_to(path.absolute())
    return together


def run(*arguments: str) -> None:
    """Run Python."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def seconds(work: Callable[[list[Path]], None], paths: list[Path]) -> float:
    """Return how long *work* takes."""
    start = time.perf_counter()
    work(paths)
    return time.perf_counter() - start


def measure(paths: list[Path], rounds: int, than_learner: float) -> bool:
    """Measure and print one set of photos; return whether it meets its targets."""
    bare_loop(paths)
    works = (bare_loop, copy, add, learner, whole)
    times = [[seconds(work, paths) for work in works] for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    for work, median in zip(works, medians, strict=True):
        print(f"  {work.__name__:10} {len(paths) / median:7.0f} photos/s")
    loop, copying, adding, script, both = medians
    print(f"  add to the bare loop       {loop / adding:5.2f}   (target: at least {TARGET})")
    print(f"  add to loop and copy       {(loop + copying) / adding:5.2f}")
    print(f"  whole to learner's script  {script / both:5.2f}   (target: at least {than_learner})")
    return loop / adding >= TARGET and script / both >= than_learner


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        small = photos(Path(folder, "small"))
        print(f"{len(small)} photos of about 500 x 374")
        is_met = measure(small, rounds, 2.0)
        large = drawn(Path(folder, "large"), 100, (4032, 3024))
        print(f"{len(large)} photos of 4032 x 3024")
        is_met &= measure(large, max(1, rounds // 2), 4.0)
    return int(not is_met)


if __name__ == "__main__":
    sys.exit(main())
