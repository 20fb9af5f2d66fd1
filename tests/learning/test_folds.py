"""Folds have their share of each class and never tear a group apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdata.errors import ConfigRefused
from catdata.learning.folds import splits, stratified_folds


@given(st.integers(20, 200), st.integers(2, 6), st.integers(0, 99))
def test_every_fold_has_its_share_of_each_class(images: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(images) % 3 % 2)
    folds = stratified_folds(labels, count, rng=rng)
    for label in (0, 1):
        held = np.bincount(folds[labels == label], minlength=count)
        assert held.max() - held.min() <= 1


@given(st.integers(0, 99))
def test_groups_stay_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 25, 60)
    folds = stratified_folds(np.arange(60) % 2, 5, groups=groups, rng=rng)
    for group in np.unique(groups):
        assert len(set(folds[groups == group])) == 1


def test_each_image_is_judged_once_by_networks_that_did_not_see_it() -> None:
    folds = stratified_folds(np.arange(40) % 2, 4, rng=np.random.default_rng(0))
    judged = np.concatenate([held_out for _, held_out in splits(folds)])
    assert sorted(judged) == list(range(40))
    for train, held_out in splits(folds):
        assert not set(train) & set(held_out)
        assert len(train) + len(held_out) == 40


def test_copies_of_one_picture_count_once() -> None:
    with pytest.raises(ConfigRefused, match="no copies of each other; the rarer one has 1"):
        stratified_folds(
            np.arange(20) % 2, 2, groups=np.arange(20) % 2, rng=np.random.default_rng(0)
        )


@pytest.mark.parametrize("count", [1, 4])
def test_a_class_with_fewer_images_than_folds_is_refused(count: int) -> None:
    with pytest.raises(ConfigRefused, match="the rarer one has 3"):
        stratified_folds(np.array([1, 1, 1, 0, 0, 0, 0]), count, rng=np.random.default_rng(0))
