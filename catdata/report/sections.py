"""Put a comparison in the order of its page: a section for each change, with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.report.charts import CurvePanel, Scale, change_scale, curve_panels
from catdata.report.pictures import grouped_data_uris

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

_FATES = 3  # of a test image: improved, worsened, always wrong


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
    groups = [group for flips in comparison.flips for group in _groups(flips)]
    addresses = grouped_data_uris(
        [[image.pixels for image in images] for _, _, images in groups], picture_bytes
    )
    galleries = [
        Gallery(title, text, images, pictures)
        for (title, text, images), pictures in zip(groups, addresses, strict=True)
    ]
    return tuple(
        _section(comparison, number, galleries[_FATES * number : _FATES * (number + 1)])
        for number in range(len(comparison.changes))
    )


def _section(comparison: Comparison, number: int, galleries: Sequence[Gallery]) -> Section:
    change = comparison.changes[number]
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
        galleries=tuple(galleries),
    )


def _groups(flips: Flips) -> tuple[tuple[str, str, tuple[TestImage, ...]], ...]:
    return (
        ("From wrong to right", "in most seeds wrong before and right after", flips.improved),
        ("From right to wrong", "in most seeds right before and wrong after", flips.worsened),
        ("Always wrong", "in most seeds wrong before and after", flips.always_wrong),
    )
