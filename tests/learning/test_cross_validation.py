"""No network of a cross-validation learns from what it is judged on, in whatever guise."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import TEST, TRAIN, built_arm, content_hash, course_arm, labels, pixels

from catdata.errors import ConfigRefused
from catdata.learning.comparison import Arm
from catdata.learning.config import TrainConfig
from catdata.learning.cross_validation import Pool, cross_validate, parts_of
from catdata.learning.folds import Subset
from catdata.learning.folds import held_out as apart
from catdata.learning.training import fit

QUICK = TrainConfig(layers=(4,), iterations=20, record_every=20, learning_rate=0.02)
ADDED = range(200, 208)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> list[Arm]:
    """A pair, a build with eight images more, and one with a copy of every image as well."""
    folder = tmp_path_factory.mktemp("folds")
    return [
        course_arm(folder / "original"),
        built_arm(folder / "enlarged", [*TRAIN, *ADDED]),
        built_arm(folder / "augmented", [*TRAIN, *ADDED, *TRAIN, *ADDED]),
    ]


def test_the_pool_is_the_first_arms_train_and_test_images(arms: list[Arm]) -> None:
    pool = Pool.of(arms)
    np.testing.assert_array_equal(pool.images, pixels([*TRAIN, *TEST]))
    np.testing.assert_array_equal(pool.labels, labels([*TRAIN, *TEST]))
    assert pool.from_test.tolist() == [False] * 12 + [True] * 8
    assert pool.summary.classes == {"non-cat": 10, "cat": 10}


def test_of_a_build_with_originals_only_those_are_judged(arms: list[Arm]) -> None:
    pair = arms[1].pair
    refs = tuple(f"train[{row}]" if row < 12 else ref for row, ref in enumerate(pair.train.refs))
    named = replace(arms[1], pair=replace(pair, train=replace(pair.train, refs=refs)))
    assert len(Pool.of([named]).labels) == 12 + 8
    assert len(Pool.of([arms[1]]).labels) == 20 + 8  # here nothing is the course's: all are judged


@pytest.mark.parametrize("index", [0, 1, 2])
def test_every_image_is_judged_once_a_seed_by_networks_that_never_saw_it(
    arms: list[Arm], index: int
) -> None:
    pool = Pool.of(arms)
    train = arms[index].pair.train
    shown = [*hashes(arms[index]), *(content_hash(n).encode() for n in TEST)]
    parts = parts_of(pool, pool.arm_groups[index], [1, 2], 4)
    assert [part.seed for part in parts] == [1] * 4 + [2] * 4
    for seed in (1, 2):
        judged = np.concatenate([part.held_out for part in parts if part.seed == seed])
        assert sorted(judged.tolist()) == list(range(20))
    for part in parts:
        held_out = {pool.hashes[row] for row in part.held_out}
        learnt = [shown[row] for row in part.learnt]
        assert not held_out & set(learnt)
        # Nothing else is left out: every other original, all that was added, and their copies.
        assert len(learnt) == sum(name not in held_out for name in shown)
        assert len(train) + 8 == len(shown)


def hashes(arm: Arm) -> list[bytes]:
    if arm.pair.train.content_hashes is None:
        return [content_hash(number).encode() for number in TRAIN]
    return list(arm.pair.train.content_hashes)


def test_folds_differ_from_seed_to_seed(arms: list[Arm]) -> None:
    pool = Pool.of(arms)
    assert (pool.folds(4, 1) != pool.folds(4, 2)).any()
    np.testing.assert_array_equal(pool.folds(4, 1), pool.folds(4, 1))


def test_near_duplicates_of_train_and_test_lie_in_one_fold(arms: list[Arm]) -> None:
    pair = arms[1].pair
    prints = pair.test.fingerprints.copy()
    prints[3] = pair.train.fingerprints[5]
    twins = replace(arms[1], pair=replace(pair, test=replace(pair.test, fingerprints=prints)))
    pool = Pool.of([twins])
    for seed in range(10):
        folds = pool.folds(5, seed)
        assert folds[5] == folds[20 + 3]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(QUICK, id="one matrix for all parts"),
        pytest.param(replace(QUICK, form="direct"), id="direct"),
        pytest.param(replace(QUICK, center=True), id="each part with its own mean picture"),
        pytest.param(replace(QUICK, early_stop=0.3), id="early stopping"),
    ],
)
def test_the_answers_are_those_of_networks_trained_one_by_one(
    arms: list[Arm], config: TrainConfig
) -> None:
    pool, arm = Pool.of(arms), arms[1]
    found = cross_validate(pool, arm, pool.arm_groups[1], config, [3, 4], 4)
    material = Subset(
        np.concatenate([arm.pair.train.images, pixels(TEST)]),
        np.concatenate([arm.pair.train.labels, labels(TEST)]),
    )
    judged = Subset(pool.images, pool.labels)
    right: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for part in parts_of(pool, pool.arm_groups[1], [3, 4], 4):
        learnt = Subset.of(material, part.learnt)
        held_out = Subset.of(judged, part.held_out)
        run = fit(learnt, replace(config, seed=part.seed), tests={"held out": held_out})
        row = [3, 4].index(part.seed)
        assert found.correct[row, part.held_out].tolist() == run.tests["held out"].correct.tolist()
        rows = part.learnt
        if config.early_stop:
            rows = rows[apart(learnt.labels, config.early_stop)[0]]
        for image, answer in zip(rows.tolist(), run.train.correct.tolist(), strict=True):
            right[row, image].append(answer)
    assert found.correct.shape == (2, 20)
    assert found.train_correct.shape == (2, 20 + 8)
    for (row, image), answers in right.items():
        assert found.train_correct[row, image] == sum(answers) / len(answers)


def test_an_image_that_no_network_learnt_from_leaves_train_accuracy_as_it_is(
    arms: list[Arm],
) -> None:
    # Either network of two folds learns from half the images, less those kept for validation.
    pool, config = Pool.of(arms), replace(QUICK, early_stop=0.6)
    groups = pool.arm_groups[0]
    found = cross_validate(pool, arms[0], groups, config, [1], 2)
    material = Subset(pixels([*TRAIN, *TEST]), labels([*TRAIN, *TEST]))
    right = [
        fit(Subset.of(material, part.learnt), replace(config, seed=1)).train.correct
        for part in parts_of(pool, groups, [1], 2)
    ]
    assert sum(map(len, right)) < 20
    assert found.train_correct.shape == (1, 20)
    assert found.train_accuracy[0] == pytest.approx(np.concatenate(right).mean())


def test_the_same_seeds_give_the_same_answers(arms: list[Arm]) -> None:
    pool = Pool.of(arms)
    both = [cross_validate(pool, arms[0], pool.arm_groups[0], QUICK, [1, 2], 3) for _ in range(2)]
    np.testing.assert_array_equal(both[0].correct, both[1].correct)
    alone = cross_validate(pool, arms[0], pool.arm_groups[0], QUICK, [2], 3)
    np.testing.assert_array_equal(both[0].correct[1:], alone.correct)
    np.testing.assert_array_equal(both[0].train_correct[1:], alone.train_correct)


def test_progress_counts_the_iterations_of_all_parts(arms: list[Arm]) -> None:
    seen: list[tuple[int, int]] = []
    pool = Pool.of(arms)
    cross_validate(
        pool,
        arms[0],
        pool.arm_groups[0],
        QUICK,
        [1],
        3,
        on_progress=lambda *done: seen.append(done),
    )
    assert seen == [(20, 60), (40, 60), (60, 60)]


def test_an_arm_sees_the_pool_as_it_prepares_pictures_itself(arms: list[Arm]) -> None:
    pair = arms[1].pair
    darker = replace(pair.train, images=pair.train.images // 2)
    seen = Pool.of(arms).seen_by(Arm("darker", replace(pair, train=darker)))
    np.testing.assert_array_equal(seen[:12], pixels(TRAIN) // 2)
    np.testing.assert_array_equal(seen[12:], pixels(TEST))


def test_pictures_of_two_sizes_are_refused(arms: list[Arm], tmp_path: Path) -> None:
    large = built_arm(tmp_path / "large", size=96)
    with pytest.raises(ConfigRefused, match="pictures of one size, not of 64 and 96 pixels"):
        Pool.of([arms[0], large])


def test_more_folds_than_images_of_a_class_are_refused(arms: list[Arm]) -> None:
    with pytest.raises(ConfigRefused, match="11 folds need 11 images of each class"):
        Pool.of(arms).folds(11, 1)
