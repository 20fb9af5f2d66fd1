"""Planted failures are named for what they are, in words and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn import Drawn, drawn

from catdata.learning import diagnosis as room
from catdata.learning.diagnosis import STATES, Diagnosis, diagnose, entropy, overfitting
from catdata.learning.training import TrainConfig, fit

if TYPE_CHECKING:
    from catdata.h5file import ImageSet


def test_the_entropy_is_the_cost_of_answering_the_share() -> None:
    assert entropy(0.5) == log(2)
    assert entropy(0.0) == entropy(1.0) == 0.0


@pytest.mark.originals
def test_the_courses_dead_network_is_explained(course: tuple[ImageSet, ImageSet]) -> None:
    train, _ = course
    config = TrainConfig(layers=(7,), init="small", learning_rate=1.0, iterations=200)
    assert diagnose(fit(train, config)) == Diagnosis(
        "dead-units",
        56,
        "At iteration 56 the gradient of W1 became 0.0 and stayed so: all 7 hidden units are dead"
        " for all 209 images, and a unit that answers 0 whatever it is shown passes no error down."
        " The cost 0.6440 is the entropy of the base rate 34.4 %: all that the network can answer"
        " is the share of cats. Too long a step has pushed the units there: try a lower learning"
        " rate than 1; the course uses 0.0075. Centred inputs (--center) bear higher rates.",
    )


@pytest.mark.originals
def test_the_courses_network_is_learning(course: tuple[ImageSet, ImageSet]) -> None:
    train, _ = course
    assert diagnose(fit(train, TrainConfig())) == Diagnosis(
        "learning",
        None,
        "The cost went from 0.7717 to 0.0884 in 2,500 iterations, and 98.6 % of the training images"
        " are named rightly; always naming the more frequent class gives 65.6 %.",
    )


@pytest.mark.originals
def test_the_courses_network_is_overfitting(course: tuple[ImageSet, ImageSet]) -> None:
    train, test = course
    assert overfitting(fit(train, TrainConfig(), tests={"test": test})) == (
        "Test accuracy is 80.0 %; with another 50 such images it could be 67.0 to 88.8 %."
        " Train accuracy is 98.6 %, above all of that: the network overfits."
    )


@pytest.mark.originals
def test_a_network_that_knows_train_no_better_is_not_overfitting(
    course: tuple[ImageSet, ImageSet],
) -> None:
    train, _ = course
    run = fit(train, TrainConfig(iterations=1200), tests={"test": train})
    assert overfitting(run).endswith("not above that: no overfitting is shown.")


@pytest.mark.originals
def test_small_weights_in_four_layers_are_a_vanishing_gradient(
    course: tuple[ImageSet, ImageSet],
) -> None:
    train, _ = course
    diagnosis = diagnose(fit(train, TrainConfig(init="small")))
    assert (diagnosis.state, diagnosis.iteration) == ("vanishing-gradient", 0)
    assert "never longer than 1.0e-04" in diagnosis.message
    assert "Try fewer layers, or the initialiser 'scaled'" in diagnosis.message


def test_a_layer_that_dies_on_the_way_is_named(few: Drawn) -> None:
    config = TrainConfig(layers=(4, 3), learning_rate=0.5, seed=3, iterations=200)
    diagnosis = diagnose(fit(few, config))
    assert (diagnosis.state, diagnosis.iteration) == ("dead-units", 27)
    assert "all 3 units of hidden layer 2 are dead for all 30 images" in diagnosis.message


def test_balanced_classes_have_a_base_rate_of_half(few: Drawn) -> None:
    config = TrainConfig((4, 3), 1.0, 1000, seed=3, class_weight="balanced")
    diagnosis = diagnose(fit(few, config))
    assert diagnosis.state == "dead-units"
    assert "The cost 0.6931 is the entropy of the base rate 50.0 %" in diagnosis.message


def test_a_network_dead_from_its_first_weights_is_not_blamed_on_the_rate(few: Drawn) -> None:
    diagnosis = diagnose(fit(few, TrainConfig(layers=(2, 1, 1), seed=1, iterations=50)))
    assert (diagnosis.state, diagnosis.iteration) == ("dead-units", 0)
    assert diagnosis.message.endswith("try another seed or wider layers.")


def test_small_weights_in_many_layers_are_a_vanishing_gradient(few: Drawn) -> None:
    diagnosis = diagnose(fit(few, TrainConfig(layers=(9, 9, 9, 9), init="small", iterations=200)))
    assert (diagnosis.state, diagnosis.iteration) == ("vanishing-gradient", 0)
    assert "down through 5 layers it shrinks to nothing" in diagnosis.message


def test_numbers_beyond_all_floats_are_divergence(few: Drawn) -> None:
    config = TrainConfig(layers=(7,), learning_rate=1e160, iterations=100)
    assert diagnose(fit(few, config)) == Diagnosis(
        "diverged",
        1,
        "At iteration 1 the numbers grew beyond what a float can hold, and training stopped. The"
        " last finite cost, 0.7992, was that of iteration 0. The steps are too long: try a lower"
        " learning rate than 1e+160; the course uses 0.0075. Centred inputs (--center) bear higher"
        " rates.",
    )


@pytest.mark.parametrize(("cats", "kind"), [(1.0, "cats"), (0.0, "non-cats")])
def test_one_class_trains_but_teaches_the_base_rate_only(cats: float, kind: str) -> None:
    run = fit(drawn(10, cats=cats), TrainConfig(iterations=20))
    assert run.train.baseline_accuracy == 1.0
    assert diagnose(run) == Diagnosis(
        "base-rate-only",
        None,
        f"All 10 training images are {kind}. Always answering the same is then right, and nothing"
        " else can be learnt: add images of the other class.",
    )


def test_the_same_answer_to_every_image_is_the_base_rate_only() -> None:
    one = drawn(1).images
    images = Drawn(np.repeat(one, 10, axis=0), np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]))
    diagnosis = diagnose(fit(images, TrainConfig(layers=(5,), learning_rate=0.1, iterations=300)))
    assert diagnosis == Diagnosis(
        "base-rate-only",
        None,
        "After 300 iterations every training image gets the same answer: a cat with a probability"
        " of 0.300 to 0.300. The cost 0.6109 is the entropy of the base rate 30.0 %: all that the"
        " network can answer is the share of cats. Try more iterations, a higher learning rate or"
        " fewer layers.",
    )


def test_a_network_that_has_only_begun_is_told_to_go_on(few: Drawn) -> None:
    diagnosis = diagnose(fit(few, TrainConfig(layers=(5,), iterations=2, seed=3)))
    assert diagnosis.state == "learning"
    assert diagnosis.message.endswith("Try more iterations or a higher learning rate.")


def test_a_finished_logistic_regression_is_learning_though_its_gradient_is_zero(
    few: Drawn,
) -> None:
    run = fit(few, TrainConfig(layers=(), learning_rate=1e6, iterations=300))
    assert run.history.zero_gradient_at is not None
    assert diagnose(run).state == "learning"


def test_a_diagnosis_is_plain_json(few: Drawn) -> None:
    diagnosis = diagnose(fit(few, TrainConfig(iterations=5)))
    assert json.loads(json.dumps(diagnosis.to_json()))["state"] in STATES


def test_advice_on_long_steps_knows_momentum_and_centring(few: Drawn) -> None:
    config = TrainConfig(layers=(7,), learning_rate=1e160, iterations=100)
    plain, both = (
        diagnose(fit(few, one)).message
        for one in (config, replace(config, optimizer="momentum", center=True))
    )
    assert plain.endswith("the course uses 0.0075. Centred inputs (--center) bear higher rates.")
    assert both.endswith("without momentum, which makes steps up to 10 times as long.")


def test_a_network_that_has_overshot_is_told_to_take_shorter_steps(few: Drawn) -> None:
    config = TrainConfig((7,), 5.0, 100, seed=3, activation="tanh")
    diagnosis = diagnose(fit(few, config))
    assert diagnosis.state == "base-rate-only"
    assert (
        "The steps are too long: the last one was 142.0 % as long as the weights that it moved, and"
        " 40.0 % of the training images are named wrongly with a certainty of 99 % or more: try a"
        " lower learning rate than 5;"
    ) in diagnosis.message
    assert "a higher learning rate" not in diagnosis.message


def test_one_step_that_was_far_too_long_is_remembered(few: Drawn) -> None:
    message = diagnose(fit(few, TrainConfig((7,), 2.0, 30, seed=2, init="small"))).message
    assert "the longest one was 93.0 % as long as the weights that it moved" in message
    assert "a higher learning rate" not in message


def test_steps_far_too_short_are_told_of(few: Drawn) -> None:
    diagnosis = diagnose(fit(few, TrainConfig(learning_rate=1e-7, iterations=100)))
    assert diagnosis.message.endswith(
        "No step was more than 3e-09 as long as the weights that it moved; about 1e-03 is usual."
        " Try more iterations or a higher learning rate."
    )


def test_advice_on_long_steps_names_a_usual_rate_that_is_lower(few: Drawn) -> None:
    dead = TrainConfig(layers=(7,), learning_rate=0.0075, optimizer="adam", iterations=100)
    long = replace(dead, learning_rate=1e160)
    short = replace(dead, optimizer="gradient-descent", momentum=0.0)
    said = [room._lower_rate(fit(few, one)) for one in (long, dead, short)]
    assert said[0].startswith("try a lower learning rate than 1e+160; Adam's authors use 0.001")
    assert said[1].startswith("try a lower learning rate than 0.0075; Adam's authors use 0.001")
    assert said[2].startswith("try a lower learning rate than 0.0075. Centred")
