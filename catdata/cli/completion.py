"""What Tab offers: builds, saved results and references; and the script that tells the shell.

Where no workspace can be found, or it cannot be read, nothing is offered and nothing is said: the
person is typing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete

from catdata.cli import helping
from catdata.errors import CatdataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from catdata.dataset.workspace import Workspace

_VARIABLE = "_CATDATA_COMPLETE"  # Click's own name for it
_MOST = 200
# A shell puts what it completes into the command line as it is. A file name from elsewhere that
# would mean something to a shell is not offered; its image goes by its hash.
_PLAIN = re.compile(r"[\w.,@%+=\[\]-]+")

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@helping.command(epilog="Example: catdata completion bash")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes Tab complete commands.

    Commands, options, builds, labels, saved networks and comparisons, and references are
    completed. Put the line for your shell into the file that it reads at its start:

    \b
      bash, ~/.bashrc:                   eval "$(catdata completion bash)"
      zsh, ~/.zshrc:                     eval "$(catdata completion zsh)"
      fish, ~/.config/fish/config.fish:  catdata completion fish | source
    """
    click.echo(SHELLS[shell](ctx.find_root().command, {}, "catdata", _VARIABLE).source(), nl=False)


def builds(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the workspace's builds; folders where none begins so."""
    names = _ask(ctx, lambda workspace: workspace.builds())
    return _beginning(incomplete, names) or [CompletionItem(incomplete, type="dir")]


def comparisons(
    ctx: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the saved comparisons; files where none begins so."""
    names = _ask(ctx, lambda workspace: workspace.comparisons())
    return _beginning(incomplete, names) or [CompletionItem(incomplete, type="file")]


def models(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the saved networks."""
    return _beginning(incomplete, _ask(ctx, lambda workspace: workspace.runs()))


def refs(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer references of images: file names, hashes and rows of the original pair."""

    def known(workspace: Workspace) -> list[str]:
        with workspace.catalog() as catalog:
            return catalog.refs_beginning(incomplete, _MOST)

    return _beginning(incomplete, _ask(ctx, known))


def _ask(ctx: click.Context, question: Callable[[Workspace], list[str]]) -> list[str]:
    """Ask the workspace; where there is none, or it can't be read, nothing is known."""
    from catdata.dataset.workspace import Workspace

    try:
        return question(Workspace.find(ctx.find_root().params.get("workspace")))
    except (CatdataError, OSError):
        return []


def _beginning(incomplete: str, names: list[str]) -> list[CompletionItem[str]]:
    return [
        CompletionItem(name)
        for name in names
        if name.startswith(incomplete) and _PLAIN.fullmatch(name)
    ]
