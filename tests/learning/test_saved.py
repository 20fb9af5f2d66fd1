"""A saved comparison comes back whole, or is refused with what is wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builds import built_arm, course_arm

from catdata.errors import ComparisonRefused
from catdata.learning import saved
from catdata.learning.comparison import Comparison
from catdata.learning.config import TrainConfig
from catdata.learning.experiments import compare

QUICK = TrainConfig(learning_rate=0.02, iterations=20, record_every=10)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A comparison with all that a record can hold: worlds, folds, a control, changed images."""
    folder = tmp_path_factory.mktemp("saved")
    old, new = range(24), range(200, 224)
    arms = [course_arm(folder / "original", old), built_arm(folder / "enlarged", [*old, *new])]
    return compare(arms, layers=[(4,), ()], seeds=[1, 2], config=QUICK, control=True, folds=2)


def test_a_comparison_comes_back_as_it_was(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "comparisons" / "first.json"
    saved.save(comparison, path)
    back = saved.load(path)
    assert back.to_json() == comparison.to_json()
    assert back.changes == comparison.changes
    assert (back.worlds, back.folds) == (comparison.worlds, comparison.folds)
    assert len(back.worlds) == 2
    assert len(back.folds) == 6
    assert back.config == comparison.config
    for ours, theirs in zip(back.flips, comparison.flips, strict=True):
        for name in ("improved", "worsened", "always_wrong"):
            for image, original in zip(getattr(ours, name), getattr(theirs, name), strict=True):
                np.testing.assert_array_equal(image.pixels, original.pixels)
    assert any(flips.always_wrong or flips.improved for flips in back.flips)


def test_saving_again_replaces_the_comparison(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "first.json"
    saved.save(comparison, path)
    saved.save(replace(comparison, seconds=1.5), path)
    assert saved.load(path).seconds == 1.5
    assert [file.name for file in tmp_path.iterdir()] == ["first.json"]


@pytest.mark.parametrize(
    "content", ["", "my notes", "[1, 2]", '{"kind": "notes"}', '{"kind": "catdata comparison"}']
)
def test_what_is_no_comparison_is_not_replaced(
    comparison: Comparison, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "first.json"
    path.write_text(content)
    with pytest.raises(ComparisonRefused, match="is no comparison, so it is not replaced"):
        saved.save(comparison, path)
    assert path.read_text() == content


def test_a_missing_comparison_is_named(tmp_path: Path) -> None:
    with pytest.raises(ComparisonRefused, match="There is no saved comparison in") as refused:
        saved.load(tmp_path / "none.json")
    assert refused.value.hint == "Save one with: catdata compare --save NAME"


def test_a_comparison_of_a_newer_version_is_refused(comparison: Comparison, tmp_path: Path) -> None:
    path = written(comparison, tmp_path)
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(ComparisonRefused, match="was saved by a newer catdata") as refused:
        saved.load(path)
    assert refused.value.hint == "Update catdata: pip install --upgrade catdata"


def test_a_changed_letter_is_noticed(comparison: Comparison, tmp_path: Path) -> None:
    path = written(comparison, tmp_path)
    path.write_text(path.read_text().replace("enlarged", "enlarget"))
    with pytest.raises(ComparisonRefused, match="its content is not what was saved"):
        saved.load(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_torn_file_is_refused(comparison: Comparison, tmp_path: Path, share: float) -> None:
    path = written(comparison, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ComparisonRefused, match="is no comparison, or is damaged"):
        saved.load(path)


def written(comparison: Comparison, folder: Path) -> Path:
    path = folder / "first.json"
    saved.save(comparison, path)
    return path


def forged(path: Path, change: Any) -> None:
    """Change the record in a file and make its hash fit."""
    whole = json.loads(path.read_text())
    record = json.loads(whole["comparison"])
    change(record)
    whole["comparison"] = json.dumps(record)
    whole["sha256"] = hashlib.sha256(whole["comparison"].encode()).hexdigest()
    path.write_text(json.dumps(whole))


def a_number_for_a_name(record: dict[str, Any]) -> None:
    record["arms"][0]["build"] = 7


def a_missing_field(record: dict[str, Any]) -> None:
    del record["arms"][0]["curve"]


def one_field_more(record: dict[str, Any]) -> None:
    record["changes"][0]["script"] = "<script>"


def no_number(record: dict[str, Any]) -> None:
    record["seconds"] = float("nan")


def one_end_less(record: dict[str, Any]) -> None:
    record["changes"][0]["test_accuracy"] = [0.5]


def truth_for_a_count(record: dict[str, Any]) -> None:
    record["seeds"] = [True]


def a_rate_below_0(record: dict[str, Any]) -> None:
    record["config"]["learning_rate"] = -1


def nothing_compared(record: dict[str, Any]) -> None:
    record["arms"] = []


def no_flips(record: dict[str, Any]) -> None:
    record["flips"] = []


def an_unjudged_arm(record: dict[str, Any]) -> None:
    record["arms"][0]["judgements"] = {}


def array(record: dict[str, Any]) -> dict[str, Any]:
    return record["arms"][0]["curve"]["mean"]


def an_array_of_objects(record: dict[str, Any]) -> None:
    array(record)["dtype"] = "|O"


def a_huge_array(record: dict[str, Any]) -> None:
    array(record)["shape"] = [1 << 40]


def a_longer_array(record: dict[str, Any]) -> None:
    array(record)["shape"][0] += 1


def a_shorter_array(record: dict[str, Any]) -> None:
    array(record)["shape"][0] -= 1


def no_base64(record: dict[str, Any]) -> None:
    array(record)["zlib"] = "<>"


def no_zlib(record: dict[str, Any]) -> None:
    array(record)["zlib"] = "AAAA"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(a_number_for_a_name, r"arms\[0\].build is no str", id="name"),
        pytest.param(a_missing_field, r"arms\[0\] has other fields", id="missing"),
        pytest.param(one_field_more, r"changes\[0\] has other fields", id="more"),
        pytest.param(no_number, "NaN is no number", id="nan"),
        pytest.param(one_end_less, "has 1 entries, not 2", id="entries"),
        pytest.param(truth_for_a_count, r"seeds\[0\] is no int", id="bool"),
        pytest.param(a_rate_below_0, "learning_rate must be a number above 0", id="config"),
        pytest.param(nothing_compared, "it compares nothing", id="nothing"),
        pytest.param(no_flips, "changes and changed images do not fit", id="flips"),
        pytest.param(an_unjudged_arm, "an arm was not judged on all test sets", id="unjudged"),
        pytest.param(an_array_of_objects, "holds other numbers", id="dtype"),
        pytest.param(a_huge_array, "is too large", id="huge"),
        pytest.param(a_longer_array, "is torn", id="longer"),
        pytest.param(a_shorter_array, "is torn", id="shorter"),
        pytest.param(no_base64, "mean: ", id="base64"),
        pytest.param(no_zlib, "mean: ", id="zlib"),
    ],
)
def test_a_forged_record_is_refused(
    comparison: Comparison, tmp_path: Path, change: Any, message: str
) -> None:
    path = written(comparison, tmp_path)
    forged(path, change)
    with pytest.raises(ComparisonRefused, match=message):
        saved.load(path)


def broken_curve(name: str, values: list[float]) -> Any:
    def change(record: dict[str, Any]) -> None:
        kind = {"iterations": np.int64}.get(name, np.float64)
        curve = record["arms"][0]["curve"]
        curve[name] |= {
            "shape": [len(values)],
            "zlib": base64.b64encode(zlib.compress(np.array(values, kind).tobytes())).decode(),
        }

    return change


def an_unknown_test_set(record: dict[str, Any]) -> None:
    record["changes"][0]["test_set"] = "other"


def an_unknown_arm(record: dict[str, Any]) -> None:
    record["changes"][0]["after"] = "other"


def an_unknown_class(record: dict[str, Any]) -> None:
    record["changes"][0]["by_class"]["dog"] = record["changes"][0]["by_class"]["cat"]


def an_empty_test_set(record: dict[str, Any]) -> None:
    record["test_sets"][0]["classes"] = {"cat": 0, "non-cat": 0}


def a_class_of_the_folds_alone(record: dict[str, Any]) -> None:
    record["folds"][0]["by_class"]["dog"] = record["folds"][0]["by_class"]["cat"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(broken_curve("iterations", [2, 1]), "iterations do not ascend", id="order"),
        pytest.param(broken_curve("iterations", []), "iterations do not ascend", id="empty"),
        pytest.param(broken_curve("mean", [0.5]), "curves differ in their length", id="length"),
        pytest.param(broken_curve("mean", [np.nan] * 4), "what is no number", id="nan"),
        pytest.param(an_unknown_test_set, "'other'", id="test set"),
        pytest.param(an_unknown_arm, "'other'", id="arm"),
        pytest.param(an_unknown_class, "of classes that are not there", id="class"),
        pytest.param(an_empty_test_set, "a test set is empty", id="no images"),
        pytest.param(a_class_of_the_folds_alone, "cross-validation is of classes", id="folds"),
    ],
)
def test_parts_that_a_report_could_not_draw_are_refused(
    comparison: Comparison, tmp_path: Path, change: Any, message: str
) -> None:
    path = written(comparison, tmp_path)
    forged(path, change)
    with pytest.raises(ComparisonRefused, match=message):
        saved.load(path)
