"""Fresh copies for training: the same for the same picture, seed and epoch."""

from __future__ import annotations

import numpy as np
import pytest

from catdata.dataset.augment import augment, augmenter, batches
from catdata.dataset.specs import PRESETS
from catdata.errors import ConfigRefused

PICTURES = np.random.default_rng(0).integers(0, 256, (10, 24, 24, 3), np.uint8)
LABELS = np.arange(10) % 2
ROWS = np.arange(10)


@pytest.mark.parametrize("spec", [*PRESETS, ["flip", "rotate=15@0.5"]])
def test_a_copy_of_an_epoch_is_the_one_of_that_number(spec: str | list[str]) -> None:
    before = PICTURES.copy()
    for epoch in (0, 3):
        altered = augmenter(spec, seed=4)(PICTURES, ROWS, epoch)
        expected = [augment(picture, spec, seed=4, copy=epoch + 1) for picture in PICTURES]
        np.testing.assert_array_equal(altered, expected)
    np.testing.assert_array_equal(PICTURES, before)


def test_a_copy_depends_on_neither_its_row_nor_the_others_of_its_batch() -> None:
    alter = augmenter("standard", seed=4)
    whole = alter(PICTURES, ROWS, 1)
    np.testing.assert_array_equal(alter(PICTURES[[7, 2]], np.array([0, 1]), 1), whole[[7, 2]])


def test_another_epoch_or_seed_gives_other_copies() -> None:
    first = augmenter("standard", seed=4)(PICTURES, ROWS, 0)
    assert (augmenter("standard", seed=4)(PICTURES, ROWS, 1) != first).any(axis=(1, 2, 3)).all()
    assert (augmenter("standard", seed=5)(PICTURES, ROWS, 0) != first).any(axis=(1, 2, 3)).all()


def test_batches_go_through_all_pictures_in_each_epoch() -> None:
    made = list(batches(PICTURES, LABELS, "flip=1@0", size=4, epochs=2, seed=3))
    assert [len(labels) for _, labels in made] == [4, 4, 2] * 2
    for epoch in (made[:3], made[3:]):
        pictures = np.concatenate([of for of, _ in epoch])
        labels = np.concatenate([of for _, of in epoch])
        order = [int(np.flatnonzero((of == PICTURES).all(axis=(1, 2, 3)))[0]) for of in pictures]
        assert sorted(order) == list(range(10))
        np.testing.assert_array_equal(labels, LABELS[order])


def test_batches_are_those_of_their_seed() -> None:
    def first(seed: int) -> np.ndarray:
        return next(batches(PICTURES, LABELS, "standard", seed=seed))[0]

    np.testing.assert_array_equal(first(3), first(3))
    assert (first(3) != first(4)).any()


@pytest.mark.parametrize(
    ("spec", "seed", "reason"),
    [
        pytest.param("mixup", 0, "labels are hard 0 and 1", id="mixup"),
        pytest.param("sepia", 0, "no transform", id="unknown"),
        pytest.param("flip", -1, "The seed is -1", id="seed below 0"),
        pytest.param("flip", 2**32, "The seed is 4294967296", id="seed too high"),
    ],
)
def test_what_cannot_be_is_refused_at_once(spec: str, seed: int, reason: str) -> None:
    with pytest.raises(ConfigRefused, match=reason):
        augmenter(spec, seed=seed)
