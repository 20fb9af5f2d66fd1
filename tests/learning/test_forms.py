"""The cheaper form is chosen, and what would not fit in memory is refused."""

from __future__ import annotations

import pytest

from catdata.errors import ConfigRefused
from catdata.learning import forms
from catdata.learning.config import TrainConfig
from catdata.learning.forms import cheaper_form, check_memory

COURSE = (12288, 20, 7, 5, 1)


@pytest.mark.parametrize(
    ("images", "iterations", "form"),
    [
        pytest.param(209, 2500, "gram", id="the course"),
        pytest.param(4209, 2500, "gram", id="4,000 more images"),
        pytest.param(209, 1, "direct", id="one step does not pay for K"),
        pytest.param(50_000, 2500, "direct", id="K would be 19 GiB"),
    ],
)
def test_the_cheaper_form_is_chosen(images: int, iterations: int, form: str) -> None:
    assert cheaper_form(TrainConfig(iterations=iterations), COURSE, images) == form


@pytest.mark.parametrize(("images", "form"), [(90, "gram"), (100, "direct")])
def test_many_steps_are_cheaper_with_products_of_up_to_twice_as_many_images_as_pixels(
    images: int, form: str
) -> None:
    # A step takes 2 m² products a unit in the one form, 4 m n0 in the other.
    assert cheaper_form(TrainConfig(iterations=100_000), (48, 20, 1), images) == form


def test_adam_is_computed_in_the_direct_form() -> None:
    assert cheaper_form(TrainConfig(optimizer="adam"), COURSE, 209) == "direct"


@pytest.mark.parametrize(
    ("form", "optimizer", "numbers"),
    [
        # Two units on m images: K of m², five vectors of C (2 m) and of W2 (3), W1 of 2 x 48 before
        # training, and two signals of 2 + 1 units.
        pytest.param("gram", "momentum", 100_000**2 + 8 * (2e5 + 3) + 96 + 6e5, id="gram"),
        # The same with the pixels and a one in a row each; they are too many to be kept as floats,
        # and 256 at a time are converted.
        pytest.param("direct", "adam", 256 * 49 + 11 * (98 + 3) + 96 + 6 * 256, id="direct"),
    ],
)
def test_the_memory_of_a_training_is_counted(
    form: str, optimizer: str, numbers: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainConfig((2,), optimizer=optimizer)
    monkeypatch.setattr(forms, "MEMORY_LIMIT", 8 * numbers)
    monkeypatch.setattr("catdata.learning.sources.HELD_BYTES", 0)
    check_memory(form, config, (48, 2, 1), 100_000, runs=1)
    monkeypatch.setattr(forms, "MEMORY_LIMIT", 8 * numbers - 1)
    with pytest.raises(ConfigRefused, match="would take"):
        check_memory(form, config, (48, 2, 1), 100_000, runs=1)


def test_networks_beyond_memory_are_refused_with_what_they_would_take() -> None:
    check_memory("gram", TrainConfig(), COURSE, 209, runs=10)
    with pytest.raises(ConfigRefused, match=r"layers 1000000 .* would take .* GiB of memory"):
        check_memory("direct", TrainConfig(), (12288, 1_000_000, 1), 209, runs=1)
