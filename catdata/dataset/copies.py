"""Say which augmented copies a build holds, and make them.

Copies are of train images only, which have already been cleared of what is near to a test image. A
copy says what is to be done to its parent as the very text that a build keeps of it, so every copy
can be made again from a build alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from catdata import engine
from catdata.dataset.augment import (
    HIGHEST_SEED,
    Order,
    draw,
    from_text,
    is_moved,
    make_copies,
    to_text,
)
from catdata.dataset.pixels import refuse
from catdata.dataset.specs import Spec, parse_specs
from catdata.errors import BuildRefused, ConfigRefused
from catdata.h5file import CLASS_NAMES
from catdata.h5file.form import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.pixels import Pixels, PixelSource
    from catdata.dataset.rawstore import Stored

MOST_COPIES = 1000  # of one image
_MADE_AT_ONCE = 16  # copies of one image between which it is not decoded again
_BYTES_UNDER_WAY = 64 << 20

SUBSETS: dict[str, Callable[[ImageRow], bool]] = {
    "added": lambda image: image.origin == "added",
    "original": lambda image: image.origin == "original",
    "cat": lambda image: image.class_name == "cat",
    "non-cat": lambda image: image.class_name == "non-cat",
}
"""Which images are augmented, by what ``--augment-only`` calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Which train images get copies, how many, and how these differ from them.

    Attributes:
        augment: Specs as :func:`catdata.dataset.specs.parse_specs` takes them.
        copies: How many copies each image gets.
        augment_only: A key of :data:`SUBSETS`, or None for all images.
        balance: Whether the rarer class gets further copies, until both have equal shares.
        seed: What the copies are drawn from, besides the images.

    Raises:
        ConfigRefused: If a value is none of these, or they do not fit together.
    """

    augment: tuple[str, ...] = ()
    copies: int = 0
    augment_only: str | None = None
    balance: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        specs = parse_specs(self.augment)
        # Presets may change one day; what a build was made by does not.
        object.__setattr__(self, "augment", tuple(map(str, specs)))
        if not 0 <= self.copies <= MOST_COPIES:
            raise ConfigRefused(f"copies is {self.copies}; it must be within 0..{MOST_COPIES}.")
        if not 0 <= self.seed <= HIGHEST_SEED:
            raise ConfigRefused(f"seed is {self.seed}; it must be within 0..{HIGHEST_SEED}.")
        if self.augment_only not in {None, *SUBSETS}:
            raise ConfigRefused(
                f"augment_only is {self.augment_only!r}; it must be one of {', '.join(SUBSETS)}."
            )
        if self.copies and not specs:
            raise ConfigRefused(
                "Copies that are altered by nothing add nothing.",
                hint="Say how to alter them: --augment standard, or --augment flip and so on.",
            )
        if specs and not self.copies and not self.balance:
            raise ConfigRefused(
                "There are transforms, and no copies to apply them to.", hint="Add: --copies 1"
            )
        if self.augment_only and not self.copies and not self.balance:
            raise ConfigRefused(
                f"Nothing says how to augment the {self.augment_only} images.",
                hint="Say how to alter them: --augment standard, or --augment flip and so on.",
            )

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The transforms, in the order in which they are applied."""
        return parse_specs(self.augment)


@dataclass(frozen=True, slots=True)
class Copy:
    """One augmented copy of an image.

    Attributes:
        parent: The image.
        number: Which of its copies, from 1.
        parameters: What is done to it, as JSON.
    """

    parent: ImageRow
    number: int
    parameters: str

    @property
    def label(self) -> int:
        """The label of its parent."""
        return self.parent.label


def plan(train: Sequence[ImageRow], augmentation: Augmentation) -> list[Copy]:
    """Return all copies that go with some train images, those of one image together.

    Raises:
        BuildRefused: If the classes cannot be balanced, or there would be too many images.
    """
    only = augmentation.augment_only
    chosen = [image for image in train if only is None or SUBSETS[only](image)]
    counts = Counter({image.id: augmentation.copies for image in chosen})
    if augmentation.balance:
        counts.update(_balancing(train, chosen, augmentation))
    total = len(train) + counts.total()
    if total > MAX_ROWS:
        raise BuildRefused(
            f"The train file would hold {total:,} images; {MAX_ROWS:,} are the limit.",
            hint="Choose fewer copies.",
        )
    specs = augmentation.specs
    return [
        _copy(image, number, specs, augmentation.seed)
        for image in chosen
        for number in range(1, counts[image.id] + 1)
    ]


def family(image: ImageRow, augmentation: Augmentation) -> list[Copy]:
    """Return the copies that one image gets, whichever images are augmented in a build."""
    numbers = range(1, augmentation.copies + 1)
    return [_copy(image, number, augmentation.specs, augmentation.seed) for number in numbers]


def _copy(image: ImageRow, number: int, specs: Sequence[Spec], seed: int) -> Copy:
    return Copy(image, number, to_text(draw(specs, seed, image.content_hash, number)))


def _balancing(
    train: Sequence[ImageRow], chosen: Sequence[ImageRow], augmentation: Augmentation
) -> Counter[int]:
    """Return how many further copies of which images make both classes equally frequent."""
    shares = Counter(image.label for image in train)
    for image in chosen:
        shares[image.label] += augmentation.copies
    rarer = min((0, 1), key=lambda label: shares[label])
    missing = shares[1 - rarer] - shares[rarer]
    parents = [image for image in chosen if image.label == rarer]
    if not missing:
        return Counter()
    if not parents:
        raise BuildRefused(
            f"The classes can't be balanced: no {CLASS_NAMES[rarer]} image may be augmented.",
            hint="Add some, or leave out --augment-only or --balance.",
        )
    # By content hash, so that it does not matter in which order the images came.
    parents.sort(key=lambda image: (image.content_hash, image.id))
    each, more = divmod(missing, len(parents))
    return Counter({image.id: each + (i < more) for i, image in enumerate(parents)})


def slices(copies: Sequence[Copy], pixels: PixelSource) -> Iterator[Pixels]:
    """Yield the pixels of *copies*, in order, as arrays of shape (k, size, size, 3), uint8.

    An image is decoded once for many copies, and so many at most are in memory. Copies that are
    not moved are made of the square in the pixel cache, where it is there.

    Raises:
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    flow = engine.Flow(
        weight=lambda order: len(order.texts) * pixels.row_bytes, most_weight=_BYTES_UNDER_WAY
    )
    make = partial(make_copies, preparation=pixels.preparation)
    orders = (
        Order(_origin(family, pixels), [copy.parameters for copy in family])
        for family in _families(copies)
    )
    yield from engine.map_in_order(pixels.pool, make, orders, flow, on_death=_refuse)


def _refuse(order: Order, died: engine.WorkerDied) -> NoReturn:
    refuse(order.origin, died)


def _origin(family: Sequence[Copy], pixels: PixelSource) -> Stored | Pixels:
    parent = family[0].parent
    moved = any(is_moved(from_text(copy.parameters)) for copy in family)
    square = None if moved else pixels.cached(parent)
    return pixels.origin(parent) if square is None else square


def _families(copies: Sequence[Copy]) -> Iterator[list[Copy]]:
    for _, family in groupby(copies, key=lambda copy: copy.parent.id):
        together = list(family)
        for first in range(0, len(together), _MADE_AT_ONCE):
            yield together[first : first + _MADE_AT_ONCE]
