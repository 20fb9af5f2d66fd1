"""What a page says of each verdict, for somebody who reads the word for the first time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from catdata.learning.verdicts import could_have_shown, show_p_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.comparison import World
    from catdata.learning.stats import Interval
    from catdata.learning.verdicts import Contrast


__all__ = [
    "WORDINGS",
    "basis",
    "change_span",
    "contributions",
    "could_have_shown",
    "layers",
    "meaning",
    "percent",
    "plain",
    "points",
    "seeds",
    "show_p_value",
    "span",
    "thousands",
    "told_apart",
    "whole",
    "whole_percent",
    "whole_points",
]
"""What the templates say things with."""


class Wording(NamedTuple):
    """What is said of a verdict.

    Attributes:
        sign: A character that tells it from the others without colour.
        tone: ``good``, ``bad``, ``odd`` or ``none``, which says its colour.
        headline: With places for the names of the two builds.
        meaning: What it means.
        advice: What to do with it.
    """

    sign: str
    tone: str
    headline: str
    meaning: str
    advice: str


WORDINGS = {
    "generalizes-better": Wording(
        "▲",
        "good",
        "{after} generalizes better than {before}",
        "Networks that learnt from {after} name more of these test images rightly than networks "
        "that learnt from {before}, and by more than the choice of seeds and images explains.",
        "Look at each class below: a gain on one can hide a loss on the other.",
    ),
    "generalizes-worse": Wording(
        "▼",
        "bad",
        "{after} generalizes worse than {before}",
        "Networks that learnt from {after} name fewer of these test images rightly than networks "
        "that learnt from {before}, and by more than the choice of seeds and images explains. "
        "More images are no gain where they show something else, or ask for more than this "
        "network can learn.",
        "Look below at which class lost, and whether the added images look like the originals.",
    ),
    "fits-less": Wording(
        "◆",
        "odd",
        "{after} only fits its own training images less well",
        "The gap between train and test is smaller, but only because the network no longer learns "
        "its own training images as well. That it overfits less is no gain here: it is not shown "
        "to name more new images rightly.",
        "A longer training or a larger network may learn the larger set better.",
    ),
    "fits-more": Wording(
        "◆",
        "odd",
        "{after} only fits its own training images more closely",
        "The gap between train and test is larger, because the network learns its own training "
        "images better. It is not shown to name fewer or more new images rightly.",
        "Look at the curves below: where test stays level while train still climbs, the rest is "
        "learnt by heart.",
    ),
    "no-difference-shown": Wording(
        "=",
        "none",
        "No difference is shown between {before} and {after}",
        "Whatever moved is within what other seeds and other test images of the same kind would "
        "have moved as well. There may be a difference all the same, too small to be seen here.",
        "More test images show smaller differences; more seeds do so only up to a point.",
    ),
}

_MINUS = "\u2212"
_GUESS, _CLEARLY = 0.5, 0.75  # areas under the curve

_ON_SETS = {
    "generalizes-better": "better",
    "generalizes-worse": "worse",
    "fits-less": "only a looser fit",
    "fits-more": "only a closer fit",
    "no-difference-shown": "no difference shown",
}

_FOUND = {
    "generalizes-better": ("finds better generalization", "find better generalization"),
    "generalizes-worse": ("finds worse generalization", "find worse generalization"),
    "fits-less": ("finds only a looser fit", "find only a looser fit"),
    "fits-more": ("finds only a closer fit", "find only a closer fit"),
    "no-difference-shown": ("shows no difference", "show no difference"),
}


def title(changes: Sequence[Contrast]) -> str:
    """Return what a comparison shows, as one short sentence.

    Args:
        changes: At least one. Of one pair of arms all test sets are named; of several pairs the
            verdicts are counted.
    """
    first = changes[0]
    if len({(change.before, change.after, change.layers) for change in changes}) == 1:
        headline = _named(WORDINGS[first.verdict].headline, first)
        if len(changes) == 1:
            return headline
        if len({change.verdict for change in changes}) == 1:
            return f"{headline}, on {'both' if len(changes) == 2 else 'all'} test sets"
        found = [f"{_ON_SETS[one.verdict]} on the test images of {one.test_set}" for one in changes]
        return f"{first.after} against {first.before}: {_listed(found)}"
    counts = Counter(change.verdict for change in changes)
    if counts["no-difference-shown"] == len(changes):
        return f"None of {len(changes)} comparisons shows a difference"
    parts = [
        f"{counts[verdict]} {words[counts[verdict] > 1]}"
        for verdict, words in _FOUND.items()
        if counts[verdict]
    ]
    return f"Of {len(changes)} comparisons {_listed(parts)}"


def meaning(change: Contrast) -> str:
    """Return what the verdict means."""
    return _named(WORDINGS[change.verdict].meaning, change)


def basis(change: Contrast) -> str:
    """Return what the verdict rests on: its sentence without the headline that begins it."""
    _, colon, numbers = change.sentence.partition(": ")
    return numbers[0].upper() + numbers[1:] if colon and numbers else change.sentence


def contributions(change: Contrast) -> str:
    """Return how the classes' parts make the change of accuracy."""
    parts = [f"{points(part)} from {name}" for name, part in change.contribution.items()]
    total = points(change.change.test_accuracy.estimate)
    return f"The change of accuracy, {total} points, is {_listed(parts)}."


def told_apart(world: World) -> str:
    """Return whether added images can be told from original ones."""
    if world.auc.low <= _GUESS:
        return "not shown to be told apart"
    return "told apart" if world.auc.estimate >= _CLEARLY else "somewhat told apart"


def _named(text: str, change: Contrast) -> str:
    return text.format(before=change.before, after=change.after)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def percent(share: float, digits: int = 1) -> str:
    """Return a share as people read it: ``74.6 %``, never broken across lines."""
    return f"{100 * share:.{digits}f}\u00a0%"


def points(share: float) -> str:
    """Return a change of a share with its sign, in points, with a true minus: ``−4.4``."""
    text = f"{100 * share:+.1f}"
    return text.replace("-", _MINUS) if float(text) else "0.0"


def span(interval: Interval) -> str:
    """Return the ends of an interval of shares, in percent: ``62.0 to 86.0``."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def change_span(interval: Interval) -> str:
    """Return the ends of an interval of changes, in points: ``−4.4 to +6.0``."""
    return f"{points(interval.low)} to {points(interval.high)}"


def seeds(numbers: Sequence[int]) -> str:
    """Return seeds as people write them: ``1 to 10``, or a list where one is missing."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and list(numbers) == list(range(first, last + 1)):
        return f"{first} to {last}"
    return ", ".join(map(str, numbers))


def layers(widths: Sequence[int]) -> str:
    """Return hidden layers as they are typed: ``20,7,5``, or ``none``."""
    return ",".join(map(str, widths)) or "none"


def thousands(number: float) -> str:
    """Return a whole number with its thousands set apart: ``1,209``."""
    return f"{number:,.0f}"


def whole(share: float) -> str:
    """Return a share in percent without the sign: ``75``."""
    return f"{100 * share:.0f}"


def whole_percent(tick: float) -> str:
    """Return the mark of an axis of shares: ``25 %``."""
    return percent(tick, 0)


def whole_points(tick: float) -> str:
    """Return the mark of an axis of changes: ``+20``."""
    return points(tick).removesuffix(".0")


def plain(tick: float) -> str:
    """Return the mark of an axis without a unit: ``0.75``."""
    return f"{tick:g}"
