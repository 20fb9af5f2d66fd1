"""Images that are read from their file as training goes give the numbers of images in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.h5file import SplitFile, open_split, write_course_file
from catdata.learning import sources
from catdata.learning.forms import check_memory
from catdata.learning.gradients import check_gradients
from catdata.learning.training import Run, TrainConfig, fit

if TYPE_CHECKING:
    from catdata.learning.records import LabelledImages

COUNT = 600  # three slices, the last of them shorter
TRAIN = drawn(COUNT, size=4)
TEST = drawn(300, size=4, seed=1)
CONFIG = TrainConfig((6, 4), 0.05, 40, form="direct", record_every=10)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[SplitFile]:
    path = tmp_path / "train.h5"
    write_course_file(path, "train", TRAIN.images, TRAIN.labels)
    with open_split(path, "train") as file:
        yield file


@pytest.fixture
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if even few images were too many to be kept as floats."""
    monkeypatch.setattr(sources, "HELD_BYTES", 0)


def assert_same(one: Run, other: Run, tolerance: float) -> None:
    for mine, theirs in zip(one.parameters.weights, other.parameters.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        one.train.probabilities, other.train.probabilities, rtol=0, atol=tolerance
    )
    np.testing.assert_allclose(one.history.costs[-1], other.history.costs[-1], rtol=tolerance)


KNOBS = [
    pytest.param({}, id="as it is"),
    pytest.param({"dropout": 0.3}, id="dropout"),
    pytest.param({"l2": 0.5, "class_weight": "balanced"}, id="L2 and balanced"),
    pytest.param({"optimizer": "adam", "learning_rate": 0.001}, id="adam"),
    pytest.param({"standardize": True}, id="standardized"),
    pytest.param({"early_stop": 0.2}, id="early stopping"),
    pytest.param({"layers": ()}, id="logistic regression"),
]


@pytest.mark.parametrize("knobs", KNOBS)
def test_a_full_batch_in_slices_is_the_full_batch_at_once(
    stored: SplitFile, monkeypatch: pytest.MonkeyPatch, knobs: dict[str, object]
) -> None:
    config = TrainConfig(**(CONFIG.to_json() | {"layers": CONFIG.layers} | knobs))
    at_once = fit(TRAIN, config, tests={"test": TEST})
    monkeypatch.setattr(sources, "HELD_BYTES", 0)
    sliced = fit(stored, config, tests={"test": TEST})
    assert_same(sliced, at_once, 1e-12)
    history, other = sliced.history, at_once.history
    np.testing.assert_allclose(history.gradient_norms, other.gradient_norms, rtol=1e-9)
    np.testing.assert_allclose(history.update_ratios, other.update_ratios, rtol=1e-9)
    np.testing.assert_array_equal(history.dead_units, other.dead_units)
    np.testing.assert_array_equal(history.saturation, other.saturation)
    np.testing.assert_array_equal(history.test_accuracy["test"], other.test_accuracy["test"])


@pytest.mark.parametrize("knobs", KNOBS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_mini_batches_of_a_file_are_those_of_an_array_to_the_bit(
    stored: SplitFile, knobs: dict[str, object], dtype: str
) -> None:
    knobs = knobs | {"batch_size": 64, "dtype": dtype, "record_every": 1000}
    config = TrainConfig(**(CONFIG.to_json() | {"layers": CONFIG.layers} | knobs))
    from_file, from_array = (fit(images, config) for images in (stored, TRAIN))
    assert_same(from_file, from_array, 0.0)


def test_the_gram_form_takes_a_file_too(stored: SplitFile) -> None:
    config = replace(CONFIG, form="gram")
    assert_same(fit(stored, config), fit(TRAIN, config), 0.0)


def test_test_images_may_stay_in_their_file(stored: SplitFile) -> None:
    for form in ("gram", "direct"):
        config = replace(CONFIG, form=form)
        one, other = (fit(TEST, config, tests={"test": of}) for of in (stored, TRAIN))
        np.testing.assert_array_equal(
            one.tests["test"].probabilities, other.tests["test"].probabilities
        )


def test_a_file_is_judged_once_in_an_epoch_of_mini_batches_at_most(stored: SplitFile) -> None:
    config = replace(CONFIG, batch_size=32, iterations=40, record_every=5)
    assert fit(stored, config).history.iterations.tolist() == [0, 19, 38, 39]
    assert fit(TRAIN, config).history.iterations.tolist() == [0, 5, 10, 15, 20, 25, 30, 35, 39]
    whole = fit(stored, replace(config, batch_size=0, iterations=6))
    assert whole.history.iterations.tolist() == [0, 5]


@pytest.mark.parametrize("batch_size", [0, 64])
def test_memory_does_not_grow_with_the_images(nothing_held: None, batch_size: int) -> None:
    config = replace(CONFIG, iterations=2, batch_size=batch_size)

    def peak(train: LabelledImages) -> int:
        tracemalloc.start()
        fit(train, config)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    few, many = (drawn(count, size=16) for count in (500, 4000))
    # Ten numbers an image for labels, logits and answers; an image has 768 inputs of 8 bytes.
    assert peak(many) - peak(few) < 10 * 8 * 3500


def test_more_images_than_fit_in_memory_are_not_refused() -> None:
    dims = (12288, 20, 7, 5, 1)
    for config in (TrainConfig(), TrainConfig(batch_size=64)):
        check_memory("direct", config, dims, 200_000, runs=2)


def test_gradients_of_many_images_are_checked_on_some(few: Drawn) -> None:
    many = Drawn(np.tile(few.images, (100, 1, 1, 1)), np.tile(few.labels, 100))
    assert all(check.passed for check in check_gradients(many, TrainConfig((3,))))
