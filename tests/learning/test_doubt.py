"""Labels that networks do not believe are found, the most doubtful first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.doubt import DoubtConfig, doubtful_labels, label_probabilities
from catdata.learning.folds import Subset

WRONG = [7, 20]
QUICK = DoubtConfig(
    TrainConfig(layers=(4,), learning_rate=0.05, iterations=200), repeats=1, limit=0.4
)


@pytest.fixture(scope="module")
def images() -> Subset:
    """Bright pictures are cats and dark ones are not, but for two wrong labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    bright = rng.normal(90, 20, (40, 8, 8, 3)) + 80 * labels[:, None, None, None]
    labels[WRONG] = 1 - labels[WRONG]
    return Subset(np.clip(bright, 0, 255).astype(np.uint8), labels)


def test_wrong_labels_are_the_most_doubtful(images: Subset) -> None:
    found = doubtful_labels(images, QUICK)
    assert {row for row, _ in found[:2]} == set(WRONG)
    probabilities = [probability for _, probability in found]
    assert probabilities == sorted(probabilities)
    assert all(probability < QUICK.limit for probability in probabilities)


def test_a_probability_is_that_of_the_label_the_image_has(images: Subset) -> None:
    believed = label_probabilities(images, QUICK)
    assert believed.shape == (40,)
    right = np.delete(believed, WRONG)
    assert believed[WRONG].max() < right.min()


def test_several_splits_are_averaged(images: Subset) -> None:
    short = replace(QUICK, config=TrainConfig(layers=(), learning_rate=1e-9, iterations=1))
    # Networks that have learnt nothing from small weights believe every label about half.
    believed = label_probabilities(images, replace(short, repeats=3))
    assert believed.mean() == pytest.approx(0.5, abs=0.1)


def test_the_same_images_give_the_same_doubts(images: Subset) -> None:
    assert doubtful_labels(images, QUICK) == doubtful_labels(images, QUICK)


def test_progress_counts_trainings(images: Subset) -> None:
    seen: list[tuple[int, int]] = []
    label_probabilities(images, QUICK, on_progress=lambda *step: seen.append(step))
    assert seen == [(done, 5) for done in range(1, 6)]


def test_too_few_images_of_a_class_are_refused(images: Subset) -> None:
    few = Subset(images.images[:6], np.array([1, 0, 0, 0, 0, 0]))
    with pytest.raises(ConfigRefused, match="5 folds need 5 images of each class"):
        doubtful_labels(few, QUICK)
