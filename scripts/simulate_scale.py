"""Measure what depends on the number of images alone, on a catalog of synthetic rows.

    python scripts/simulate_scale.py [--rows 1000000] [--keep FOLDER]

Every fingerprint mixes those of two photos of CATDATA_PHOTOS bit by bit, so each bit is set as
often as in photos, and few rows are alike; without that folder the bits are random. There are no
picture files: what is measured is the catalog, its log, the lists, the leak guard and the search
for near-duplicates. docs/scale.md computes from these figures. Processor time counts where a
machine is busy with other work.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catdata import fingerprint
from catdata.dataset import originals
from catdata.dataset.catalog import Catalog, ImageRow, as_words, recovery
from catdata.dataset.images import Preparation, decode
from catdata.dataset.workspace import Workspace
from catdata.fingerprint import FingerprintIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SAMPLE = 500
CHECKED = 100_000
QUERIES = 20


def sample() -> NDArray[np.uint64]:
    """Return fingerprints of pictures, shape (k, 4), uint64."""
    folder = os.environ.get("CATDATA_PHOTOS")
    paths = sorted(Path(folder).rglob("*.jpg"))[:: 1000 // SAMPLE] if folder else []
    how = Preparation(64, "stretch")
    found = [decode(path.read_bytes(), how, name=path.name).fingerprint for path in paths]
    if not found:
        rng = np.random.default_rng(0)
        found = list(rng.integers(0, 2**64, (SAMPLE, 4), dtype=np.uint64))
    return np.array(found, dtype=np.uint64)


def rows(count: int, prints: NDArray[np.uint64]) -> Iterator[ImageRow]:
    """Yield synthetic rows that look like those of photos."""
    rng = np.random.default_rng(0)
    for begin in range(0, count, 10_000):
        first, second = prints[rng.integers(0, len(prints), (2, 10_000))]
        mask = rng.integers(0, 2**64, first.shape, dtype=np.uint64)
        mixed = first & mask | second & ~mask
        for number in range(begin, min(begin + 10_000, count)):
            content = hashlib.sha256(str(number).encode()).hexdigest()
            yield ImageRow(
                origin="added",
                content_hash=content,
                fingerprint=as_words(mixed[number - begin]),
                width=500,
                height=374,
                label=number % 2,
                split="train" if number % 5 else "test",
                file_hash=content[::-1],
                format="jpeg",
                file_name=f"IMG_{number:08}.jpg",
                source=f"/home/someone/photos/2025/IMG_{number:08}.jpg",
            )


@contextmanager
def measured(what: str, times: int = 1) -> Iterator[None]:
    """Print how long the block took on the clock and on the processor, its children included.

    Args:
        what: The block's name.
        times: How often it does what is measured.
    """
    begin = time.perf_counter(), sum(os.times()[:4])
    yield
    taken = time.perf_counter() - begin[0], sum(os.times()[:4]) - begin[1]
    clock, processor = (value / times * 1000 for value in taken)
    print(f"{what:44} {clock:12,.1f} ms {processor:12,.1f} ms", flush=True)


def run(root: Path, *words: str, lines: int | None = None) -> None:
    """Run a command to its end, or until it has printed some lines."""
    called = [sys.executable, "-m", "catdata", "-C", str(root), *words]
    with subprocess.Popen(called, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        if lines is None:
            process.communicate()
        else:
            for _ in range(lines):
                process.stdout.readline()
            process.kill()


def measure(root: Path) -> None:
    """Measure a workspace whose catalog holds synthetic rows."""
    workspace = Workspace(root)
    with measured("status"):
        run(root, "status", "--json")
    with measured("list --json, first row"):
        run(root, "list", "--json", lines=4)
    with measured("show one image by hash"):
        run(root, "show", hashlib.sha256(b"7").hexdigest()[:8])
    with workspace.catalog() as catalog:
        with measured("leak guard: reading the fingerprints"):
            ids, prints = catalog.fingerprints_after(0)
        index: FingerprintIndex[int] = FingerprintIndex()
        with measured("leak guard: taking them up"):
            index.add(prints, ids)
        with measured("leak guard: one new image", QUERIES):
            for number in range(QUERIES):
                index.near(prints[number * 31] ^ np.uint64(1 << number))
        image = catalog.resolve("IMG_00000007.jpg")
        with measured("one relabelled image"), catalog.transaction():
            catalog.update(image, catalog.log("relabel", ""), label=1 - image.label)
    some = prints[:CHECKED]
    with measured(f"near-duplicates among {len(some):,}"):
        pairs = fingerprint.pairs_within(some)
    print(f"{'':6}{len(pairs)} pairs")
    with measured("verify: the catalog and its log"):
        found = recovery.find_damage(workspace.catalog_path)
    print(f"{'':6}{' '.join(found).strip() or 'sound'}")
    with measured("verify --repair: the catalog from its log"):
        recovery.rebuild(workspace.catalog_path)


def main() -> None:
    """Make the catalog and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="Where the workspace stays.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catdata-scale-") as folder:
        root = options.keep or Path(folder) / "workspace"
        print(f"{'':44} {'clock':>15} {'processor':>15}")
        originals.init(root, None)
        path = root / "data" / "catalog.db"
        path.unlink()
        with measured(f"making {options.rows:,} rows"):
            Catalog.create(path, rows(options.rows, sample()))
        with measured("writing the log"), Catalog(path) as catalog:
            catalog.write_log()
        for file in (path, path.with_name("log.jsonl")):
            print(f"{file.name:44} {file.stat().st_size / options.rows:10.0f} bytes a row")
        measure(root)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of this process':44} {peak:10.0f} MB")


if __name__ == "__main__":
    main()
