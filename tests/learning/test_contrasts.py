"""Arms are held against each other in one way, on a test set and in cross-validation."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from answers import rng, scores
from builds import course_arm

from catdata.learning import resampling
from catdata.learning.changes import LEVEL, OTHER_FOLDS, OTHER_TRAINING_IMAGES
from catdata.learning.comparison import SetSummary
from catdata.learning.contrasts import Case, contrasts
from catdata.learning.stats import Scores

LABELS = (np.arange(50) < 10).astype(np.int64)
WON = np.isin(np.arange(50), [*range(5), *range(10, 25)])  # 5 of 10 cats, 15 of 40 others


@pytest.fixture
def folds(tmp_path: Path) -> Case:
    """Four seeds that agree: nothing is right before, 20 of 50 images are after."""
    arm = course_arm(tmp_path / "pair")
    none, some = np.zeros((4, 50)), np.tile(WON, (4, 1))
    return Case(
        before=arm,
        after=replace(arm, name="enlarged"),
        layers=(20, 7, 5),
        scores=(scores(none), scores(some)),
        test_set=SetSummary("pool", {"non-cat": 40, "cat": 10}),
        labels=LABELS,
        folds=5,
    )


@pytest.mark.parametrize(
    ("count", "share"),
    [
        pytest.param(5, OTHER_FOLDS, id="folds"),
        pytest.param(0, OTHER_TRAINING_IMAGES, id="test set"),
    ],
)
def test_the_interval_is_that_of_the_images(folds: Case, count: int, share: float) -> None:
    (contrast,) = contrasts([folds._replace(folds=count)])
    # By hand: 0.4 of the images are won in all seeds, so the variance of an image's mean is
    # 0.4 * 0.6 * 50 / 49, that of the mean of 50 a fiftieth of it, *share* times.
    half = scipy.stats.t.ppf(0.975, df=49) * math.sqrt(share * 0.4 * 0.6 / 49)
    moved = contrast.change.test_accuracy
    assert moved.estimate == pytest.approx(0.4)
    assert (moved.high - moved.low) / 2 == pytest.approx(half, rel=0.04)
    assert contrast.change.gap.estimate == pytest.approx(-0.4)
    assert contrast.verdict == "generalizes-better"


def test_folds_tell_of_each_class_what_a_test_set_does(folds: Case) -> None:
    (contrast,) = contrasts([folds])
    assert contrast.by_class["cat"].estimate == pytest.approx(0.5)
    assert contrast.by_class["non-cat"].estimate == pytest.approx(0.375)
    assert contrast.contribution == pytest.approx({"cat": 0.1, "non-cat": 0.3})
    assert contrast.balanced_accuracy.estimate == pytest.approx(0.4375)
    assert (contrast.images, contrast.baseline_class) == (50, "non-cat")


def test_the_networks_of_folds_are_no_pair_for_an_exact_test(folds: Case) -> None:
    one_seed = tuple(Scores(arm.train_correct[:1], arm.correct[:1]) for arm in folds.scores)
    alone = folds._replace(scores=one_seed)
    by_folds, on_test_set = contrasts([alone, alone._replace(folds=0)])
    assert by_folds.mcnemar is None
    assert on_test_set.mcnemar == pytest.approx(2 * 0.5**20)


def test_folds_are_corrected_together(folds: Case) -> None:
    same = folds._replace(scores=(folds.scores[0], folds.scores[0]))
    moved, unmoved = contrasts([folds, same])
    assert moved.adjusted_p_value == pytest.approx(2 * moved.p_value)
    assert unmoved.sentence.endswith("here p = 1.00, for this change alone p = 1.00.")


def test_equal_arms_are_told_apart_by_folds_in_fewer_than_1_of_10_samples(
    folds: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 1000)
    draws = rng(1)
    claims = 0
    for _ in range(150):
        ease = draws.normal(0.4, 1.5, 259)
        before, after = (scores(_judged_by_folds(draws, ease)) for _ in range(2))
        claims += _claims(folds._replace(scores=(before, after), labels=np.zeros(259, np.int64)))
    assert 0.01 <= claims / 150 < 0.1


def _judged_by_folds(draws: np.random.Generator, ease: np.ndarray) -> np.ndarray:
    """Draw what networks of ten seeds get right, each of which learns some images better."""
    skill = draws.normal(0.0, 0.2, 10)
    own = ease + draws.normal(0.0, 0.6, len(ease))
    return draws.normal(own + skill[:, None], 1.0) > 0


def _claims(case: Case) -> bool:
    (contrast,) = contrasts([case])
    return contrast.p_value <= LEVEL
