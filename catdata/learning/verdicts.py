"""Put what a comparison shows into one word, and into one sentence for a beginner.

Two questions make the verdict: did test accuracy move, and did the gap? A smaller gap alone is no
success: it also comes from a network that learns its own training set less well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catdata.errors import shown
from catdata.learning.changes import LEVEL, SMALLEST_TEST_SET

if TYPE_CHECKING:
    from collections.abc import Callable

    from catdata.learning.changes import Change
    from catdata.learning.stats import Interval

VERDICTS = (
    "generalizes-better",
    "generalizes-worse",
    "fits-less",
    "fits-more",
    "no-difference-shown",
)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two arms on one test set, or in cross-validation: all that their sentence says.

    Attributes:
        before: Name of the first arm.
        after: Name of the second.
        layers: Widths of the hidden layers of both.
        test_set: Name of the test set.
        folds: Parts of it that were judged in turn by networks that learnt from the others; 0 for a
            test set that nobody learnt from.
        images: How many images it has.
        baseline_class: The class that most of them are of.
        baseline_accuracy: Share that is right by always naming that class.
        train_accuracy: Means of the two arms.
        test_accuracy: Means of the two arms.
        change: How far they are apart.
        adjusted_p_value: Of the change of test accuracy, after Holm's correction over all changes
            that are shown.
        adjusted_gap_p_value: That of the change of the gap.
        comparisons: How many changes are shown together.
        by_class: Change of the share named rightly, by class name; each interval for itself.
        contribution: Each class's part of the change of accuracy; they add up to it.
        balanced_accuracy: Change of the mean of the classes' accuracies.
        mcnemar: With one seed and no folds, the exact p-value of the two networks; else None.
        control: Whether one of the arms is the first build's training set repeated.
    """

    before: str
    after: str
    layers: tuple[int, ...]
    test_set: str
    folds: int
    images: int
    baseline_class: str
    baseline_accuracy: float
    train_accuracy: tuple[float, float]
    test_accuracy: tuple[float, float]
    change: Change
    adjusted_p_value: float
    adjusted_gap_p_value: float
    comparisons: int
    by_class: dict[str, Interval]
    contribution: dict[str, float]
    balanced_accuracy: Interval
    mcnemar: float | None
    control: bool

    @property
    def p_value(self) -> float:
        """Of the change of test accuracy, as if it were the only one shown."""
        return self.change.p_value

    @property
    def smallest_shown(self) -> float:
        """The smallest change, as a share, that would have been shown in 80 % of cases."""
        return self.change.smallest_shown

    @property
    def verdict(self) -> str:
        """One of ``VERDICTS``."""
        return verdict(self.change, (self.adjusted_p_value, self.adjusted_gap_p_value))

    @property
    def sentence(self) -> str:
        """The verdict in words with the numbers it rests on."""
        return _SENTENCES[self.verdict](self) + _correction(self)

    def to_json(self) -> dict[str, Any]:
        """Return the contrast as plain types."""
        return {
            "from": self.before,
            "to": self.after,
            "layers": list(self.layers),
            "test_set": self.test_set,
            "folds": self.folds,
            "test_images": self.images,
            "accuracy": dict(zip(("from", "to"), self.test_accuracy, strict=True)),
            "gap": self.change.gap.to_json(),
            "test_accuracy": self.change.test_accuracy.to_json(),
            "balanced_accuracy": self.balanced_accuracy.to_json(),
            "by_class": {
                name: moved.to_json() | {"contribution": self.contribution[name]}
                for name, moved in self.by_class.items()
            },
            "baseline_accuracy": self.baseline_accuracy,
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted_p_value,
            "gap_p_value": self.change.gap_p_value,
            "adjusted_gap_p_value": self.adjusted_gap_p_value,
            "comparisons": self.comparisons,
            "mcnemar": self.mcnemar,
            "smallest_shown": self.smallest_shown,
            "control": self.control,
            "verdict": self.verdict,
            "sentence": self.sentence,
        }


def verdict(change: Change, p_values: tuple[float, float]) -> str:
    """Judge a change of test accuracy and gap.

    Args:
        change: How far two arms are apart.
        p_values: Of the test accuracy and of the gap, corrected for what else is shown.

    Returns:
        ``generalizes-better`` or ``generalizes-worse`` if the test accuracy is shown to have moved;
        else ``fits-less`` or ``fits-more`` if the gap is and the train accuracy went with it; else
        ``no-difference-shown``.
    """
    accuracy, gap = change.test_accuracy.estimate, change.gap.estimate
    accuracy_moved, gap_moved = (p_value <= LEVEL for p_value in p_values)
    if accuracy_moved:
        return "generalizes-better" if accuracy > 0 else "generalizes-worse"
    if gap_moved and gap < 0 and accuracy + gap < 0:
        return "fits-less"
    if gap_moved and gap > 0 and accuracy + gap > 0:
        return "fits-more"
    return "no-difference-shown"


def _moved(contrast: Contrast) -> str:
    """Say that the test accuracy moved, which settles it."""
    accuracy = contrast.change.test_accuracy
    better, moved = ("better", "rose") if accuracy.estimate > 0 else ("worse", "fell")
    first, last = contrast.test_accuracy
    return (
        f"{shown(contrast.after)} generalizes {better} than {shown(contrast.before)}:"
        f" {_where(contrast)} accuracy {moved} by {distance(accuracy)},"
        f" from {percent(first)} to {percent(last)}, where {_baseline(contrast)};"
        f" the gap to train accuracy changed by {points(contrast.change.gap)}."
    )


def _fits_less(contrast: Contrast) -> str:
    return (
        f"{shown(contrast.after)} only fits its training images less well than"
        f" {shown(contrast.before)}: {_gap_moved(contrast, 'shrank', 'fell')}."
    )


def _fits_more(contrast: Contrast) -> str:
    return (
        f"{shown(contrast.after)} only fits its training images more closely than"
        f" {shown(contrast.before)}: {_gap_moved(contrast, 'grew', 'rose')}."
    )


def _gap_moved(contrast: Contrast, gap_moved: str, train_moved: str) -> str:
    first, last = contrast.train_accuracy
    return (
        f"the gap {gap_moved} by {distance(contrast.change.gap)} because train accuracy"
        f" {train_moved} from {percent(first)} to {percent(last)}, while accuracy"
        f" {_where(contrast)}, where {_baseline(contrast)}, is not shown to have moved:"
        f" {points(contrast.change.test_accuracy)}"
    )


def _no_difference(contrast: Contrast) -> str:
    first, last = contrast.test_accuracy
    return (
        f"No difference is shown between {shown(contrast.before)} and {shown(contrast.after)}:"
        f" {_where(contrast)} accuracy changed by {points(contrast.change.test_accuracy)},"
        f" from {percent(first)} to {percent(last)}, where {_baseline(contrast)};"
        f" the gap to train accuracy changed by {points(contrast.change.gap)}."
        f" {could_have_shown(contrast.images, contrast.smallest_shown)}"
    )


def could_have_shown(images: int, smallest: float) -> str:
    """Say what so many images can show at all, as a full sentence.

    Args:
        images: Number of test images.
        smallest: The smallest change that they would have shown, as a share.
    """
    counted = f"{images} image" if images == 1 else f"{images} images"
    if images < SMALLEST_TEST_SET or smallest >= 1:
        return f"{counted} could not have shown any change."
    size = 100 * smallest
    change = f"{size:.0f} points" if size >= 1.5 else f"{size:.1f} points"
    return f"{counted} could only have shown a change of about {change}."


def _correction(contrast: Contrast) -> str:
    """Say what Holm's correction made of the evidence, where several changes are shown."""
    if contrast.comparisons == 1:
        return ""
    alone, adjusted = contrast.p_value, contrast.adjusted_p_value
    if contrast.verdict in _GAP_VERDICTS:
        alone, adjusted = contrast.change.gap_p_value, contrast.adjusted_gap_p_value
    return (
        f" {contrast.comparisons} changes are shown together, so the verdict goes by p-values after"
        f" Holm's correction: here p {show_p_value(adjusted)},"
        f" for this change alone p {show_p_value(alone)}."
    )


def show_p_value(value: float) -> str:
    """Return a p-value as text with its sign: ``= 0.012`` or ``< 0.001``."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"


_GAP_VERDICTS = ("fits-less", "fits-more")
_SENTENCES: dict[str, Callable[[Contrast], str]] = {
    "generalizes-better": _moved,
    "generalizes-worse": _moved,
    "fits-less": _fits_less,
    "fits-more": _fits_more,
    "no-difference-shown": _no_difference,
}


def _where(contrast: Contrast) -> str:
    if contrast.folds:
        return f"in {contrast.folds}-fold cross-validation over {contrast.images} original images"
    images = "image" if contrast.images == 1 else "images"
    return f"on the {contrast.images} test {images} of {shown(contrast.test_set)}"


def _baseline(contrast: Contrast) -> str:
    return (
        f"always answering {shown(contrast.baseline_class)}"
        f" is right on {percent(contrast.baseline_accuracy)}"
    )


def percent(share: float) -> str:
    """Return a share as text: ``74.6 %``."""
    return f"{100 * share:.1f} %"


def points(interval: Interval) -> str:
    """Return a change with its sign: ``+0.8 points (95 % interval -4.4 to +6.0)``."""
    value, low, high = (
        f"{100 * share:+.1f}" for share in (interval.estimate, interval.low, interval.high)
    )
    return f"{value} points (95 % interval {low} to {high})"


def distance(interval: Interval) -> str:
    """Return a change without its sign, which a verb has told, in the form of :func:`points`."""
    value = abs(interval.estimate)
    near, far = sorted((abs(interval.low), abs(interval.high)))
    return f"{100 * value:.1f} points (95 % interval {100 * near:.1f} to {100 * far:.1f})"
