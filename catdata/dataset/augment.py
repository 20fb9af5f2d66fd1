"""Make copies of a picture that differ from it: always the same ones, and on record how.

What may be done is a list of ``specs``. A copy's parameters are drawn from the seed, the picture's
content hash and the number of the copy, and from nothing else. Drawing says what to do; applying
does it, at once or years later from what a build has on record.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from catdata.dataset import images
from catdata.dataset.rawstore import Stored
from catdata.dataset.specs import Spec, parse_specs
from catdata.dataset.transforms import CHANCES, TRANSFORMS, Parameters, Pixels
from catdata.dataset.warp import UNMOVED, Affine, warp
from catdata.errors import BuildRefused, ConfigRefused, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.images import Preparation

Drawn: TypeAlias = dict[str, Parameters]
"""What is done to one copy: parameters by transform, in the order in which they are applied."""

HIGHEST_SEED = 2**32 - 1

_UNIT = 2.0**-53  # what turns the upper 53 bits of a random word into a number in [0, 1)


def draw(specs: Sequence[Spec], seed: int, content_hash: str, copy: int) -> Drawn:
    """Draw what is done to one copy.

    Each transform of the table has random numbers of its own, so another transform beside it, or
    another probability, does not change what is drawn for it.

    Args:
        specs: What may be done.
        seed: The seed of the whole build, 0..``HIGHEST_SEED``.
        content_hash: Of the picture, 64 hexadecimal digits.
        copy: The number of the copy, from 1.

    Returns:
        Parameters by transform; without those that chance left out.
    """
    source = np.random.SeedSequence(int(content_hash, 16), spawn_key=(seed, copy))
    words = np.random.PCG64(source).random_raw(len(TRANSFORMS) * (1 + CHANCES))
    chances = ((words >> np.uint64(11)) * _UNIT).reshape(len(TRANSFORMS), -1).tolist()
    wanted = {spec.name: spec for spec in specs}
    drawn = {}
    for (name, transform), (first, *others) in zip(TRANSFORMS.items(), chances, strict=True):
        spec = wanted.get(name)
        if spec and first < spec.probability:
            drawn[name] = transform.draw(spec.strength, others)
    return drawn


def to_text(drawn: Drawn) -> str:
    """Return what was drawn as short JSON."""
    return json.dumps(drawn, separators=(",", ":"))


def from_text(text: str) -> Drawn:
    """Return what was drawn from its JSON, which may come from a file that is not ours.

    Raises:
        BuildRefused: If it names an unknown transform, or a parameter is missing or out of range.
    """
    try:
        drawn = json.loads(text)
        sound = all(_is_within(parameters, name) for name, parameters in drawn.items())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise BuildRefused(
            f"What was done to a copy can't be understood: {shown(text[:200])}",
            hint="It may come from a newer catdata, or the file is damaged.",
        )
    return {name: drawn[name] for name in TRANSFORMS if name in drawn}


def _is_within(parameters: Parameters, name: str) -> bool:
    limits = TRANSFORMS[name].limits
    return set(parameters) == set(limits) and all(
        type(parameters[each]) in {int, float} and lowest <= parameters[each] <= highest
        for each, (lowest, highest) in limits.items()
    )


def is_moved(drawn: Drawn) -> bool:
    """Tell whether anything drawn moves pixels, so that the whole photo is needed."""
    return any(TRANSFORMS[name].geometric for name in drawn)


def describe(drawn: Drawn) -> str:
    """Return what was drawn as people read it, such as ``turned -7.3°, brightness x1.12``."""
    phrases = (TRANSFORMS[name].phrase.format(**drawn[name]) for name in drawn)
    return ", ".join(phrases) or "as it is"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture from which copies are made.

    Attributes:
        square: As a build holds it, shape (size, size, 3), uint8.
        whole: As it was before the fit, upright, shape (height, width, 3), uint8.
        preparation: How the one becomes the other.
    """

    square: Pixels
    whole: Pixels
    preparation: Preparation

    def copy(self, drawn: Drawn) -> Pixels:
        """Return a copy, shape (size, size, 3), uint8: moved before the fit, changed after it."""
        affine = _affine(drawn, self.whole)
        square = self.square
        if affine != UNMOVED:
            size = self.preparation.size
            # Where there are pixels enough, the fit evens out what the coarser way leaves.
            moved = warp(self.whole, affine, fine=min(self.whole.shape[:2]) < 2 * size)
            square = images.FITS[self.preparation.fit](moved, size)
        return _change(square, drawn)


def subject_of(origin: Stored | Pixels, preparation: Preparation) -> Subject:
    """Return the picture that copies are made of.

    Args:
        origin: A photo's file, or a row of the original pair, which has been fitted already.
        preparation: How photos become squares.

    Raises:
        WorkspaceDamaged: If the file is missing or has changed.
    """
    if isinstance(origin, Stored):
        return Subject(*images.decode_whole(origin.read(), preparation), preparation)
    stretched = replace(preparation, fit="stretch")
    return Subject(images.resize(origin, stretched.size), origin, stretched)


class Order(NamedTuple):
    """Copies to be made of one picture.

    Attributes:
        origin: As for :func:`subject_of`.
        texts: What is done for each copy; see :func:`to_text`.
    """

    origin: Stored | Pixels
    texts: list[str]


def make_copies(order: Order, preparation: Preparation) -> Pixels:
    """Make copies of one picture, shape (k, size, size, 3), uint8; runs in a worker."""
    subject = subject_of(order.origin, preparation)
    return np.stack([subject.copy(from_text(text)) for text in order.texts])


def augment(
    image: Pixels, spec: str | Sequence[str | Spec], *, seed: int = 0, copy: int = 1
) -> Pixels:
    """Return an altered copy of a picture, the same for the same picture, spec, seed and copy.

    Args:
        image: Shape (height, width, 3), uint8, RGB.
        spec: Such as ``"standard"`` or ``["flip", "rotate=15@0.5"]``.
        seed: 0..``HIGHEST_SEED``.
        copy: Which of many copies, from 1.

    Returns:
        Shape and type as those of *image*, of which it is never a view.

    Raises:
        ConfigRefused: If *spec* is not understood.
        ValueError: If *image* is no such array, or *seed* or *copy* is out of range.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"not a picture of (height, width, 3), uint8: {image.shape} {image.dtype}")
    if not 0 <= seed <= HIGHEST_SEED or copy < 1:
        raise ValueError(f"no seed of a copy, or no number of one: {seed}, {copy}")
    specs = parse_specs([spec] if isinstance(spec, str) else [str(each) for each in spec])
    return apply(image, draw(specs, seed, images.content_hash(image), copy))


def augmenter(
    spec: str | Sequence[str | Spec], *, seed: int = 0
) -> Callable[[Pixels, NDArray[np.intp], int], Pixels]:
    """Return what alters the pictures of a mini-batch, for training that never sees one twice.

    In epoch e a picture becomes what ``augment(picture, spec, seed=seed, copy=e + 1)`` gives: that
    depends on neither its row, nor the others of its batch, nor threads.

    Args:
        spec: As for :func:`augment`.
        seed: 0..``HIGHEST_SEED``.

    Returns:
        A function of pictures of shape (k, size, size, 3), uint8, of their rows, which do not
        matter, and of the epoch from 0; it returns new pictures of the same shape.

    Raises:
        ConfigRefused: If *spec* is not understood, or *seed* is out of range.
    """
    specs = parse_specs([spec] if isinstance(spec, str) else [str(each) for each in spec])
    if not 0 <= seed <= HIGHEST_SEED:
        raise ConfigRefused(f"The seed is {seed}; it is within 0..{HIGHEST_SEED}.")

    def altered(pictures: Pixels, _rows: NDArray[np.intp], epoch: int) -> Pixels:
        copies = np.empty_like(pictures)
        for copy, picture in zip(copies, pictures, strict=True):
            copy[:] = apply(picture, draw(specs, seed, images.content_hash(picture), epoch + 1))
        return copies

    return altered


def batches(
    pictures: Pixels,
    labels: NDArray[np.int64],
    spec: str | Sequence[str | Spec],
    *,
    size: int = 64,
    epochs: int = 1,
    seed: int = 0,
) -> Iterator[tuple[Pixels, NDArray[np.int64]]]:
    """Yield shuffled mini-batches of altered copies, fresh ones in each epoch, for any trainer.

    Args:
        pictures: Shape (m, side, side, 3), uint8; left as they are.
        labels: Theirs, shape (m,).
        spec: As for :func:`augment`.
        size: Pictures in a batch; the last one of an epoch may have fewer.
        epochs: Times that all pictures are gone through.
        seed: Decides the copies and the order, 0..``HIGHEST_SEED``.

    Yields:
        Pictures of shape (k, side, side, 3), uint8, and their labels, shape (k,).

    Raises:
        ConfigRefused: As :func:`augmenter`.
    """
    alter = augmenter(spec, seed=seed)
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(pictures))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            yield alter(pictures[rows], rows, epoch), labels[rows]


def apply(image: Pixels, drawn: Drawn) -> Pixels:
    """Do to one picture what was drawn.

    Args:
        image: Shape (height, width, 3), uint8, RGB.
        drawn: From :func:`draw` or :func:`from_text`.

    Returns:
        A new array of the shape of *image*, uint8.
    """
    affine = _affine(drawn, image)
    moved = np.asarray(warp(image, affine)) if affine != UNMOVED else image
    return np.array(_change(moved, drawn))


def _affine(drawn: Drawn, picture: Pixels) -> Affine:
    """Return the one map of all that moves: the first of the table is done first."""
    height, width = picture.shape[:2]
    affine = UNMOVED
    for name, transform in TRANSFORMS.items():
        if transform.move and name in drawn:
            # Maps lead back from the result, so what is done last comes first.
            affine = affine.after(transform.move(drawn[name], width, height))
    return affine


def _change(pixels: Pixels, drawn: Drawn) -> Pixels:
    for name, transform in TRANSFORMS.items():
        if transform.apply and name in drawn:
            pixels = transform.apply(pixels, **drawn[name])
    return pixels
