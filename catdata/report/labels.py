"""Place labels beside the ends of lines so that none covers another."""

from __future__ import annotations

import itertools
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(values: Sequence[float], heights: Sequence[float], highest: float) -> list[float]:
    """Move ascending values apart by as little as possible, so that labels do not overlap.

    Measured from where each label would stand on the pile of those below it, the places must
    ascend: isotonic regression, solved by pooling adjacent violators (M. Ayer et al., Annals of
    Mathematical Statistics 26, 1955).

    Args:
        values: Where each label should be centred.
        heights: How much room each needs.
        highest: Where the uppermost may end.
    """
    tops = list(itertools.accumulate(heights))
    piles = [top - height / 2 for top, height in zip(tops, heights, strict=True)]
    pools: list[list[float]] = []
    for value, pile in zip(values, piles, strict=True):
        pools.append([value - pile])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    starts = [min(fmean(pool), highest - tops[-1]) for pool in pools for _ in pool]
    return [start + pile for start, pile in zip(starts, piles, strict=True)]
