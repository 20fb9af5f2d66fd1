"""Comparisons of small drawn builds for the tests of pages, and what their pages say besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builds import course_arm, pixels

from catdata.learning.comparison import Arm, World
from catdata.learning.config import TrainConfig
from catdata.learning.experiments import compare
from catdata.learning.stats import Interval
from catdata.report.context import Additions, Context, Rows, Thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catdata.learning.comparison import Comparison

QUICK = TrainConfig(learning_rate=0.02, iterations=30, record_every=10)


def compared(
    folder: Path,
    names: Sequence[str] = ("original", "enlarged"),
    *,
    layers: Sequence[tuple[int, ...]] = ((4,),),
    test_images: int = 8,
    test_sets: int = 1,
    seeds: int = 2,
    control: bool = False,
) -> Comparison:
    """Compare drawn builds of 12, 16, 20, ... training images.

    Args:
        folder: Where they are written.
        names: What results call them.
        layers: Widths of the hidden layers, one tuple a shape.
        test_images: How many images the first test set has.
        test_sets: How many of the builds have a test set of their own, of an image more each.
        seeds: How many networks each arm gets.
        control: Whether there is an arm of the first build's images, repeated.
    """
    arms = []
    for number, name in enumerate(names):
        test = range(1000, 1000 + test_images + min(number, test_sets - 1))
        arm = course_arm(folder / f"build{number}", range(12 + 4 * number), test)
        arms.append(Arm(name, arm.pair))
    chosen = range(1, 1 + seeds)
    return compare(arms, layers=layers, seeds=chosen, config=QUICK, control=control)


def with_reasons(comparison: Comparison) -> Comparison:
    """Add what says why: whether the added images are of another world, and cross-validation."""
    world = World(comparison.changes[0].after, "cat", 30, 20, Interval(0.9, 0.8, 0.95), 0.21, 0.19)
    fold = replace(comparison.changes[0], test_set="pool", folds=5, images=20)
    return replace(comparison, worlds=(world,), folds=(fold,))


def context(comparison: Comparison, name: str = "photo.jpg") -> Context:
    """Return what a page says besides, with one name wherever a name can stand."""
    first, after = comparison.arms[:2]
    flips = comparison.flips[0]
    images = (*flips.improved, *flips.worsened, *flips.always_wrong)
    return Context(
        commands=(("catdata", "compare", first.build, after.build, name),),
        versions={"catdata": "1.2.3", "Python": "3.11"},
        date="22 November 2026",
        additions=(
            Additions(
                after.build,
                rows=(Rows("train: added", {"non-cat": 3, "cat": 4}),),
                missing=1,
                thumbnails=(Thumbnail(name, "cat", pixels([7])[0]),),
            ),
        ),
        findings=(f"dark (1): {name}: mean grey level 12 (limit 40)",),
        names={image.ref: name for image in images},
    )
