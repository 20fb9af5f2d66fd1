"""Measure where two exact ways to train the same network part ways, on the course's images.

Usage: CATDATA_ORIGINALS=DIR python scripts/measure_chaos.py

The Gram form and the direct form compute the same numbers but for rounding, about 1e-16. At the
course's learning rate that stays so for all 2,500 iterations. At 0.02 the two-layer network is
chaotic: a difference in the last bit grows until the costs differ in the second digit. Neither form
is wrong there; the last digits of such a run depend on the machine.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from catdata.h5file import read_pair
from catdata.learning.training import TrainConfig, fit

CONFIG = TrainConfig(layers=(7,), init="small", record_every=10)
RATES = (0.0075, 0.02)
PARTED = (1e-12, 1e-9, 1e-6, 1e-3)


def main() -> int:
    """Measure and print."""
    folder = os.environ.get("CATDATA_ORIGINALS")
    if not folder:
        print("CATDATA_ORIGINALS is not set: nothing to train on")
        return 0
    train = read_pair(Path(folder)).train
    for rate in RATES:
        config = replace(CONFIG, learning_rate=rate)
        gram, direct = (
            fit(train, replace(config, form=form)).history for form in ("gram", "direct")
        )
        difference = np.abs(gram.costs - direct.costs)
        print(f"layers 7, learning rate {rate}, {config.iterations:,} iterations")
        print(f"  largest difference of the costs  {difference.max():.1e}")
        for limit in PARTED:
            first = np.flatnonzero(difference > limit)
            at = f"from iteration {gram.iterations[first[0]]}" if first.size else "never"
            print(f"  more than {limit:.0e}                 {at}")
        share = abs(gram.costs[-1] / direct.costs[-1] - 1)
        print(f"  final cost {gram.costs[-1]:.10f} and {direct.costs[-1]:.10f}, {share:.2%} apart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
