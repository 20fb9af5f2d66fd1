"""Compare the pixels of each transform with albumentations' own, given the same parameters.

Usage: CATDATA_PHOTOS=DIR python scripts/measure_transforms.py [--photos N]

Prints the mean absolute difference in grey levels (0..255) over photos of 64 x 64, and beside it
how far the transform moved the pixels at all. Exits with 1 if a difference is more than a tenth of
that and more than one level, which no rounding and no other interpolation explains. Needs
albumentations (the group ``bench``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import albumentations
import cv2
import numpy as np
from bench_add import photos
from PIL import Image

from catdata.dataset.augment import apply

MOST = 1.0  # grey level
MOST_SHARE = 0.1  # of what the transform changes

# Ours, its parameters, and theirs with the very same.
SAME: list[tuple[str, dict[str, float], Any]] = [
    ("flip", {"mirrored": 1}, albumentations.HorizontalFlip(p=1)),
    (
        "rotate",
        {"degrees": 15},
        albumentations.Affine(
            rotate=(15, 15),
            interpolation=cv2.INTER_CUBIC,
            border_mode=cv2.BORDER_REFLECT,
            p=1,
        ),
    ),
    (
        "shift",
        {"right": 0.125, "down": -0.125},
        albumentations.Affine(
            translate_percent={"x": (0.125, 0.125), "y": (-0.125, -0.125)},
            border_mode=cv2.BORDER_REFLECT,
            p=1,
        ),
    ),
    (
        "zoom",
        {"share": 0.8, "across": 0.5, "down": 0.5},
        albumentations.Affine(scale=(1.25, 1.25), interpolation=cv2.INTER_CUBIC, p=1),
    ),
    ("brightness", {"factor": 1.2}, albumentations.ColorJitter((1.2, 1.2), (1, 1), (1, 1), 0, p=1)),
    ("contrast", {"factor": 1.2}, albumentations.ColorJitter((1, 1), (1.2, 1.2), (1, 1), 0, p=1)),
    ("colour", {"factor": 1.2}, albumentations.ColorJitter((1, 1), (1, 1), (1.2, 1.2), 0, p=1)),
    ("grayscale", {"amount": 1}, albumentations.ToGray(p=1)),
    ("blur", {"radius": 1}, albumentations.GaussianBlur(blur_limit=0, sigma_limit=(1, 1), p=1)),
    ("jpeg", {"loss": 50}, albumentations.ImageCompression("jpeg", (50, 50), p=1)),
]
# Theirs hands RGB to an encoder that reads BGR, which spends its bits on other colours.
ENCODED_AS_BGR = ("jpeg",)


def squares(paths: list[Path]) -> list[np.ndarray]:
    """Return photos at 64 x 64."""
    fitted = []
    for path in paths:
        with Image.open(path) as image:
            fitted.append(np.asarray(image.convert("RGB").resize((64, 64))))
    return fitted


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean absolute difference of two pictures in grey levels."""
    return float(np.abs(one.astype(int) - other).mean())


def changed_by(transform: Any, picture: np.ndarray, *, as_bgr: bool) -> np.ndarray:
    """Apply one of albumentations' transforms to a picture."""
    step = -1 if as_bgr else 1
    changed: np.ndarray = transform(image=np.ascontiguousarray(picture[..., ::step]))["image"]
    return changed[..., ::step]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = photos(Path(folder))
        pictures = squares(found[:: max(1, len(found) // options.photos)][: options.photos])
    print(f"against albumentations {albumentations.__version__}, {len(pictures)} photos")
    print("transform     difference   change")
    worst = 0
    for name, parameters, theirs in SAME:
        ours = [apply(picture, {name: parameters}) for picture in pictures]
        as_bgr = name in ENCODED_AS_BGR
        others = [changed_by(theirs, picture, as_bgr=as_bgr) for picture in pictures]
        different = np.mean([apart(*pair) for pair in zip(ours, others, strict=True)])
        change = np.mean([apart(*pair) for pair in zip(ours, pictures, strict=True)])
        print(f"{name:12} {different:11.2f} {change:8.2f}")
        worst += int(different > max(MOST, MOST_SHARE * change))
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main())
