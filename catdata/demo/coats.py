"""Fur: the colours of an animal and the markings that its breed wears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.demo.colours import Colour, darker, mix, varied
from catdata.demo.outlines import moved, path

if TYPE_CHECKING:
    from collections.abc import Callable

    from catdata.demo.layers import Brush
    from catdata.demo.outlines import Points

SADDLE = path("-0.9 -1.2, 0.9 -1.2, 0.75 0, 0 0.08, -0.65 0")


@dataclass(frozen=True, slots=True)
class Coat:
    """An animal's colours.

    Attributes:
        pattern: A name in :data:`PATTERNS`.
        base: Most of the fur.
        pale: Muzzle, chest and belly.
        mark: Stripes, spots or patches.
        ears: Outside of the ears.
        nose: Tip of the nose.
        paws: Feet and tip of the tail.
        eyes: Iris.
    """

    pattern: str
    base: Colour
    pale: Colour
    mark: Colour
    ears: Colour
    nose: Colour
    paws: Colour
    eyes: Colour

    def varied(self, rng: np.random.Generator) -> Coat:
        """Return the coat of another animal of the same breed."""
        return Coat(
            self.pattern,
            base=varied(self.base, rng),
            pale=varied(self.pale, rng, 0.3),
            mark=varied(self.mark, rng),
            ears=varied(self.ears, rng, 0.5),
            nose=self.nose,
            paws=self.paws,
            eyes=varied(self.eyes, rng),
        )

    @property
    def is_dark(self) -> bool:
        """Whether dark lines would not show on the base."""
        return sum(self.base) < 240


def stripes(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    """Draw a tabby's bands."""
    step = rng.uniform(0.15, 0.26)
    for x in np.arange(-1.1, 1.1, step):
        lean = rng.normal(0.05, 0.05)
        band = [(x, -0.75), (x + lean + 0.05, -0.2), (x + 2 * lean, rng.uniform(0.05, 0.5))]
        brush.stroke(band, [step * 0.55, step * 0.42, 0.01], coat.mark)


def patches(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    """Draw a few large irregular patches, some of them dark."""
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    for _ in range(int(rng.integers(2, 5))):
        radius = rng.uniform(0.2, 0.45) * rng.uniform(0.7, 1.25, 9)
        patch = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
        colour = coat.mark if rng.uniform() < 0.6 else darker(coat.mark, 0.65)
        brush.blob(patch + rng.uniform((-0.9, -0.6), (0.9, 0.3)), colour)


def spots(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    """Draw round spots all over."""
    for x, y in rng.uniform(-1, 1, (int(rng.integers(16, 30)), 2)):
        brush.disc(x, y, rng.uniform(0.035, 0.1), coat.mark)


def saddle(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    """Draw a dark back."""
    brush.blob(moved(SADDLE, 0, rng.uniform(-0.15, 0.12)), coat.mark)


def plain(brush: Brush, coat: Coat, rng: np.random.Generator) -> None:
    """Draw no markings, only a paler belly."""
    belly = brush.at(0, rng.uniform(0.9, 1.1))
    belly.disc(0, 0, rng.uniform(0.5, 0.7), mix(coat.base, coat.pale, 0.5))


# Each draws on a body that fills -1..1, its back above. With a bib and with points (dark feet, tail
# and mask) the body itself is plain.
PATTERNS: dict[str, Callable[[Brush, Coat, np.random.Generator], None]] = {
    "stripes": stripes,
    "patches": patches,
    "spots": spots,
    "saddle": saddle,
    "plain": plain,
    "bib": plain,
    "points": plain,
}


def fur(
    brush: Brush, outline: Points, coat: Coat, rng: np.random.Generator, turn: float = 0.0
) -> None:
    """Fill *outline* with the coat's base and its markings; *turn* is the spine's angle."""
    brush.shape(outline, coat.base, lit=True)
    middle = (outline.max(axis=0) + outline.min(axis=0)) / 2
    half_extent = float(np.ptp(outline, axis=0).max()) / 2
    with brush.within(outline) as marks:
        PATTERNS[coat.pattern](marks.at(middle[0], middle[1], half_extent, turn), coat, rng)
