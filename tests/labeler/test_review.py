from __future__ import annotations

from pathlib import Path

import pytest
from labeler_served import Serve, press
from playwright.sync_api import Page

from catdata.dataset import edit, ingest, labels
from catdata.dataset.workspace import Workspace


def labels_of(workspace: Workspace) -> dict[str, str]:
    with workspace.catalog() as catalog:
        return {catalog.short_ref(row): row.class_name for row in catalog.images()}


def test_a_review_confirms_and_corrects_and_its_marks_survive(
    serve: Serve, workspace: Workspace, page: Page
) -> None:
    before = labels_of(workspace)
    served = serve("--review")
    page.goto(served.address)
    page.wait_for_selector("#picture")
    seen = [page.inner_text("#name")]
    seen.append(press(page, "c" if before[seen[0]] == "cat" else "n"))  # confirmed
    press(page, "n" if before[seen[1]] == "cat" else "c")  # corrected
    after = labels_of(workspace)
    assert {ref for ref in before if before[ref] != after[ref]} == {seen[1]}
    assert "2 looked at" in served.interrupt()
    page.goto(serve("--review").address)
    page.wait_for_selector("#picture")
    assert "16 left" in page.inner_text("#counts")


def test_a_correction_is_taken_back(serve: Serve, workspace: Workspace, page: Page) -> None:
    before = labels_of(workspace)
    page.goto(serve("--review").address)
    page.wait_for_selector("#picture")
    first = page.inner_text("#name")
    press(page, "n" if before[first] == "cat" else "c")
    assert labels_of(workspace) != before
    assert press(page, "b") == first
    assert labels_of(workspace) == before


def test_undo_on_the_command_line_reverts_a_correction(
    serve: Serve, workspace: Workspace, page: Page
) -> None:
    before = labels_of(workspace)
    page.goto(serve("--review").address)
    page.wait_for_selector("#picture")
    press(page, "n" if before[page.inner_text("#name")] == "cat" else "c")
    edit.undo(workspace)
    assert labels_of(workspace) == before


@pytest.fixture
def doubtful(workspace: Workspace, tmp_path: Path) -> str:
    """Add bright cats and dark non-cats to the workspace, one of them under the wrong label."""
    import numpy as np
    from PIL import Image

    for seed in range(24):
        rng = np.random.default_rng(seed)
        is_cat = seed % 2 == 1
        blobs = rng.integers(150, 256, (6, 8, 3)) if is_cat else rng.integers(0, 100, (6, 8, 3))
        photo = Image.fromarray(blobs.astype(np.uint8)).resize((120, 90))
        folder = tmp_path / ("cat" if is_cat != (seed == 7) else "non-cat")
        folder.mkdir(exist_ok=True)
        photo.save(folder / f"{seed}.png")
    entries = labels.by_folder([tmp_path / "cat", tmp_path / "non-cat"], "train")
    assert not ingest.add(workspace, entries).refused
    return "7.png"


def test_the_most_doubtful_label_comes_first(
    serve: Serve, page: Page, workspace: Workspace, doubtful: str
) -> None:
    page.goto(serve("--review").address)
    page.wait_for_selector("#picture")
    assert page.inner_text("#name") == doubtful
    assert "Label believed" in page.inner_text("#facts")


def test_a_catalog_that_cannot_be_listed_is_said_and_nobody_waits(
    serve: Serve, workspace: Workspace, page: Page
) -> None:
    data = bytearray(workspace.catalog_path.read_bytes())
    for start in range(0, len(data), 4096):
        if data[start] == 0x0D and b"original" in data[start : start + 4096]:  # rows, not an index
            data[start : start + 4096] = bytes(4096)
    workspace.catalog_path.write_bytes(data)
    page.goto(serve("--review", "--order", "given").address)
    page.wait_for_selector("#finished")
    said = page.inner_text("#trouble")
    assert said.startswith("Not all photos could be found: ")
    assert "catalog.db is damaged" in said
    assert said.endswith("Mend it with: catdata verify --repair")
    assert page.inner_text("#finished h2") == "There is nothing more to show"
