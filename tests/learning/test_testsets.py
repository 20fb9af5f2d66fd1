"""Builds share test sets by what is on the pictures, and none is judged on what it learnt from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builds import TEST, TRAIN, built_arm, content_hash, course_arm, labels, pixels
from PIL import Image

from catdata import h5file
from catdata.errors import ConfigRefused, LeakRefused
from catdata.learning.comparison import Arm
from catdata.learning.testsets import check_leaks, shared_tests


def test_the_same_test_images_are_one_set_named_after_the_first_build(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "original"), built_arm(tmp_path / "enlarged", range(20))]
    (shared,) = shared_tests(arms)
    assert shared.name == "original"
    assert shared.summary.classes == {"non-cat": 4, "cat": 4}


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "a"), course_arm(tmp_path / "b", test=TEST[::-1])]
    (shared,) = shared_tests(arms)
    seen = shared.seen_by(arms[1])
    np.testing.assert_array_equal(seen.images, pixels(TEST))
    np.testing.assert_array_equal(seen.labels, labels(TEST))


def test_a_superset_is_a_set_of_its_own(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "original"), built_arm(tmp_path / "wider", test=range(100, 112))]
    assert [(test.name, len(test.keys)) for test in shared_tests(arms)] == [
        ("original", 8),
        ("wider", 12),
    ]


def test_the_same_pictures_under_another_label_are_another_set(tmp_path: Path) -> None:
    first = course_arm(tmp_path / "first")
    relabelled = replace(first.pair.test, labels=1 - first.pair.test.labels)
    second = Arm("second", replace(first.pair, test=relabelled))
    assert [test.name for test in shared_tests([first, second])] == ["first", "second"]


def test_a_build_sees_a_test_set_as_it_prepares_pictures_itself(tmp_path: Path) -> None:
    arms = [built_arm(tmp_path / "small"), built_arm(tmp_path / "large", size=96)]
    (shared,) = shared_tests(arms)
    assert shared.seen_by(arms[0]).images.shape == (8, 64, 64, 3)
    assert shared.seen_by(arms[1]).images.shape == (8, 96, 96, 3)


def test_a_build_sees_pictures_that_it_lacks_as_the_other_prepares_them(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "a"), course_arm(tmp_path / "b", test=range(200, 206))]
    _, other = shared_tests(arms)
    np.testing.assert_array_equal(other.seen_by(arms[0]).images, pixels(range(200, 206)))


def test_pictures_of_another_size_that_a_build_lacks_are_refused(tmp_path: Path) -> None:
    small = built_arm(tmp_path / "small")
    large = built_arm(tmp_path / "large", test=range(100, 112), size=96)
    _, wider = shared_tests([small, large])
    with pytest.raises(ConfigRefused) as refused:
        wider.seen_by(small)
    assert refused.value.message == (
        "the test images of large are 96 pixels wide, and small learns from pictures of 64 pixels"
    )
    assert refused.value.hint == "Compare builds of one size."


@pytest.mark.parametrize("size", [32, 96])
def test_a_pair_of_another_size_without_hashes_shares_its_test_set(
    tmp_path: Path, size: int
) -> None:
    arms = [
        course_arm(tmp_path / "original", size=size),
        built_arm(tmp_path / "enlarged", range(20), size=size),
    ]
    (shared,) = shared_tests(arms)
    assert shared.name == "original"
    for arm in arms:
        np.testing.assert_array_equal(shared.seen_by(arm).images, pixels(TEST, size))


def test_builds_without_a_leak_give_no_warning(tmp_path: Path) -> None:
    arms = [course_arm(tmp_path / "original"), built_arm(tmp_path / "enlarged", range(20))]
    assert check_leaks(arms, shared_tests(arms)) == ()


def test_a_test_image_of_another_build_in_train_is_refused_with_both_references(
    tmp_path: Path,
) -> None:
    arms = [course_arm(tmp_path / "x", train=[0, 1, 2, 102]), course_arm(tmp_path / "y")]
    arms[0] = Arm("x", replace(arms[0].pair, test=course_arm(tmp_path / "z", test=[50]).pair.test))
    with pytest.raises(LeakRefused) as refused:
        check_leaks(arms, shared_tests(arms))
    assert refused.value.message == ("train[3] of x is the same picture as test[2] of y")
    assert refused.value.hint == (
        "Leave the picture out of one of the two (catdata remove), or take back what moved it "
        "(catdata undo), and build again."
    )


def test_a_near_duplicate_is_refused_with_its_distances(tmp_path: Path) -> None:
    arm = course_arm(tmp_path / "mine")
    images = arm.pair.train.images.copy()
    small = Image.fromarray(pixels([105])[0]).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    images[7] = np.asarray(small.resize((40, 40)).resize((64, 64)))
    arm = Arm("mine", replace(arm.pair, train=replace(arm.pair.train, images=images)))
    message = r"^train\[7\] of mine is a near-duplicate of test\[5\] of mine \(fingerprints \d+ and"
    with pytest.raises(LeakRefused, match=message):
        check_leaks([arm], shared_tests([arm]))


def test_augmented_copies_count_by_their_parent(tmp_path: Path) -> None:
    arm = built_arm(tmp_path / "copied", train=[0, 1, 101, 0, 101, 101])
    with pytest.raises(LeakRefused) as refused:
        check_leaks([arm], shared_tests([arm]))
    short = content_hash(101)[:12]
    assert refused.value.message == (f"{short} of copied is the same picture as {short} of copied")


def test_the_number_of_further_leaks_is_told(tmp_path: Path) -> None:
    arm = course_arm(tmp_path / "mine", train=[100, 1, 102, 103])
    with pytest.raises(LeakRefused, match=r"^train\[0\] .* \(and 2 more such pairs\)$"):
        check_leaks([arm], shared_tests([arm]))


@pytest.mark.originals
def test_the_courses_own_leak_is_allowed_with_a_warning(originals: Path) -> None:
    arm = Arm("original", h5file.read_pair(originals))
    (warning,) = check_leaks([arm], shared_tests([arm]))
    assert warning == (
        "train[146] of original is the same picture as test[17] of original:"
        " the one overlap of the course's own files, which is allowed"
    )


@pytest.mark.originals
def test_a_build_without_the_courses_leak_is_said_to_have_none(
    originals: Path, tmp_path: Path
) -> None:
    pair = h5file.read_pair(originals)
    kept = [row for row in range(209) if row != 146]
    shutil.copy(originals / h5file.FILE_NAMES["test"], tmp_path)
    h5file.write_course_file(
        tmp_path / h5file.FILE_NAMES["train"],
        "train",
        pair.train.images[kept],
        pair.train.labels[kept],
    )
    arms = [Arm("original", pair), Arm("enlarged", h5file.read_pair(tmp_path))]
    (warning,) = check_leaks(arms, shared_tests(arms))
    assert warning.endswith(", which is allowed; enlarged learnt without it")


@pytest.mark.originals
def test_the_courses_leak_added_as_a_photo_is_refused(originals: Path) -> None:
    pair = h5file.read_pair(originals)
    train = pair.train
    as_photo = replace(train, refs=(*train.refs[:146], h5file.KNOWN_LEAK, *train.refs[147:]))
    arm = Arm("mine", replace(pair, train=as_photo))
    with pytest.raises(
        LeakRefused, match=r"^31249393b95a of mine is the same picture as test\[17\]"
    ):
        check_leaks([arm], shared_tests([arm]))


def test_what_the_pictures_are_numbered_by_is_what_they_show() -> None:
    assert len({content_hash(number) for number in (*TRAIN, *TEST)}) == len(TRAIN) + len(TEST)
