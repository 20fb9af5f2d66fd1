"""The page is fit for everybody: by axe-core, by keyboard, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from labeler_served import Serve, press, shown_name
from pictures import draw
from playwright.sync_api import Browser, Page

from catdata.dataset import ingest, labels
from catdata.dataset.workspace import Workspace

GRAVE = {"serious", "critical"}


def violations(page: Page) -> list[str]:
    """Return the serious and critical violations, each with the elements concerned."""
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
        for violation in found
        if violation["impact"] in GRAVE
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(
    serve: Serve,
    folder: Path,
    workspace: Workspace,
    browser: Browser,
    scheme: str,
    width: int,
    height: int,
) -> None:
    ingest.add(workspace, labels.with_label([folder / "00.jpg"], 1))
    draw(0).save(folder / "02.jpg", quality=40)
    (folder / "03.jpg").write_bytes(b"no picture")
    served = serve(folder)
    size = {"width": width, "height": height}
    # axe is put into the page by evaluation, which the page's own policy forbids.
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(served.root)
    found = {"refused": violations(page)}
    page.goto(served.address)
    shown_name(page)
    press(page, "c")
    page.wait_for_selector("#near img")
    found["single"] = violations(page)
    page.goto(f"{served.root}/grid")
    page.wait_for_selector("#tiles button")
    page.keyboard.press("a")
    found["grid"] = violations(page)
    page.click("button.done")
    page.get_by_text("catdata build-h5").wait_for()
    found["done"] = violations(page)
    context.close()
    assert found == {view: [] for view in found}


def test_the_keyboard_reaches_every_control_and_leaves_the_page(
    serve: Serve, folder: Path, page: Page
) -> None:
    page.goto(serve(folder).address)
    shown_name(page)
    press(page, "c")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    cycle = ["Single", "Grid", "Done", "C cat", "N non-cat", "S skip", "B back", "cat"]
    assert reached[: len(cycle)] == cycle
    assert "" not in reached[: len(cycle)]


def test_the_focus_is_visible(serve: Serve, folder: Path, page: Page) -> None:
    page.goto(serve(folder).address)
    shown_name(page)
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineWidth"
    assert page.evaluate(outline) == "3px"


def test_an_answer_keeps_the_focus_where_it_was(serve: Serve, folder: Path, page: Page) -> None:
    page.goto(serve(folder).address)
    first = shown_name(page)
    page.focus("[data-answer=skip]")
    page.keyboard.press("Enter")
    page.wait_for_function("n => document.getElementById('name').textContent !== n", arg=first)
    assert page.evaluate("document.activeElement.dataset.answer") == "skip"
