"""Pictures and h5 pairs that tests draw: every seed another one, none like another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catdata import h5file

TRAIN_IMAGES, TEST_IMAGES = 12, 6


def draw(seed: int, width: int = 120, height: int = 90) -> Image.Image:
    """Draw a soft pattern of random colours under fine grain."""
    rng = np.random.default_rng(seed)
    blobs = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    soft = np.asarray(blobs.resize((width, height), Image.Resampling.BICUBIC))
    grain = rng.normal(0, 12, soft.shape)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def save(path: Path, seed: int, **options: object) -> Path:
    """Draw a picture into a file, in the format that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(seed).save(path, **options)
    return path


def course_arrays(split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw the images and labels of one split of a small pair."""
    count, first = (TRAIN_IMAGES, 10_000) if split == "train" else (TEST_IMAGES, 20_000)
    images = np.stack([np.asarray(draw(first + i, 64, 64)) for i in range(count)])
    return images, np.arange(count) % 3 % 2


def write_pair(folder: Path) -> dict[str, Path]:
    """Write a small pair in the course's form and return its paths by split."""
    folder.mkdir(parents=True, exist_ok=True)
    pair = {split: folder / name for split, name in h5file.FILE_NAMES.items()}
    for split, path in pair.items():
        h5file.write_course_file(path, split, *course_arrays(split))
    return pair
