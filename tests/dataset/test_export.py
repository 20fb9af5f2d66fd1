"""What is exported can be added again, and is what a build holds."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pictures import TEST_IMAGES, TRAIN_IMAGES, save
from PIL import Image

from catdata import h5file
from catdata.dataset import build, ingest, labels
from catdata.dataset.export import EXPORTERS, export
from catdata.dataset.labels import Entry
from catdata.dataset.originals import init
from catdata.dataset.workspace import Workspace
from catdata.errors import BuildRefused


@pytest.fixture
def filled(workspace: Workspace, tmp_path: Path) -> Workspace:
    entries = [
        Entry(save(tmp_path / f"{i}.jpg", i), i % 2, h5file.SPLITS[i // 3]) for i in range(5)
    ]
    ingest.add(workspace, entries)
    return workspace


def test_an_exported_folder_added_again_gives_the_same_build(
    filled: Workspace, tmp_path: Path
) -> None:
    export(filled, tmp_path / "out")
    init(tmp_path / "again", {})
    again = Workspace(tmp_path / "again")
    entries = labels.from_file(tmp_path / "out" / "metadata.csv")
    report = ingest.add(again, entries)
    assert not report.refused
    assert not report.skipped
    pairs = [h5file.read_pair(build.build(one).folder) for one in (filled, again)]
    for split in h5file.SPLITS:
        before, after = (getattr(pair, split) for pair in pairs)
        np.testing.assert_array_equal(after.images, before.images)
        np.testing.assert_array_equal(after.labels, before.labels)


def test_photos_are_exported_byte_for_byte_in_folders_of_classes(
    filled: Workspace, tmp_path: Path
) -> None:
    export(filled, tmp_path / "out")
    with (tmp_path / "out" / "metadata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == TRAIN_IMAGES + TEST_IMAGES + 5
    row = next(row for row in rows if row["original_name"] == "1.jpg")
    assert row["file_name"].startswith("train/cat/000013-")
    exported = (tmp_path / "out" / row["file_name"]).read_bytes()
    assert exported == (tmp_path / "1.jpg").read_bytes()


def test_with_a_size_all_pictures_are_prepared_squares(filled: Workspace, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", size=32)
    sizes = set()
    for path in (tmp_path / "out").glob("*/*/*"):
        with Image.open(path) as image:
            sizes.add(image.size)
    assert sizes == {(32, 32)}


def test_an_npz_file_holds_the_arrays_of_a_build(filled: Workspace, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", "npz")
    pair = h5file.read_pair(build.build(filled).folder)
    with np.load(tmp_path / "out" / "catdata.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["x_train"], pair.train.images)
        np.testing.assert_array_equal(arrays["y_test"], pair.test.labels)
        assert tuple(arrays["refs_train"]) == pair.train.refs
        assert arrays["class_names"].tolist() == ["non-cat", "cat"]


def test_an_npz_file_written_in_slices_is_the_one_that_numpy_writes(
    filled: Workspace, tmp_path: Path
) -> None:
    export(filled, tmp_path / "out", "npz")
    path = tmp_path / "out" / "catdata.npz"
    with np.load(path, allow_pickle=False) as arrays:
        np.savez_compressed(tmp_path / "numpy.npz", allow_pickle=False, **arrays)
    assert path.read_bytes() == (tmp_path / "numpy.npz").read_bytes()


@pytest.mark.parametrize("name", EXPORTERS)
def test_progress_counts_every_image(filled: Workspace, tmp_path: Path, name: str) -> None:
    seen: list[tuple[int, int]] = []
    report = export(filled, tmp_path / "out", name, on_progress=lambda *step: seen.append(step))
    assert seen == [(i, report.images) for i in range(1, report.images + 1)]


def test_a_folder_that_holds_something_is_not_written_to(filled: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BuildRefused, match="is not empty"):
        export(filled, tmp_path)
