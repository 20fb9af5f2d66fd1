"""Each transform keeps the form, does nothing at strength zero, and does what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw

from catdata.dataset import augment
from catdata.dataset.transforms import CHANCES, TRANSFORMS

PAGE = Path(__file__).parents[2] / "docs" / "augmentation.md"
PICTURE = np.asarray(draw(1, 64, 64))
TALL = np.asarray(draw(2, 30, 80))

names = pytest.mark.parametrize("name", TRANSFORMS)
chances = st.lists(st.floats(0, 1, exclude_max=True), min_size=CHANCES, max_size=CHANCES)


def grey(picture: np.ndarray) -> np.ndarray:
    return picture @ np.array([0.299, 0.587, 0.114])


def colourfulness(picture: np.ndarray) -> float:
    return float(np.abs(picture - grey(picture)[..., None]).mean())


def steps(picture: np.ndarray) -> float:
    """Return how much neighbouring pixels differ."""
    return float(np.abs(np.diff(grey(picture), axis=1)).mean())


@names
@given(chances=chances)
@settings(max_examples=20, deadline=None)
def test_strength_zero_changes_no_byte(name: str, chances: list[float]) -> None:
    drawn = {name: TRANSFORMS[name].draw(0, chances)}
    np.testing.assert_array_equal(augment.apply(PICTURE, drawn), PICTURE)


@names
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_strength_keeps_shape_and_type_and_can_be_done_again(
    name: str, data: st.DataObject
) -> None:
    transform = TRANSFORMS[name]
    strengths = st.sampled_from([0, 1]) if transform.switch else st.floats(0, transform.highest)
    drawn = {name: transform.draw(data.draw(strengths), data.draw(chances))}
    before = TALL.copy()
    copy = augment.apply(TALL, drawn)
    assert copy.shape == TALL.shape
    assert copy.dtype == np.uint8
    np.testing.assert_array_equal(TALL, before)
    again = augment.from_text(augment.to_text(drawn))
    assert again == drawn
    np.testing.assert_array_equal(augment.apply(TALL, again), copy)


@names
def test_the_default_strength_changes_a_picture(name: str) -> None:
    transform = TRANSFORMS[name]
    drawn = {name: transform.draw(transform.default, [0.9, 0.2, 0.7, 0.4])}
    assert (augment.apply(PICTURE, drawn) != PICTURE).any()
    assert augment.describe(drawn)


@names
def test_a_transform_either_moves_pixels_or_changes_them(name: str) -> None:
    transform = TRANSFORMS[name]
    assert (transform.apply is None) == transform.geometric
    assert transform.help
    assert 0 < transform.default <= transform.highest


@names
def test_the_page_on_augmentation_says_what_the_table_says(name: str) -> None:
    transform = TRANSFORMS[name]
    cells = [f"`{name}`", transform.help, transform.unit, f"{transform.default:g}"]
    cells += [f"0..{transform.highest:g}", f"{transform.probability:g}"]
    assert f"| {' | '.join(cells)} |" in PAGE.read_text("utf-8")


def test_a_flip_mirrors_and_a_second_one_undoes_it() -> None:
    flip = {"flip": {"mirrored": 1}}
    np.testing.assert_array_equal(augment.apply(PICTURE, flip), PICTURE[:, ::-1])
    np.testing.assert_array_equal(augment.apply(augment.apply(PICTURE, flip), flip), PICTURE)


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_brightness_moves_the_mean_by_its_factor(factor: float) -> None:
    dim = PICTURE // 2  # so that nothing is cut off at white
    changed = augment.apply(dim, {"brightness": {"factor": factor}})
    assert changed.mean() / dim.mean() == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize("factor", [0.6, 1.2])
def test_contrast_scales_the_spread_and_keeps_the_mean(factor: float) -> None:
    middling = PICTURE // 2 + 64
    changed = augment.apply(middling, {"contrast": {"factor": factor}})
    assert changed.std() / middling.std() == pytest.approx(factor, rel=0.05)
    assert grey(changed).mean() == pytest.approx(grey(middling).mean(), abs=1)


@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_colour_scales_the_distance_from_grey(factor: float) -> None:
    middling = PICTURE // 2 + 64
    changed = augment.apply(middling, {"colour": {"factor": factor}})
    ratio = colourfulness(changed) / colourfulness(middling)
    assert ratio == pytest.approx(factor, rel=0.05)


def test_hue_turns_red_to_green_and_leaves_grey_alone() -> None:
    red = np.full((4, 4, 3), (150, 50, 50), np.uint8)
    turned = augment.apply(red, {"hue": {"degrees": 120}})[0, 0]
    assert turned[1] > turned[0]
    assert turned[1] > turned[2]
    flat = np.full((4, 4, 3), 90, np.uint8)
    np.testing.assert_array_equal(augment.apply(flat, {"hue": {"degrees": 77}}), flat)


def test_grayscale_leaves_no_colour() -> None:
    assert np.ptp(augment.apply(PICTURE, {"grayscale": {"amount": 1}}), axis=2).max() == 0


def test_blur_smooths() -> None:
    assert steps(augment.apply(PICTURE, {"blur": {"radius": 2}})) < steps(PICTURE) / 2


def test_noise_has_the_deviation_that_it_names_and_no_bias() -> None:
    flat = np.full((64, 64, 3), 128, np.uint8)
    grain = augment.apply(flat, {"noise": {"deviation": 12, "seed": 7}}).astype(float) - 128
    assert grain.std() == pytest.approx(12, rel=0.03)
    assert grain.mean() == pytest.approx(0, abs=0.4)


def test_jpeg_at_a_lower_quality_strays_further() -> None:
    errors = [
        np.abs(augment.apply(PICTURE, {"jpeg": {"loss": loss}}) - PICTURE.astype(float)).mean()
        for loss in (0, 10, 90)
    ]
    assert errors[0] == 0
    assert errors[1] < errors[2]


def test_cutout_covers_the_share_that_it_names() -> None:
    drawn = {"cutout": {"share": 0.5, "across": 0, "down": 1}}
    changed = augment.apply(PICTURE, drawn)
    assert np.unique(changed[32:, :32].reshape(-1, 3), axis=0).shape == (1, 3)
    np.testing.assert_array_equal(changed[:32], PICTURE[:32])
    np.testing.assert_array_equal(changed[:, 32:], PICTURE[:, 32:])


def test_zoom_enlarges_what_it_keeps() -> None:
    drawn = {"zoom": {"share": 0.5, "across": 0, "down": 0}}
    corner = PICTURE[:32, :32].repeat(2, axis=0).repeat(2, axis=1).astype(float)
    assert np.abs(augment.apply(PICTURE, drawn) - corner).mean() < 12
