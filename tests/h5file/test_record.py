"""Tests of the group ``catdata`` that a build carries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catdata.h5file import RowSource, open_split, read_split, set_build_id, write_split
from catdata.h5file.library import h5py

Refusal = Callable[[Path], tuple[str, str]]


@pytest.fixture
def build(tmp_path: Path, images: np.ndarray, labels: np.ndarray, rows: list[RowSource]) -> Path:
    """One file of a build."""
    path = tmp_path / "train.h5"
    write_split(path, "train", labels=labels, slices=[images], size=8, rows=rows, recipe="{é}")
    set_build_id(path, "b1d" * 20)
    return path


def test_a_build_tells_where_its_rows_come_from(build: Path, rows: list[RowSource]) -> None:
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
def test_a_source_of_another_form_is_refused(wrong: dict[str, object]) -> None:
    right = {"ref": "train[1]", "content_hash": "a" * 64, "fingerprint": (1, 2, 3, 4), "copy": 0}
    with pytest.raises(ValueError, match="not"):
        RowSource(**(right | wrong))
