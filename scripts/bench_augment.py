"""Measure the rate of augmented copies against a bare two-thread loop of the same operations.

Usage: CATDATA_PHOTOS=DIR python scripts/bench_augment.py [--rounds N] [--photos N] [--copies N]

DIR holds ``cat/*.jpg`` and ``non-cat/*.jpg``; without it photos of 500 x 374 are drawn. Both make
the copies of the preset ``standard``. ``build-h5`` does what it always does: it checks the stored
files, draws parameters, writes both h5 files and ``build.json``. The loop keeps the pixels and
throws them away. They run in turn, and the ratio is that of the medians. With albumentations
installed its pipeline of the same transforms runs too. Peak memory is measured in processes of
their own, with few copies and with many. Exits with 1 if the ratio is under the target of 0.7.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_add import photos
from PIL import Image

from catdata.dataset import build, ingest, labels, originals
from catdata.dataset.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = 0.7
IN_TEST = 2  # photos; a build needs some in test, and they get no copies


def reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Return the rows from *start* to *stop*, mirrored at the borders."""
    rows = np.arange(start, stop) % (2 * length)
    return np.minimum(rows, 2 * length - 1 - rows)


def moved(picture: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Rotate, zoom and shift a picture in one resampling, as a bare script would."""
    height, width = picture.shape[:2]
    angle, scale = math.radians(rng.uniform(-10, 10)), rng.uniform(0.9, 1)
    a, b = scale * math.cos(angle), scale * math.sin(angle)
    x = width / 2 + rng.uniform(-0.1, 0.1) * width
    y = height / 2 + rng.uniform(-0.1, 0.1) * height
    reach_x, reach_y = (a * width + abs(b) * height) / 2, (abs(b) * width + a * height) / 2
    left, top = int(x - reach_x) - 2, int(y - reach_y) - 2
    columns = reflected(left, int(x + reach_x) + 3, width)
    rows = reflected(top, int(y + reach_y) + 3, height)
    needed = picture.take(rows, axis=0).take(columns, axis=1)
    x, y = x - left - (a * width - b * height) / 2, y - top - (b * width + a * height) / 2
    coefficients = (a, -b, x, b, a, y)
    whole = Image.fromarray(needed)
    size = (width, height)
    return whole.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def changed(square: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror a picture or not, and change its brightness, contrast and colours."""
    levels = np.arange(256)
    square = square[:, ::-1] if rng.random() < 0.5 else square
    square = np.clip(np.rint(levels * rng.uniform(0.8, 1.2)), 0, 255).astype(np.uint8)[square]
    grey = square @ np.array([0.299, 0.587, 0.114], np.float32)
    lut = grey.mean() + (levels - grey.mean()) * rng.uniform(0.8, 1.2)
    square = np.clip(np.rint(lut), 0, 255).astype(np.uint8)[square]
    grey = (square @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    coloured = grey + (square - grey) * np.float32(rng.uniform(0.8, 1.2))
    return np.clip(np.rint(coloured), 0, 255).astype(np.uint8)


def decoded(path: Path) -> np.ndarray:
    """Decode a photo at a reduced scale and bring its shorter side to 128 pixels."""
    with Image.open(path) as image:
        image.draft("RGB", (128, 128))
        whole = image.convert("RGB")
    scale = 128 / min(whole.size)
    size = (round(whole.width * scale), round(whole.height * scale))
    return np.asarray(whole.resize(size, Image.Resampling.LANCZOS))


def bare_loop(paths: list[Path], copies: int) -> None:
    """Make all copies in two threads and keep their pixels."""

    def family(path: Path) -> list[np.ndarray]:
        rng = np.random.default_rng()
        picture = decoded(path)
        fitted = (
            np.asarray(moved(picture, rng).resize((64, 64), Image.Resampling.LANCZOS))
            for _ in range(copies)
        )
        return [changed(square, rng) for square in fitted]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(family, paths))


def albumentations_loop(paths: list[Path], copies: int) -> None:
    """Make the copies with albumentations' own transforms of the same kinds, in two threads."""
    import albumentations

    pipeline = albumentations.Compose(
        [
            albumentations.Affine(
                rotate=(-10, 10),
                scale=(1, 1.1),
                translate_percent=(-0.1, 0.1),
                border_mode=4,  # OpenCV's reflection
                p=1,
            ),
            albumentations.Resize(64, 64, interpolation=3),  # OpenCV's area average
            albumentations.HorizontalFlip(p=0.5),
            albumentations.ColorJitter(0.2, 0.2, 0.2, 0, p=1),
        ]
    )

    def family(path: Path) -> list[np.ndarray]:
        picture = decoded(path)
        return [pipeline(image=picture)["image"] for _ in range(copies)]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(family, paths))


def enlarge(workspace: Workspace, copies: int) -> None:
    """Write a build of so many copies of each train image."""
    build.build(workspace, recipe=build.Recipe(augment=("standard",), copies=copies), jobs=2)


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(root: Path, copies: int) -> float:
    """Return the peak memory of a process that writes a build, in MB."""
    command = [sys.executable, __file__, "--workspace", str(root), "--copies", str(copies)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(rounds: int, photo_count: int, copies: int, folder: Path) -> float:
    """Measure, print, and return the ratio."""
    (folder / "drawn").mkdir()
    found = photos(folder / "drawn")
    paths = found[:: max(1, len(found) // photo_count)][:photo_count]
    originals.init(folder / "workspace", {})
    workspace = Workspace(folder / "workspace")
    sides = ["test"] * IN_TEST + ["train"] * (len(paths) - IN_TEST)
    entries = [labels.Entry(path, i % 2, sides[i]) for i, path in enumerate(paths)]
    added = ingest.add(workspace, entries, jobs=2).added
    train = paths[IN_TEST:]
    contenders: dict[str, Callable[[], object]] = {
        "bare loop": lambda: bare_loop(train, copies),
        "build-h5": lambda: enlarge(workspace, copies),
    }
    if importlib.util.find_spec("albumentations"):
        contenders["albumentations"] = lambda: albumentations_loop(train, copies)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            times[name].append(seconds(work))
    medians = {name: statistics.median(column) for name, column in times.items()}
    made = (len(added) - IN_TEST) * copies
    for name, median in medians.items():
        print(f"{name:16} {made / median:7.0f} copies/s")
    ratio = medians["bare loop"] / medians["build-h5"]
    print(f"ratio            {ratio:7.2f}   (target: at least {TARGET})")
    for few in (1, copies):
        print(f"peak memory      {peak_memory(workspace.root, few):7.0f} MB with {few} copies each")
    return ratio


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--workspace", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.workspace:  # the process whose memory is measured
        enlarge(Workspace(options.workspace), options.copies)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return 0
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        ratio = measure(options.rounds, options.photos, options.copies, Path(folder))
    return int(ratio < TARGET)


if __name__ == "__main__":
    sys.exit(main())
