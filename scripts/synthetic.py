"""Workspaces of many drawn rows, for the benchmarks: no files, but pixels in the cache."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from catdata.dataset import originals
from catdata.dataset.catalog import ImageRow
from catdata.dataset.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_ONCE = 20_000


def fill(root: Path, images: int, *, with_pixels: bool = False) -> Workspace:
    """Make a workspace of *images* rows; every tenth is in test.

    Args:
        root: A new folder.
        images: How many.
        with_pixels: Whether their squares are in the cache.
    """
    originals.init(root, {}, cache_mib=1 << 20)
    workspace = Workspace(root)
    rng = np.random.default_rng(0)
    preparation = workspace.settings.preparation
    with workspace.catalog() as catalog, workspace.pixel_cache(preparation) as cache:
        for first in range(0, images, _AT_ONCE):
            rows = list(_rows(rng, first, min(images, first + _AT_ONCE)))
            with catalog.transaction():
                catalog.add_many(rows, catalog.log("add", f"added {len(rows)} photos"))
            if with_pixels:
                shape = (len(rows), preparation.size, preparation.size, 3)
                squares = rng.integers(0, 256, shape, np.uint8)
                cache.add([row.file_hash or "" for row in rows], squares)
    return workspace


def _rows(rng: np.random.Generator, first: int, end: int) -> Iterator[ImageRow]:
    words = rng.integers(0, 1 << 64, (end - first, 4), np.uint64, endpoint=False)
    for number, fingerprint in zip(range(first, end), words.tolist(), strict=True):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield ImageRow(
            origin="added",
            content_hash=digest,
            fingerprint=tuple(fingerprint),
            width=500,
            height=374,
            label=number % 2,
            split="test" if number % 10 == 0 else "train",
            file_hash=digest[::-1],
            format="jpeg",
            file_name=f"photo{number}.jpg",
            source=f"/home/somebody/Pictures/photo{number}.jpg",
        )
