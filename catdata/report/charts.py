"""Work out where things lie in the figures of a page; its templates draw them.

Along a figure everything is a share of its width, which a browser chooses: text keeps its size on a
phone, and lines keep their thickness. Heights are pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.report.labels import spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from catdata.learning.comparison import ArmResult, Curve, SetSummary
    from catdata.learning.stats import Interval

HEIGHT = 240  # pixels
LONG = 1000  # units along the line, whatever the width
MOST_POINTS = 200  # of a line; a screen shows no more
MOST_ROWS = 26  # of the table below it
__all__ = ["AREAS", "HEIGHT", "LONG", "SHARES", "height"]
"""What the templates draw with."""

_LABEL_HEIGHT = 17.0  # pixels
_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # round numbers for the ends of an axis of changes


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis.

    Attributes:
        low: The value at its beginning.
        high: The value at its end.
        ticks: Values to be marked.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return how far along the axis a value lies, 0..1; what lies outside is put at the end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def at(self, value: float) -> str:
        """Return that place as SVG writes it."""
        return f"{100 * self.share(value):.2f}%"

    def width(self, first: float, last: float) -> str:
        """Return the distance between two values as SVG writes it."""
        return f"{100 * (self.share(last) - self.share(first)):.2f}%"


SHARES = Scale(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
AREAS = Scale(0.4, 1.0, (0.5, 0.75, 1.0))
"""Areas under a curve, of which 0.5 is a guess."""


def change_scale(changes: Iterable[Interval]) -> Scale:
    """Return an axis with nothing in its middle that all the intervals fit on."""
    most = max(max(abs(change.low), abs(change.high)) for change in changes)
    end = next((step for step in _STEPS if most <= step), _STEPS[-1])
    return Scale(-end, end, (-end, 0.0, end))


class Line(NamedTuple):
    """One line of a panel with the label at its end.

    Attributes:
        role: ``train``, ``test`` or ``baseline``, which says its colour.
        label: What stands beside its end.
        path: The line, in units of ``LONG`` and pixels.
        band: The outline of the band around it, or "".
        end: Height of its end, in pixels from the top.
        label_at: Height of the label.
    """

    role: str
    label: str
    path: str
    band: str
    end: float
    label_at: float


class Row(NamedTuple):
    """What a panel draws, in numbers: means and bands at one iteration."""

    iteration: int
    train: tuple[float, float, float]
    test: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class CurvePanel:
    """How the accuracy of one arm went.

    Attributes:
        arm: Whose.
        along: The axis of iterations.
        up: The axis of accuracy.
        lines: Train, test and the baseline.
        gap: What stands between the labels of train and test.
        gap_at: The height of that label.
        rows: The same in numbers, every k-th.
    """

    arm: ArmResult
    along: Scale
    up: Scale
    lines: tuple[Line, ...]
    gap: str
    gap_at: float
    rows: tuple[Row, ...]


def curve_panels(arms: Sequence[ArmResult], test_set: SetSummary) -> tuple[CurvePanel, ...]:
    """Draw several arms on one scale."""
    lowest = min(
        float(curve.low.min())
        for arm in arms
        for curve in (arm.curve, arm.judgements[test_set.name].curve)
    )
    lowest = math.floor(10 * min(lowest, test_set.baseline_accuracy)) / 10
    up = Scale(lowest, 1.0, _accuracy_ticks(lowest))
    last = max(int(arm.curve.iterations[-1]) for arm in arms)
    along = Scale(0, last, _iteration_ticks(last))
    return tuple(_panel(arm, test_set, along, up) for arm in arms)


def height(scale: Scale, value: float) -> float:
    """Return where a value lies in a panel, in pixels from its top."""
    return round(HEIGHT * (1 - scale.share(value)), 1)


def _panel(arm: ArmResult, test_set: SetSummary, along: Scale, up: Scale) -> CurvePanel:
    judgement = arm.judgements[test_set.name]
    train, test = arm.train_accuracy.estimate, judgement.test_accuracy.estimate
    baseline = test_set.baseline_accuracy
    ends = {
        "train": (train, f"train {100 * train:.1f} %"),
        "gap": ((train + test) / 2, f"gap {100 * judgement.gap.estimate:.1f}"),
        "test": (test, f"test {100 * test:.1f} %"),
        "baseline": (baseline, f"baseline {100 * baseline:.0f} %"),
    }
    places = _label_places({role: height(up, value) for role, (value, _) in ends.items()})
    curves = {"train": arm.curve, "test": judgement.curve}
    flat = f"M0,{height(up, baseline)}H{LONG}"
    lines = [
        Line(role, label, *_paths(curves[role], along, up), height(up, value), places[role])
        if role in curves
        else Line(role, label, flat, "", height(up, value), places[role])
        for role, (value, label) in ends.items()
        if role != "gap"
    ]
    return CurvePanel(
        arm=arm,
        along=along,
        up=up,
        lines=tuple(lines),
        gap=ends["gap"][1],
        gap_at=places["gap"],
        rows=_rows(arm.curve, judgement.curve),
    )


def _label_places(ends: dict[str, float]) -> dict[str, float]:
    """Move labels at the given heights apart; of two that are level the later one goes up."""
    upwards = sorted(ends, key=lambda role: -ends[role])
    places = spread(
        [HEIGHT - ends[role] for role in upwards],
        [_LABEL_HEIGHT] * len(upwards),
        HEIGHT + _LABEL_HEIGHT / 2,
    )
    return {role: round(HEIGHT - place, 1) for role, place in zip(upwards, places, strict=True)}


def _some(count: int, most: int) -> list[int]:
    """Return evenly spread places among *count*, the first and the last included."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def _paths(curve: Curve, along: Scale, up: Scale) -> tuple[str, str]:
    """Return the line of a curve and the outline of its band."""
    chosen = _some(len(curve.iterations), MOST_POINTS)
    where = [LONG * along.share(iteration) for iteration in curve.iterations[chosen].tolist()]
    mean, low, high = (
        _points(where, values[chosen], up) for values in (curve.mean, curve.low, curve.high)
    )
    return "M" + "L".join(mean), "M" + "L".join([*high, *reversed(low)]) + "Z"


def _points(where: Sequence[float], values: ArrayLike, up: Scale) -> list[str]:
    heights = [height(up, float(value)) for value in np.asarray(values)]
    return [f"{x:.0f},{y:g}" for x, y in zip(where, heights, strict=True)]


def _rows(train: Curve, test: Curve) -> tuple[Row, ...]:
    # Both are noted at the same iterations, since they are of the same runs.
    return tuple(
        Row(int(train.iterations[i]), _band(train, i), _band(test, i))
        for i in _some(len(train.iterations), MOST_ROWS)
    )


def _band(curve: Curve, place: int) -> tuple[float, float, float]:
    return float(curve.mean[place]), float(curve.low[place]), float(curve.high[place])


def _accuracy_ticks(lowest: float) -> tuple[float, ...]:
    tenths = round(10 * (1 - lowest))
    step = 2 if tenths > 4 else 1
    return tuple((10 - tenth) / 10 for tenth in range(0, tenths + 1, step))


def _iteration_ticks(last: int) -> tuple[float, ...]:
    """Return round iterations, at most three besides zero: a phone has no room for more."""
    power = 10.0 ** math.floor(math.log10(last))
    step = next(step for step in (power / 2, power, 2 * power, 5 * power) if last / step <= 3)
    step = max(1.0, step)
    return tuple(step * number for number in range(int(last / step) + 1))
