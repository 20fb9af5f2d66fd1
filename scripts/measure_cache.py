"""Compare the pixel cache with a table of SQLite: keeping squares and reading them back.

Usage: python scripts/measure_cache.py [--images 20000]

Both take squares in batches of 512 and give them in pages of 64, in order, unsynced, in the current
folder. SQLite has pages of 16 KiB, so that a square of 12 KiB lies in one. Prints processor time.
"""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from catdata.dataset.cache import PixelCache
from catdata.dataset.images import Preparation

BATCH, PAGE, SIDE = 512, 64, 64


def flat(folder: Path, hashes: list[str], squares: np.ndarray) -> tuple[float, float]:
    """Return the seconds of keeping and of reading all squares in flat files."""
    start = time.process_time()
    cache = PixelCache(folder / "flat", Preparation(SIDE), 1 << 40)
    for at in range(0, len(hashes), BATCH):
        cache.add(hashes[at : at + BATCH], squares[at : at + BATCH])
    cache.close()
    kept = time.process_time()
    cache = PixelCache(folder / "flat", Preparation(SIDE), 1 << 40)
    into = np.empty((PAGE, SIDE, SIDE, 3), np.uint8)
    for at in range(0, len(hashes), PAGE):
        page = hashes[at : at + PAGE]
        if cache.get(page, into[: len(page)]):
            sys.exit("a square is missing")
    cache.close()
    return kept - start, time.process_time() - kept


def table(folder: Path, hashes: list[str], squares: np.ndarray) -> tuple[float, float]:
    """Return the seconds of keeping and of reading all squares in SQLite, without checksums."""
    start = time.process_time()
    connection = sqlite3.connect(folder / "cache.db")
    connection.executescript(
        "PRAGMA page_size = 16384; PRAGMA synchronous = OFF;"
        "CREATE TABLE square (file BLOB PRIMARY KEY, pixels BLOB)"
    )
    for at in range(0, len(hashes), BATCH):
        rows = zip(hashes[at : at + BATCH], squares[at : at + BATCH], strict=True)
        values = ((bytes.fromhex(name), square.tobytes()) for name, square in rows)
        connection.executemany("INSERT INTO square VALUES (?, ?)", values)
        connection.commit()
    kept = time.process_time()
    for at in range(0, len(hashes), PAGE):
        page = [bytes.fromhex(name) for name in hashes[at : at + PAGE]]
        query = "SELECT pixels FROM square WHERE file = ?"
        data = b"".join(connection.execute(query, (name,)).fetchone()[0] for name in page)
        np.frombuffer(data, np.uint8).reshape(-1, SIDE, SIDE, 3)
    connection.close()
    return kept - start, time.process_time() - kept


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=20_000)
    images = parser.parse_args().images
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(images)]
    squares = np.random.default_rng(0).integers(0, 256, (images, SIDE, SIDE, 3), np.uint8)
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for way in (flat, table):
            found = way(Path(folder), hashes, squares)
            keeping, reading = (1e6 * seconds / images for seconds in found)
            print(f"{way.__name__:6} keeping {keeping:6.1f} µs, reading {reading:6.1f} µs a square")
    return 0


if __name__ == "__main__":
    sys.exit(main())
