"""A comparison trains every arm alike, judges all on the same images, and leaves a record."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from builds import TEST, TRAIN, built_arm, course_arm

from catdata import h5file
from catdata.errors import CatdataError, ConfigRefused, LeakRefused
from catdata.learning import changes, neighbours
from catdata.learning.comparison import Comparison, Curve
from catdata.learning.config import TrainConfig
from catdata.learning.cross_validation import Pool, cross_validate
from catdata.learning.experiments import Arm, compare
from catdata.learning.stats import holm
from catdata.learning.training import fit_seeds

QUICK = TrainConfig(learning_rate=0.02, iterations=30, record_every=10)


@pytest.fixture
def arms(tmp_path: Path) -> list[Arm]:
    """A small pair, and a build with eight more training and four more test images."""
    return [
        course_arm(tmp_path / "original"),
        built_arm(tmp_path / "enlarged", range(20), range(100, 112)),
    ]


@pytest.fixture
def comparison(arms: list[Arm]) -> Comparison:
    return compare(arms, layers=[(4,), (3, 2)], seeds=range(1, 4), config=QUICK)


def test_every_arm_is_judged_on_every_test_set(comparison: Comparison) -> None:
    assert [(arm.build, arm.layers, arm.train_images) for arm in comparison.arms] == [
        ("original", (4,), 12),
        ("enlarged", (4,), 20),
        ("original", (3, 2), 12),
        ("enlarged", (3, 2), 20),
    ]
    for arm in comparison.arms:
        assert list(arm.judgements) == ["original", "enlarged"]
    assert [(test.name, test.images) for test in comparison.test_sets] == [
        ("original", 8),
        ("enlarged", 12),
    ]


def test_later_builds_are_held_against_the_first_for_each_shape_and_test_set(
    comparison: Comparison,
) -> None:
    assert [(c.before, c.after, c.layers, c.test_set) for c in comparison.changes] == [
        ("original", "enlarged", (4,), "original"),
        ("original", "enlarged", (4,), "enlarged"),
        ("original", "enlarged", (3, 2), "original"),
        ("original", "enlarged", (3, 2), "enlarged"),
    ]


def test_the_means_are_those_of_networks_trained_one_by_one(
    arms: list[Arm], comparison: Comparison
) -> None:
    config = replace(QUICK, layers=(4,))
    test = arms[0].pair.test
    runs = fit_seeds(arms[1].pair.train, config, [1, 2, 3], tests={"t": test})
    result = comparison.arms[1]
    judgement = result.judgements["original"]
    train = np.mean([run.train.accuracy for run in runs])
    learnt = np.mean([run.train.correct for run in runs], axis=0)
    assert result.train_class_accuracy == {
        "non-cat": pytest.approx(learnt[arms[1].pair.train.labels == 0].mean()),
        "cat": pytest.approx(learnt[arms[1].pair.train.labels == 1].mean()),
    }
    right = np.mean([run.tests["t"].correct for run in runs], axis=0)
    assert result.train_accuracy.estimate == pytest.approx(train)
    assert judgement.test_accuracy.estimate == pytest.approx(right.mean())
    assert judgement.gap.estimate == pytest.approx(train - right.mean())
    assert judgement.class_accuracy == {
        "non-cat": pytest.approx(right[test.labels == 0].mean()),
        "cat": pytest.approx(right[test.labels == 1].mean()),
    }
    assert judgement.balanced_accuracy == pytest.approx(
        (right[test.labels == 0].mean() + right[test.labels == 1].mean()) / 2
    )
    contrast = comparison.changes[0]
    assert contrast.test_accuracy[1] == judgement.test_accuracy.estimate
    assert contrast.train_accuracy[1] == result.train_accuracy.estimate


def test_a_curve_is_the_mean_of_what_the_runs_noted_at_the_same_iterations(
    comparison: Comparison, arms: list[Arm]
) -> None:
    runs = fit_seeds(arms[0].pair.train, replace(QUICK, layers=(4,)), comparison.seeds)
    noted = np.mean([run.history.train_accuracy for run in runs], axis=0)
    curve = comparison.arms[0].curve
    assert curve.iterations[:-1].tolist() == runs[0].history.iterations.tolist()
    assert curve.mean[:-1] == pytest.approx(noted)
    assert len(set(noted)) > 2


def test_curves_go_from_the_first_weights_to_the_final_answers(comparison: Comparison) -> None:
    arm = comparison.arms[0]
    for curve, final in (
        (arm.curve, arm.train_accuracy),
        (arm.judgements["original"].curve, arm.judgements["original"].test_accuracy),
    ):
        assert curve.iterations.tolist() == [0, 10, 20, 29, 30]
        assert curve.mean[-1] == pytest.approx(final.estimate)
        assert (curve.low <= curve.mean + 1e-12).all()
        assert (curve.mean <= curve.high + 1e-12).all()


def test_the_band_holds_the_middle_80_percent() -> None:
    curve = Curve.over_seeds(np.array([0]), np.linspace(0.0, 1.0, 11)[:, None])
    assert (curve.low, curve.mean, curve.high) == pytest.approx((0.1, 0.5, 0.9))


def test_a_diverged_network_stays_as_it_was_and_is_named(arms: list[Arm]) -> None:
    config = TrainConfig(learning_rate=1e200, iterations=20, record_every=5)
    result = compare(arms[:1], layers=[(4,)], seeds=[1, 2], config=config)
    assert result.arms[0].curve.iterations.tolist() == [0, 5, 10, 15, 19, 20]
    assert len(set(result.arms[0].curve.mean[1:])) == 1
    (warning,) = result.warnings
    assert warning.endswith("networks did not learn; their seeds: 1 (diverged), 2 (diverged)")


def test_networks_that_do_not_learn_are_named(arms: list[Arm]) -> None:
    config = TrainConfig(learning_rate=1e-9, iterations=1, init="small")
    result = compare(arms[:1], layers=[(4,)], seeds=[5, 6], config=config)
    (warning,) = result.warnings
    assert warning.startswith("original, layers 4: 2 of 2 networks did not learn; their seeds: 5 (")


def interval(name: str) -> set[str]:
    return {name, "low", "high"}


def test_the_json_has_the_keys_that_scripts_rely_on(comparison: Comparison) -> None:
    record: dict[str, Any] = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    assert set(record) == {
        "arms", "changes", "worlds", "folds", "test_sets", "seeds", "config", "warnings", "seconds",
    }  # fmt: skip
    arm = record["arms"][1]
    assert set(arm) == {
        "build", "build_id", "layers", "control", "train_images", "train_classes",
        "train_class_accuracy", "train_accuracy", "test_accuracy", "gap", "curve", "test_sets",
    }  # fmt: skip
    assert (arm["build"], arm["build_id"], arm["layers"]) == ("enlarged", "b" * 64, [4])
    for name in ("train_accuracy", "test_accuracy", "gap"):
        assert set(arm[name]) == interval("mean")
    assert set(arm["curve"]) == {"iterations", "mean", "low", "high"}
    assert set(arm["test_sets"]["enlarged"]) == {
        "test_accuracy", "gap", "class_accuracy", "balanced_accuracy", "nearest_neighbour", "curve",
    }  # fmt: skip
    assert arm["test_accuracy"] == arm["test_sets"]["original"]["test_accuracy"]
    change = record["changes"][1]
    assert set(change) == {
        "from", "to", "layers", "test_set", "folds", "test_images", "accuracy", "gap",
        "test_accuracy",
        "balanced_accuracy", "by_class", "baseline_accuracy", "p_value", "adjusted_p_value",
        "gap_p_value", "adjusted_gap_p_value", "comparisons", "mcnemar", "smallest_shown",
        "control", "verdict", "sentence", "flips",
    }  # fmt: skip
    assert set(change["gap"]) == set(change["test_accuracy"]) == interval("estimate")
    assert record["test_sets"][0] == {
        "name": "original",
        "images": 8,
        "classes": {"non-cat": 4, "cat": 4},
        "baseline_class": "non-cat",
        "baseline_accuracy": 0.5,
    }
    assert record["seeds"] == [1, 2, 3]
    assert record["config"]["learning_rate"] == 0.02
    assert record["config"]["optimizer"] == "gradient-descent"
    assert not {"layers", "seed"} & set(record["config"])
    assert record["seconds"] > 0


def test_the_same_comparison_gives_the_same_record(arms: list[Arm], comparison: Comparison) -> None:
    again = compare(arms, layers=[(4,), (3, 2)], seeds=range(1, 4), config=QUICK)
    assert again.to_json() | {"seconds": 0} == comparison.to_json() | {"seconds": 0}


def test_progress_counts_the_iterations_of_all_networks(arms: list[Arm]) -> None:
    seen: list[tuple[int, int]] = []
    compare(
        arms,
        layers=[(4,), ()],
        seeds=[1, 2],
        config=QUICK,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    total = 2 * 2 * 2 * 30
    assert {of for _, of in seen} == {total}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)


def test_one_seed_is_warned_of(arms: list[Arm]) -> None:
    result = compare(arms[:1], layers=[(4,)], seeds=[1], config=QUICK)
    assert result.warnings[0] == (
        "With one seed no interval knows how much networks differ from seed to seed."
    )


def test_too_few_test_images_are_warned_of_and_show_nothing(tmp_path: Path) -> None:
    arms = [
        course_arm(tmp_path / "original", test=TEST[:5]),
        course_arm(tmp_path / "enlarged", range(20), test=TEST[:5]),
    ]
    result = compare(arms, layers=[(4,)], seeds=[1, 2], config=QUICK)
    assert result.warnings[0] == (
        "original has too few test images to show a difference: 5 of at least 6"
    )
    assert result.changes[0].verdict == "no-difference-shown"


def test_warnings_about_the_files_are_handed_on(arms: list[Arm]) -> None:
    arm = replace(arms[0], pair=replace(arms[0].pair, warnings=("labels have the shape (12, 1)",)))
    result = compare([arm], layers=[(4,)], seeds=[1, 2], config=QUICK)
    assert result.warnings[0] == "original: labels have the shape (12, 1)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"seeds": []}, "a comparison needs at least one seed", id="no seed"),
        pytest.param({"seeds": [1, 2, 1]}, "takes each seed once: 1, 2, 1", id="a seed twice"),
        pytest.param({"layers": []}, "at least one shape of network", id="no shape"),
        pytest.param({"layers": [(4,), (4,)]}, "each shape of network once", id="a shape twice"),
        pytest.param({"arms": []}, "at least one build", id="no build"),
    ],
)
def test_a_comparison_of_nothing_or_of_one_thing_twice_is_refused(
    arms: list[Arm], change: dict[str, Any], message: str
) -> None:
    options = {"arms": arms, "layers": [(4,)], "seeds": [1], "config": QUICK} | change
    with pytest.raises(ConfigRefused, match=message):
        compare(options.pop("arms"), **options)


def test_two_builds_of_one_name_are_refused(arms: list[Arm]) -> None:
    with pytest.raises(ConfigRefused, match="takes each build once: original, original"):
        compare([arms[0], arms[0]], config=QUICK)


@pytest.mark.parametrize("error", [LeakRefused, ConfigRefused])
def test_nothing_is_trained_before_all_is_checked(
    tmp_path: Path, error: type[CatdataError]
) -> None:
    first = built_arm(tmp_path / "first")
    if error is LeakRefused:
        second = built_arm(tmp_path / "second", train=[*TRAIN, TEST[0]])
    else:
        second = built_arm(tmp_path / "second", test=range(200, 208), size=96)
    with pytest.raises(error):
        compare([first, second], on_progress=lambda *_: pytest.fail("training began"))


def test_all_changes_shown_are_corrected_together(comparison: Comparison) -> None:
    assert {change.comparisons for change in comparison.changes} == {4}
    adjusted = holm([(c.change.p_value, c.change.gap_p_value) for c in comparison.changes])
    assert [(c.adjusted_p_value, c.adjusted_gap_p_value) for c in comparison.changes] == adjusted


def test_the_classes_add_up_to_the_change(comparison: Comparison) -> None:
    for change in comparison.changes:
        total = change.change.test_accuracy.estimate
        assert sum(change.contribution.values()) == pytest.approx(total)
        moved = [interval.estimate for interval in change.by_class.values()]
        assert change.balanced_accuracy.estimate == pytest.approx(np.mean(moved))


def test_changed_images_agree_with_the_change(comparison: Comparison) -> None:
    for change, flips in zip(comparison.changes, comparison.flips, strict=True):
        assert (flips.after, flips.layers, flips.test_set) == (
            change.after,
            change.layers,
            change.test_set,
        )
        for image in flips.improved:
            assert image.right_before < 0.5 < image.right_after
        for image in flips.worsened:
            assert image.right_after < 0.5 < image.right_before


def test_the_nearest_neighbour_stands_beside_every_accuracy(
    arms: list[Arm], comparison: Comparison
) -> None:
    enlarged = comparison.arms[1].judgements["original"]
    expected = neighbours.accuracy(arms[1].pair.train, arms[0].pair.test)
    assert enlarged.nearest_neighbour == expected


def test_the_classes_of_every_training_set_are_counted(comparison: Comparison) -> None:
    assert comparison.arms[0].train_classes == {"non-cat": 6, "cat": 6}
    assert comparison.arms[1].train_classes == {"non-cat": 10, "cat": 10}


def test_two_single_runs_have_mcnemars_test(arms: list[Arm]) -> None:
    result = compare(arms, layers=[(4,)], seeds=[1], config=QUICK)
    flips = result.flips[0]
    won, lost = len(flips.improved), len(flips.worsened)
    expected = scipy.stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
    assert result.changes[0].mcnemar == pytest.approx(expected)


def test_several_runs_have_no_mcnemars_test(comparison: Comparison) -> None:
    assert {change.mcnemar for change in comparison.changes} == {None}


def test_of_several_builds_the_largest_is_held_against_the_control(
    arms: list[Arm], tmp_path: Path
) -> None:
    between = course_arm(tmp_path / "between", range(16))
    for order in ([*arms, between], [arms[0], between, arms[1]]):
        last = compare(order, layers=[(4,)], seeds=[1], config=QUICK, control=True).changes[-1]
        assert (last.before, last.after) == ("original x1.7 (control)", "enlarged")


def test_the_control_is_an_arm_that_the_largest_is_held_against(arms: list[Arm]) -> None:
    result = compare(arms, layers=[(4,)], seeds=[1, 2], config=QUICK, control=True)
    control = "original x1.7 (control)"
    assert [(arm.build, arm.control, arm.train_images) for arm in result.arms] == [
        ("original", False, 12),
        ("enlarged", False, 20),
        (control, True, 20),
    ]
    on_original = [c for c in result.changes if c.test_set == "original"]
    assert [(c.before, c.after, c.control) for c in on_original] == [
        ("original", "enlarged", False),
        ("original", control, True),
        (control, "enlarged", True),
    ]
    assert all(test_set.name in ("original", "enlarged") for test_set in result.test_sets)


def test_the_arms_are_judged_by_folds_as_well(arms: list[Arm]) -> None:
    seen: list[tuple[int, int]] = []
    result = compare(
        arms,
        layers=[(4,), ()],
        seeds=[1, 2],
        config=QUICK,
        folds=3,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert [(f.before, f.after, f.layers, f.folds, f.images) for f in result.folds] == [
        ("original", "enlarged", (4,), 3, 20),
        ("original", "enlarged", (), 3, 20),
    ]
    pool = Pool.of(arms)
    config = replace(QUICK, layers=(4,))
    first = cross_validate(pool, arms[0], pool.arm_groups[0], config, [1, 2], 3)
    last = cross_validate(pool, arms[1], pool.arm_groups[1], config, [1, 2], 3)
    fold = result.folds[0]
    assert fold.test_accuracy == (first.correct.mean(), last.correct.mean())
    rng, share = np.random.default_rng(0), changes.OTHER_FOLDS
    assert fold.change == changes.change(first, last, rng=rng, comparisons=2, image_share=share)
    assert fold.by_class["cat"].estimate == pytest.approx(
        np.mean(last.correct[:, pool.labels == 1]) - np.mean(first.correct[:, pool.labels == 1])
    )
    assert {fold.comparisons for fold in result.folds} == {2}
    total = (2 * 2 + 2 * 2 * 3) * 2 * 30
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_folds_are_checked_before_any_training(arms: list[Arm]) -> None:
    with pytest.raises(ConfigRefused, match="12 folds need 12 images of each class"):
        compare(arms, folds=12, on_progress=lambda *_: pytest.fail("training began"))


def test_too_few_added_images_are_warned_of(comparison: Comparison) -> None:
    assert comparison.worlds == ()
    assert [warning for warning in comparison.warnings if "too few to tell" in warning] == [
        f"enlarged added 4 images of {name} to 6: too few to tell whether they look alike. At least"
        " 8 of each are needed."
        for name in ("non-cat", "cat")
    ]


@pytest.mark.originals
def test_the_published_mean_of_20_seeds_comes_out(originals: Path) -> None:
    result = compare([Arm("original", h5file.read_pair(originals))], seeds=range(1, 21))
    arm = result.arms[0]
    judgement = arm.judgements["original"]
    assert round(judgement.test_accuracy.estimate, 3) == 0.748
    assert result.test_sets[0].baseline_accuracy == 0.66
    assert result.test_sets[0].baseline_class == "cat"
    assert judgement.gap.low > 0.1
