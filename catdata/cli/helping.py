"""How a command's help looks: its options in groups, by what they are about."""

from __future__ import annotations

import functools

import click

# Options stand under the first group that names them, the others above all groups.
GROUPS: dict[str, tuple[str, ...]] = {
    "Network": ("layers", "init", "activation", "seed", "seeds", "threshold"),
    "Descent": (
        "learning_rate",
        "learning_rates",
        "iterations",
        "optimizer",
        "momentum",
        "decay",
        "decay_rate",
        "decay_every",
        "batch_size",
        "class_weight",
        "on_failure",
    ),
    "Against overfitting": ("l2", "dropout", "early_stop"),
    "Inputs and arithmetic": ("center", "standardize", "dtype", "threads", "form"),
    "Augmented copies": ("augment", "copies", "augment_only", "balance"),
    "Where work runs": ("jobs", "engine", "scheduler"),
    "Output": ("plot", "report", "save", "as_json", "jsonl", "quiet", "help"),
}
_FEWEST = 8  # options that are worth grouping


class Command(click.Command):
    """A command whose help lists options in the groups of :data:`GROUPS`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each under its group."""
        records = {
            str(parameter.name): record
            for parameter in self.get_params(ctx)
            if (record := parameter.get_help_record(ctx))
        }
        if len(records) < _FEWEST:
            super().format_options(ctx, formatter)
            return
        sections = {"Options": [name for name in records if name not in _GROUPED], **GROUPS}
        for heading, names in sections.items():
            found = [records[name] for name in records if name in names]
            if found:
                with formatter.section(heading):
                    formatter.write_dl(found)


_GROUPED = frozenset(name for names in GROUPS.values() for name in names)

command = functools.partial(click.command, cls=Command)
"""Takes the place of :func:`click.command`."""
