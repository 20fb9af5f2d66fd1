"""A page in a real browser: nothing is loaded, nothing is hidden, everybody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from comparisons import compared, context, with_reasons
from playwright.sync_api import Browser, Page, Route

from catdata.report import page as report

HOSTILE = "<script>alert(1)</script>.jpg"
SIZES = {"desk": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")
PAGES = ("one", "several")

TOO_WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(element => element.getBoundingClientRect().right > document.documentElement.clientWidth
        + 1 && !element.closest('.skip'))
    .map(element => element.tagName + '.' + element.getAttribute('class'))"""

CUT_OFF = """() => [...document.querySelectorAll('.facts > div, td, th, figure')]
    .filter(element => element.scrollWidth > element.clientWidth + 1)
    .map(element => element.textContent)"""
WHICH_FOLD = "[...document.querySelectorAll('summary')].indexOf(document.activeElement)"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of one change and one of many, each with hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    comparisons = {
        "one": with_reasons(compared(folder, test_images=60)),
        "several": compared(
            tmp_path_factory.mktemp("several"),
            ("original", HOSTILE, "a_name_that_is_long_and_has_no_place_to_break_in_it_at_all" * 2),
            layers=[(), (4,)],
            test_sets=2,
        ),
    }
    for name, comparison in comparisons.items():
        report.save(comparison, context(comparison, HOSTILE), folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in comparisons}


@contextmanager
def opened(
    browser: Browser, path: Path, size: str = "desk", scheme: Any = "light"
) -> Iterator[Page]:
    """Open a page; fail on any word in the console and on any request but that for the page."""
    width, height = SIZES[size]
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme
    ) as session:
        told: list[str] = []
        asked: list[str] = []

        def note(route: Route) -> None:
            asked.append(route.request.url)
            route.continue_()

        session.route("**/*", note)
        page = session.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.goto(path.as_uri())
        yield page
        assert told == []
        assert [url for url in asked if not url.startswith("data:image/png")] == [path.as_uri()]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_the_verdict_is_seen_without_scrolling(
    browser: Browser, pages: dict[str, Path], name: str, size: str
) -> None:
    with opened(browser, pages[name], size) as page:
        box = page.locator("h1").bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] < SIZES[size][1]
        assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(
    browser: Browser, pages: dict[str, Path], name: str, size: str
) -> None:
    with opened(browser, pages[name], size) as page:
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(CUT_OFF) == []


def test_all_pictures_are_there_as_the_network_sees_them(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with opened(browser, pages["one"]) as page:
        sizes = page.evaluate(
            "[...document.images].map(image => [image.naturalWidth, image.naturalHeight,"
            " getComputedStyle(image).imageRendering])"
        )
        assert len(sizes) > 10
        assert {tuple(size) for size in sizes} == {(64, 64, "pixelated")}


def test_a_hostile_name_is_shown_as_text(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["several"]) as page:
        assert HOSTILE in page.locator("h2").first.inner_text()
        assert page.locator("script").count() == 0


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_it_is_accessible_in_light_and_dark(
    browser: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    with opened(browser, pages[name], scheme=scheme) as page:
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        found = Axe().run(page).response["violations"]
        grave = [
            (rule["id"], node["html"][:200])
            for rule in found
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]
        assert grave == []


def test_light_and_dark_are_two_pages(browser: Browser, pages: dict[str, Path]) -> None:
    colours = []
    for scheme in SCHEMES:
        with opened(browser, pages["one"], scheme=scheme) as page:
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(251, 250, 247)", "rgb(20, 24, 27)"]


def test_the_keyboard_reaches_the_verdict_and_every_fold(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with opened(browser, pages["one"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the verdict"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "verdict"
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate(WHICH_FOLD))
        assert reached - {-1} == set(range(page.locator("summary").count()))


@pytest.mark.parametrize("name", PAGES)
def test_it_prints_in_light_colours(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with opened(browser, pages[name], scheme="dark") as page:
        page.emulate_media(media="print")
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert page.pdf(format="A4").startswith(b"%PDF-")
