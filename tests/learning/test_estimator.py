"""The course's network does in scikit-learn what an estimator has to do."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from dataclasses import fields

import numpy as np
import pytest
from drawn import Drawn, drawn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from catdata.errors import ConfigRefused
from catdata.learning.config import TrainConfig
from catdata.learning.estimator import CatClassifier
from catdata.learning.training import fit

with warnings.catch_warnings():
    # Its base class is asked for, and not needed: catdata does not depend on scikit-learn.
    warnings.filterwarnings("ignore", "Estimator CatClassifier does not inherit")
    with_every_check = parametrize_with_checks([CatClassifier()])


@with_every_check
def test_scikit_learns_own_checks_pass(estimator, check) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def noise() -> Drawn:
    return drawn(60, seed=3)


@pytest.fixture(scope="module")
def quick() -> CatClassifier:
    return CatClassifier(layers=(5,), learning_rate=0.1, iterations=200)


def test_its_parameters_are_the_knobs_of_a_training_with_their_defaults() -> None:
    knobs = {field.name: field.default for field in fields(TrainConfig)}
    assert CatClassifier().get_params() == knobs


def test_pictures_give_the_numbers_of_a_training(noise: Drawn, quick: CatClassifier) -> None:
    run = fit(noise, TrainConfig((5,), 0.1, 200))
    classifier = clone(quick).fit(noise.images, noise.labels)
    np.testing.assert_array_equal(classifier.run_.history.costs, run.history.costs)
    probabilities = classifier.predict_proba(noise.images)
    np.testing.assert_allclose(probabilities[:, 1], run.train.probabilities, rtol=1e-9)
    assert classifier.score(noise.images, noise.labels) == run.train.accuracy
    assert classifier.n_features_in_ == 48


@pytest.mark.parametrize("form", ["gram", "direct"])
@pytest.mark.parametrize("standardize", [False, True])
def test_pictures_and_the_same_as_numbers_train_alike(
    noise: Drawn, quick: CatClassifier, form: str, standardize: bool
) -> None:
    numbers = noise.images.reshape(60, -1) / 255.0
    of_pictures, of_numbers = (
        clone(quick).set_params(form=form, standardize=standardize).fit(X, noise.labels)
        for X in (noise.images, numbers)
    )
    np.testing.assert_allclose(
        of_numbers.predict_proba(numbers), of_pictures.predict_proba(noise.images), rtol=1e-7
    )


def test_classes_keep_their_names_and_the_second_is_the_one_above_the_threshold(
    noise: Drawn, quick: CatClassifier
) -> None:
    names = np.array(["non-cat", "cat"])[noise.labels]
    classifier = clone(quick).set_params(threshold=0.3).fit(noise.images, names)
    assert classifier.classes_.tolist() == ["cat", "non-cat"]
    expected = np.where(classifier.predict_proba(noise.images)[:, 1] > 0.3, "non-cat", "cat")
    np.testing.assert_array_equal(classifier.predict(noise.images), expected)


def test_weights_by_class_are_those_of_a_pair_in_the_order_of_the_classes(
    noise: Drawn, quick: CatClassifier
) -> None:
    names = np.array(["non-cat", "cat"])[noise.labels]
    by_name, by_place, default = (
        clone(quick).set_params(class_weight=weight).fit(noise.images, names).run_.history.costs
        for weight in ({"cat": 3}, (3, 1), None)
    )
    np.testing.assert_array_equal(by_name, by_place)
    assert not np.allclose(by_name, default)


def test_standardized_numbers_far_from_zero_keep_their_differences() -> None:
    near = np.random.default_rng(0).normal(size=(40, 2))
    labels = (near[:, 0] > 0).astype(int)
    at_zero, far = (
        CatClassifier(layers=(), learning_rate=0.5, standardize=True)
        .fit(X, labels)
        .predict_proba(X)
        for X in (near, near + 1e6)
    )
    np.testing.assert_allclose(far, at_zero, rtol=1e-6)


def test_cross_validation_and_grid_search_take_it(noise: Drawn, quick: CatClassifier) -> None:
    X, y = noise.images.reshape(60, -1) / 255.0, noise.labels
    scores = cross_val_score(clone(quick), X, y, cv=3)
    assert scores.shape == (3,)
    search = GridSearchCV(clone(quick), {"learning_rate": [1e-9, 0.1]}, cv=3).fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.1}
    assert search.best_score_ == pytest.approx(scores.mean())


def test_pictures_can_be_cross_validated_without_flattening(
    noise: Drawn, quick: CatClassifier
) -> None:
    flat = noise.images.reshape(60, -1) / 255.0
    of_pictures, of_numbers = (
        cross_val_score(clone(quick), X, noise.labels, cv=3) for X in (noise.images, flat)
    )
    np.testing.assert_array_equal(of_pictures, of_numbers)


def test_a_trained_one_survives_pickling(noise: Drawn, quick: CatClassifier) -> None:
    classifier = clone(quick).fit(noise.images, noise.labels)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict(noise.images), classifier.predict(noise.images))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"learning_rate": -1}, "learning_rate must be a number above 0", id="rate"),
        pytest.param(
            {"class_weight": (1, 2, 3)}, r"two numbers above 0, not \(1, 2, 3\)", id="three"
        ),
        pytest.param({"class_weight": (1, 0)}, "two numbers above 0, not 0", id="zero"),
        pytest.param({"class_weight": 5}, "two numbers above 0, not 5", id="one"),
        pytest.param({"class_weight": "even"}, "none, balanced, not 'even'", id="word"),
    ],
)
def test_a_parameter_that_cannot_work_is_refused_by_fit(noise: Drawn, params, message) -> None:
    classifier = CatClassifier(**params)
    with pytest.raises(ConfigRefused, match=message):
        classifier.fit(noise.images, noise.labels)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ConfigRefused, match="no parameter 'alpha'"):
        CatClassifier().set_params(alpha=1)


def test_it_trains_without_scikit_learn() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpy as np\n"
        "from catdata import CatClassifier\n"
        "classifier = CatClassifier(iterations=5)\n"
        "try: classifier.predict([[1.0]])\n"
        "except ValueError as error: print(error)\n"
        "print(classifier.fit(np.eye(4), [0, 1, 0, 1]).predict_proba(np.eye(4)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "This CatClassifier is not fitted yet: call fit first.",
        "(4, 2)",
    ]
