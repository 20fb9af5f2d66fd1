"""A saved network gives the same answers, and a damaged one is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pictures import course_arrays

from catdata.errors import ModelRefused
from catdata.learning import models
from catdata.learning.config import TrainConfig
from catdata.learning.folds import Subset
from catdata.learning.models import MEANING, NUMBERS, Origin
from catdata.learning.records import Run
from catdata.learning.training import fit

ORIGIN = Origin("original", "abc", 64, "stretch", ("non-cat", "cat"))


@pytest.fixture(scope="module")
def run() -> Run:
    train, test = (Subset(*course_arrays(split)) for split in ("train", "test"))
    return fit(train, TrainConfig(layers=(3,), iterations=20), tests={"test": test})


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    models.save(run, ORIGIN, tmp_path / "runs" / "mine")
    return tmp_path / "runs" / "mine"


def test_a_loaded_network_answers_as_the_trained_one(run: Run, folder: Path) -> None:
    model = models.load(folder)
    images, _ = course_arrays("test")
    np.testing.assert_allclose(
        model.probabilities(images), run.tests["test"].probabilities, rtol=1e-12
    )
    assert model.config == run.config
    assert model.origin == ORIGIN
    assert model.probabilities(images[:0]).shape == (0,)


@pytest.mark.parametrize("knob", ["center", "standardize"])
def test_a_loaded_network_scales_and_decides_as_it_was_trained(tmp_path: Path, knob: str) -> None:
    train, test = (Subset(*course_arrays(split)) for split in ("train", "test"))
    options = {knob: True, "activation": "tanh", "threshold": 0.7}
    run = fit(train, TrainConfig(layers=(3,), iterations=20, **options), tests={"test": test})
    models.save(run, ORIGIN, tmp_path / "scaled")
    model = models.load(tmp_path / "scaled")
    np.testing.assert_allclose(
        model.probabilities(test.images), run.tests["test"].probabilities, rtol=1e-9
    )
    assert [model.class_name(probability) for probability in (0.69, 0.71)] == ["non-cat", "cat"]


def test_a_model_is_replaced_by_the_next_of_its_name(run: Run, folder: Path) -> None:
    models.save(run, ORIGIN, folder)
    assert sorted(path.name for path in folder.iterdir()) == [MEANING, NUMBERS]


def test_a_folder_with_anything_else_is_not_replaced(run: Run, folder: Path) -> None:
    (folder / "notes.txt").touch()
    with pytest.raises(ModelRefused, match=r"notes\.txt"):
        models.save(run, ORIGIN, folder)


def test_a_file_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ModelRefused, match="mine is no folder, so it is not replaced"):
        models.save(run, ORIGIN, tmp_path / "mine")


def test_a_missing_model_says_how_to_save_one(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="no saved model") as raised:
        models.load(tmp_path / "none")
    assert raised.value.hint == "Save one with: catdata train --save NAME"


def change(folder: Path, **values: object) -> None:
    meaning = json.loads((folder / MEANING).read_text())
    (folder / MEANING).write_text(json.dumps(meaning | values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"format": 9}, "newer catdata", id="newer"),
        pytest.param({"numbers_sha256": "0"}, "not the one that", id="other numbers"),
        pytest.param({"network": {"layer_dims": [12288, 4, 1]}}, "W1 should hold", id="shape"),
        pytest.param({"network": {"layer_dims": [12288]}}, "is damaged", id="no layers"),
        pytest.param({"size": 32}, "do not fit pictures of 32 pixels", id="size"),
        pytest.param({"class_names": ["cat"]}, "is damaged", id="one class"),
        pytest.param({"config": None}, "is damaged", id="no config"),
        pytest.param({"size": float("inf")}, "is damaged", id="endless size"),
        pytest.param(
            {"config": {"layers": [3], "\x1b[2J": 1}}, r"damaged: .*\\x1b\[2J", id="hostile option"
        ),
    ],
)
def test_a_model_that_is_not_what_it_says_is_refused(
    folder: Path, values: dict[str, object], message: str
) -> None:
    change(folder, **values)
    with pytest.raises(ModelRefused, match=message):
        models.load(folder)


@pytest.mark.parametrize("name", [MEANING, NUMBERS])
def test_a_torn_file_is_refused(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelRefused, match="is damaged"):
        models.load(folder)


def test_an_archive_packed_in_another_way_is_refused(folder: Path) -> None:
    data = bytearray((folder / NUMBERS).read_bytes())
    method = data.rindex(b"PK\x01\x02") + 10  # in the directory at the archive's end
    data[method] = 99
    (folder / NUMBERS).write_bytes(data)
    change(folder, numbers_sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(ModelRefused, match="is damaged"):
        models.load(folder)


def test_json_that_is_nested_too_deep_is_refused(folder: Path) -> None:
    (folder / MEANING).write_text("[" * 100_000)
    with pytest.raises(ModelRefused, match="is damaged"):
        models.load(folder)


def test_a_model_knows_what_altered_its_pictures(run: Run, tmp_path: Path) -> None:
    origin = replace(ORIGIN, augment=("flip", "rotate=15@0.5"))
    models.save(run, origin, tmp_path / "altered")
    assert models.load(tmp_path / "altered").origin == origin


def test_a_model_of_before_that_does_not_say_is_still_read(folder: Path) -> None:
    meaning = json.loads((folder / MEANING).read_text())
    del meaning["augment"]
    (folder / MEANING).write_text(json.dumps(meaning))
    assert models.load(folder).origin == ORIGIN


def test_the_history_is_saved_with_the_model(run: Run, folder: Path) -> None:
    with np.load(folder / NUMBERS) as arrays:
        for name in ("costs", "gradient_norms", "dead_units", "saturation", "update_ratios"):
            np.testing.assert_array_equal(arrays[name], getattr(run.history, name))
    meaning = json.loads((folder / MEANING).read_text("utf-8"))
    assert meaning["history"] == run.history.to_json()
