"""Write the reference of all commands from their ``--help``; docs/cli.md holds it.

Usage: make docs
"""

from __future__ import annotations

import click
from click.testing import CliRunner

from catdata.cli import main


def reference() -> str:
    """Return the help of every command as Markdown."""
    parts = []
    for name in ["", *sorted(main.commands)]:
        title = f"catdata {name}".strip()
        text = CliRunner().invoke(main, [*name.split(), "--help"], prog_name="catdata").stdout
        parts.append(f"## {title}\n\n```text\n{click.unstyle(text)}\n```\n")
    return "\n".join(parts)
