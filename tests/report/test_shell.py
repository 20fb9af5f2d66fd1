"""A command shown in a page runs as it was run, whatever its arguments hold."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdata.report.shell import quoted

# What Linux can pass as an argument: bytes that are no UTF-8 come as surrogates.
ARGUMENTS = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(["catdata", "compare", "a"], "catdata compare a", id="plain"),
        pytest.param(["a b", "it's"], "'a b' 'it'\"'\"'s'", id="quoted"),
        pytest.param(["a\nb'\\"], r"$'a\012b\'\\'", id="line break"),
        pytest.param(["\u202egpj.exe"], r"$'\342\200\256gpj.exe'", id="right to left"),
        pytest.param(["\udcff1"], r"$'\3771'", id="byte that is no UTF-8"),
        pytest.param(["$(rm -rf /)"], "'$(rm -rf /)'", id="command substitution"),
        pytest.param([""], "''", id="empty"),
    ],
)
def test_arguments_are_quoted(arguments: list[str], line: str) -> None:
    assert " ".join(map(quoted, arguments)) == line


@given(ARGUMENTS)
def test_no_hidden_character_is_left(argument: str) -> None:
    assert not [c for c in quoted(argument) if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}]


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash on the PATH")
def test_a_shell_reads_back_the_arguments() -> None:
    arguments = [
        "a b",
        "it's",
        "\u202e\n\t1\\",
        "-n",
        "*",
        "$HOME",
        "`id`",
        "\udcff2",
        "\u732b",
        "!x",
    ]
    line = " ".join(map(quoted, ["printf", "%s\\0", *arguments]))
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    read = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    assert read == [*arguments, ""]
