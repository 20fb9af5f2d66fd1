"""Parts of a training set are nested, hold both classes evenly, and keep copies together."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from builds import built_arm

from catdata.errors import ConfigRefused
from catdata.learning.nesting import Nest


def draw(nest: Nest, *sizes: int, seed: int = 0) -> list[list[int]]:
    return [rows.tolist() for rows in nest.draw(sizes, rng=np.random.default_rng(seed))]


def test_each_part_holds_the_one_before_and_the_same_share_of_cats(tmp_path: Path) -> None:
    train = built_arm(tmp_path / "b", range(40)).pair.train
    nest = Nest(train)
    parts = draw(nest, 4, 10, 20, 40)
    assert [len(part) for part in parts] == [4, 10, 20, 40]
    for smaller, larger in itertools.pairwise(parts):
        assert set(smaller) < set(larger)
    assert [int(train.labels[part].sum()) for part in parts] == [2, 5, 10, 20]


def test_another_draw_is_of_other_images_and_the_same_draw_of_the_same(tmp_path: Path) -> None:
    nest = Nest(built_arm(tmp_path / "b", range(40)).pair.train)
    assert draw(nest, 10, seed=1) == draw(nest, 10, seed=1)
    assert draw(nest, 10, seed=1) != draw(nest, 10, seed=2)


def test_copies_come_with_their_image_and_are_not_counted(tmp_path: Path) -> None:
    train = built_arm(tmp_path / "b", [*range(12), *range(12)]).pair.train
    nest = Nest(train)
    assert nest.images == 12
    (rows,) = draw(nest, 6)
    assert len(rows) == 12
    assert len({train.refs[row] for row in rows}) == 6


def test_images_of_a_base_are_in_every_part(tmp_path: Path) -> None:
    train = built_arm(tmp_path / "b", range(20)).pair.train
    nest = Nest(train, always=train.refs[5:12])
    assert nest.fewest == 7
    first, second = draw(nest, 7, 12)
    assert first == list(range(5, 12))
    assert set(first) < set(second)
    assert len(second) == 12


def test_a_part_of_one_class_is_refused(tmp_path: Path) -> None:
    nest = Nest(built_arm(tmp_path / "b", [0, 2, 4, 6, 8, 10, 12, 1]).pair.train)
    with pytest.raises(ConfigRefused, match="2 images are too few"):
        nest.draw([2], rng=np.random.default_rng(0))
