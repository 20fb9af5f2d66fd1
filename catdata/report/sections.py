"""Put a comparison in the order of its page: a section for each change, its images with pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.report.charts import CurvePanel, Scale, change_scale, curve_panels
from catdata.report.pictures import data_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from catdata.learning.comparison import (
        ArmResult,
        Comparison,
        Flips,
        SetSummary,
        TestImage,
    )
    from catdata.learning.verdicts import Contrast

FEW = 12  # pictures of a gallery that are seen without opening anything


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


def sections(comparison: Comparison, picture_bytes: int) -> tuple[Section, ...]:
    """Return a section for each change, in their order.

    Args:
        comparison: At least two builds.
        picture_bytes: How long all pictures together may be, in characters of the page.
    """
    share = picture_bytes // max(1, 3 * len(comparison.changes))
    return tuple(
        _section(comparison, number, share) for number in range(len(comparison.changes))
    )


def pictures(images: Sequence[NDArray[np.uint8]], most_bytes: int) -> list[str]:
    """Return the addresses of the first pictures, as many as fit.

    Args:
        images: Shape (size, size, 3) each, uint8.
        most_bytes: How long they may be together, in characters of the page.
    """
    addresses: list[str] = []
    for pixels in images:
        address = data_uri(pixels)
        most_bytes -= len(address)
        if most_bytes < 0:
            break
        addresses.append(address)
    return addresses


def _section(comparison: Comparison, number: int, share: int) -> Section:
    change, flips = comparison.changes[number], comparison.flips[number]
    arms = {(arm.build, arm.layers): arm for arm in comparison.arms}
    before, after = (arms[build, change.layers] for build in (change.before, change.after))
    (test_set,) = (one for one in comparison.test_sets if one.name == change.test_set)
    changes = [change.change.test_accuracy, change.change.gap, change.balanced_accuracy]
    return Section(
        anchor=f"comparison-{number + 1}",
        change=change,
        before=before,
        after=after,
        test_set=test_set,
        scale=change_scale([*changes, *change.by_class.values()]),
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
        Gallery(title, text, images, pictures([image.pixels for image in images], share))
        for title, text, images in groups
    )
