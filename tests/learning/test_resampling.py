"""Seeds and images are drawn anew alike, and every standard error can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from answers import networks, rng

from catdata.learning import resampling


@pytest.mark.parametrize(
    ("table", "image_share", "variance", "degrees"),
    [
        # Means of rows 1/2 and 1, of columns 1 and 1/2: squares 1/4 for seeds, images and cells
        # alike, so that cells explain it all. Mean of four: 1/4 / 4.
        pytest.param([[1, 0], [1, 1]], 1.0, 1 / 16, 1.0, id="cells alone"),
        # Columns 1, 1, 0: variance of their means 1/3, of the mean of three 1/9; seeds agree.
        pytest.param([[1, 1, 0]] * 3, 1.0, 1 / 9, 2.0, id="images alone"),
        pytest.param([[1, 1, 0]] * 3, 1.75, 1.75 / 9, 2.0, id="images, counted 1.75 times"),
        # Rows 1, 1, 0: the same with seeds, which are never counted more than once.
        pytest.param(np.transpose([[1, 1, 0]] * 3), 1.75, 1 / 9, 2.0, id="seeds alone"),
        # Rows 0, 1/2, 1, columns 0, 1/2, 1 added up: 1/12 and 1/12; nothing is left for cells.
        # Satterthwaite: (1/12 + 1/12)² / ((1/12)² / 2 + (1/12)² / 2) = 4.
        pytest.param(
            [[0, 0.5, 1], [0.5, 1, 1.5], [1, 1.5, 2]], 1.0, 1 / 6, 4.0, id="seeds and images"
        ),
        # Rows 0, 1, 2 plus columns 0, 1, 2 plus 1, -1 / -1, 1 in a corner: squares 3 for seeds, 3
        # for images, 4 / 4 for cells, which both of them hold: (3 + 3 - 1) / 9.
        # Satterthwaite: 5² / (3² / 2 + 3² / 2 + 1² / 4) = 100 / 37.
        pytest.param([[1, 0, 2], [0, 3, 3], [2, 3, 4]], 1.0, 5 / 9, 100 / 37, id="all three"),
        # (3 + 1.75 * 3 - 1.75) / 9; 6.5² / (3² / 2 + 5.25² / 2 + 1.75² / 4).
        pytest.param(
            [[1, 0, 2], [0, 3, 3], [2, 3, 4]],
            1.75,
            6.5 / 9,
            6.5**2 / (4.5 + 5.25**2 / 2 + 1.75**2 / 4),
            id="all three, images counted 1.75 times",
        ),
        pytest.param([[1, 1, 0, 0]], 1.0, 1 / 12, 3.0, id="one seed"),
        pytest.param([[1], [0]], 1.0, 1 / 4, 1.0, id="one image"),
        pytest.param([[1, 1], [1, 1]], 1.0, 0.0, math.inf, id="no difference at all"),
        pytest.param([[1]], 1.0, 0.0, math.inf, id="one answer"),
    ],
)
def test_the_standard_error_is_the_one_worked_by_hand(
    table: list[list[float]], image_share: float, variance: float, degrees: float
) -> None:
    found = resampling.precision(np.array(table, dtype=np.float64), image_share)
    assert found.standard_error**2 == pytest.approx(variance, abs=1e-15)
    assert found.degrees == pytest.approx(degrees)


def test_resampling_in_slices_weighs_every_seed_and_image_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "_CELLS_AT_ONCE", 700)  # 7 resamples of 100 images at a time
    table = networks(rng(8), 100, 0.2).astype(np.float64)
    means = resampling.resampled_means([table, 1 - table], rng())
    assert means.shape == (2, resampling.RESAMPLES)
    assert means.mean(axis=1) == pytest.approx([table.mean(), 1 - table.mean()], abs=2e-3)
    assert means.sum(axis=0) == pytest.approx(np.ones(resampling.RESAMPLES))
