"""The control has the size of the largest build and not one new image."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from builds import TRAIN, built_arm, course_arm

from catdata.errors import ConfigRefused
from catdata.learning.controls import control_arm, repeated_rows


def test_the_control_repeats_the_first_arm_up_to_the_largest(tmp_path: Path) -> None:
    first = built_arm(tmp_path / "original")
    others = [built_arm(tmp_path / "more", range(20)), built_arm(tmp_path / "most", range(30))]
    control = control_arm([first, *others])
    assert (control.name, control.control) == ("original x2.5 (control)", True)
    train = control.pair.train
    assert len(train) == 30
    assert Counter(train.labels.tolist()) == {0: 15, 1: 15}
    assert set(train.refs) == set(first.pair.train.refs)
    assert set(Counter(train.refs).values()) == {2, 3}
    for row, ref in enumerate(train.refs):
        whence = first.pair.train.refs.index(ref)
        np.testing.assert_array_equal(train.images[row], first.pair.train.images[whence])
        assert train.content_hashes[row] == first.pair.train.content_hashes[whence]
        np.testing.assert_array_equal(
            train.fingerprints[row], first.pair.train.fingerprints[whence]
        )
    assert control.pair.test is first.pair.test


def test_a_pair_without_records_has_a_control_as_well(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "a"), course_arm(tmp_path / "b", range(18))]
    control = control_arm(arms)
    assert (len(control.pair.train), control.pair.train.fingerprints) == (18, None)


def test_without_a_larger_build_there_is_no_control(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "a"), course_arm(tmp_path / "b", TRAIN[:8])]
    with pytest.raises(ConfigRefused, match="no build has more training images than a, 12"):
        control_arm(arms)


@pytest.mark.parametrize(
    ("cats", "others", "size", "cats_drawn"),
    [
        pytest.param(72, 137, 1209, 416, id="the course's 209 to 1,209"),
        pytest.param(3, 7, 11, 3, id="one more"),
        pytest.param(0, 4, 9, 0, id="a single class"),
    ],
)
def test_every_image_of_a_class_comes_as_often_but_for_one(
    cats: int, others: int, size: int, cats_drawn: int
) -> None:
    labels = np.array([1] * cats + [0] * others)
    rows = repeated_rows(labels, size, rng=np.random.default_rng(0))
    counts = np.bincount(rows, minlength=len(labels))
    assert len(rows) == size
    assert labels[rows].sum() == cats_drawn
    for label in np.unique(labels):
        assert np.ptp(counts[labels == label]) <= 1
