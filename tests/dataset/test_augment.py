"""Copies come out the same from the same seed, picture and number, and as specs ask."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from pictures import draw

from catdata.dataset import augment, images
from catdata.dataset.specs import PRESETS, parse_spec, parse_specs
from catdata.dataset.transforms import TRANSFORMS
from catdata.errors import BuildRefused, ConfigRefused

PICTURE = np.asarray(draw(1, 64, 64))
HASH = images.content_hash(PICTURE)


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("flip", ["flip=1@0.5"]),
        ("rotate", ["rotate=15@1"]),
        ("rotate=7.5", ["rotate=7.5@1"]),
        ("brightness=0.2@0.5", ["brightness=0.2@0.5"]),
        ("blur@0.3", ["blur=1@0.3"]),
        ("light", ["flip=1@0.5", "shift=0.05@1", "brightness=0.1@1"]),
    ],
)
def test_a_spec_says_what_how_much_and_how_often(text: str, specs: list[str]) -> None:
    parsed = parse_spec(text)
    assert [str(spec) for spec in parsed] == specs
    assert parse_specs(specs) == parse_specs([text])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_understood(preset: str) -> None:
    assert parse_specs(preset)


def test_specs_are_applied_in_one_order_whatever_the_order_in_which_they_are_named() -> None:
    texts = ["flip", "rotate", "brightness"]
    assert parse_specs(texts) == parse_specs(texts[::-1])


def test_a_transform_named_beside_a_preset_takes_the_place_of_its_own() -> None:
    named = [str(spec) for spec in parse_specs(["flip=1@1", "light"])]
    assert named == ["shift=0.05@1", "flip=1@1", "brightness=0.1@1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("spin", "There is no transform 'spin'", id="unknown"),
        pytest.param("mixup", "labels are hard 0 and 1", id="mixup"),
        pytest.param("", "There is no transform ''", id="empty"),
        pytest.param("rotate=fast", "'fast' is no number", id="word"),
        pytest.param("rotate=200", "The strength of rotate is 200; it is within 0..180", id="high"),
        pytest.param("rotate=-1", "The strength of rotate is -1", id="negative"),
        pytest.param("rotate=nan", "The strength of rotate is nan", id="not-a-number"),
        pytest.param("flip=0.5", "it is 0 or 1", id="switch"),
        pytest.param("blur=1@2", "The probability of blur is 2; it is within 0..1", id="probable"),
        pytest.param("a\x1b[2J", "no transform 'a\\\\x1b[2J'", id="control-character"),
    ],
)
def test_what_is_no_spec_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigRefused, match=re.escape(message)):
        parse_specs([text])


@pytest.mark.parametrize("text", ["spin", "mixup", "rotate=200"])
def test_a_refusal_lists_what_is_known(text: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        parse_spec(text)
    assert all(name in refused.value.hint for name in [*TRANSFORMS, *PRESETS])


def test_a_transform_is_named_once() -> None:
    with pytest.raises(ConfigRefused, match="rotate is named twice"):
        parse_specs(["rotate", "rotate=20"])


def test_a_copy_depends_on_seed_picture_and_number_and_on_nothing_else() -> None:
    specs = parse_specs("strong")
    drawn = augment.draw(specs, 3, HASH, 2)
    assert augment.draw(specs, 3, HASH, 2) == drawn
    assert augment.draw(specs, 4, HASH, 2) != drawn
    assert augment.draw(specs, 3, HASH, 1) != drawn
    assert augment.draw(specs, 3, HASH[::-1], 2) != drawn


def test_another_transform_beside_it_changes_nothing_for_a_transform() -> None:
    alone = augment.draw(parse_specs("rotate"), 0, HASH, 1)
    beside = augment.draw(parse_specs(["rotate", "zoom", "hue"]), 0, HASH, 1)
    assert beside["rotate"] == alone["rotate"]


def test_a_transform_is_applied_as_often_as_its_probability_says() -> None:
    specs = parse_specs("blur=1@0.3")
    applied = sum("blur" in augment.draw(specs, 0, HASH, copy) for copy in range(1000))
    assert 250 < applied < 350


def test_drawn_strengths_fill_their_range() -> None:
    specs = parse_specs("rotate=10")
    degrees = [augment.draw(specs, 0, HASH, copy)["rotate"]["degrees"] for copy in range(1000)]
    assert -10 <= min(degrees) < -9.5
    assert 9.5 < max(degrees) <= 10
    assert abs(np.mean(degrees)) < 0.6


@pytest.mark.parametrize(
    ("spec", "copy", "digest"),
    [
        pytest.param("light", 1, "51485f9425341593", id="light"),
        pytest.param("standard", 2, "c8ee25402864ab72", id="standard"),
        pytest.param("strong", 3, "718e1cd3b5c2c2df", id="strong"),
        pytest.param("noise=20", 1, "cbb2e3214e037a02", id="noise"),
        pytest.param("blur=5", 1, "656e01e74153c6d9", id="blur"),
        pytest.param("jpeg=90", 1, "3c5e2ca77a263e72", id="jpeg"),
        pytest.param("hue=90", 1, "bbf809e17e75fe5e", id="hue"),
    ],
)
def test_the_pixels_of_copies_never_change(spec: str, copy: int, digest: str) -> None:
    """If a library's upgrade changes them, name it in CHANGELOG.md: builds will differ."""
    ramp = np.arange(64 * 64 * 3, dtype=np.uint32) * 2654435761 >> 24 & 255
    picture = np.sort(ramp.astype(np.uint8).reshape(64, 64, 3), axis=0)
    altered = augment.augment(picture, spec, seed=5, copy=copy)
    assert hashlib.sha256(altered.tobytes()).hexdigest()[:16] == digest


def test_augment_alters_one_array_reproducibly_and_leaves_it_alone() -> None:
    before = PICTURE.copy()
    copy = augment.augment(PICTURE, ["flip=1@1"], seed=1)
    np.testing.assert_array_equal(copy, PICTURE[:, ::-1])
    np.testing.assert_array_equal(
        augment.augment(PICTURE, "strong", seed=1), augment.augment(PICTURE, "strong", seed=1)
    )
    assert (augment.augment(PICTURE, "strong", seed=2) != before).any()
    np.testing.assert_array_equal(PICTURE, before)


@pytest.mark.parametrize(
    ("image", "options"),
    [
        pytest.param(PICTURE / 255, {}, id="floats"),
        pytest.param(PICTURE[..., 0], {}, id="grey"),
        pytest.param(PICTURE[:0], {}, id="empty"),
        pytest.param(PICTURE, {"seed": -1}, id="seed"),
        pytest.param(PICTURE, {"copy": 0}, id="copy"),
    ],
)
def test_augment_refuses_what_is_no_picture(image: np.ndarray, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no"):
        augment.augment(image, "flip", **options)


def test_augment_without_a_transform_returns_a_copy() -> None:
    copy = augment.augment(PICTURE, [])
    np.testing.assert_array_equal(copy, PICTURE)
    assert not np.shares_memory(copy, PICTURE)


@pytest.mark.parametrize("fit", images.FITS)
@pytest.mark.parametrize("size", [32, 64, 100])
def test_a_copy_of_a_photo_that_is_not_moved_is_the_photo_as_builds_hold_it(
    fit: str, size: int
) -> None:
    subject, prepared = photo(fit, size)
    np.testing.assert_array_equal(subject.copy({"rotate": {"degrees": 0}}), prepared)
    np.testing.assert_array_equal(subject.copy({"flip": {"mirrored": 1}}), prepared[:, ::-1])


@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_a_photo_is_moved_before_its_fit(fit: str) -> None:
    subject, prepared = photo(fit, 64)
    turned = subject.copy({"rotate": {"degrees": 180}}).astype(float)
    assert np.abs(turned - prepared[::-1, ::-1]).mean() < 3


def photo(fit: str, size: int) -> tuple[augment.Subject, np.ndarray]:
    """Return a photo to be copied, and as builds hold it."""
    file = images.encode_png(np.asarray(draw(3, 300, 200)))
    preparation = images.Preparation(size, fit)
    subject = augment.Subject(*images.decode_whole(file, preparation), preparation)
    return subject, images.decode(file, preparation).pixels


def test_a_very_long_photo_is_shortened_for_its_copies() -> None:
    file = images.encode_png(np.zeros((20, 9000, 3), np.uint8))
    _, whole = images.decode_whole(file, images.Preparation(64))
    assert whole.shape == (20, 1024, 3)


def test_a_padded_photo_keeps_its_bars_when_it_turns() -> None:
    preparation = images.Preparation(64, "pad")
    file = images.encode_png(np.full((100, 200, 3), 200, np.uint8))
    subject = augment.Subject(*images.decode_whole(file, preparation), preparation)
    turned = subject.copy({"rotate": {"degrees": 30}})
    assert turned[:14].max() == 0
    assert turned[18:46].min() > 150


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="no-json"),
        pytest.param("[]", id="no-object"),
        pytest.param('{"spin":{}}', id="unknown-transform"),
        pytest.param('{"rotate":{}}', id="parameter-missing"),
        pytest.param('{"rotate":{"degrees":1,"x":1}}', id="parameter-too-many"),
        pytest.param('{"rotate":{"degrees":"1"}}', id="text"),
        pytest.param('{"rotate":{"degrees":true}}', id="bool"),
        pytest.param('{"rotate":{"degrees":NaN}}', id="not-a-number"),
        pytest.param('{"rotate":{"degrees":1e9}}', id="out-of-range"),
        pytest.param('{"rotate":7}', id="no-parameters"),
        pytest.param("[" * 1000, id="deep"),
    ],
)
def test_parameters_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(BuildRefused, match="can't be understood"):
        augment.from_text(text)
