"""Run commands as a user types them, in a folder of their own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catdata.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line, given as one string or as arguments; a crash is not caught."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATDATA_WORKSPACE", raising=False)

    def run(*arguments: str, status: int = 0) -> Result:
        words = shlex.split(arguments[0]) if len(arguments) == 1 else list(arguments)
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def run_json(run: Run) -> Callable[..., Any]:
    """Run a command with ``--json`` and return the one document that it prints."""

    def run_json(line: str, status: int = 0) -> Any:
        return json.loads(run(f"{line} --json", status=status).stdout)

    return run_json


@pytest.fixture
def here(run: Run, pair: dict[str, Path], tmp_path: Path) -> Path:
    """Make the current folder a workspace with the small drawn pair."""
    run(f"init --train {pair['train']} --test {pair['test']}")
    return tmp_path
