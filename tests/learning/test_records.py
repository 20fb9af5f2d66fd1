"""A configuration that cannot work is refused, and answers are counted rightly."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.records import Evaluation, check_images, is_saturated


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"layers": (20, 0)}, "layers must be 1 or more, not 0", id="no units"),
        pytest.param(
            {"layers": (2.5,)}, "layers must be a whole number, not 2.5", id="half a unit"
        ),
        pytest.param({"learning_rate": 0}, "above 0, not 0", id="learning rate 0"),
        pytest.param({"learning_rate": -0.1}, "above 0, not -0.1", id="learning rate below 0"),
        pytest.param({"learning_rate": math.nan}, "above 0, not nan", id="learning rate nan"),
        pytest.param({"learning_rate": math.inf}, "above 0, not inf", id="learning rate inf"),
        pytest.param({"learning_rate": "fast"}, "above 0, not 'fast'", id="learning rate in words"),
        pytest.param({"iterations": 0}, "iterations must be 1 or more, not 0", id="no iterations"),
        pytest.param({"iterations": 10_000_001}, "10,000,000 at most", id="endless iterations"),
        pytest.param(
            {"iterations": 100_001, "record_every": 1}, "than 100,000 entries", id="endless history"
        ),
        pytest.param({"record_every": 0}, "record_every must be 1 or more", id="no records"),
        pytest.param({"threads": 0}, "threads must be 1 or more", id="no threads"),
        pytest.param({"seed": -1}, "seed must be 0 or more, not -1", id="seed below 0"),
        pytest.param({"seed": 2**32}, "seed must be below 2", id="seed too large"),
        pytest.param({"init": "xavier"}, "one of small, scaled, he, zeros, not 'xav", id="init"),
        pytest.param({"init": "zeros"}, "init zeros is for logistic regression", id="zeros"),
        pytest.param(
            {"form": "gram", "optimizer": "adam"}, "W1 leaves the span of the images", id="adam"
        ),
        pytest.param({"momentum": 1}, "momentum must be a number from 0 to below 1", id="momentum"),
        pytest.param({"l2": -1}, "l2 must be 0 or more, not -1", id="l2"),
        pytest.param({"threshold": 1.0}, "threshold must be a number between", id="threshold"),
        pytest.param({"decay_rate": math.nan}, "decay_rate must be a number above 0", id="decay"),
        pytest.param({"dropout": 1}, "dropout must be a share from 0 to below 1", id="dropout"),
        pytest.param({"batch_size": -1}, "batch_size must be 0 or more", id="batch size"),
        pytest.param({"dtype": "int8"}, "dtype must be one of float64, float32", id="dtype"),
        pytest.param({"form": "fast"}, "form must be one of auto, gram, direct", id="form"),
    ],
)
def test_a_value_that_cannot_work_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigRefused, match=message):
        TrainConfig(**options)


@pytest.mark.parametrize(("iterations", "record_every"), [(10_000_000, 100), (100_000, 1)])
def test_the_longest_training_and_history_are_possible(iterations: int, record_every: int) -> None:
    assert TrainConfig(iterations=iterations, record_every=record_every).iterations == iterations


def test_a_configuration_is_plain_json() -> None:
    config = TrainConfig(layers=[np.int64(7)], learning_rate=np.float64(1), init="small")  # type: ignore[arg-type]
    assert json.loads(json.dumps(config.to_json())) == {
        "layers": [7],
        "learning_rate": 1.0,
        "iterations": 2500,
        "init": "small",
        "seed": 1,
        "form": "auto",
        "record_every": 100,
        "threads": 1,
        "optimizer": "gradient-descent",
        "momentum": 0.9,
        "decay": "none",
        "decay_rate": 0.5,
        "decay_every": 1000,
        "activation": "relu",
        "l2": 0.0,
        "class_weight": "none",
        "threshold": 0.5,
        "center": False,
        "standardize": False,
        "dtype": "float64",
        "batch_size": 0,
        "dropout": 0.0,
        "early_stop": 0.0,
        "on_failure": "continue",
    }


def test_an_answer_is_saturated_within_a_hundredth_of_0_or_1() -> None:
    answers = np.array([0.0, 0.0099, 0.0101, 0.5, 0.9899, 0.9901, 1.0])
    assert is_saturated(answers).tolist() == [True, True, False, False, False, True, True]


def test_a_probability_of_the_threshold_itself_is_no_cat() -> None:
    answers = Evaluation(np.array([0.7, 0.7, 0.71]), np.array([0, 1, 1]), threshold=0.7)
    assert answers.correct.tolist() == [True, False, True]


def test_answers_are_counted_by_class() -> None:
    evaluation = Evaluation(
        probabilities=np.array([0.9, 0.5, 0.2, 0.6, 0.1, 0.0]),
        labels=np.array([1, 1, 1, 0, 0, 0]),
    )
    # 0.5 is not above 0.5: the second cat is missed, as in the course.
    assert evaluation.correct.tolist() == [True, False, False, False, True, True]
    assert evaluation.to_json() == {
        "images": 6,
        "accuracy": 0.5,
        "baseline_accuracy": 0.5,
        "confusion": {"tp": 1, "fn": 2, "fp": 1, "tn": 2},
    }


@pytest.mark.parametrize(
    ("labels", "baseline"), [([1, 1, 1, 0], 0.75), ([1, 0, 0, 0], 0.75), ([0, 0], 1.0)]
)
def test_the_baseline_names_the_more_frequent_class(labels: list[int], baseline: float) -> None:
    assert Evaluation(np.zeros(len(labels)), np.array(labels)).baseline_accuracy == baseline


FEW = drawn(4)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        pytest.param(
            Drawn(FEW.images[:0], FEW.labels[:0]), "test: there are no images", id="empty"
        ),
        pytest.param(
            Drawn(FEW.images / 255.0, FEW.labels),  # type: ignore[arg-type]
            "test: pictures must be uint8 .* not float64",
            id="floats, which may hold NaN",
        ),
        pytest.param(
            Drawn(FEW.images[..., 0], FEW.labels),
            r"test: pictures must be uint8 of shape \(m, size, size, 3\), not .*\(4, 4, 4\)",
            id="grey",
        ),
        pytest.param(
            Drawn(FEW.images, FEW.labels[:3]), "one for each of 4 images", id="too few labels"
        ),
        pytest.param(Drawn(FEW.images, FEW.labels * 2), "labels must be 0 or 1", id="label 2"),
        pytest.param(
            drawn(4, size=8),
            "test: its pictures are 8 x 8, those of train 4 x 4",
            id="another size",
        ),
    ],
)
def test_images_that_cannot_be_used_are_refused(images: Drawn, message: str) -> None:
    with pytest.raises(ConfigRefused, match=message):
        check_images(FEW, {"test": images})
