"""Mini-batches may be altered anew in each epoch, by a function that the caller gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn import drawn
from numpy.typing import NDArray

from catdata.errors import ConfigRefused
from catdata.h5file import open_split, write_course_file
from catdata.learning.training import TrainConfig, fit, fit_seeds

TRAIN = drawn(30)
CONFIG = TrainConfig((5, 3), 0.05, 12, batch_size=8)  # four batches an epoch, so three epochs


def flipped(images: NDArray[np.uint8], rows: NDArray[np.intp], epoch: int) -> NDArray[np.uint8]:
    """Mirror every second image, and in the next epoch the others."""
    copies = images.copy()
    chosen = (rows + epoch) % 2 == 0
    copies[chosen] = copies[chosen, :, ::-1]
    return copies


def test_a_step_learns_from_what_the_function_returns() -> None:
    def black(images: NDArray[np.uint8], *_: object) -> NDArray[np.uint8]:
        return np.zeros_like(images)

    start = fit(TRAIN, replace(CONFIG, learning_rate=1e-300), augment=black).parameters.weights[0]
    end = fit(TRAIN, CONFIG, augment=black).parameters.weights[0]
    np.testing.assert_array_equal(end, start)  # black inputs move no weights of theirs
    assert (fit(TRAIN, CONFIG).parameters.weights[0] != start).any()


def test_it_is_told_which_images_and_in_which_epoch() -> None:
    told: list[tuple[tuple[int, ...], int]] = []

    def note(images: NDArray[np.uint8], rows: NDArray[np.intp], epoch: int) -> NDArray[np.uint8]:
        np.testing.assert_array_equal(images, TRAIN.images[rows])
        told.append((tuple(rows.tolist()), epoch))
        return images

    altered = fit(TRAIN, CONFIG, augment=note)
    plain = fit(TRAIN, replace(CONFIG, form="direct"))
    np.testing.assert_array_equal(altered.parameters.weights[0], plain.parameters.weights[0])
    for epoch in range(3):
        rows = {row for batch, when in told if when == epoch for row in batch}
        assert rows == set(range(30))


def test_the_same_seed_gives_the_same_weights_whatever_the_jobs() -> None:
    once, again = (fit(TRAIN, CONFIG, augment=flipped) for _ in range(2))
    side_by_side = fit_seeds(TRAIN, CONFIG, [7, CONFIG.seed], augment=flipped, jobs=2)
    plain = fit(TRAIN, CONFIG)
    weights = once.parameters.weights[0]
    assert once.form == "direct"
    np.testing.assert_array_equal(again.parameters.weights[0], weights)
    np.testing.assert_array_equal(side_by_side[1].parameters.weights[0], weights)
    assert (side_by_side[0].parameters.weights[0] != weights).any()
    assert (plain.parameters.weights[0] != weights).any()


def test_what_is_judged_are_the_images_as_they_are() -> None:
    def black(images: NDArray[np.uint8], *_: object) -> NDArray[np.uint8]:
        return np.zeros_like(images)

    before = TRAIN.images.copy()
    run = fit(TRAIN, CONFIG, tests={"test": TRAIN}, augment=black)
    judged = run.tests["test"].probabilities
    np.testing.assert_allclose(run.train.probabilities, judged, rtol=1e-12)
    assert np.ptp(run.train.probabilities) > 0.0
    np.testing.assert_array_equal(TRAIN.images, before)


def test_images_in_a_file_are_altered_like_those_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "train.h5"
    write_course_file(path, "train", TRAIN.images, TRAIN.labels)
    stored = path.read_bytes()
    with open_split(path, "train") as file:
        streamed = fit(file, CONFIG, augment=flipped)
    in_memory = fit(TRAIN, CONFIG, augment=flipped)
    np.testing.assert_array_equal(streamed.parameters.weights[0], in_memory.parameters.weights[0])
    assert path.read_bytes() == stored


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"batch_size": 0}, "needs mini-batches", id="full batch"),
        pytest.param({"form": "gram"}, "form gram is not possible", id="Gram form"),
    ],
)
def test_where_it_is_not_possible_it_is_refused(changes: dict[str, object], reason: str) -> None:
    config = TrainConfig(**(CONFIG.to_json() | {"layers": (5, 3)} | changes))
    with pytest.raises(ConfigRefused, match=reason) as caught:
        fit(TRAIN, config, augment=flipped)
    assert caught.value.hint


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda images, *_: images[:1], id="too few"),
        pytest.param(lambda images, *_: images / 255.0, id="floats"),
    ],
)
def test_what_is_no_batch_of_pictures_is_refused(wrong: Callable[..., NDArray[np.uint8]]) -> None:
    with pytest.raises(ValueError, match=r"augment returned .* for uint8 of shape \(8, 4, 4, 3\)"):
        fit(TRAIN, CONFIG, augment=wrong)
