"""Fixtures shared by all tests: where the real files lie, if they are here at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pictures import write_pair

from catdata.dataset import originals as originals_room
from catdata.dataset.workspace import Workspace


def folder_from_environment(variable: str) -> Path:
    """Return the folder named by *variable*, or skip the test with the reason.

    With CATDATA_REQUIRE_REAL_FILES set, a missing folder fails the test instead.
    """
    folder = os.environ.get(variable)
    if folder and Path(folder).is_dir():
        return Path(folder)
    reason = f"{variable} names no folder: it holds real files that are not shipped"
    if os.environ.get("CATDATA_REQUIRE_REAL_FILES"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def originals() -> Path:
    """The folder with the course's own two h5 files."""
    return folder_from_environment("CATDATA_ORIGINALS")


@pytest.fixture(scope="session")
def photos() -> Path:
    """A folder with real photos under ``cat/`` and ``non-cat/``."""
    return folder_from_environment("CATDATA_PHOTOS")


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Path]:
    """A small drawn pair in the course's form, by split."""
    return write_pair(tmp_path / "course")


@pytest.fixture
def workspace(tmp_path: Path, pair: dict[str, Path]) -> Workspace:
    """A workspace made from the small drawn pair."""
    originals_room.init(tmp_path / "workspace", pair)
    return Workspace(tmp_path / "workspace")
