from __future__ import annotations

from pathlib import Path

from labeler_served import Serve, counts, file_names
from playwright.sync_api import Page

from catdata.dataset import edit
from catdata.dataset.workspace import Workspace


def open_grid(page: Page, root: str, address: str) -> list[str]:
    """Open the grid and return the names of its photos."""
    page.goto(address)
    page.wait_for_selector("#picture")
    page.goto(f"{root}/grid")
    page.wait_for_function("() => document.querySelectorAll('#tiles button').length >= 12")
    return page.locator("#tiles button span").all_inner_texts()


def wait_for_labels(page: Page, text: str) -> None:
    page.locator("#counts").get_by_text(text, exact=True).wait_for()


def test_chosen_photos_get_one_label_under_one_entry_of_the_log(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    served = serve(folder)
    names = open_grid(page, served.root, served.address)
    page.click("#tiles li:nth-child(2) button")
    page.click("#tiles li:nth-child(5) button", modifiers=["Shift"])
    assert page.inner_text("#chosen") == "4 chosen"
    page.keyboard.press("n")
    wait_for_labels(page, "this time: 0 cat, 4 non-cat")
    assert file_names(workspace) == dict.fromkeys(names[1:5], "non-cat")
    assert edit.undo(workspace).endswith("added 4 photos")
    assert counts(workspace) == {"cat": 0, "non-cat": 0}


def test_a_second_click_takes_a_photo_out_of_the_choice(
    serve: Serve, folder: Path, page: Page
) -> None:
    served = serve(folder)
    open_grid(page, served.root, served.address)
    page.keyboard.press("a")
    page.click("#tiles li:nth-child(1) button")
    pressed = page.locator("#tiles [aria-pressed=true]").count()
    assert pressed == page.locator("#tiles button").count() - 1
    page.keyboard.press("Escape")
    assert page.inner_text("#chosen") == "0 chosen"


def test_what_was_labelled_together_is_taken_back_together(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    served = serve(folder)
    names = open_grid(page, served.root, served.address)
    page.click("#tiles li:nth-child(1) button")
    page.click("#tiles li:nth-child(12) button", modifiers=["Shift"])
    page.click("[data-answer=cat]")
    wait_for_labels(page, "this time: 12 cat, 0 non-cat")
    page.get_by_role("button", name="12 photos: cat. Take it back").click()
    wait_for_labels(page, "this time: 0 cat, 0 non-cat")
    assert counts(workspace) == {"cat": 0, "non-cat": 0}
    back = page.locator("#tiles button span").all_inner_texts()
    assert back[:12] == names[:12]


def test_two_views_of_one_browser_never_show_the_same_photo(
    serve: Serve, folder: Path, page: Page
) -> None:
    served = serve(folder)
    page.goto(served.address)
    page.wait_for_selector("#picture")
    other = page.context.new_page()
    other.goto(f"{served.root}/grid")
    other.wait_for_function("() => document.querySelectorAll('#tiles button').length >= 12")
    assert page.inner_text("#name") not in other.locator("#tiles button span").all_inner_texts()
