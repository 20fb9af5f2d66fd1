"""Added images of the same kind are not told from the originals; those of another kind are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import built_arm

from catdata.learning.comparison import Arm
from catdata.learning.worlds import find_worlds

# Even numbers are no cats, odd ones cats: 12 of each, then 12 more of each.
OLD, NEW = range(24), range(200, 224)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Arm, Arm]:
    folder = tmp_path_factory.mktemp("worlds")
    return built_arm(folder / "original", OLD), built_arm(folder / "enlarged", [*OLD, *NEW])


def brightened(arm: Arm) -> Arm:
    """Return the arm with every added image as if photographed in another light."""
    train = arm.pair.train
    images = train.images.copy()
    images[len(OLD) :] = 128 + images[len(OLD) :] // 2
    return replace(arm, pair=replace(arm.pair, train=replace(train, images=images)))


def test_images_of_one_world_are_not_told_apart(arms: tuple[Arm, Arm]) -> None:
    worlds, warnings = find_worlds(*arms)
    assert [(w.build, w.class_name, w.added, w.original) for w in worlds] == [
        ("enlarged", "non-cat", 12, 12),
        ("enlarged", "cat", 12, 12),
    ]
    assert warnings == ()
    for world in worlds:
        assert world.auc.low < 0.5 < world.auc.high
        assert world.distance_added == pytest.approx(world.distance_original, rel=0.2)


def test_images_of_another_world_are_told_apart(arms: tuple[Arm, Arm]) -> None:
    worlds, _ = find_worlds(arms[0], brightened(arms[1]))
    for world in worlds:
        assert world.auc.low > 0.6
        assert world.distance_added > world.distance_original


def test_augmented_copies_are_left_out(arms: tuple[Arm, Arm], tmp_path: Path) -> None:
    copied = built_arm(tmp_path / "copied", [*OLD, *NEW, *NEW, *OLD])
    worlds, _ = find_worlds(arms[0], copied)
    assert [(world.added, world.original) for world in worlds] == [(12, 12), (12, 12)]


def test_where_nothing_was_added_there_is_nothing_to_tell(arms: tuple[Arm, Arm]) -> None:
    assert find_worlds(arms[0], arms[0]) == ((), ())


def test_too_few_images_give_a_sentence_and_no_figure(
    arms: tuple[Arm, Arm], tmp_path: Path
) -> None:
    some = built_arm(tmp_path / "some", [*OLD, *NEW[:14:2], *NEW[1::2]])
    worlds, warnings = find_worlds(arms[0], some)
    assert [world.class_name for world in worlds] == ["cat"]
    (warning,) = warnings
    assert warning == (
        "some added 7 images of non-cat to 12: too few to tell whether they look alike. At least 8"
        " of each are needed."
    )


def test_near_duplicates_of_one_picture_are_no_crowd(arms: tuple[Arm, Arm]) -> None:
    train = arms[1].pair.train
    prints = train.fingerprints.copy()
    prints[len(OLD) :] = prints[len(OLD)]
    same = replace(arms[1].pair, train=replace(train, fingerprints=prints))
    worlds, warnings = find_worlds(arms[0], replace(arms[1], pair=same))
    assert worlds == ()
    assert len(warnings) == 2


def test_the_answer_comes_out_again(arms: tuple[Arm, Arm]) -> None:
    assert find_worlds(*arms) == find_worlds(*arms)
    assert np.isfinite([world.auc.estimate for world in find_worlds(*arms)[0]]).all()
