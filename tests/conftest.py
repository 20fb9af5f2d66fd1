"""Fixtures shared by all tests: where the real files lie, if they are here at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pictures import write_pair
from playwright.sync_api import Browser, sync_playwright

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine, or a skip with the reason.

    With CATDATA_REQUIRE_BROWSER set, a missing one fails the test instead.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        reason = "there is no chromium on the PATH"
        if os.environ.get("CATDATA_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    # As root Chromium starts without its sandbox only; the other switches keep it off the network.
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, Path]:
    """A small drawn pair in the course's form, by split."""
    return write_pair(tmp_path / "course")


@pytest.fixture
def workspace(tmp_path: Path, pair: dict[str, Path]) -> Workspace:
    """A workspace made from the small drawn pair."""
    originals_room.init(tmp_path / "workspace", pair)
    return Workspace(tmp_path / "workspace")
