"""Measure how well fingerprints find altered copies, and how fast the search for them is.

Usage: CATDATA_PHOTOS=DIR CATDATA_ORIGINALS=DIR python scripts/measure_fingerprints.py [--photos
N]

The first folder holds ``cat/*.jpg`` and ``non-cat/*.jpg``, the second the course's two h5 files;
either may be missing. Every photo is altered, saved as JPEG (quality 90 where none is named) and
decoded as ``add`` decodes it. Printed are the share of copies found for each alteration, all
pairs of different files taken for copies, and the times of a query and of a search for all pairs.
Takes about two minutes.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from catdata import h5file
from catdata.dataset.images import decode, fit_crop, fit_stretch
from catdata.fingerprint import FingerprintIndex, fingerprint, fingerprints, near, pairs_within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]


def resized(image: Image.Image, factor: float) -> Image.Image:
    """Scale a picture."""
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def brighter(image: Image.Image, factor: float) -> Image.Image:
    """Multiply the brightness."""
    return ImageEnhance.Brightness(image).enhance(factor)


def cropped(
    image: Image.Image, left: float, top: float = 0, right: float = 0, bottom: float = 0
) -> Image.Image:
    """Cut these shares off the sides."""
    width, height = image.size
    return image.crop(
        (
            round(width * left),
            round(height * top),
            round(width * (1 - right)),
            round(height * (1 - bottom)),
        )
    )


def jpeg(image: Image.Image, quality: int = 90) -> Words:
    """Save as JPEG and return the fingerprint that ``add`` would see."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return decode(buffer.getvalue()).fingerprint


ALTERATIONS: dict[str, Callable[[Image.Image], Words]] = {
    "re-encoded at quality 40": lambda image: jpeg(image, 40),
    "resized to 50 %": lambda image: jpeg(resized(image, 0.5)),
    "resized to 50 %, quality 40": lambda image: jpeg(resized(image, 0.5), 40),
    "brightness + 15 %": lambda image: jpeg(brighter(image, 1.15)),
    "brightness - 15 %": lambda image: jpeg(brighter(image, 0.85)),
    "contrast + 20 %": lambda image: jpeg(ImageEnhance.Contrast(image).enhance(1.2)),
    "grey": lambda image: jpeg(image.convert("L")),
    "mirrored": lambda image: jpeg(ImageOps.mirror(image)),
    "mirrored, quality 40": lambda image: jpeg(ImageOps.mirror(image), 40),
    "decoded whole, not by draft": lambda image: fingerprint(fit_stretch(image, 64)),
    "cropped 2.5 % on every side": lambda image: jpeg(cropped(image, *[0.025] * 4)),
    "the same, 50 %, + 15 %, quality 40": lambda image: jpeg(
        brighter(resized(cropped(image, *[0.025] * 4), 0.5), 1.15), 40
    ),
    "cropped 5 % at the left": lambda image: jpeg(cropped(image, 0.05)),
    "cropped 5 % at the top": lambda image: jpeg(cropped(image, 0, 0.05)),
    "cropped 5 % on every side": lambda image: jpeg(cropped(image, *[0.05] * 4)),
    "cropped 10 % on every side": lambda image: jpeg(cropped(image, *[0.1] * 4)),
    "rotated by 90 degrees": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_90)),
    "only the cropped square": lambda image: fingerprint(fit_crop(image, 64)),
}


def measure_photo(path: Path) -> Words:
    """Return the fingerprint of a photo and of each altered copy, shape (1 + alterations, 4)."""
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    altered = [alter(image) for alter in ALTERATIONS.values()]
    return np.stack([decode(data, name=path.name).fingerprint, *altered])


def report_copies(words: Words) -> None:
    """Print the share of copies found; *words* has shape (photos, 1 + alterations, 4)."""
    print(f"\n{'alteration':<36} found (of {len(words):,} photos)")
    for column, name in enumerate(ALTERATIONS, start=1):
        found = [near(photo[0], photo[column : column + 1]).size for photo in words]
        print(f"{name:<36} {np.mean(found):.3f}")


def report_different(what: str, words: Words, names: Sequence[str]) -> None:
    """Print all pairs of different files that are taken for copies of each other."""
    pairs = pairs_within(words)
    total = len(words) * (len(words) - 1) // 2
    print(f"\n{what}: {len(pairs)} of {total:,} pairs are near ({len(pairs) / max(1, total):.1e})")
    for one, other in pairs[:20]:
        print(f"    {names[one]} = {names[other]}")


def many_like(words: Words, count: int) -> Words:
    """Draw fingerprints like those of photos: some of *words* with up to 24 bits a word flipped."""
    rng = np.random.default_rng(1)
    drawn = words[rng.integers(0, len(words), count)]
    for _ in range(24):
        drawn ^= np.uint64(1) << rng.integers(0, 64, drawn.shape, np.uint64)
    return drawn


def report_speed(words: Words) -> None:
    """Print the times of the search."""
    many = many_like(words, 1_000_000)
    print()
    for count in (100_000, 1_000_000):
        index: FingerprintIndex[int] = FingerprintIndex()
        index.add(many[:count], range(count))
        times = []
        for query in many[:25]:
            start = time.perf_counter()
            index.near(query)
            times.append(time.perf_counter() - start)
        print(f"one query against {count:>9,} fingerprints: {1e3 * np.median(times):.2f} ms")
    start = time.perf_counter()
    pairs_within(many[:100_000])
    print(f"all pairs among     100,000 fingerprints: {time.perf_counter() - start:.1f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=1000, help="photos to alter, evenly chosen")
    count = parser.parse_args().photos
    words = np.random.default_rng(0).integers(0, 2**64, (1000, 4), np.uint64)
    if folder := os.environ.get("CATDATA_PHOTOS"):
        paths = sorted(Path(folder).glob("*/*.jpg"))
        paths = paths[:: max(1, len(paths) // count)]
        with ThreadPoolExecutor() as pool:
            measured = np.stack(list(pool.map(measure_photo, paths)))
        words = measured[:, 0]
        report_copies(measured)
        report_different("photos", words, [f"{path.parent.name}/{path.name}" for path in paths])
    if folder := os.environ.get("CATDATA_ORIGINALS"):
        pair = h5file.read_pair(Path(folder))
        names = [
            f"{split}[{row}]"
            for split, images in (("train", pair.train), ("test", pair.test))
            for row in range(len(images))
        ]
        images = np.concatenate([pair.train.images, pair.test.images])
        report_different("originals", fingerprints(images), names)
    report_speed(words)


if __name__ == "__main__":
    main()
