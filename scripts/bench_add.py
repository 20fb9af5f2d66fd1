"""Measure the rate of ``add`` against a bare loop, and of the whole against a learner's script.

Usage: CATDATA_PHOTOS=DIR python scripts/bench_add.py [--rounds N]

DIR holds ``cat/*.jpg`` and ``non-cat/*.jpg``; without it 1,000 photos of 500 x 374 are drawn. 100
photos of 12 megapixels are always drawn. The bare loop is two threads of draft decode and fit that
keep nothing; ``add`` does what it always does: bounds, hashes, fingerprint, leak guard, durable
storage, catalog. The learner's script decodes in full, resizes, collects a list and writes an h5
file; it and ``catdata add`` with ``catdata build-h5`` are whole processes. All run in turn in the
current folder, and ratios are of the medians. Exits with 1 if a target is missed.

What is written is deleted in the end only, and no other program should delete many files just
before: ext4 passes over files that were deleted in the last minutes one by one, whenever it looks
for room for a new one, so that creating a file takes 950 microseconds in place of 12.
"""

from __future__ import annotations

import argparse
import contextlib
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
    folder = new_folder()
    for number, path in enumerate(paths):
        Path(folder, f"{number}.jpg").write_bytes(path.read_bytes())


def add(paths: list[Path], *, in_place: bool = False) -> None:
    """Add all photos to a new workspace."""
    folder = new_folder()
    originals.init(folder, {})
    report = ingest.add(Workspace(folder), labels.with_label(paths, 1), in_place=in_place)
    if report.refused:
        sys.exit(f"refused: {report.refused[0]}")


def add_in_place(paths: list[Path]) -> None:
    """Add all photos to a new workspace, and leave them where they are."""
    add(paths, in_place=True)


def learner(paths: list[Path]) -> None:
    """Run the script that learners write, on a folder of the photos."""
    run("-c", LEARNER, str(paths[0].parent), str(new_folder() / "train.h5"))


def whole(paths: list[Path]) -> None:
    """Run ``catdata add`` and ``catdata build-h5`` on a folder of the photos."""
    root = new_folder()
    originals.init(root, {})
    catdata = ("-m", "catdata", "-C", str(root))
    run(*catdata, "add", str(paths[0].parent), "--label", "cat", "--quiet")
    run(*catdata, "build-h5", "--quiet")


def gathered(paths: list[Path]) -> list[Path]:
    """Return links to the photos, all in one folder."""
    folder = new_folder()
    links = [folder / f"{number}.jpg" for number in range(len(paths))]
    for link, path in zip(links, paths, strict=True):
        link.symlink_to(path.absolute())
    return links


def new_folder() -> Path:
    """Return a new folder in the current one, which :func:`main` deletes with that."""
    return Path(tempfile.mkdtemp(dir=Path.cwd()))


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
    works = (bare_loop, copy, add, add_in_place, learner, whole)
    times = [[seconds(work, paths) for work in works] for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    for work, median in zip(works, medians, strict=True):
        print(f"  {work.__name__:12} {len(paths) / median:7.0f} photos/s")
    loop, copying, adding, in_place, script, both = medians
    print(f"  add to the bare loop       {loop / adding:5.2f}   (target: at least {TARGET})")
    print(f"  add to loop and copy       {(loop + copying) / adding:5.2f}")
    print(f"  add --in-place to the loop {loop / in_place:5.2f}")
    print(f"  whole to learner's script  {script / both:5.2f}   (target: at least {than_learner})")
    return loop / adding >= TARGET and script / both >= than_learner


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder,
        contextlib.chdir(folder),
    ):
        small = gathered(photos(Path("small")))
        print(f"{len(small)} photos of about 500 x 374")
        is_met = measure(small, rounds, 2.0)
        large = drawn(Path.cwd() / "large", 100, (4032, 3024))
        print(f"{len(large)} photos of 4032 x 3024")
        is_met &= measure(large, max(1, rounds // 2), 4.0)
    return int(not is_met)


if __name__ == "__main__":
    sys.exit(main())
