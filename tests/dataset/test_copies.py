"""Copies go into train alone, carry their parent's label, and depend on their parent alone."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pictures import TEST_IMAGES, TRAIN_IMAGES, course_arrays, save

from catdata import h5file
from catdata.dataset import augment, build, copies, edit, explain, ingest
from catdata.dataset.contents import Recipe
from catdata.dataset.copies import Augmentation
from catdata.dataset.labels import Entry
from catdata.dataset.originals import init
from catdata.dataset.workspace import Workspace
from catdata.errors import BuildRefused, ConfigRefused, WorkspaceDamaged

ADDED_TO_TRAIN = 3
STANDARD = {"augment": ("standard",), "copies": 2}


@pytest.fixture
def photos_added(workspace: Workspace, tmp_path: Path) -> Workspace:
    """The small workspace with five photos, three in train."""
    sides = ["train", "test", "train", "train", "test"]
    entries = [Entry(save(tmp_path / f"{i}.jpg", i), i % 2, side) for i, side in enumerate(sides)]
    ingest.add(workspace, entries)
    return workspace


def built(workspace: Workspace, **options: object) -> h5file.Pair:
    return h5file.read_pair(build.build(workspace, recipe=Recipe(**options)).folder)


def copies_of(train: h5file.ImageSet) -> dict[tuple[str, int], bytes]:
    """Return the pixels of all augmented copies by parent and number."""
    return {
        (ref, int(copy)): train.images[row].tobytes()
        for row, (ref, copy) in enumerate(zip(train.refs, train.copies))
        if copy
    }


def test_copies_follow_the_images_those_of_one_together(photos_added: Workspace) -> None:
    plain, train = built(photos_added).train, built(photos_added, **STANDARD).train
    images = TRAIN_IMAGES + ADDED_TO_TRAIN
    assert len(train) == 3 * images
    np.testing.assert_array_equal(train.images[:images], plain.images)
    assert train.refs[images:] == tuple(ref for ref in plain.refs for _ in range(2))
    assert train.copies[images:].tolist() == [1, 2] * images
    np.testing.assert_array_equal(train.labels[images:], plain.labels.repeat(2))
    assert (train.images[images:] != plain.images.repeat(2, axis=0)).any(axis=(1, 2, 3)).all()


def test_the_test_split_is_never_touched(photos_added: Workspace) -> None:
    plain, test = built(photos_added).test, built(photos_added, **STANDARD, balance=True).test
    np.testing.assert_array_equal(test.images, plain.images)
    assert test.refs == plain.refs
    assert not test.copies.any()


def test_adding_a_photo_leaves_every_other_copy_as_it_was(
    photos_added: Workspace, tmp_path: Path
) -> None:
    before = copies_of(built(photos_added, **STANDARD).train)
    ingest.add(photos_added, [Entry(save(tmp_path / "new.jpg", 99), 1, "train")])
    after = copies_of(built(photos_added, **STANDARD).train)
    assert len(after) == len(before) + 2
    assert {key: after[key] for key in before} == before


def test_more_copies_leave_the_first_ones_as_they_were(photos_added: Workspace) -> None:
    two = copies_of(built(photos_added, **STANDARD).train)
    many = copies_of(built(photos_added, augment=("standard",), copies=20).train)
    assert {key: many[key] for key in two} == two


def test_the_number_of_workers_changes_no_byte(photos_added: Workspace) -> None:
    recipe = Recipe(augment=("strong",), copies=3, balance=True)
    contents = []
    for jobs in (1, 3):
        folder = build.build(photos_added, recipe=recipe, jobs=jobs).folder
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]


def test_another_seed_makes_other_copies_of_the_same_images(photos_added: Workspace) -> None:
    first, second = (built(photos_added, **STANDARD, seed=seed) for seed in (0, 1))
    assert first.train.refs == second.train.refs
    assert not set(copies_of(first.train).values()) & set(copies_of(second.train).values())
    assert first.build_id != second.build_id


@pytest.mark.parametrize("only", ["added", "original", "cat", "non-cat"])
def test_augment_only_picks_the_images(photos_added: Workspace, only: str) -> None:
    train = built(photos_added, **STANDARD, augment_only=only).train
    labels = dict(zip(train.refs, train.labels.tolist()))
    wanted = {
        "added": [ref for ref in labels if not ref.startswith("train[")],
        "original": [ref for ref in labels if ref.startswith("train[")],
        "cat": [ref for ref, label in labels.items() if label],
        "non-cat": [ref for ref, label in labels.items() if not label],
    }[only]
    assert {ref for ref, _ in copies_of(train)} == set(wanted)


def test_balance_gives_the_rarer_class_copies_until_the_shares_are_equal(
    photos_added: Workspace,
) -> None:
    train = built(photos_added, augment=("flip",), balance=True).train
    cats = int(train.labels.sum())
    assert cats == len(train) - cats
    assert train.labels[train.copies > 0].all()
    each = Counter(ref for ref, _ in copies_of(train)).values()
    assert max(each) - min(each) <= 1


def test_balance_comes_after_the_copies_that_all_get(photos_added: Workspace) -> None:
    train = built(photos_added, **STANDARD, balance=True).train
    assert train.labels.mean() == 0.5
    each = Counter(ref for ref, _ in copies_of(train))
    assert len(each) == TRAIN_IMAGES + ADDED_TO_TRAIN
    labels = dict(zip(train.refs, train.labels.tolist()))
    assert all(number == 2 for ref, number in each.items() if not labels[ref])
    assert all(number > 2 for ref, number in each.items() if labels[ref])


def test_balance_without_transforms_repeats_images_as_they_are(photos_added: Workspace) -> None:
    train = built(photos_added, balance=True).train
    assert train.labels.mean() == 0.5
    itself = {ref: train.images[row].tobytes() for row, ref in enumerate(train.refs[:15])}
    assert all(pixels == itself[ref] for (ref, _), pixels in copies_of(train).items())


def test_an_image_that_is_left_out_of_train_has_no_copies(tmp_path: Path) -> None:
    pair = {split: tmp_path / name for split, name in h5file.FILE_NAMES.items()}
    train, labels = course_arrays("train")
    test, test_labels = course_arrays("test")
    test[2] = train[5][:, ::-1]
    h5file.write_course_file(pair["train"], "train", train, labels)
    h5file.write_course_file(pair["test"], "test", test, test_labels)
    init(tmp_path / "workspace", pair)
    enlarged = built(Workspace(tmp_path / "workspace"), **STANDARD, balance=True)
    assert "train[5]" not in enlarged.train.refs
    assert not {ref for ref, _ in copies_of(enlarged.train)} & set(enlarged.test.refs)


def test_a_copy_is_known_by_the_fingerprint_of_its_parent(photos_added: Workspace) -> None:
    train = built(photos_added, **STANDARD).train
    assert train.fingerprints is not None
    by_ref = {ref: train.fingerprints[row].tolist() for row, ref in enumerate(train.refs[:15])}
    assert [by_ref[ref] for ref in train.refs] == train.fingerprints.tolist()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="as-usual"),
        pytest.param({"size": 32}, id="smaller"),
        pytest.param({"size": 100, "fit": "crop"}, id="larger-and-cropped"),
        pytest.param({"fit": "pad", "compress": True}, id="padded"),
    ],
)
def test_any_row_can_be_drawn_again_from_what_is_stored(
    photos_added: Workspace, options: dict[str, object]
) -> None:
    train = built(photos_added, augment=("strong",), copies=2, seed=8, **options).train
    for row in [0, TRAIN_IMAGES, 15, 20, len(train) - 1]:
        again = explain.redraw(photos_added, f"enlarged/train[{row}]")
        np.testing.assert_array_equal(again, train.images[row])


def test_augment_makes_the_copies_that_a_build_holds_of_original_rows(
    photos_added: Workspace,
) -> None:
    train = built(photos_added, **STANDARD, seed=4).train
    for row in range(15, 25):
        parent = train.images[train.refs.index(train.refs[row])]
        copy = augment.augment(parent, "standard", seed=4, copy=int(train.copies[row]))
        np.testing.assert_array_equal(copy, train.images[row])


def test_build_json_says_what_was_done_to_each_copy(photos_added: Workspace) -> None:
    folder = build.build(photos_added, recipe=Recipe(augment=("rotate=9",), copies=1)).folder
    rows = json.loads((folder / "build.json").read_text())["rows"]
    assert "copy" not in rows["train"][14]
    last = rows["train"][-1]
    assert (last["file"], last["copy"], last["label"]) == ("3.jpg", 1, "cat")
    assert -9 <= last["transforms"]["rotate"]["degrees"] <= 9
    with h5file.open_split(folder / h5file.FILE_NAMES["train"], "train") as train:
        assert train.parameters is not None
        assert json.loads(train.parameters[-1]) == last["transforms"]


def test_the_recipe_on_record_spells_presets_out(photos_added: Workspace) -> None:
    build.build(photos_added, recipe=Recipe(augment=("light",), copies=1))
    recipe = photos_added.manifest("enlarged")["recipe"]
    assert recipe["augment"] == ["shift=0.05@1", "flip=1@0.5", "brightness=0.1@1"]
    assert Recipe(**recipe | {"augment": tuple(recipe["augment"])}).copies == 1


def test_a_plan_says_what_a_build_will_hold_and_weigh(photos_added: Workspace) -> None:
    recipe = Recipe(augment=("standard",), copies=30)
    planned = build.plan(photos_added, recipe=recipe)
    assert not (photos_added.data / "enlarged").exists()
    report = build.build(photos_added, recipe=recipe)
    assert planned.splits == report.splits
    assert planned.splits["train"].augmented == 30 * (TRAIN_IMAGES + ADDED_TO_TRAIN)
    assert planned.splits["test"].images == TEST_IMAGES + 2
    weight = sum((report.folder / name).stat().st_size for name in h5file.FILE_NAMES.values())
    assert planned.bytes == pytest.approx(weight, rel=0.02)


def test_classes_that_cannot_be_balanced_are_refused(workspace: Workspace) -> None:
    recipe = Recipe(augment=("flip",), balance=True, augment_only="added")
    with pytest.raises(BuildRefused, match="no cat image may be augmented"):
        build.plan(workspace, recipe=recipe)
    cats = [row for row, label in enumerate(course_arrays("train")[1]) if label]
    edit.remove(workspace, [f"train[{row}]" for row in cats])
    with pytest.raises(BuildRefused, match="no cat image may be augmented"):
        build.plan(workspace, recipe=Recipe(balance=True))


def test_more_copies_than_a_file_may_hold_are_refused_before_any_is_drawn(
    workspace: Workspace,
) -> None:
    with workspace.catalog() as catalog:
        train = catalog.columns("train").take(np.zeros(360, np.intp))
    with pytest.raises(BuildRefused, match="would hold 360,360 images; 200,000 are the limit"):
        copies.plan(train, Augmentation(augment=("flip",), copies=1000))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"copies": 2}, "altered by nothing", id="no-transforms"),
        pytest.param({"augment": ("flip",)}, "no copies to apply them to", id="no-copies"),
        pytest.param({"augment": ("spin",), "copies": 1}, "no transform 'spin'", id="unknown"),
        pytest.param({"augment": ("flip",), "copies": -1}, "within 0..1000", id="negative"),
        pytest.param({"augment": ("flip",), "copies": 1001}, "within 0..1000", id="too-many"),
        pytest.param({"seed": -1}, "seed is -1", id="seed"),
        pytest.param({"augment_only": "dog"}, "must be one of added", id="subset"),
        pytest.param({"augment_only": "cat"}, "Nothing says how", id="subset-alone"),
    ],
)
def test_an_augmentation_that_cannot_work_is_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigRefused, match=message):
        Augmentation(**options)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("brightness=0.2", id="not moved"),
        pytest.param("rotate=15", id="moved"),
        pytest.param("rotate=15@0.5", id="some moved"),
    ],
)
@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_copies_are_the_same_with_and_without_the_pixel_cache(
    tmp_path: Path, pair: dict[str, Path], spec: str, fit: str
) -> None:
    init(tmp_path / "cats", pair, fit=fit)
    workspace = Workspace(tmp_path / "cats")
    files = [save(tmp_path / f"{seed}.jpg", seed) for seed in range(200, 204)]
    ingest.add(workspace, [Entry(path, 1, "train") for path in files])
    cached = copies_of(built(workspace, augment=(spec,), copies=3).train)
    shutil.rmtree(workspace.data / "cache")
    assert copies_of(built(workspace, augment=(spec,), copies=3).train) == cached


def test_a_copy_that_is_not_moved_needs_no_file(photos_added: Workspace) -> None:
    shutil.rmtree(photos_added.raw.folder)
    assert copies_of(built(photos_added, augment=("brightness",), copies=1).train)
    with pytest.raises(WorkspaceDamaged, match="does not exist"):
        built(photos_added, augment=("rotate",), copies=1)
