"""Measure the rate of ``check`` on the photos, apart from its search for doubtful labels.

Usage: CATDATA_PHOTOS=DIR python scripts/bench_check.py

The yardstick in the same run is decoding the photos alone, as a build does.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from catdata.dataset import ingest, labels, originals, pixels
from catdata.dataset.audit import audit
from catdata.dataset.workspace import Workspace


def main() -> int:
    """Measure and print."""
    photos = os.environ.get("CATDATA_PHOTOS")
    if not photos:
        print("CATDATA_PHOTOS is not set: nothing measured")
        return 0
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        originals.init(Path(folder), {})
        workspace = Workspace(Path(folder))
        report = ingest.add(workspace, labels.by_folder([Path(photos)]))
        start = time.perf_counter()
        pixels.everything(workspace, most=1 << 20)
        decoded = time.perf_counter()
        findings = audit(workspace)
        checked = time.perf_counter()
    images = len(report.added)
    print(f"decoding alone  {images / (decoded - start):6.0f} photos/s")
    print(f"check           {images / (checked - decoded):6.0f} photos/s")
    print(f"ratio           {(decoded - start) / (checked - decoded):6.2f}")
    print(f"findings        {len(findings):6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
