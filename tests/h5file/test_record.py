"""Tests of the group ``catdata`` that a build carries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sources import RowSource, Sources

from catdata.h5file import open_split, read_split, set_build_id, write_split
from catdata.h5file.form import ROW_FIELDS
from catdata.h5file.library import h5py

Refusal = Callable[[Path], tuple[str, str]]


@pytest.fixture
def build(tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources) -> Path:
    """One file of a build."""
    path = tmp_path / "train.h5"
    write_split(path, "train", labels=labels, slices=[images], size=8, rows=rows, recipe="{é}")
    set_build_id(path, "b1d" * 20)
    return path


def test_a_build_tells_where_its_rows_come_from(build: Path, rows: Sources) -> None:
    found = read_split(build, "train")
    assert found.warnings == ()
    assert found.refs == tuple(row.ref for row in rows)
    assert found.content_hashes is not None
    assert found.content_hashes.tolist() == [row.content_hash.encode() for row in rows]
    assert found.content_hashes.dtype == "S64"
    assert found.fingerprints is not None
    assert found.fingerprints.tolist() == [list(row.fingerprint) for row in rows]
    assert found.fingerprints.dtype == np.uint64
    assert found.copies.tolist() == [0, 0, 0, 0, 1, 2]
    assert found.copies.dtype == np.int32
    with open_split(build, "train") as file:
        assert (file.build_id, file.recipe) == ("b1d" * 20, "{é}")
        assert file.parameters is not None
        assert file.parameters.tolist() == [row.parameters.encode() for row in rows]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        pytest.param("copy", None, "there is no catdata/copy: it was not finished", id="missing"),
        pytest.param(
            "copy",
            np.zeros(6, "i8"),
            "catdata/copy holds int64 in the shape (6,), not int32 in the shape (6,)",
            id="other-type",
        ),
        pytest.param(
            "ref",
            np.array([b"a" * 64] * 5),
            "catdata/ref holds text in the shape (5,), not text in the shape (6,)",
            id="fewer-rows",
        ),
        pytest.param(
            "fingerprint",
            np.zeros((6, 3), "u8"),
            "catdata/fingerprint holds uint64 in the shape (6, 3), not uint64 in the shape (6, 4)",
            id="other-shape",
        ),
        pytest.param(
            "ref",
            np.array([b"train[01]"] * 6, "S64"),
            "catdata/ref does not hold what it should",
            id="ref",
        ),
        pytest.param(
            "content_hash",
            np.array([b"A" * 64] * 6),
            "catdata/content_hash does not hold what it should",
            id="hash",
        ),
        pytest.param(
            "copy", np.full(6, -1, "i4"), "catdata/copy does not hold what it should", id="copy"
        ),
        pytest.param(
            "build_id",
            np.array(b"../x", "S64"),
            "catdata/build_id does not hold what it should",
            id="build-id",
        ),
        pytest.param(
            "ref",
            h5py.ExternalLink("train_catvnoncat.h5", "/catdata/ref"),
            "catdata/ref is a link to something else",
            id="link",
        ),
        pytest.param(
            "parameters",
            np.array([b"[]"] * 6),
            "catdata/parameters does not hold what it should",
            id="parameters-no-object",
        ),
        pytest.param(
            "parameters",
            np.array([b"[" * 1000] * 6),
            "catdata/parameters does not hold what it should",
            id="parameters-deep",
        ),
        pytest.param(
            "parameters",
            np.array([b"{}"] * 6, "S1025"),
            "catdata/parameters holds texts longer than 1,024 bytes",
            id="parameters-long",
        ),
        pytest.param(
            "parameters",
            np.zeros(6, "i4"),
            "catdata/parameters holds int32 in the shape (6,), not text in the shape (6,)",
            id="parameters-numbers",
        ),
        pytest.param(
            "recipe",
            np.array(b"\xff"),
            "catdata/recipe does not hold what it should",
            id="not-utf-8",
        ),
    ],
)
def test_a_group_that_is_not_as_written_is_refused(
    build: Path, refusal: Refusal, name: str, value: object, reason: str
) -> None:
    with h5py.File(build, "a") as file:
        del file["catdata"][name]
        if value is not None:
            file["catdata"][name] = value
    assert refusal(build)[0] == reason


def test_a_data_set_in_the_place_of_the_group_is_refused(build: Path, refusal: Refusal) -> None:
    with h5py.File(build, "a") as file:
        del file["catdata"]
        file["catdata"] = 1
    assert refusal(build)[0] == "catdata is not a group"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"ref": "train[-1]"}, id="ref"),
        pytest.param({"ref": "valid[1]"}, id="split"),
        pytest.param({"content_hash": "1f"}, id="hash"),
        pytest.param({"copy": -1}, id="copy"),
        pytest.param({"parameters": "[]"}, id="parameters"),
        pytest.param({"parameters": '{"a":"' + "x" * 1024 + '"}'}, id="parameters-long"),
    ],
)
def test_a_source_of_another_form_is_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: Sources, wrong: dict[str, object]
) -> None:
    rows[3] = RowSource(**(rows[3]._asdict() | wrong))
    path, (name,) = tmp_path / "train.h5", wrong
    with pytest.raises(ValueError, match=f"a row's {name} does not hold what it should"):
        write_split(path, "train", labels=labels, slices=[images], size=8, rows=rows, recipe="{}")


def test_many_rows_are_written_as_few_are(tmp_path: Path) -> None:
    """Columns are written in slices of 32,768 rows, which HDF5 takes in different ways."""
    count = 2 * 32_768 + 1
    rows = Sources(
        RowSource(f"train[{row}]", f"{row:064x}", (row, 1, 2, 2**64 - 1 - row), row % 3)
        for row in range(count)
    )
    rows[-1] = rows[-1]._replace(parameters='{"flip":{}}')
    images, labels = np.ones((count, 1, 1, 3), np.uint8), np.zeros(count, int)
    path = tmp_path / "train.h5"
    write_split(path, "train", labels=labels, slices=[images], size=1, rows=rows, recipe="{}")
    with h5py.File(path) as file:
        for name, (dtype, _) in {"parameters": ("S11", ()), **ROW_FIELDS}.items():
            np.testing.assert_array_equal(file["catdata"][name], rows.column(name, 0, count))
            assert file["catdata"][name].dtype == dtype
