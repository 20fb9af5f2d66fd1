"""Help is in groups, and every command says what comes next."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from catdata.cli import helping, main

COMMANDS = sorted(set(main.commands) - {"completion"})


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_names_an_existing_one_as_the_next(name: str) -> None:
    program, following, *_ = helping.NEXT[name][0].split()
    assert program == "catdata"
    assert following in main.commands


@pytest.mark.parametrize("name", sorted(main.commands))
def test_help_lists_every_option_once(name: str, run) -> None:
    shown = run(f"{name} --help").stdout
    options = [each for each in main.commands[name].params if isinstance(each, click.Option)]
    for option in options:
        longest = max(option.opts, key=len)
        lines = [line for line in shown.splitlines() if f"{longest} " in f"{line.lstrip()} "]
        assert any(line.lstrip().startswith("-") for line in lines), option.name


def test_long_help_is_in_groups_and_short_help_is_not(run) -> None:
    train, status = run("train --help").stdout, run("status --help").stdout
    headings = [line for line in train.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [
        *("Options:", "Network:", "Descent:", "Against overfitting:"),
        *("Inputs and arithmetic:", "Augmented copies:", "Output:"),
    ]
    assert "Output:" not in status


def test_what_comes_next_is_said_once_and_on_stderr(run, here: Path) -> None:
    done = run("status")
    assert done.stderr.count("Next: ") == 1
    assert "Next: " not in done.stdout


@pytest.mark.parametrize("silent", ["--quiet", "--json"])
def test_scripts_and_the_quiet_are_told_nothing(run, here: Path, silent: str) -> None:
    assert run(f"status {silent}").stderr == ""
