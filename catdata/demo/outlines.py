"""Outlines of shapes as arrays of points, (k, 2): x to the right, y downwards."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Points: TypeAlias = NDArray[np.float64]

_ANGLES = np.linspace(0, 2 * np.pi, 36, endpoint=False)
UNIT_CIRCLE: Points = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def path(text: str) -> Points:
    """Return the points of a text such as ``"0 -1, 0.8 0.5, -0.8 0.5"``."""
    return np.array([pair.split() for pair in text.split(",")], dtype=np.float64)


def mirrored(points: Points) -> Points:
    """Return *points* with left and right exchanged."""
    return points * (-1, 1)


def moved(points: Points, x: float, y: float) -> Points:
    """Return *points* moved to the right by *x* and downwards by *y*."""
    result: Points = points + np.array([x, y])
    return result


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> Points:
    """Return the outline of an ellipse.

    Args:
        x: Centre, to the right.
        y: Centre, downwards.
        rx: Half width before turning.
        ry: Half height before turning.
        turn: Clockwise angle in radians.

    Returns:
        Array of shape (36, 2), float64.
    """
    cosine, sine = math.cos(turn), math.sin(turn)
    axes = np.array([[rx * cosine, rx * sine], [-ry * sine, ry * cosine]])
    outline: Points = UNIT_CIRCLE @ axes + (x, y)
    return outline


def rounded_box(left: float, top: float, right: float, bottom: float, radius: float) -> Points:
    """Return the outline of an upright rectangle with round corners."""
    arcs = [
        ellipse(x, y, radius, radius, quarter * np.pi / 2)[:10]  # a quarter of a circle
        for quarter, (x, y) in enumerate(
            [
                (right - radius, bottom - radius),
                (left + radius, bottom - radius),
                (left + radius, top + radius),
                (right - radius, top + radius),
            ]
        )
    ]
    return np.concatenate(arcs)


def curve(points: ArrayLike, *, closed: bool = False, steps: int = 8) -> Points:
    """Return a smooth curve through *points* (a Catmull-Rom spline).

    Args:
        points: Array of shape (k, 2).
        closed: Whether the last point is joined to the first.
        steps: Points of the result for each piece between two of *points*.
    """
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    pieces = len(padded) - 3
    around = np.stack([padded[k : k + pieces] for k in range(4)], axis=1)  # (pieces, 4, 2)
    line: Points = (_catmull_rom(steps) @ around).reshape(-1, 2)
    return line if closed else np.concatenate([line, knots[-1:]])


@cache
def _catmull_rom(steps: int) -> Points:
    """Return the weights, (steps, 4), of the four knots around a piece at each of its points."""
    t = np.arange(steps)[:, None] / steps
    powers = np.concatenate([t**0, t, t**2, t**3], axis=1)
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    weights: Points = powers @ basis
    return weights


def symmetric(points: Points) -> Points:
    """Return the smooth closed outline whose right half runs through *points*, top to bottom."""
    left = mirrored(points[::-1])
    off_axis = left[np.abs(left[:, 0]) > 1e-9]
    return curve(np.concatenate([points, off_axis]), closed=True, steps=5)


def ribbon(points: ArrayLike, width: ArrayLike) -> Points:
    """Return the outline of a round-ended stroke along the smooth curve through *points*.

    Args:
        points: Array of shape (k, 2).
        width: Full width, or widths that are spread evenly along the stroke.
    """
    line = curve(points)
    widths = np.atleast_1d(np.asarray(width, dtype=np.float64))
    along = np.arange(len(line)) * ((len(widths) - 1) / (len(line) - 1))
    half = np.interp(along, np.arange(len(widths)), widths)[:, None] / 2
    direction = np.empty_like(line)
    direction[1:-1] = line[2:] - line[:-2]
    direction[0], direction[-1] = line[1] - line[0], line[-1] - line[-2]
    direction /= np.maximum(np.hypot(direction[:, :1], direction[:, 1:]), 1e-9)
    normal = direction[:, ::-1] * (-1, 1)
    side = half * normal
    across, forward = UNIT_CIRCLE[:18:2, :1], UNIT_CIRCLE[:18:2, 1:]  # half a circle
    end = line[-1] + half[-1] * (forward * direction[-1] - across * normal[-1])
    start = line[0] - half[0] * (forward * direction[0] - across * normal[0])
    return np.concatenate([line - side, end, (line + side)[::-1], start])
