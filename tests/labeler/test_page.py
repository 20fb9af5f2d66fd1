"""The page in a real browser, on top of the real command."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from labeler_served import Serve, counts, file_names, number, press, shown_name
from pictures import draw, save
from playwright.sync_api import Browser, Page

from catdata.dataset import edit, ingest, labels
from catdata.dataset.workspace import Workspace

NONE = {"cat": 0, "non-cat": 0}


def test_thirty_photos_are_labelled_by_keyboard(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    served = serve(folder)
    page.goto(served.address)
    expected = {}
    name = shown_name(page)
    for turn in range(30):
        expected[name] = ("cat", "non-cat")[turn % 2]
        name = press(page, "cn"[turn % 2])
        assert file_names(workspace) == expected  # in the catalog before the next one shows
    assert counts(workspace) == {"cat": 15, "non-cat": 15}
    assert "10 left" in page.inner_text("#counts")
    assert page.locator("#strip li").count() == 10
    said = served.interrupt()
    assert "30 labelled: 15 non-cat, 15 cat" in said
    assert "Next: catdata build-h5" in said


def test_back_takes_the_last_answer_back_and_shows_its_photo(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    page.goto(serve(folder).address)
    first = shown_name(page)
    press(page, "c")
    assert press(page, "b") == first
    assert counts(workspace) == NONE
    press(page, "n")
    assert file_names(workspace) == {first: "non-cat"}


def test_a_click_on_the_strip_takes_that_answer_back(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    page.goto(serve(folder).address)
    first = shown_name(page)
    for _ in range(3):
        press(page, "c")
    page.get_by_role("button", name=f"{first}: cat. Take it back").click()
    page.wait_for_function(
        "name => document.getElementById('name').textContent === name", arg=first
    )
    assert counts(workspace) == {"cat": 2, "non-cat": 0}
    assert first not in file_names(workspace)


def test_undo_on_the_command_line_reverts_the_last_answer(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    page.goto(serve(folder).address)
    first = shown_name(page)
    press(page, "c")
    press(page, "n")
    edit.undo(workspace)
    assert file_names(workspace) == {first: "cat"}


def test_a_skipped_photo_is_left_for_later(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    for path in sorted(folder.iterdir())[2:]:
        path.unlink()
    page.goto(serve(folder).address)
    first = shown_name(page)
    press(page, "s")
    press(page, "c")
    assert page.is_visible("#finished")
    assert counts(workspace) == {"cat": 1, "non-cat": 0}
    page.click("#again")
    page.wait_for_selector("#picture", state="visible")
    assert page.inner_text("#name") == first


def test_photos_of_the_catalog_are_not_shown_again(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    ingest.add(workspace, labels.with_label([folder / "00.jpg", folder / "01.jpg"], 1))
    page.goto(serve(folder).address)
    assert shown_name(page) == "02.jpg"


def test_a_killed_server_loses_no_answer_and_the_next_one_goes_on(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    served = serve(folder)
    page.goto(served.address)
    shown_name(page)
    for _ in range(5):
        next_one = press(page, "c")
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    assert counts(workspace) == {"cat": 5, "non-cat": 0}
    page.keyboard.press("c")
    page.get_by_text("The program has stopped. Nothing is lost").wait_for()
    page.goto(serve(folder).address)
    assert shown_name(page) == next_one
    press(page, "n")
    assert counts(workspace) == {"cat": 5, "non-cat": 1}


def test_a_photo_that_cannot_be_decoded_is_named_with_the_reason(
    serve: Serve, folder: Path, page: Page
) -> None:
    (folder / "00.jpg").write_bytes((folder / "00.jpg").read_bytes()[:700])
    page.goto(serve(folder).address)
    assert shown_name(page) == "01.jpg"
    press(page, "c")
    page.click("#refused summary")
    assert "00.jpg" in page.inner_text("#refused li")
    assert number(page.inner_text("#refused summary"), "not taken") == 1


def test_a_refused_answer_is_shown_with_its_reason_and_the_next_photo_comes(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    page.goto(serve(folder, "--split", "test").address)
    shown_name(page)
    draw(0, 480, 360).save(folder / "00.jpg")  # changed since it was shown
    assert press(page, "c") == "01.jpg"
    assert "00.jpg was not taken: it changed while it was being added" in page.inner_text(
        "#trouble"
    )
    assert counts(workspace) == NONE


def test_an_answer_that_the_disk_refuses_is_not_passed_over(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    page.goto(serve(folder).address)
    first = shown_name(page)
    workspace.raw.folder.rename(workspace.root / "elsewhere")
    workspace.raw.folder.write_bytes(b"in the way")
    page.keyboard.press("c")
    page.get_by_text("The disk refused, so the answer was not kept").wait_for()
    assert page.inner_text("#name") == first
    assert counts(workspace) == NONE
    workspace.raw.folder.unlink()
    (workspace.root / "elsewhere").rename(workspace.raw.folder)
    press(page, "c")
    assert file_names(workspace) == {first: "cat"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(b"caf\xe9.jpg", r"caf\xe9.jpg", id="not-utf8"),
        pytest.param(
            b"<img src=x onerror=alert(1)>&amp;.jpg",
            "<img src=x onerror=alert(1)>&amp;.jpg",
            id="markup",
        ),
        pytest.param("abc\u202egpj.exe.jpg".encode(), r"abc\u202egpj.exe.jpg", id="bidirectional"),
    ],
)
def test_odd_names_are_shown_as_they_are_written(
    serve: Serve, tmp_path: Path, workspace: Workspace, page: Page, name: bytes, text: str
) -> None:
    photo = save(tmp_path / "odd" / "photo.jpg", 1)
    photo.rename(tmp_path / "odd" / os.fsdecode(name))
    page.goto(serve(tmp_path / "odd").address)
    assert shown_name(page) == text
    press(page, "c")
    assert file_names(workspace) == {text: "cat"}
    assert page.locator("#strip button").get_attribute("title") == f"{text}: cat. Take it back"


def test_a_near_duplicate_comes_with_the_known_image(
    serve: Serve, folder: Path, workspace: Workspace, page: Page
) -> None:
    ingest.add(workspace, labels.with_label([folder / "00.jpg"], 1))
    draw(0).save(folder / "00.jpg", quality=40)
    page.goto(serve(folder).address)
    assert shown_name(page) == "00.jpg"
    assert page.inner_text("#near-name") == "Looks like 00.jpg, which is labelled cat"
    loaded = "image => image.decode().then(() => image.naturalWidth)"
    assert page.locator("#near img").evaluate(loaded) == 120


def test_a_photo_that_looks_like_the_one_just_answered_says_so(
    serve: Serve, folder: Path, page: Page
) -> None:
    draw(0).save(folder / "01.jpg", quality=40)
    page.goto(serve(folder).address)
    assert shown_name(page) == "00.jpg"
    assert press(page, "c") == "01.jpg"
    assert page.inner_text("#near-name") == "Looks like 00.jpg, which is labelled cat"


def test_the_live_region_says_the_label_and_the_next_photo(
    serve: Serve, folder: Path, page: Page
) -> None:
    page.goto(serve(folder).address)
    shown_name(page)
    press(page, "c")
    page.wait_for_function(
        "text => document.getElementById('live').textContent === text",
        arg="00.jpg: cat. Next: 01.jpg.",
    )


def test_a_photo_is_labelled_by_touch_on_a_phone(
    serve: Serve, folder: Path, workspace: Workspace, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tab = context.new_page()
    tab.goto(serve(folder).address)
    first = shown_name(tab)
    tab.tap("[data-answer=cat]")
    tab.wait_for_function("name => document.getElementById('name').textContent !== name", arg=first)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert file_names(workspace) == {first: "cat"}


def test_a_tab_without_photos_says_that_others_have_them(
    serve: Serve, tmp_path: Path, page: Page
) -> None:
    served = serve(save(tmp_path / "one" / "0.jpg", 0).parent)
    page.goto(served.address)
    shown_name(page)
    other = page.context.new_page()
    other.goto(served.address)
    other.wait_for_selector("#frame:has-text('other tabs')")
    page.close()
    other.reload()
    assert shown_name(other) == "0.jpg"


def test_done_says_what_to_type_next_and_ends_the_program(
    serve: Serve, folder: Path, page: Page
) -> None:
    served = serve(folder)
    page.goto(served.address)
    shown_name(page)
    press(page, "c")
    page.click("button.done")
    page.get_by_text("catdata build-h5").wait_for()
    assert "1 labelled: 1 cat, 0 non-cat" in page.inner_text("main")
    assert "1 labelled: 0 non-cat, 1 cat" in served.end()


def test_the_page_asks_no_other_site_for_anything(serve: Serve, folder: Path, page: Page) -> None:
    served = serve(folder)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.address)
    shown_name(page)
    press(page, "c")
    page.goto(served.root + "/grid")
    page.wait_for_selector("#tiles button")
    assert asked
    assert all(url.startswith(served.root) for url in asked)
