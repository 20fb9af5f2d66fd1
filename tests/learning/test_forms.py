"""The cheaper form is chosen, and what would not fit in memory is refused."""

from __future__ import annotations

import pytest

from catdata.errors import ConfigRefused
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


def test_adam_is_computed_in_the_direct_form() -> None:
    assert cheaper_form(TrainConfig(optimizer="adam"), COURSE, 209) == "direct"


def test_networks_beyond_memory_are_refused_with_what_they_would_take() -> None:
    check_memory("gram", TrainConfig(), COURSE, 209, runs=10)
    with pytest.raises(ConfigRefused, match=r"layers 1000000 .* would take .* GiB of memory"):
        check_memory("direct", TrainConfig(), (12288, 1_000_000, 1), 209, runs=1)
