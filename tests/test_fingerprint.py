"""Copies of a picture have near fingerprints, different pictures have not."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import draw
from PIL import Image, ImageEnhance, ImageOps

from catdata import fingerprint as room
from catdata import h5file
from catdata.fingerprint import (
    DHASH_LIMIT,
    PHASH_LIMIT,
    FingerprintIndex,
    distances,
    fingerprint,
    fingerprints,
    groups_within,
    near,
    pairs_between,
    pairs_within,
)


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.LANCZOS))


def encoded(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def are_near(one: Image.Image, other: Image.Image) -> bool:
    return bool(near(fingerprint(pixels(one)), fingerprint(pixels(other))[None]).size)


def drawn_words(count: int) -> NDArray[np.uint64]:
    return fingerprints(np.stack([pixels(draw(seed)) for seed in range(count)]))


def random_words(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64, (count, 4), np.uint64)


ALTERATIONS = {
    "quality 40": lambda image: encoded(image, 40),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "grey": lambda image: image.convert("L"),
    "mirrored": ImageOps.mirror,
    "mirrored at quality 40": lambda image: encoded(ImageOps.mirror(image), 40),
    "cropped by 2.5 %": lambda image: ImageOps.crop(image, 5),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_copy_is_near(name: str) -> None:
    for seed in range(20):
        image = draw(seed, 240, 200)
        assert are_near(image, ALTERATIONS[name](image))


def test_different_pictures_are_not_near() -> None:
    assert pairs_within(drawn_words(100)).shape == (0, 2)


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    x, y = np.meshgrid(np.arange(64), np.arange(64))
    picture = np.stack([x * y % 256, (x * x + 3 * y) % 256, (5 * x + y * y) % 256], axis=2)
    assert fingerprint(picture.astype(np.uint8)).tolist() == [
        16776943997968078933,
        16732080197657879893,
        2288182888857111,
        11722945026503418943,
    ]


def exact_steps(picture: NDArray[np.uint8]) -> list[Fraction]:
    """Compute the 64 steps of the difference hash slowly, by the definition, in fractions.

    Cell i of n is the mean of six quarter cells, weighted 1 3 5 5 3 1; those beyond the border
    are those at the border. A quarter cell is the mean of the pixels, or parts of pixels, in it.
    """
    width = picture.shape[1]
    grey = picture.astype(int) @ [299, 587, 114]

    def quarter(values: list[Fraction], index: int, count: int) -> Fraction:
        index = min(max(index, 0), count - 1)
        start, end = (
            Fraction(index * len(values), count),
            Fraction((index + 1) * len(values), count),
        )
        inside = (
            max(Fraction(0), min(end, Fraction(at + 1)) - max(start, Fraction(at))) * value
            for at, value in enumerate(values)
        )
        return sum(inside, Fraction(0)) / (end - start)

    def cells(values: list[Fraction], count: int) -> list[Fraction]:
        look = [1, 3, 5, 5, 3, 1]
        return [
            sum(
                (quarter(values, 4 * i - 1 + k, 4 * count) * w for k, w in enumerate(look)),
                Fraction(0),
            )
            / 18
            for i in range(count)
        ]

    columns = [cells([Fraction(int(v)) for v in grey[:, x]], 8) for x in range(width)]
    rows = [cells([column[i] for column in columns], 9) for i in range(8)]
    return [row[j + 1] - row[j] for row in rows for j in range(8)]


@pytest.mark.parametrize("size", [(64, 16), (7, 50), (33, 20)])
def test_the_difference_hash_is_what_its_definition_says(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (*size, 3), np.uint8)
    word = int(fingerprint(picture)[0])
    steps = exact_steps(picture)
    known = [abs(step) > Fraction(1000, 32) for step in steps]
    assert sum(known) > 50
    for at, step in enumerate(steps):
        if known[at]:
            assert bool(word >> (63 - at) & 1) is (step > 0)


@pytest.mark.parametrize(("row", "column", "bit"), [(0, 1, 0), (1, 0, 1), (2, 2, 7)])
def test_the_cosine_hash_has_the_signs_of_waves(row: int, column: int, bit: int) -> None:
    at = np.pi * (np.arange(64) + 0.5) / 64
    wave = np.cos(row * at)[:, None] * np.cos(column * at)[None]
    for sign in (1, -1):
        grey = np.rint(128 + sign * 60 * wave).astype(np.uint8)
        word = int(fingerprint(np.repeat(grey[..., None], 3, axis=2))[2])
        assert word >> (63 - bit) & 1 == (sign > 0)


def test_a_mirrored_picture_has_the_words_in_exchange() -> None:
    image = draw(4)
    words, mirrored = fingerprint(pixels(image)), fingerprint(pixels(image)[:, ::-1])
    assert mirrored.tolist() == words[[1, 0, 3, 2]].tolist()


def test_pictures_of_any_size_have_a_fingerprint() -> None:
    big = fingerprint(np.asarray(draw(3, 640, 480)))
    dhash, phash = distances(fingerprint(pixels(draw(3, 640, 480))), big[None])
    assert (int(dhash[0]), int(phash[0])) <= (2, 2)
    assert fingerprint(np.zeros((1, 1, 3), np.uint8)).shape == (4,)


def test_fingerprints_of_many_are_those_of_each() -> None:
    images = np.stack([pixels(draw(seed)) for seed in range(20)] * 15)
    words = fingerprints(images)
    assert (words.shape, words.dtype) == ((300, 4), np.uint64)
    assert words[283].tolist() == fingerprint(images[283]).tolist()


def flat(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (64, 64), colour)


def shaded(colour: tuple[int, int, int]) -> Image.Image:
    """Return a gradient from a colour at the left to black at the right."""
    ramp = Image.linear_gradient("L").rotate(90).resize((64, 64))
    return Image.composite(flat(colour), flat((0, 0, 0)), ramp)


@pytest.mark.parametrize("draw_one", [flat, shaded])
def test_smooth_pictures_of_different_colours_are_not_near(draw_one) -> None:  # type: ignore[no-untyped-def]
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 200), (90, 90, 20)]
    words = fingerprints(np.stack([pixels(draw_one(colour)) for colour in colours]))
    assert pairs_within(words).tolist() == []


@pytest.mark.parametrize("draw_one", [flat, shaded])
def test_smooth_pictures_of_one_colour_are_near(draw_one) -> None:  # type: ignore[no-untyped-def]
    image = draw_one((200, 30, 88))
    assert are_near(image, encoded(image, 85))
    assert are_near(image, ImageOps.mirror(image))


def test_nearness_does_not_depend_on_who_asks() -> None:
    smooth = [flat((9, 9, 9)), flat((10, 9, 9)), shaded((99, 0, 0)), shaded((99, 0, 9))]
    mirrored = [ImageOps.mirror(image) for image in smooth]
    drawn = [draw(seed).resize((6, 4)) for seed in range(40)]
    words = fingerprints(np.stack([pixels(image) for image in [*smooth, *mirrored, *drawn]]))
    table = np.stack([np.stack(distances(one, words)) for one in words])
    np.testing.assert_array_equal(table, table.transpose(2, 1, 0))


def test_distances_are_the_smaller_of_plain_and_mirrored() -> None:
    one = np.array([0b1111, 0b1, 0b11, 0b111], np.uint64)
    many = np.array([[0, 5, 0, 5], [0b1110, 5, 0b110, 5]], np.uint64)
    dhash, phash = distances(one, many)
    assert (dhash.tolist(), phash.tolist()) == ([1, 1], [2, 1])


def test_both_limits_count() -> None:
    one = np.zeros(4, np.uint64)
    one[[1, 3]] = 2**64 - 1
    at, beyond = 2**DHASH_LIMIT - 1, 2 ** (DHASH_LIMIT + 1) - 1
    wave_at, wave_beyond = 2**PHASH_LIMIT - 1, 2 ** (PHASH_LIMIT + 1) - 1
    many = [[at, 0, wave_at, 0], [beyond, 0, 0, 0], [0, 0, wave_beyond, 0], [0, 0, 0, 0]]
    assert near(one, np.array(many, np.uint64)).tolist() == [0, 3]


def clustered(seed: int, count: int) -> NDArray[np.uint64]:
    """Return random fingerprints, each a few bits from one of a few, plain or mirrored."""
    rng = np.random.default_rng(seed)
    words = random_words(rng, 5)[rng.integers(0, 5, count)]
    for _ in range(9):
        words ^= np.uint64(1) << rng.integers(0, 64, words.shape, np.uint64)
    words[::3] = words[::3][:, [1, 0, 3, 2]]
    return words


@pytest.mark.parametrize("counts", [(0, 5), (5, 0), (1, 1), (130, 9000)])
def test_pairs_between_are_those_that_near_finds(counts: tuple[int, int]) -> None:
    a, b = clustered(1, counts[0]), clustered(1, counts[1])
    expected = [[i, int(j)] for i in range(len(a)) for j in near(a[i], b)]
    assert pairs_between(a, b).tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 2, 64, 65, 300])
def test_pairs_within_are_those_that_near_finds(count: int) -> None:
    words = clustered(2, count)
    expected = [[i, int(j)] for i in range(count) for j in near(words[i], words) if i < j]
    assert pairs_within(words).tolist() == expected


def test_an_index_that_grows_finds_what_near_finds() -> None:
    words = clustered(3, 3000)
    index: FingerprintIndex[str] = FingerprintIndex()
    assert index.near(words[0]) == []
    index.add(words[:1000], [f"image {row}" for row in range(1000)])
    for row in range(1000, 3000):
        index.add(words[row : row + 1], [f"image {row}"])
    assert len(index) == 3000
    assert index.near(words[7]) == [f"image {row}" for row in near(words[7], words)]


def test_an_index_wants_an_id_for_every_fingerprint() -> None:
    with pytest.raises(ValueError, match="2 fingerprints and 1 ids"):
        FingerprintIndex[int]().add(clustered(1, 2), [1])


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_ones_are_counted_without_numpy_2_too(words: list[int]) -> None:
    counts = room._ones_by_sums(np.array(words, np.uint64))
    assert counts.tolist() == [word.bit_count() for word in words]


@pytest.mark.originals
def test_the_originals_hold_one_pair(originals: Path) -> None:
    splits = (h5file.read_split(originals / h5file.FILE_NAMES[s], s) for s in h5file.SPLITS)
    train, test = (fingerprints(split.images) for split in splits)
    assert pairs_between(train, test).tolist() == [[146, 17]]
    assert pairs_within(train).tolist() == []
    assert pairs_within(test).tolist() == []


def test_altered_copies_of_photos_are_found(photos: Path) -> None:
    paths = sorted(photos.glob("*/*.jpg"))[::25]
    whole = [Image.open(io.BytesIO(path.read_bytes())) for path in paths]
    words = fingerprints(np.stack([pixels(image) for image in whole]))
    for name, alter in ALTERATIONS.items():
        if name != "cropped by 2.5 %":
            altered = fingerprints(np.stack([pixels(alter(image)) for image in whole]))
            assert pairs_between(words, altered).tolist() == [[i, i] for i in range(len(whole))]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_find_the_same_pairs_in_the_same_order(threads: int) -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(0, 1 << 64, (40, 4), np.uint64, endpoint=False)
    a, b = rng.integers(0, 40, 500), rng.integers(0, 40, 300)
    found = pairs_between(words[a], words[b], threads=threads)
    np.testing.assert_array_equal(found, np.argwhere(a[:, None] == b))


def test_a_group_holds_what_is_near_by_way_of_others() -> None:
    chain = np.zeros((4, 4), np.uint64)
    chain[:, 0] = chain[:, 1] = [0, 0xFFF, 0xFFFFFF, 2**63 - 1]  # 12 bits apart, and far away
    assert groups_within(chain).tolist() == [0, 0, 0, 3]
