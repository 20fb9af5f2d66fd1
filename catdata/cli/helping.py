"""How a command's help looks: options in groups by what they are about, and what comes next."""

from __future__ import annotations

import functools
import itertools

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
NEXT: dict[str, tuple[str, str]] = {
    "init": ("catdata add PHOTO.jpg --label cat", "or a whole folder"),
    "add": ("catdata build-h5", "write the enlarged h5 files"),
    "status": ("catdata check", "look for copies, leaks and poor pictures"),
    "list": ("catdata show REF", "tell everything known of an image"),
    "show": ("catdata relabel REF --label cat", "if its label is wrong"),
    "log": ("catdata undo", "revert the last entry"),
    "relabel": ("catdata build-h5", "write the change to the h5 files"),
    "move": ("catdata build-h5", "write the change to the h5 files"),
    "remove": ("catdata build-h5", "write the h5 files without them"),
    "undo": ("catdata build-h5", "write the change to the h5 files"),
    "check": ("catdata show REF", "look at what was found"),
    "verify": ("catdata check", "look at the pictures, too"),
    "build-h5": ("catdata compare", "did it help?"),
    "augment-preview": (
        "catdata build-h5 augmented --augment standard --copies 4",
        "write such copies",
    ),
    "export": ("catdata list", "what is in the dataset"),
    "train": ("catdata compare", "is the difference more than luck?"),
    "compare": ("catdata compare --report comparison.html", "the same as a page for people"),
    "report": ("catdata curve", "how many photos would be enough?"),
    "sweep": ("catdata compare", "with the best settings"),
    "curve": ("catdata label PHOTOS", "more photos, one key each"),
    "predict": ("catdata build-h5", "once mistakes were added"),
    "label": ("catdata build-h5", "write the enlarged h5 files"),
    "demo": ("catdata init --train TRAIN.h5 --test TEST.h5", "the same with files of your own"),
}
"""What to type after a command, and why."""

_FEWEST = 8  # options that are worth grouping


class Command(click.Command):
    """A command whose help lists options in the groups of :data:`GROUPS`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, after a look at what would otherwise be taken for the names of builds."""
        if "--layers" in args:
            after = args[args.index("--layers") + 1 :]
            widths = list(itertools.takewhile(str.isdecimal, after))
            if len(widths) > 2:  # of two, the second may be a build's name
                raise click.UsageError(
                    f"Layers are written with commas: --layers {','.join(widths)}", ctx
                )
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each under its group."""
        records = {
            "help" if "--help" in parameter.opts else str(parameter.name): record
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx))
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

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write an example, and what comes after it."""
        super().format_epilog(ctx, formatter)
        if self.name in NEXT:
            with formatter.indentation():
                formatter.write_text("Next: {}    ({})".format(*NEXT[self.name]))


_GROUPED = frozenset(name for names in GROUPS.values() for name in names)

command = functools.partial(click.command, cls=Command)
"""Takes the place of :func:`click.command`."""
