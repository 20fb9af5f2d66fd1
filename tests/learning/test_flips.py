"""Each test image that changed sides in most seeds is named with its probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builds import TEST, course_arm

from catdata.learning.comparison import Arm, Curve, Flips
from catdata.learning.config import TrainConfig
from catdata.learning.flips import find_flips
from catdata.learning.stats import Scores
from catdata.learning.trained import Trained


def trained(arm: Arm, right: list[float], probabilities: list[float]) -> Trained:
    """Return an arm whose networks of four seeds named these shares of them rightly."""
    correct = np.arange(4)[:, None] < 4 * np.array(right)
    curve = Curve.over_seeds(np.array([0]), np.zeros((4, 1)))
    return Trained(
        arm=arm,
        config=TrainConfig(layers=(4,)),
        scores={"original": Scores(np.ones((4, 12), bool), correct)},
        probabilities={"original": np.array(probabilities)},
        train_curve=curve,
        test_curves={"original": curve},
        warning="",
    )


@pytest.fixture
def flips(tmp_path: Path) -> Flips:
    arm = course_arm(tmp_path / "original")
    before = trained(
        arm, [0.0, 0.25, 0.75, 0.25, 0.5, 0.25, 1.0, 0.0], [0.9, 0.4, 0.1, 0.9, 0.5, 0.3, 0.2, 0.1]
    )
    after = trained(
        arm, [1.0, 0.75, 0.25, 0.5, 1.0, 0.25, 0.5, 0.25], [0.1, 0.8, 0.6, 0.8, 0.9, 0.2, 0.5, 0.4]
    )
    return find_flips(before, after, "original", arm.pair.test, arm.pair.test)


def test_images_are_sorted_by_what_became_of_them(flips: Flips) -> None:
    # Half of the seeds are not most of them: 3, 4 and 6 are on no list.
    assert [image.ref for image in flips.improved] == ["test[0]", "test[1]"]
    assert [image.ref for image in flips.worsened] == ["test[2]"]
    assert [image.ref for image in flips.always_wrong] == ["test[7]", "test[5]"]


def test_an_image_comes_with_its_picture_and_probabilities(flips: Flips) -> None:
    image = flips.improved[0]
    assert (image.label, image.class_name) == (0, "non-cat")
    assert image.pixels.shape == (64, 64, 3)
    assert image.to_json() == {
        "ref": "test[0]",
        "label": TEST[0] % 2,
        "class_name": "non-cat",
        "before": 0.9,
        "after": 0.1,
        "right_before": 0.0,
        "right_after": 1.0,
    }


def test_the_json_names_all_three_lists(flips: Flips) -> None:
    assert list(flips.to_json()) == ["improved", "worsened", "always_wrong"]
