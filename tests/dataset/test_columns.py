"""Images by columns are the images by rows, in a tenth of the memory."""

from __future__ import annotations

import hashlib
import sqlite3
import tracemalloc
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from pictures import TEST_IMAGES, TRAIN_IMAGES, save

from catdata.dataset import edit, ingest
from catdata.dataset.catalog import ImageRow, ImageSource, Selection, fingerprints
from catdata.dataset.labels import Entry
from catdata.dataset.texts import Texts
from catdata.dataset.workspace import Workspace
from catdata.errors import WorkspaceDamaged
from catdata.h5file import SPLITS


@pytest.fixture
def mixed(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Original rows and photos, copied and in place, some relabelled, moved or removed."""
    copied = [Entry(save(tmp_path / f"é{i}.jpg", i), i % 2, SPLITS[i % 2]) for i in range(4)]
    ingest.add(workspace, copied)
    strange = tmp_path / "p\udcff"
    strange.mkdir()
    left = [Entry(save(strange / f"{i}.png", i), 1, "train") for i in range(4, 7)]
    ingest.add(workspace, left, in_place=True)
    edit.relabel(workspace, ["é0.jpg", "train[2]"], 1)
    edit.move(workspace, ["5.png"], "test")
    edit.remove(workspace, ["train[0]", "4.png"])
    return workspace


@pytest.mark.parametrize("split", SPLITS)
def test_columns_hold_what_the_rows_of_a_split_say(mixed: Workspace, split: str) -> None:
    with mixed.catalog() as catalog:
        rows = list(catalog.images(Selection(split=split)))
        columns = catalog.columns(split)
    names = [field.name for field in fields(ImageSource)]
    assert [[getattr(image, name) for name in names] for image in columns] == [
        [getattr(row, name) for name in names] for row in rows
    ]
    assert columns.refs(np.arange(len(columns))) == [row.ref for row in rows]
    assert columns.is_original.tolist() == [row.origin == "original" for row in rows]
    np.testing.assert_array_equal(columns.fingerprints, fingerprints(rows))
    assert len(columns) == {"train": TRAIN_IMAGES - 1 + 2 + 1, "test": TEST_IMAGES + 2 + 1}[split]


def test_rows_that_are_taken_come_in_the_order_asked_for(mixed: Workspace) -> None:
    with mixed.catalog() as catalog:
        columns = catalog.columns("train")
    last = len(columns) - 1
    assert list(columns.take(np.array([last, 0, last]))) == [
        columns[row] for row in (last, 0, last)
    ]


def test_a_split_without_images_has_empty_columns(workspace: Workspace) -> None:
    edit.remove(workspace, [f"test[{row}]" for row in range(TEST_IMAGES)])
    with workspace.catalog() as catalog:
        columns = catalog.columns("test")
    assert len(columns) == 0
    assert columns.fingerprints.shape == (0, 4)
    assert list(columns) == []


@pytest.mark.parametrize("wrong", ["", "12", "z" * 64])
def test_a_row_with_no_hash_is_damage(workspace: Workspace, wrong: str) -> None:
    with sqlite3.connect(workspace.catalog_path) as connection:
        connection.execute("UPDATE image SET content_hash = ? WHERE home_row = 1", (wrong,))
    connection.close()
    with workspace.catalog() as catalog, pytest.raises(WorkspaceDamaged, match="hash|hexadecimal"):
        catalog.columns("train")


def test_an_image_takes_little_more_than_its_hashes(workspace: Workspace) -> None:
    most = 200  # bytes, of which its three hashes are 96 and its name 15
    with workspace.catalog() as catalog, catalog.transaction():
        catalog.add_many([_photo(number) for number in range(20_000)], catalog.log("add", ""))
    with workspace.catalog() as catalog:
        catalog.columns("test")
        tracemalloc.start()
        columns = catalog.columns("train")
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held < most * len(columns)


def _photo(number: int) -> ImageRow:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return ImageRow(
        origin="added",
        content_hash=digest,
        fingerprint=(number, 0, 2**64 - 1, 1),
        width=500,
        height=374,
        label=number % 2,
        split="train",
        file_hash=digest[::-1],
        format="jpeg",
        file_name=f"photo{number:06}.jpg",
    )


def test_texts_are_given_back_as_they_were_appended() -> None:
    given = [b"", b"one", b"\xff\x00", b""]
    texts = Texts(given[:2])
    assert texts.longest() == 3
    texts.extend(given[2:])
    assert [texts[at] for at in range(len(texts))] == given
    assert Texts().longest() == 0
