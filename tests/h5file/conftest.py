"""A small file in the course's form, and ways to make it wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inprocess import read_here
from sources import RowSource, Sources

from catdata.errors import H5Refused, shown
from catdata.h5file.library import h5py

COUNT, SIZE = 6, 8

Make = Callable[..., Path]


@pytest.fixture
def images() -> np.ndarray:
    """Six pictures of 8 x 8 pixels."""
    return np.random.default_rng(1).integers(1, 256, (COUNT, SIZE, SIZE, 3), np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    """Their labels."""
    return np.array([0, 1, 0, 0, 1, 1])


@pytest.fixture
def rows() -> Sources:
    """Where they come from: two of the original pair, two added, two augmented copies."""
    added = ["a" * 64, "b" * 64]
    turned = '{"rotate":{"degrees":-7.5}}'
    return Sources(
        [
            RowSource("train[0]", "0" * 64, (1, 2, 3, 2**64 - 1)),
            RowSource("train[1]", "1" * 64, (5, 6, 7, 8)),
            *(RowSource(ref, ref, (0, 0, 0, 0)) for ref in added),
            RowSource(added[0], added[0], (0, 0, 0, 0), 1, turned),
            RowSource(added[1], added[1], (0, 0, 0, 0), 2),
        ]
    )


@pytest.fixture
def make(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> Make:
    """Write a train file with h5py; name what shall differ, None leaves a data set out."""

    def write(
        name: str = "train.h5", *, storage: dict[str, Any] | None = None, **changes: Any
    ) -> Path:
        values = {
            "train_set_x": images,
            "train_set_y": labels,
            "list_classes": np.array([b"non-cat", b"cat"]),
        } | changes
        path = tmp_path / name
        with h5py.File(path, "w") as file:
            for key, value in values.items():
                if value is not None:
                    kind = storage if key == "train_set_x" and storage else {}
                    file.create_dataset(key, data=value, **kind)
        return path

    return write


@pytest.fixture
def refusal() -> Callable[[Path], tuple[str, str]]:
    """Read a file that must be refused; return the message without the path, and the hint."""

    def read(path: Path) -> tuple[str, str]:
        with pytest.raises(H5Refused) as caught:
            read_here(path)
        start = f"{shown(path)}: "
        assert caught.value.message.startswith(start)
        return caught.value.message.removeprefix(start), caught.value.hint

    return read
