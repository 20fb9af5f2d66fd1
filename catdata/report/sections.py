"""Put a comparison in the order of its page: a section for each change, with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.report.charts import CurvePanel, Scale, change_scale, curve_panels
from catdata.report.pictures import data_uris

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.learning.comparison import (
        ArmResult,
        Comparison,
        Flips,
        Judgement,
        SetSummary,
        TestImage,
    )
    from catdata.learning.verdicts import Contrast


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Test images with one fate.

    Attributes:
        title: What happened to them.
        text: The same in a sentence.
        images: All of them, the largest move first.
        pictures: The addresses of the first of them, as many as there is room for.
    """

    title: str
    text: str
    images: Sequence[TestImage]
    pictures: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One change and all that explains it.

    Attributes:
        anchor: Its name in links.
        change: What moved.
        before: The arm that it moved from.
        after: The arm that it moved to.
        test_set: What both were judged on.
        scale: An axis that its changes fit on.
        panels: How the accuracy of both arms went.
        galleries: The images that changed sides and those always wrong.
    """

    anchor: str
    change: Contrast
    before: ArmResult
    after: ArmResult
    test_set: SetSummary
    scale: Scale
    panels: tuple[CurvePanel, ...]
    galleries: tuple[Gallery, ...]

    def judged(self, arm: ArmResult) -> Judgement:
        """Return how an arm did on the section's test set."""
        return arm.judgements[self.test_set.name]


def sections(comparison: Comparison, picture_bytes: int) -> tuple[Section, ...]:
    """Return a section for each change, in their order.

    Args:
        comparison: At least two builds.
        picture_bytes: How long all pictures together may be, in characters of the page.
    """
    share = picture_bytes // max(1, 3 * len(comparison.changes))
    return tuple(_section(comparison, number, share) for number in range(len(comparison.changes)))


def _section(comparison: Comparison, number: int, share: int) -> Section:
    change, flips = comparison.changes[number], comparison.flips[number]
    arms = {(arm.build, arm.layers): arm for arm in comparison.arms}
    before, after = (arms[build, change.layers] for build in (change.before, change.after))
    (test_set,) = (one for one in comparison.test_sets if one.name == change.test_set)
    return Section(
        anchor=f"comparison-{number + 1}",
        change=change,
        before=before,
        after=after,
        test_set=test_set,
        scale=change_scale(
            [change.change.test_accuracy, change.change.gap, change.balanced_accuracy]
        ),
        panels=curve_panels((before, after), test_set),
        galleries=_galleries(flips, share),
    )


def _galleries(flips: Flips, share: int) -> tuple[Gallery, ...]:
    groups = (
        ("From wrong to right", "in most seeds wrong before and right after", flips.improved),
        ("From right to wrong", "in most seeds right before and wrong after", flips.worsened),
        ("Always wrong", "in most seeds wrong before and after", flips.always_wrong),
    )
    return tuple(
        Gallery(title, text, images, data_uris([image.pixels for image in images], share))
        for title, text, images in groups
    )
