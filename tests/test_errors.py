"""Errors say what, where and the next step, and never print what could harm a terminal."""

from __future__ import annotations

import pytest

from catdata import errors


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("cat photo.jpg", "cat photo.jpg", id="plain"),
        pytest.param("Kätzchen.jpg", "Kätzchen.jpg", id="letters of any language"),
        pytest.param("a\nb", "a\\nb", id="newline"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="terminal escape"),
        pytest.param("\u202egpj.exe", "\\u202egpj.exe", id="right-to-left override"),
        pytest.param("\udcff.jpg", "\\xff.jpg", id="byte that is not UTF-8"),
    ],
)
def test_a_foreign_name_is_shown_on_one_harmless_line(name: str, expected: str) -> None:
    assert errors.shown(name) == expected


def test_every_error_is_in_the_tree_that_the_module_draws() -> None:
    def below(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    assert errors.__doc__ is not None
    for kind in below(errors.CatdataError):
        assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("name", "question"),
    [
        pytest.param("trian", "Did you mean train? ", id="nearest"),
        pytest.param("cat", "", id="none near"),
        pytest.param("photo.jpg", "Did you mean phot\\x1b.jpg? ", id="shown safely"),
    ],
)
def test_the_nearest_name_begins_a_hint(name: str, question: str) -> None:
    assert errors.did_you_mean(name, ["train", "test", "phot\x1b.jpg"]) == question
