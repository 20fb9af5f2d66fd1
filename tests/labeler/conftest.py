"""Fixtures of the labelling page: a running server, a folder of photos, a browser tab."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from labeler_served import Serve, Served
from pictures import save
from playwright.sync_api import Browser, Page

from catdata.dataset.workspace import Workspace


@pytest.fixture
def serve(workspace: Workspace) -> Iterator[Serve]:
    """Start ``catdata label`` with some arguments in the small workspace."""
    with contextlib.ExitStack() as stack:

        def serve(*words: str | Path) -> Served:
            served = Served(workspace, *map(str, words))
            stack.enter_context(served.process)
            stack.callback(served.process.kill)
            return served

        yield serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of forty photos, none like another."""
    for seed in range(40):
        save(tmp_path / "photos" / f"{seed:02}.jpg", seed)
    return tmp_path / "photos"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab of a desktop browser; any error fails the test but a refusal by the server."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda said: said.type == "error" and errors.append(said.text))
    yield tab
    context.close()
    expected = ("ERR_CONNECTION_REFUSED", "409 (Conflict)")
    assert not [error for error in errors if not any(one in error for one in expected)]
