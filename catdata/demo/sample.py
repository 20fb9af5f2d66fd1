"""The drawn dataset: an original pair in the course's form, and further photos to add to it.

Every picture has its own random numbers, derived from the seed, the collection it belongs to and
its place there. So a picture does not depend on how many others are drawn, nor in which order.
"""

from __future__ import annotations

import io
import math
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from catdata import durable
from catdata.demo.scenes import draw_scene
from catdata.errors import ConfigRefused, StorageFailed, shown
from catdata.h5file import FILE_NAMES, write_course_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

COURSE_COUNTS = {"train": (209, 72), "test": (50, 33)}  # images, cats among them
COURSE_SIZE = 64

# What the pictures without a cat show. As in the course's own, most are flowers, views and things.
OTHER_SHARES = {
    "dog": 0.07,
    "car": 0.13,
    "house": 0.13,
    "fruit": 0.09,
    "face": 0.07,
    "flower": 0.24,
    "landscape": 0.27,
}
FORMATS = (1.0, 1.25, 4 / 3, 1.5, 16 / 9)  # longer side to shorter side
ORIENTATION_TAG = 0x0112
# EXIF orientations, and how pixels must be turned for storage so that each sets them upright again.
STORED_TURNED = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


def draw_course_split(split: str, *, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw the pictures of one split of the original pair.

    Args:
        split: ``train`` or ``test``.
        seed: Where all pictures come from.

    Returns:
        The pictures, (m, 64, 64, 3) uint8, and their labels, (m,) int64; 1 is a cat.
    """
    count, cats = COURSE_COUNTS[split]
    labels = (np.arange(count) < cats).astype(np.int64)
    _random_source(seed, f"order of {split}", 0).shuffle(labels)
    images = np.empty((count, COURSE_SIZE, COURSE_SIZE, 3), dtype=np.uint8)
    for row, label in enumerate(labels):
        rng = _random_source(seed, split, row)
        kind = "cat" if label else _other_kind(rng)
        picture = draw_scene(kind, rng, _size(rng, 130, 220))
        stretched = picture.resize((COURSE_SIZE, COURSE_SIZE), Image.Resampling.LANCZOS)
        images[row] = np.asarray(stretched)
    return images, labels


def write_course_pair(folder: Path, *, seed: int = 0) -> None:
    """Write a drawn original pair under the course's file names.

    Args:
        folder: Where the two h5 files go; made if it is not there.
        seed: Where all pictures come from, 0 or more.

    Raises:
        ConfigRefused: If the seed is negative.
        StorageFailed: If the disk is full, read-only or failing.
    """
    with _storing(folder):
        durable.create_folder(folder)
    for split, name in FILE_NAMES.items():
        images, labels = draw_course_split(split, seed=seed)
        write_course_file(folder / name, split, images, labels)


def write_photos(folder: Path, *, count: int = 400, seed: int = 0) -> list[Path]:
    """Write drawn JPEG photos, half of them of cats, of varied size, quality and orientation.

    Args:
        folder: Gets the folders ``photos/cat`` and ``photos/non-cat``.
        count: Number of photos.
        seed: Where all photos come from, 0 or more.

    Returns:
        The files, cats first, each kind in its order.

    Raises:
        ConfigRefused: If the seed is negative.
        StorageFailed: If the disk is full, read-only or failing.
    """
    written = []
    for label, photos in (("cat", count - count // 2), ("non-cat", count // 2)):
        target = folder / "photos" / label
        with _storing(target):
            durable.create_folder(target)
        for index in range(photos):
            rng = _random_source(seed, f"photos of {label}", index)
            kind = "cat" if label == "cat" else _other_kind(rng)
            path = target / f"{kind}-{index:04d}.jpg"
            photo = _encoded(draw_scene(kind, rng, _size(rng, 200, 800)), rng)
            with _storing(path):
                durable.write_bytes(path, photo)
            written.append(path)
    return written


def _random_source(seed: int, collection: str, index: int) -> np.random.Generator:
    """Return the random numbers of one picture: the *index*-th of its *collection*."""
    if seed < 0:
        raise ConfigRefused(f"The seed is {seed}; it must be 0 or more.")
    return np.random.default_rng([seed, zlib.crc32(collection.encode()), index])


def _other_kind(rng: np.random.Generator) -> str:
    return str(rng.choice(list(OTHER_SHARES), p=list(OTHER_SHARES.values())))


def _size(rng: np.random.Generator, least: int, most: int) -> tuple[int, int]:
    """Return a width and a height of *least* to *most* pixels; small pictures are more common."""
    longer = round(math.exp(rng.uniform(math.log(least), math.log(most))))
    shorter = max(round(longer / rng.choice(FORMATS)), least)
    return (longer, shorter) if rng.uniform() < 0.7 else (shorter, longer)


def _encoded(picture: Image.Image, rng: np.random.Generator) -> bytes:
    """Return a JPEG file as a camera makes it: some pictures lie turned, and their EXIF says so."""
    exif = Image.Exif()
    if rng.uniform() < 0.25:
        orientation = int(rng.choice(list(STORED_TURNED)))
        picture = picture.transpose(STORED_TURNED[orientation])
        exif[ORIENTATION_TAG] = orientation
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(rng.integers(55, 96)), exif=exif)
    return file.getvalue()


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    """Name *path* where the disk refuses."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"{shown(path)} can't be written: {error.strerror}.") from error
