"""Find the test images that changed sides between two arms, and those that neither gets right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catdata.learning.comparison import Flips, TestImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from catdata.h5file import ImageSet
    from catdata.learning.records import LabelledImages
    from catdata.learning.trained import Trained


def find_flips(
    before: Trained, after: Trained, name: str, images: ImageSet, seen: LabelledImages
) -> Flips:
    """Sort the test images by what became of them.

    Args:
        before: The networks of the one arm.
        after: Those of the other, with the same seeds.
        name: The test set's name.
        images: Its images; told for their references and labels.
        seen: The same images in the same order as the first arm's networks see them.
    """
    probabilities = [arm.probabilities[name] for arm in (before, after)]
    shares = [arm.scores[name].correct.mean(axis=0) for arm in (before, after)]
    right_before, right_after = (share > 0.5 for share in shares)
    wrong_before, wrong_after = (share < 0.5 for share in shares)
    moved = np.abs(probabilities[1] - probabilities[0])

    def listed(which: NDArray[np.bool_]) -> tuple[TestImage, ...]:
        rows = np.flatnonzero(which)
        return tuple(
            TestImage(
                ref=images.refs[row],
                label=int(images.labels[row]),
                class_name=images.class_names[images.labels[row]],
                pixels=seen.images[row],
                before=float(probabilities[0][row]),
                after=float(probabilities[1][row]),
                right_before=float(shares[0][row]),
                right_after=float(shares[1][row]),
            )
            for row in rows[np.argsort(-moved[rows], kind="stable")].tolist()
        )

    return Flips(
        before=before.arm.name,
        after=after.arm.name,
        layers=before.config.layers,
        test_set=name,
        improved=listed(wrong_before & right_after),
        worsened=listed(right_before & wrong_after),
        always_wrong=listed(wrong_before & wrong_after),
    )
