"""The audit finds what could spoil a dataset and says what it measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import draw, save
from PIL import Image, ImageFilter, ImageOps

from catdata import h5file
from catdata.dataset import build, edit, ingest
from catdata.dataset.audit import MEASURES, Finding, audit
from catdata.dataset.labels import Entry
from catdata.dataset.originals import find_pair, init
from catdata.dataset.workspace import Workspace


def add(workspace: Workspace, path: Path, label: int = 1) -> str:
    (added,) = ingest.add(workspace, [Entry(path, label, "train")]).added
    return added.ref


def found(workspace: Workspace, kind: str) -> list[Finding]:
    return [finding for finding in audit(workspace, jobs=2) if finding.kind == kind]


def test_a_clean_dataset_has_no_findings(workspace: Workspace) -> None:
    assert audit(workspace) == []


def test_a_copy_in_other_quality_is_a_near_duplicate(workspace: Workspace, tmp_path: Path) -> None:
    first = add(workspace, save(tmp_path / "a.png", 1))
    second = add(workspace, save(tmp_path / "b.jpg", 1, quality=60))
    (finding,) = found(workspace, "near-duplicate")
    assert finding.refs == (first, second)
    assert "(limit 12), pHash distance " in finding.detail


def test_a_mirror_image_is_called_one(workspace: Workspace, tmp_path: Path) -> None:
    first = add(workspace, save(tmp_path / "a.png", 1))
    ImageOps.mirror(draw(1)).save(tmp_path / "b.png")
    second = add(workspace, tmp_path / "b.png")
    (finding,) = found(workspace, "mirrored")
    assert finding.refs == (first, second)


def test_a_copy_under_another_label_is_a_conflict(workspace: Workspace, tmp_path: Path) -> None:
    add(workspace, save(tmp_path / "a.png", 1), label=1)
    add(workspace, save(tmp_path / "b.jpg", 1, quality=60), label=0)
    (finding,) = found(workspace, "label-conflict")
    assert finding.detail == "labelled cat and non-cat"


def test_a_copy_on_the_other_side_is_a_leak(workspace: Workspace, tmp_path: Path) -> None:
    images, labels = np.stack([np.asarray(draw(i, 64, 64)) for i in range(3)]), np.array([0, 1, 0])
    pair = {split: tmp_path / name for split, name in h5file.FILE_NAMES.items()}
    h5file.write_course_file(pair["train"], "train", images, labels)
    h5file.write_course_file(pair["test"], "test", images[1:2], labels[1:2])
    init(tmp_path / "leaky", pair)
    leaky = Workspace(tmp_path / "leaky")
    (finding,) = found(leaky, "leak")
    assert finding.refs == ("train[1]", "test[0]")
    assert [finding.detail for finding in found(leaky, "duplicate")] == ["the same pixels"]


@pytest.mark.originals
def test_the_leak_of_the_course_files_is_found(tmp_path: Path, originals: Path) -> None:
    init(tmp_path, find_pair([originals]))
    (finding,) = found(Workspace(tmp_path), "leak")
    assert finding.refs == ("train[146]", "test[17]")


POOR = {
    "dark": Image.eval(draw(1), lambda level: level // 10),
    "bright": Image.eval(draw(1), lambda level: 235 + level // 20),
    "low-information": Image.eval(draw(1), lambda level: 100 + level // 30),
    "blurry": draw(1, 640, 480).filter(ImageFilter.GaussianBlur(60)),
}


@pytest.mark.parametrize("kind", MEASURES)
def test_a_poor_picture_is_found_with_the_value_and_the_limit(
    workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    POOR[kind].save(tmp_path / "a.png")
    ref = add(workspace, tmp_path / "a.png")
    (finding,) = found(workspace, kind)
    assert finding.refs == (ref,)
    measure = MEASURES[kind]
    assert finding.detail.startswith(measure.what)
    assert finding.detail.endswith(f"(limit {measure.limit:.0f})")


def test_a_picture_smaller_than_the_builds_is_upscaled(
    workspace: Workspace, tmp_path: Path
) -> None:
    draw(1, 60, 80).save(tmp_path / "a.png")
    ref = add(workspace, tmp_path / "a.png")
    assert found(workspace, "upscaled") == [
        Finding("upscaled", (ref,), "60 x 80 pixels, smaller than 64 x 64")
    ]


def test_a_very_long_picture_has_an_odd_aspect_ratio(workspace: Workspace, tmp_path: Path) -> None:
    draw(1, 400, 100).save(tmp_path / "a.png")
    ref = add(workspace, tmp_path / "a.png")
    (finding,) = found(workspace, "odd-aspect-ratio")
    assert finding.refs == (ref,)
    assert finding.detail == "400 x 100 pixels: the sides are 4.0 : 1 (limit 2.5 : 1)"


def test_lopsided_classes_are_an_imbalance_and_a_shift(workspace: Workspace) -> None:
    edit.relabel(workspace, [f"train[{i}]" for i in range(12)], 0)
    (imbalance,) = found(workspace, "class-imbalance")
    assert imbalance.detail == "train holds 0 cats among 12 images (limit 25% of each class)"
    assert len(found(workspace, "class-shift")) == 1


def test_a_build_older_than_the_catalog_is_named(workspace: Workspace) -> None:
    build.build(workspace)
    edit.remove(workspace, ["train[0]"])
    (finding,) = found(workspace, "build-out-of-date")
    assert "catdata build-h5 enlarged" in finding.detail
