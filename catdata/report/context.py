"""What a page says besides its comparison, as plain records that the page's caller fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_HASH_SHOWN = 12  # of 64 hexadecimal digits


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """An added image.

    Attributes:
        name: Its file's name, or its reference where none is known.
        class_name: Its label.
        pixels: As the network sees it, shape (size, size, 3), uint8.
    """

    name: str
    class_name: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows of one kind a build holds.

    Attributes:
        kind: What they are, such as ``train: added``.
        classes: How many of each class, by its name.
    """

    kind: str
    classes: dict[str, int]

    @property
    def images(self) -> int:
        """How many of all classes."""
        return sum(self.classes.values())


@dataclass(frozen=True, slots=True, eq=False)
class Additions:
    """What a build holds that the first one does not.

    Attributes:
        build: Its name.
        rows: How many rows of each kind.
        missing: How many training images of the first build it lacks.
        thumbnails: Some of the added images.
        note: Why less is known than could be, or "".
    """

    build: str
    rows: tuple[Rows, ...] = ()
    missing: int = 0
    thumbnails: tuple[Thumbnail, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a page says besides the comparison.

    Attributes:
        commands: What repeats the comparison, each a list of arguments.
        versions: Of the program and of what it computes with, by name.
        date: When the page is written, as it is to be read.
        additions: What the later builds hold.
        findings: What ``catdata check`` says of the added images, a sentence each.
        names: File names of images, by the reference that the comparison has for them.
    """

    commands: tuple[tuple[str, ...], ...]
    versions: dict[str, str]
    date: str
    additions: tuple[Additions, ...] = ()
    findings: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    def name_of(self, ref: str) -> str:
        """Return what people call an image: its file's name, or its reference, a hash cut short."""
        return self.names.get(ref) or (ref if "[" in ref else ref[:_HASH_SHOWN])
