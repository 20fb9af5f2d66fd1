"""What ``catdata compare`` prints: tables, verdicts, and what may lie behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catdata.cli import options, output
from catdata.errors import shown
from catdata.learning.verdicts import show_p_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.learning.comparison import (
        ArmResult,
        Comparison,
        Flips,
        SetSummary,
        World,
    )
    from catdata.learning.stats import Interval
    from catdata.learning.verdicts import Contrast


def describe(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of a comparison: tables for each network and test set, and the verdicts."""
    for layers in dict.fromkeys(arm.layers for arm in comparison.arms):
        arms = [arm for arm in comparison.arms if arm.layers == layers]
        for test_set in comparison.test_sets:
            yield _networks(layers, comparison)
            yield f"judged on the {test_set.images} test images of {shown(test_set.name)}"
            yield from _arms(arms, test_set)
            for change, flips in zip(comparison.changes, comparison.flips, strict=True):
                if (change.layers, change.test_set) == (layers, test_set.name):
                    yield from ("", *_change(change, flips, comparison))
            yield ""
    yield from _by_folds(comparison)
    yield from _why(comparison)
    yield from _in_short(comparison)
    yield f"({comparison.seconds:.0f} s)"


def _networks(layers: tuple[int, ...], comparison: Comparison) -> str:
    first, *_, last = (*comparison.seeds, comparison.seeds[-1])
    seeds = f"seed {first}" if first == last else f"seeds {first} to {last}"
    return f"Hidden layers {options.show_layers(layers)}, {seeds},"


def _in_short(comparison: Comparison) -> Iterator[str]:
    """Yield the verdicts once more, where the last screen would not show them all."""
    several = len({arm.layers for arm in comparison.arms}) > 1
    for one in (*comparison.changes, *comparison.folds):
        how = f"by {one.folds} folds" if one.folds else f"on test of {shown(one.test_set)}"
        network = f", layers {options.show_layers(one.layers)}" if several else ""
        arms = f"{shown(one.before)} to {shown(one.after)}{network}, {how}"
        yield output.paragraph(f"{arms}: {one.verdict.replace('-', ' ')}", later="  ")


def _arms(arms: list[ArmResult], test_set: SetSummary) -> Iterator[str]:
    yield output.table(
        ("", "images", "train accuracy", "test accuracy", "gap"),
        [_row(arm, test_set) for arm in arms],
    )
    baseline = f"always {test_set.baseline_class}: {_percent(test_set.baseline_accuracy)}"
    yield f"mean [95 % interval], in %; {baseline}"
    if any(arm.control for arm in arms):
        yield f"control: the images of {shown(arms[0].build)}, repeated"
    yield ""
    classes = list(test_set.classes)
    rows = []
    for arm in arms:
        judgement = arm.judgements[test_set.name]
        of_classes = [judgement.class_accuracy.get(name) for name in classes]
        shares = [*of_classes, judgement.balanced_accuracy, judgement.nearest_neighbour]
        rows.append((_name(arm), *("-" if share is None else _percent(share) for share in shares)))
    yield output.table(("test accuracy by class", *classes, "balanced", "nearest pixels"), rows)
    yield "nearest pixels: the label of the nearest training image, without a network"


def _name(arm: ArmResult) -> str:
    return "control" if arm.control else shown(arm.build)


def _row(arm: ArmResult, test_set: SetSummary) -> tuple[str, ...]:
    judgement = arm.judgements[test_set.name]
    values = (arm.train_accuracy, judgement.test_accuracy, judgement.gap)
    return (_name(arm), str(arm.train_images), *map(output.interval, values))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _change(change: Contrast, flips: Flips | None, comparison: Comparison) -> Iterator[str]:
    """Yield how far two arms are apart; a single pair of arms needs no heading."""
    if len(comparison.arms) > 2:
        yield click.style(f"{shown(change.before)} to {shown(change.after)}", underline=True)
    p_values = [show_p_value(change.p_value), show_p_value(change.change.gap_p_value)]
    accuracy = "accuracy" if change.folds else "test accuracy"
    rows = [
        (accuracy, *_moved(change.change.test_accuracy), f"p {p_values[0]}"),
        ("gap", *_moved(change.change.gap), f"p {p_values[1]}"),
    ]
    for name, moved in change.by_class.items():
        part = f"{100 * change.contribution[name]:+.1f} of the {accuracy}"
        rows.append((f"{name} alone", *_moved(moved), part))
    rows.append(("balanced", *_moved(change.balanced_accuracy), ""))
    yield output.table(("change in points", "", "[95 % interval]", ""), rows)
    if change.mcnemar is not None:
        yield f"exact McNemar test of these two networks: p {show_p_value(change.mcnemar)}"
    if flips is not None:
        yield output.paragraph(
            f"In most seeds {len(flips.improved)} image{'s' * (len(flips.improved) != 1)} went from"
            " wrong to right and"
            f" {len(flips.worsened)} from right to wrong; {len(flips.always_wrong)} are wrong in"
            " both."
        )
    yield f"Verdict: {_bold(change.verdict)}"
    yield output.paragraph(change.sentence)


def _bold(verdict: str) -> str:
    return click.style(verdict.replace("-", " "), bold=True)


def _moved(interval: Interval) -> tuple[str, str]:
    mean, low, high = (
        f"{100 * share:+.1f}" for share in (interval.estimate, interval.low, interval.high)
    )
    return mean, f"[{low}, {high}]"


def _by_folds(comparison: Comparison) -> Iterator[str]:
    """Yield what cross-validation shows."""
    for change in comparison.folds:
        yield _networks(change.layers, comparison)
        yield (
            f"{change.folds} folds over {change.images} original images, judged by networks that"
            " never saw them"
        )
        yield from ("", *_change(change, None, comparison), "")


def _why(comparison: Comparison) -> Iterator[str]:
    """Yield what the sets are made of, and whether what was added looks like what was there."""
    shares = [
        *{f"{_name(arm)} train": arm.train_classes for arm in comparison.arms}.items(),
        *((f"{shown(test.name)} test", test.classes) for test in comparison.test_sets),
    ]
    parts = [f"{name} {_shares(classes)}" for name, classes in shares]
    yield output.paragraph(f"Share of cats: {', '.join(parts)}.")
    for world in comparison.worlds:
        yield output.paragraph(_world(world))
    yield ""


def _shares(classes: dict[str, int]) -> str:
    *_, cats = classes.values()
    return f"{100 * cats / sum(classes.values()):.1f} %"


def _world(world: World) -> str:
    auc = world.auc
    can = "are not shown to differ" if auc.low <= 0.5 <= auc.high else "can be told"
    return (
        f"The {world.added} {shown(world.class_name)} images that {shown(world.build)} added {can}"
        f" from the {world.original} original ones by their looks: a network that tries reaches an"
        f" AUC of {auc.estimate:.2f} [{auc.low:.2f}, {auc.high:.2f}] (0.5: one world, it can only"
        f" guess; 1: two worlds). From an added image to the nearest original it is"
        f" {world.distance_added:.3f}, from an original to the nearest other"
        f" {world.distance_original:.3f} (root mean square over pixels, 0 to 1)."
    )
