"""A page says all of its comparison, in order, in one file, and no name can break it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from comparisons import compared, context, with_reasons

from catdata.errors import ConfigRefused
from catdata.learning.comparison import Comparison
from catdata.report import page

HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}\u202e\n\x00\x1b[31m.jpg"
HOSTILE_SHOWN = "<script>alert(1)</script>\"'&{{ 7*7 }}\\u202e\\n\\x00\\x1b[31m.jpg"


class Page(HTMLParser):
    """The page as a reader of HTML sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.headings: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem != "style":
            self.texts.append(data)
        if self.headings and re.fullmatch("h[1-6]", self.tags[-1][0]):
            self.headings[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return with_reasons(compared(tmp_path_factory.mktemp("builds")))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("several")
    return compared(folder, ("original", "some", "all"), layers=[(), (4,)], test_sets=2)


def rendered(comparison: Comparison, name: str = "photo.jpg") -> str:
    return page.render(comparison, context(comparison, name))


def test_the_parts_stand_in_the_order_of_a_reader_s_questions(comparison: Comparison) -> None:
    headings = Page(rendered(comparison)).headings
    verdict, *parts = [heading.strip() for heading in headings]
    assert verdict == "No difference is shown between original and enlarged"
    assert [part for part in parts if "(" not in part] == [
        "What this means",
        "What it does not show",
        "Before and after at a glance",
        "How they learnt",
        "Where it went, by class",
        "Test images that changed sides",
        "From wrong to right",
        "From right to wrong",
        "Always wrong",
        "Why",
        "Do the added images look like the originals?",
        "A judge that sees smaller differences",
        "What was added",
        "The share of each class",
        "enlarged",
        "A sample of the added images",
        "What catdata check finds in the added images",
        "How to repeat it",
    ]


def test_headings_go_down_one_level_at_a_time(several: Comparison) -> None:
    levels = [
        int(tag[1])
        for tag, _ in Page(rendered(several)).tags
        if tag[0] == "h" and tag[1:].isdigit()
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_every_section_has_a_link_of_its_own_text(tmp_path: Path) -> None:
    comparison = compared(tmp_path, layers=[(4,)], test_sets=2, seeds=1, control=True)
    html = rendered(comparison)
    links = re.findall(r'<li><a href="#comparison-\d+">(.*?)</a>', html)
    assert len(set(links)) == len(links) == len(comparison.changes) == 6
    assert "enlarged against original x1.3 (control), judged on original" in links


def test_every_verdict_of_builds_shapes_and_test_sets_is_told(several: Comparison) -> None:
    text = Page(rendered(several)).text
    assert len(several.changes) == 2 * 2 * 2
    assert "None of 8 comparisons shows a difference" in text
    for change in several.changes:
        assert text.count(change.sentence) == 1
    assert len(re.findall("at a glance", text)) == 8


def test_one_verdict_rests_on_the_numbers_of_its_sentence(comparison: Comparison) -> None:
    (change,) = comparison.changes
    text = Page(rendered(comparison)).text
    _, _, basis = change.sentence.partition(": ")
    assert basis[0].upper() + basis[1:] in text


def test_all_that_repeats_the_comparison_is_told(comparison: Comparison) -> None:
    text = Page(rendered(comparison)).text
    for word in (
        "catdata compare original enlarged photo.jpg",
        "1.2.3",
        "0.02",
        "22 November 2026",
    ):
        assert word in text


def test_the_same_records_give_the_same_page(comparison: Comparison) -> None:
    assert rendered(comparison) == rendered(comparison)


def test_a_hostile_name_changes_no_tag_and_no_attribute(tmp_path: Path) -> None:
    pages = []
    for name in ("harmless", HOSTILE):
        folder = tmp_path / str(len(pages))
        folder.mkdir()
        comparison = compared(folder, (name, name + "2"))
        comparison = replace(comparison, warnings=(name,))
        pages.append(Page(rendered(with_reasons(comparison), name)))
    harmless, hostile = pages
    assert [(tag, list(names)) for tag, names in hostile.tags] == [
        (tag, list(names)) for tag, names in harmless.tags
    ]
    assert not hostile.all("script")
    assert HOSTILE_SHOWN in hostile.text


def test_no_hidden_character_is_in_a_page(tmp_path: Path) -> None:
    html = rendered(compared(tmp_path, (HOSTILE, "enlarged")), HOSTILE)
    hidden = {
        c for c in html if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }
    assert hidden == {"\n"}


def test_a_page_loads_nothing_and_runs_nothing(several: Comparison) -> None:
    html = rendered(several)
    read = Page(html)
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in read.tags}
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert (attributes.get("src") or "data:image/png;base64,").startswith(
            "data:image/png;base64,"
        )
        assert (attributes.get("href") or "#").startswith("#")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:" in html


def test_links_lead_to_a_place_in_the_page_and_ids_are_single(several: Comparison) -> None:
    read = Page(rendered(several))
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{place}" for place in ids} >= {link["href"] for link in read.all("a")}
    labels = [name for _, a in read.tags for name in (a.get("aria-labelledby") or "").split()]
    assert set(labels) <= set(ids)


def test_figures_have_text_and_pictures_have_names(comparison: Comparison) -> None:
    read = Page(rendered(comparison))
    figures = [figure for figure in read.all("svg") if figure.get("role") == "img"]
    assert len(figures) == 2
    assert len(read.all("desc")) == 2
    assert "Train accuracy ends at" in read.text
    parts = [a for a in read.all("svg") if a.get("role") != "img"]
    # The others are hidden, since the cells beside them hold the same numbers, or parts of figures.
    assert all(a.get("aria-hidden") == "true" or "viewbox" in a or a.get("x") for a in parts)
    assert all(picture["alt"] for picture in read.all("img"))


def test_curves_are_given_in_numbers_too(comparison: Comparison) -> None:
    text = Page(rendered(comparison)).text
    last = comparison.arms[0].curve
    numbers = [100 * float(values[-1]) for values in (last.mean, last.low, last.high)]
    assert "{:.1f} ({:.1f} to {:.1f})".format(*numbers) in text


def test_a_page_of_a_thousand_test_images_is_below_3_mb(tmp_path: Path) -> None:
    comparison = compared(tmp_path, test_images=1000)
    flips = comparison.flips[0]
    wrong = len(flips.improved) + len(flips.worsened) + len(flips.always_wrong)
    assert wrong > 200
    html = rendered(comparison)
    assert len(html.encode()) < 3_000_000
    assert html.count('<img src="data:image/png') > 60
    rows = re.findall(r'<tr><th scope="row">photo.jpg</th>', html)
    assert len(rows) == wrong


def test_a_single_build_gets_no_page(comparison: Comparison) -> None:
    alone = replace(comparison, arms=comparison.arms[:1])
    with pytest.raises(ConfigRefused, match="there is only one"):
        page.render(alone, context(comparison))


def test_a_report_replaces_a_report(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    for _ in range(2):
        page.save(comparison, context(comparison), path)
    assert path.read_text("utf-8") == rendered(comparison)


def test_another_file_is_not_replaced(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "thesis.html"
    path.write_text("<p>mine</p>")
    with pytest.raises(ConfigRefused, match=r"thesis\.html is there already and is not a report"):
        page.save(comparison, context(comparison), path)
    assert path.read_text() == "<p>mine</p>"


@pytest.mark.parametrize("name", ["page.pdf", "page", "gone/page.html"])
def test_a_place_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match=r"is written as \.html|there is no folder"):
        page.check_target(tmp_path / name)
