"""A row of a build tells which image it shows, which copy it is, and how it was altered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pictures import TRAIN_IMAGES, save

from catdata import h5file
from catdata.dataset import build, edit, explain, ingest
from catdata.dataset.contents import Recipe
from catdata.dataset.copies import Augmentation
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.errors import BuildRefused, UnknownReference
from catdata.h5file.library import h5py


@pytest.fixture
def augmented(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with one photo, and a build with two copies of each image."""
    ingest.add(workspace, [Entry(save(tmp_path / "a.jpg", 1), 1, "train")])
    build.build(workspace, recipe=Recipe(augment=("standard",), copies=2))
    return workspace


LAST = f"enlarged/train[{3 * (TRAIN_IMAGES + 1) - 1}]"


def test_a_copy_is_explained_with_its_parent_and_its_parameters(augmented: Workspace) -> None:
    record = explain.describe(augmented, LAST)
    with augmented.catalog() as catalog:
        photo = catalog.resolve("a.jpg")
    assert record["ref"] == LAST
    assert record["label"] == "cat"
    assert record["copy"] == 2
    assert record["parent"] == f"enlarged/train[{TRAIN_IMAGES}]"
    assert record["content_hash"] == photo.content_hash
    assert record["file"] == "a.jpg"
    manifest = json.loads((augmented.data / "enlarged" / "build.json").read_text())
    assert record["transforms"] == manifest["rows"]["train"][-1]["transforms"]


def test_a_row_that_is_no_copy_is_explained_by_its_image(augmented: Workspace) -> None:
    record = explain.describe(augmented, "enlarged/train[3]")
    assert record["image"] == "train[3]"
    assert "copy" not in record


def test_an_image_of_the_catalog_is_described_as_ever(augmented: Workspace) -> None:
    assert explain.describe(augmented, "a.jpg")["width"] == 120


def test_a_row_of_any_folder_can_be_named(augmented: Workspace, tmp_path: Path) -> None:
    folder = shutil.copytree(augmented.data / "enlarged", tmp_path / "elsewhere")
    assert explain.describe(augmented, f"{folder}/train[0]")["image"] == "train[0]"


def test_a_row_whose_image_is_gone_is_explained_from_the_build_alone(augmented: Workspace) -> None:
    edit.undo(augmented)
    record = explain.describe(augmented, LAST)
    assert record["copy"] == 2
    assert "file" not in record
    with pytest.raises(UnknownReference):
        explain.redraw(augmented, LAST)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("enlarged/train[999]", r"There is no enlarged/train\[999\]"),
        ("nothing/train[0]", "There is no build named nothing"),
    ],
)
def test_a_row_that_is_not_there_is_refused(augmented: Workspace, name: str, message: str) -> None:
    with pytest.raises(UnknownReference, match=message):
        explain.describe(augmented, name)


def test_only_a_row_can_be_drawn_again(augmented: Workspace) -> None:
    with pytest.raises(UnknownReference, match=r"train\[0\] is no row of a build"):
        explain.redraw(augmented, "train[0]")


def test_parameters_from_elsewhere_are_not_followed_blindly(augmented: Workspace) -> None:
    path = augmented.data / "enlarged" / h5file.FILE_NAMES["train"]
    with h5py.File(path, "r+") as file:
        texts = file["catdata/parameters"][:]
        texts[-1] = json.dumps({"blur": {"radius": 1e9}})
        file["catdata/parameters"][:] = texts
    with pytest.raises(BuildRefused, match="What was done to a copy can't be understood"):
        explain.redraw(augmented, LAST)


def test_looking_at_a_copy_shows_photo_parent_and_copy(augmented: Workspace) -> None:
    whole, before, after = explain.look(augmented, LAST)
    assert whole.pixels.shape == (90, 120, 3)
    assert before.pixels.shape == after.pixels.shape == (64, 64, 3)
    assert after.caption.startswith(f"{LAST}: turned ")
    assert [len(explain.look(augmented, name)) for name in ("a.jpg", "enlarged/train[0]")] == [2, 2]


def test_a_preview_draws_the_copies_that_a_build_holds(augmented: Workspace) -> None:
    augmentation = Augmentation(augment=("standard",), copies=2)
    ((itself, *copies),) = explain.preview(augmented, ["a.jpg"], augmentation)
    train = h5file.read_pair(augmented.data / "enlarged").train
    np.testing.assert_array_equal(itself.pixels, train.images[TRAIN_IMAGES])
    for copy, row in zip(copies, train.images[-2:], strict=True):
        np.testing.assert_array_equal(copy.pixels, row)
    assert copies[0].caption.startswith("copy 1: turned ")
