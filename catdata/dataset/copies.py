"""Say which augmented copies a build holds, and make them.

Copies are of train images only, which have already been cleared of what is near to a test image. A
copy says what is to be done to its parent as the very text that a build keeps of it, so every copy
can be made again from a build alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

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
from catdata.dataset.catalog import as_hex
from catdata.dataset.pixels import refuse
from catdata.dataset.specs import Spec, parse_specs
from catdata.dataset.texts import Texts
from catdata.errors import BuildRefused, ConfigRefused
from catdata.h5file import CLASS_NAMES
from catdata.h5file.form import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.catalog import ImageColumns, ImageSource
    from catdata.dataset.pixels import Pixels, PixelSource
    from catdata.dataset.rawstore import Stored

MOST_COPIES = 1000  # of one image
_MADE_AT_ONCE = 16  # copies of one image between which it is not decoded again
_BYTES_UNDER_WAY = 64 << 20

SUBSETS: dict[str, Callable[[ImageColumns], NDArray[np.bool_]]] = {
    "added": lambda images: ~images.is_original,
    "original": lambda images: images.is_original,
    "cat": lambda images: images.labels == CLASS_NAMES.index("cat"),
    "non-cat": lambda images: images.labels == CLASS_NAMES.index("non-cat"),
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


class Copy(NamedTuple):
    """One augmented copy of an image.

    Attributes:
        number: Which of its copies, from 1.
        parameters: What is done to it, as JSON.
    """

    number: int
    parameters: str


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """The k copies that a build holds, those of one image together.

    Attributes:
        parents: The row of the image that each is a copy of, shape (k,), int32.
        numbers: Which of its copies, from 1, shape (k,), int32.
        parameters: What is done to it, as JSON.
    """

    parents: NDArray[np.int32]
    numbers: NDArray[np.int32]
    parameters: Texts

    def __len__(self) -> int:
        return len(self.parameters)

    @classmethod
    def none(cls) -> Copies:
        """Return no copies."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), Texts())


def plan(train: ImageColumns, augmentation: Augmentation) -> Copies:
    """Return all copies that go with some train images, those of one image together.

    Raises:
        BuildRefused: If the classes cannot be balanced, or there would be too many images.
    """
    only = augmentation.augment_only
    chosen = np.ones(len(train), np.bool_) if only is None else SUBSETS[only](train)
    counts = np.where(chosen, augmentation.copies, 0)
    if augmentation.balance:
        counts += _balancing(train, chosen, augmentation.copies)
    total = len(train) + int(counts.sum())
    if total > MAX_ROWS:
        raise BuildRefused(
            f"The train file would hold {total:,} images; {MAX_ROWS:,} are the limit.",
            hint="Choose fewer copies.",
        )
    parents = np.repeat(np.arange(len(train), dtype=np.int32), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    numbers = np.arange(1, len(parents) + 1) - first
    specs = augmentation.specs
    drawn = (
        _draw(as_hex(train.content_hashes[[parent]])[0], number, specs, augmentation.seed)
        for parent, number in zip(parents.tolist(), numbers.tolist(), strict=True)
    )
    return Copies(parents, numbers.astype(np.int32), Texts(text.encode() for text in drawn))


def family(image: ImageSource, augmentation: Augmentation) -> list[Copy]:
    """Return the copies that one image gets, whichever images are augmented in a build."""
    specs, seed = augmentation.specs, augmentation.seed
    numbers = range(1, augmentation.copies + 1)
    return [Copy(number, _draw(image.content_hash, number, specs, seed)) for number in numbers]


def _draw(content_hash: str, number: int, specs: Sequence[Spec], seed: int) -> str:
    return to_text(draw(specs, seed, content_hash, number))


def _balancing(train: ImageColumns, chosen: NDArray[np.bool_], copies: int) -> NDArray[np.intp]:
    """Return how many further copies of each image make both classes equally frequent."""
    shares = np.bincount(train.labels, 1 + copies * chosen, minlength=2).astype(np.intp)
    rarer = int(shares.argmin())
    missing = int(shares[1 - rarer] - shares[rarer])
    parents = np.flatnonzero(chosen & (train.labels == rarer))
    further = np.zeros(len(train), np.intp)
    if not missing:
        return further
    if not len(parents):
        raise BuildRefused(
            f"The classes can't be balanced: no {CLASS_NAMES[rarer]} image may be augmented.",
            hint="Add some, or leave out --augment-only or --balance.",
        )
    # By content hash, so that it does not matter in which order the images came.
    hashes = train.content_hashes[parents].view("S32").ravel()
    each, more = divmod(missing, len(parents))
    further[parents] = each
    further[parents[hashes.argsort(kind="stable")[:more]]] += 1
    return further


def slices(copies: Copies, images: ImageColumns, pixels: PixelSource) -> Iterator[Pixels]:
    """Yield the pixels of *copies*, in order, as arrays of shape (k, size, size, 3), uint8.

    An image is decoded once for many copies, and so many at most are in memory. Copies that are
    not moved are made of the square in the pixel cache, where it is there.

    Args:
        copies: Which copies.
        images: The rows that they are copies of.
        pixels: Where the images are found.

    Raises:
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    flow = engine.Flow(
        weight=lambda order: len(order.texts) * pixels.row_bytes, most_weight=_BYTES_UNDER_WAY
    )
    make = partial(make_copies, preparation=pixels.preparation)
    orders = (
        Order(_origin(images[parent], texts, pixels), texts) for parent, texts in _families(copies)
    )
    yield from engine.map_in_order(pixels.pool, make, orders, flow, on_death=_refuse)


def _refuse(order: Order, died: engine.WorkerDied) -> NoReturn:
    refuse(order.origin, died)


def _origin(parent: ImageSource, texts: Sequence[str], pixels: PixelSource) -> Stored | Pixels:
    moved = any(is_moved(from_text(text)) for text in texts)
    square = None if moved else pixels.cached(parent)
    return pixels.origin(parent) if square is None else square


def _families(copies: Copies) -> Iterator[tuple[int, list[str]]]:
    """Yield the parents with what is done to their copies, so many at once."""
    for parent, family in groupby(range(len(copies)), key=copies.parents.__getitem__):
        texts = [copies.parameters[at].decode() for at in family]
        for first in range(0, len(texts), _MADE_AT_ONCE):
            yield int(parent), texts[first : first + _MADE_AT_ONCE]
