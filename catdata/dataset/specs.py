"""What is to be done to copies, as it is typed: ``rotate=15@0.5``, or a preset's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.dataset.transforms import REFUSED, TRANSFORMS
from catdata.errors import ConfigRefused, did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

PRESETS = {
    "light": ("flip", "shift=0.05", "brightness=0.1"),
    "standard": (
        "flip",
        "rotate=10",
        "zoom=0.1",
        "shift=0.1",
        "brightness=0.2",
        "contrast=0.2",
        "colour=0.2",
    ),
    "strong": (
        "flip",
        "rotate=20",
        "shear=10",
        "zoom=0.3",
        "shift=0.15",
        "brightness=0.35",
        "contrast=0.35",
        "colour=0.4",
        "hue=15",
        "grayscale=1@0.1",
        "blur=1@0.3",
        "noise=10@0.3",
        "jpeg=60@0.3",
        "cutout=0.3@0.5",
    ),
}
"""Lists of specs that go by one name."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One transform, how strong it is, and how often it is applied.

    Attributes:
        name: A key of :data:`~catdata.dataset.transforms.TRANSFORMS`.
        strength: In the transform's own unit, from 0, which changes nothing, to its highest.
        probability: Share of the copies that it is applied to, 0..1.

    Raises:
        ConfigRefused: If a value is none of these.
    """

    name: str
    strength: float
    probability: float

    def __post_init__(self) -> None:
        if self.name in REFUSED:
            raise ConfigRefused(f"{REFUSED[self.name]}.", hint=_known())
        if self.name not in TRANSFORMS:
            meant = did_you_mean(self.name, TRANSFORMS)
            raise ConfigRefused(
                f"There is no transform {shown(self.name)!r}.", hint=f"{meant}{_known()}"
            )
        transform = TRANSFORMS[self.name]
        if not 0 <= self.strength <= transform.highest or (
            transform.switch and self.strength not in (0, 1)
        ):
            raise ConfigRefused(
                f"The strength of {self.name} is {self.strength:g}; {_range(self.name)}.",
                hint=_known(),
            )
        if not 0 <= self.probability <= 1:
            raise ConfigRefused(
                f"The probability of {self.name} is {self.probability:g}; it is within 0..1."
            )

    def __str__(self) -> str:
        return f"{self.name}={self.strength:.10g}@{self.probability:.10g}"


def parse_spec(text: str) -> tuple[Spec, ...]:
    """Return what a text such as ``flip``, ``rotate=15``, ``blur@0.3`` or ``standard`` stands for.

    Args:
        text: ``NAME[=STRENGTH][@PROBABILITY]``, or the name of a preset.

    Returns:
        One spec, or those of the preset.

    Raises:
        ConfigRefused: If it is neither, or a number is out of its range.
    """
    if text in PRESETS:
        return tuple(spec for each in PRESETS[text] for spec in parse_spec(each))
    settings, at, probability = text.partition("@")
    name, equals, strength = settings.partition("=")
    transform = TRANSFORMS.get(name)
    return (
        Spec(
            name,
            _number(strength, text) if equals else transform.default if transform else 0,
            _number(probability, text) if at else transform.probability if transform else 0,
        ),
    )


def parse_specs(texts: str | Iterable[str]) -> tuple[Spec, ...]:
    """Return what several texts stand for together, in the order in which they are applied.

    A transform that is named by itself takes the place of a preset's.

    Raises:
        ConfigRefused: If one is not understood, or a transform is named twice.
    """
    of_presets: dict[str, Spec] = {}
    named: dict[str, Spec] = {}
    for text in [texts] if isinstance(texts, str) else texts:
        for spec in parse_spec(text):
            if text in PRESETS:
                of_presets[spec.name] = spec
            elif spec.name in named:
                raise ConfigRefused(f"The transform {spec.name} is named twice.")
            else:
                named[spec.name] = spec
    chosen = of_presets | named
    return tuple(chosen[name] for name in TRANSFORMS if name in chosen)


def _number(text: str, spec: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigRefused(
            f"{shown(spec)!r} can't be understood: {shown(text)!r} is no number.",
            hint="Write a transform like rotate, rotate=15 or rotate=15@0.5.",
        ) from None


def _range(name: str) -> str:
    transform = TRANSFORMS[name]
    if transform.switch:
        return "it is 0 or 1"
    return f"it is within 0..{transform.highest:g} ({transform.unit})"


def _known() -> str:
    known = ", ".join(
        name if t.switch else f"{name} (0..{t.highest:g} {t.unit})"
        for name, t in TRANSFORMS.items()
    )
    return f"Transforms: {known}. Presets: {', '.join(PRESETS)}."
