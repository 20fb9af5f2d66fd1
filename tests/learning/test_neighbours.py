"""The nearest picture is the one that scikit-learn finds, and its label the simplest answer."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import Drawn
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from catdata.learning import neighbours


def rows(images: Drawn) -> np.ndarray:
    return images.images.reshape(len(images.images), -1) / 255.0


def test_the_nearest_are_those_of_scikit_learn(few: Drawn, others: Drawn) -> None:
    distances, places = NearestNeighbors(n_neighbors=1).fit(rows(few)).kneighbors(rows(others))
    found = neighbours.nearest(others.images, few.images)
    np.testing.assert_array_equal(found.rows, places[:, 0])
    scale = np.sqrt(rows(few).shape[1])
    np.testing.assert_allclose(found.distances, distances[:, 0] / scale, rtol=1e-9)


def test_the_accuracy_is_that_of_scikit_learn(few: Drawn, others: Drawn) -> None:
    theirs = KNeighborsClassifier(n_neighbors=1).fit(rows(few), few.labels)
    expected = theirs.score(rows(others), others.labels)
    assert neighbours.accuracy(few, others) == pytest.approx(expected)


def test_black_is_as_far_from_white_as_can_be() -> None:
    black, white = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 255, np.uint8)
    assert neighbours.nearest(black, white).distances.tolist() == [1.0]


def test_a_picture_is_no_neighbour_of_itself(few: Drawn) -> None:
    found = neighbours.nearest_others(few.images)
    assert (found.rows != np.arange(len(few.images))).all()
    assert (found.distances > 0).all()


def test_more_pictures_than_fit_a_slice_are_searched_whole() -> None:
    pictures = np.arange(600 * 12, dtype=np.uint32).reshape(600, 2, 2, 3).astype(np.uint8)
    pictures[599] = 77
    wanted = np.full((1, 2, 2, 3), 76, np.uint8)
    assert neighbours.nearest(wanted, pictures).rows.tolist() == [599]
    assert neighbours.nearest(np.repeat(wanted, 300, axis=0), pictures).rows.tolist() == [599] * 300


def test_slices_change_nothing(few: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = np.concatenate([few.images, few.images])  # of two equally near ones the first
    whole = neighbours.nearest(few.images, twice), neighbours.nearest_others(twice)
    monkeypatch.setattr("catdata.learning.inputs.SLICE_ROWS", 7)
    sliced = neighbours.nearest(few.images, twice), neighbours.nearest_others(twice)
    for one, other in zip(whole, sliced, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.distances, other.distances)
    assert whole[0].rows.tolist() == list(range(30))
    assert whole[1].rows.tolist() == [*range(30, 60), *range(30)]
