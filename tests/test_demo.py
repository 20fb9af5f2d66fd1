"""The drawn dataset has the course's form, varies, and comes out the same whenever it is drawn."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from catdata import fingerprint, h5file
from catdata.demo import SCENES, draw_scene, sample, write_course_pair, write_photos
from catdata.errors import ConfigRefused, StorageFailed

ORIENTATION = 0x0112
SIZES = [
    pytest.param((240, 160), id="landscape"),
    pytest.param((160, 240), id="portrait"),
    pytest.param((64, 64), id="square"),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> h5file.Pair:
    folder = tmp_path_factory.mktemp("demo") / "datasets"
    write_course_pair(folder)
    return h5file.read_pair(folder)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_photos(tmp_path_factory.mktemp("demo"), count=60)


def upright(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture)


def test_the_pair_has_the_course_s_counts_shares_and_form(pair: h5file.Pair) -> None:
    assert pair.train.images.shape == (209, 64, 64, 3)
    assert pair.test.images.shape == (50, 64, 64, 3)
    assert pair.train.images.dtype == pair.test.images.dtype == np.uint8
    assert pair.train.labels.sum() == 72
    assert pair.test.labels.sum() == 33
    assert pair.train.class_names == pair.test.class_names == ("non-cat", "cat")
    assert pair.warnings == ()


def test_cats_and_other_things_are_mixed_in_the_pair(pair: h5file.Pair) -> None:
    for labels in (pair.train.labels, pair.test.labels):
        runs = 1 + np.count_nonzero(np.diff(labels))
        assert runs > len(labels) / 4


def test_photos_are_named_by_what_they_show_half_of_them_cats(tmp_path: Path) -> None:
    written = write_photos(tmp_path, count=9)
    assert [path.parent.name for path in written] == ["cat"] * 5 + ["non-cat"] * 4
    assert sorted((tmp_path / "photos").rglob("*.jpg")) == sorted(written)
    for path in written:
        kind = path.name.split("-")[0]
        assert kind in SCENES
        assert (kind == "cat") == (path.parent.name == "cat")


def test_photos_vary_in_size_and_orientation(photos: list[Path]) -> None:
    orientations = set()
    for path in photos:
        with Image.open(path) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
            orientations.add(picture.getexif().get(ORIENTATION, 1))
    sizes = [upright(path).size for path in photos]
    assert orientations == {1, 3, 6, 8}
    assert min(map(min, sizes)) >= 200
    assert max(map(max, sizes)) <= 800
    assert max(map(max, sizes)) > 3 * min(map(max, sizes))
    assert {np.sign(width - height) for width, height in sizes} == {-1, 0, 1}


def test_a_photo_that_is_stored_turned_comes_out_upright() -> None:
    picture = draw_scene("house", np.random.default_rng(0), (240, 160))
    seen = set()
    for seed in range(60):
        file = io.BytesIO(sample._encoded(picture, np.random.default_rng(seed)))
        with Image.open(file) as stored:
            orientation = stored.getexif().get(ORIENTATION, 1)
            seen.add(orientation)
            assert stored.size == ((160, 240) if orientation in (6, 8) else (240, 160))
            read = ImageOps.exif_transpose(stored)
        difference = np.abs(np.asarray(read, dtype=int) - np.asarray(picture, dtype=int))
        assert difference.mean() < 6  # what JPEG at quality 55 loses; turned it would be over 40
    assert seen == {1, 3, 6, 8}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", SCENES)
def test_a_scene_fills_a_picture_of_any_shape(kind: str, size: tuple[int, int]) -> None:
    picture = draw_scene(kind, np.random.default_rng(1), size)
    assert (picture.mode, picture.size) == ("RGB", size)
    pixels = np.asarray(picture, dtype=float)
    assert pixels.std(axis=(0, 1)).min() > 8
    assert 20 < pixels.mean() < 235


@pytest.mark.parametrize("kind", SCENES)
def test_a_scene_depends_on_its_random_numbers_alone(kind: str) -> None:
    first, again, other = (
        draw_scene(kind, np.random.default_rng(seed), (96, 72)).tobytes() for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_no_two_pictures_are_near_duplicates(pair: h5file.Pair, photos: list[Path]) -> None:
    squares = [np.asarray(upright(path).resize((64, 64))) for path in photos]
    images = np.concatenate([pair.train.images, pair.test.images, squares])
    assert len(fingerprint.pairs_within(fingerprint.fingerprints(images))) == 0


def test_the_same_seed_gives_the_same_pair_and_another_seed_another(pair: h5file.Pair) -> None:
    images, labels = sample.draw_course_split("test", seed=0)
    assert np.array_equal(images, pair.test.images)
    assert np.array_equal(labels, pair.test.labels)
    others, _ = sample.draw_course_split("test", seed=1)
    assert (images != others).any(axis=(1, 2, 3)).all()


def test_a_photo_does_not_depend_on_how_many_are_drawn(tmp_path: Path, photos: list[Path]) -> None:
    few = write_photos(tmp_path, count=6)
    same = [path for path in photos if path.name in {photo.name for photo in few}]
    assert [path.read_bytes() for path in few] == [path.read_bytes() for path in same]


def test_every_kind_but_the_cat_is_among_the_other_things() -> None:
    assert set(sample.OTHER_SHARES) == set(SCENES) - {"cat"}
    assert sum(sample.OTHER_SHARES.values()) == pytest.approx(1)


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="^The seed is -1; it must be 0 or more.$"):
        write_photos(tmp_path, count=1, seed=-1)


@pytest.mark.parametrize("write", [write_course_pair, write_photos])
def test_a_folder_that_cannot_be_made_is_named(write, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="file.* can't be written: Not a directory.$"):
        write(tmp_path / "file" / "demo")
