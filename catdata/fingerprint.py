"""Fingerprints of pictures, and the search for near-duplicates.

A fingerprint says what a whole upright picture looks like in four 64-bit words: its difference
hash (do neighbours grow brighter?) and its cosine hash (do the slow waves go up or down?), each
plain and of the mirrored picture. Re-encoded, resized, brighter, grey, mirrored and slightly
cropped copies differ in a few bits, different pictures in many:
``scripts/measure_fingerprints.py`` prints how often that holds.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Weights = NDArray[np.float64]

DHASH_LIMIT = 12  # bits of 64; within both limits two pictures are near-duplicates
PHASH_LIMIT = 16

PLAIN_DHASH, MIRRORED_DHASH, PLAIN_PHASH, MIRRORED_PHASH = range(4)

Id = TypeVar("Id")

# All sums below are of whole numbers under 2**53, which float64 holds exactly in whatever order
# they are added: the bits are the same under every BLAS and on every machine.
_GREY = np.array([299.0, 587.0, 114.0])  # ITU-R BT.601 luma, in thousandths of a level
_LEVEL = 1000.0
_QUIET = 1 / 32  # levels of 255; a smaller step is rounding, not content
_COSINE_SCALE = 1024.0
_CELLS = 32  # side of the grid that the cosine hash sees
_LOOK = (1, 3, 5, 5, 3, 1)  # a triangle over six quarter cells
_COLOUR_STEP = 16  # levels of 255

_SLICE = 256  # pictures hashed at a time
_SCAN = 1 << 16  # fingerprints compared with one query at a time
_TILE = (64, 4096)  # pairs compared at a time: 2 MB of words, about what a core's cache holds


def fingerprint(picture: NDArray[np.uint8]) -> Words:
    """Return the fingerprint of one picture.

    Args:
        picture: The whole upright picture, shape (height, width, 3), uint8. Compare pictures at one
            size; this package uses the 64 x 64 stretch.

    Returns:
        Shape (4,), uint64: the difference hash, that of the mirrored picture, the cosine hash, that
        of the mirrored picture.
    """
    words: Words = _hash(picture[None])[0]
    return words


def fingerprints(images: NDArray[np.uint8]) -> Words:
    """Return the fingerprints of many pictures of one size.

    Args:
        images: Shape (m, height, width, 3), uint8.

    Returns:
        Shape (m, 4), uint64, a row as from :func:`fingerprint`.
    """
    rows = np.empty((len(images), 4), np.uint64)
    for start in range(0, len(images), _SLICE):
        rows[start : start + _SLICE] = _hash(images[start : start + _SLICE])
    return rows


def _hash(images: NDArray[np.uint8]) -> Words:
    height, width = images.shape[1:3]
    strips = _strips(images)
    rising, rising_known = _steps(strips, height, width)
    waves, waves_known = _waves(strips, height, width)
    known = np.concatenate([rising_known, waves_known], axis=1)
    for index in np.flatnonzero(~known.all(axis=1)):
        filling = _colour_bits(images[index])
        rising[index] = np.where(rising_known[index], rising[index], filling[:64])
        waves[index] = np.where(waves_known[index], waves[index], filling[64:])
    # A mirrored picture rises where the picture falls, in reversed order, and its odd waves change
    # sign. Filled bits follow the same rule, so near(a, b) and near(b, a) always agree.
    backwards = ~rising.reshape(-1, 8, 8)[:, :, ::-1].reshape(-1, 64)
    bits = np.stack([rising, backwards, waves, waves ^ _ODD], axis=1)
    return np.packbits(bits, axis=-1).view(">u8")[..., 0].astype(np.uint64)


def _strips(images: NDArray[np.uint8]) -> Weights:
    """Average the rows of each picture over 32 strips of grey.

    Returns:
        Grey in thousandths of a level times the height, shape (m, 32, width).
    """
    count, height, width, _ = images.shape
    if height % _CELLS == 0:  # the usual case, for a third of the time and memory
        whole = images.reshape(count, _CELLS, height // _CELLS, width, 3)
        strips: Weights = whole.sum(axis=2, dtype=np.uint32) @ (_CELLS * _GREY)
    else:
        strips = _area(_CELLS, height) @ (images @ _GREY)
    return strips


def _steps(strips: Weights, height: int, width: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Compare each of 8 x 9 cells with its right neighbour.

    The cells are triangles that overlap by a half: of copies cropped by 2.5 % they lose 3 in a
    thousand where square cells lose 6, at no more false alarms.

    Args:
        strips: Grey in thousandths of a level times *height*, shape (m, 32, width).
        height: Rows of the picture.
        width: Columns of the picture.

    Returns:
        Whether the grey rises, and whether the step is large enough to say so, each (m, 64).
    """
    steps = (_overlapping(8, _CELLS) @ strips @ _differences(9, width).T).reshape(-1, 64)
    look = float(sum(_LOOK))
    level = _LEVEL * height * look * _CELLS * look * width
    return steps > 0, np.abs(steps) > _QUIET * level


def _waves(strips: Weights, height: int, width: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Take the signs of the 64 slowest waves of the discrete cosine transform.

    The mean brightness is none of them. Signs find as much as the usual comparison with the median,
    and the mirrored hash follows from the plain one.

    Args:
        strips: Grey in thousandths of a level times *height*, shape (m, 32, width).
        height: Rows of the picture.
        width: Columns of the picture.

    Returns:
        Whether the wave is positive, and whether it is high enough to say so, each (m, 64).
    """
    grey = np.rint(strips @ _area(_CELLS, width).T / (height * width))
    amplitudes = (_COSINES @ grey @ _COSINES.T).reshape(-1, 100).take(_SLOWEST, axis=1)
    level = _LEVEL * _COSINE_SCALE**2 * _CELLS**2 / 2
    return amplitudes > 0, np.abs(amplitudes) > _QUIET * level


def _colour_bits(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the 128 bits that stand in for those a picture says nothing about.

    All even or smoothly shaded pictures would have much the same hash, and so be near-duplicates
    of each other. Where a picture is flat its mean colour decides instead: it seeds bits that agree
    for one colour and for no other.
    """
    pixels = picture.reshape(-1, 3)
    colour = (np.ones(len(pixels)) @ pixels).astype(np.uint64) // (_COLOUR_STEP * len(pixels))
    seed = hashlib.sha256(colour.astype("<u8").tobytes()).digest()
    bits = np.unpackbits(np.frombuffer(seed[:16], np.uint8)).astype(bool)
    steps = bits[:64].reshape(8, 8)
    steps[:, 4:] = ~steps[:, 3::-1]  # an even picture is its own mirror image
    return bits


@lru_cache(maxsize=64)
def _area(cells: int, size: int) -> Weights:
    """Return whole-number weights that average *size* pixels over *cells* equal cells.

    Returns:
        Shape (cells, size); every row sums to *size*.
    """
    pixel = np.arange(size)
    cell = np.arange(cells)[:, None]
    end = np.minimum((cell + 1) * size, (pixel + 1) * cells)
    start = np.maximum(cell * size, pixel * cells)
    return _constant(np.maximum(end - start, 0))


@lru_cache(maxsize=64)
def _overlapping(cells: int, size: int) -> Weights:
    """Return whole-number weights that average *size* pixels over *cells* overlapping triangles.

    Returns:
        Shape (cells, size); every row sums to ``18 * size``.
    """
    quarters = np.pad(_area(4 * cells, size), ((1, 1), (0, 0)), mode="edge")
    shifted = [weight * quarters[at : at + 4 * cells : 4] for at, weight in enumerate(_LOOK)]
    return _constant(sum(shifted))


@lru_cache(maxsize=64)
def _differences(cells: int, size: int) -> Weights:
    """Return weights that subtract each overlapping cell from the next, shape (cells - 1, size)."""
    return _constant(np.diff(_overlapping(cells, size), axis=0))


def _constant(weights: Any) -> Weights:
    array = np.asarray(weights, np.float64)
    array.flags.writeable = False  # shared by all callers, in all threads
    return array


def _slowest_waves() -> NDArray[np.intp]:
    """Return where in 10 x 10 coefficients the 64 nearest to the constant one are."""
    grid = sorted(range(100), key=lambda at: ((at // 10) ** 2 + (at % 10) ** 2, at))
    return np.array(grid[1:65])


_COSINES = np.rint(
    _COSINE_SCALE
    * np.cos(np.pi / (2 * _CELLS) * np.arange(10)[:, None] * (2 * np.arange(_CELLS) + 1))
)
_SLOWEST = _slowest_waves()
_ODD = _SLOWEST % 2 == 1  # in the column, and so in the horizontal direction


def distances(one: Words, many: Words) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Count the bits in which one fingerprint differs from many.

    Args:
        one: Shape (4,), uint64.
        many: Shape (m, 4), uint64.

    Returns:
        The distances of the difference hash and of the cosine hash, each shape (m,), uint8, 0..64,
        each the smaller of that to the picture and that to its mirror image.
    """
    return (
        _smaller(one[PLAIN_DHASH], one[MIRRORED_DHASH], many[:, PLAIN_DHASH]),
        _smaller(one[PLAIN_PHASH], one[MIRRORED_PHASH], many[:, PLAIN_PHASH]),
    )


def near(one: Words, many: Words) -> NDArray[np.intp]:
    """Find the near-duplicates of one picture.

    Args:
        one: Shape (4,), uint64.
        many: Shape (m, 4), uint64.

    Returns:
        The rows of *many* within both limits, ascending.
    """
    return _near(one, many.T)


def pairs_between(a: Words, b: Words, *, threads: int = 1) -> NDArray[np.intp]:
    """Find all near-duplicates between two collections.

    Args:
        a: Shape (m, 4), uint64.
        b: Shape (n, 4), uint64.
        threads: How many share the work; NumPy lets them run side by side.

    Returns:
        Shape (k, 2): a row of *a* and a row of *b*, in ascending order. Memory grows with the
        pairs found, not with m * n.
    """

    def tiles(first: int) -> Iterator[tuple[slice, slice]]:
        for rows in islice(_ranges(0, len(a), _TILE[0]), first, None, threads):
            for columns in _ranges(0, len(b), _TILE[1]):
                yield rows, columns

    words, others = _by_word(a), _by_word(b)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda first: _pairs(words, others, tiles(first)), range(threads))
        return _in_order(np.concatenate(list(parts)))


def pairs_within(a: Words) -> NDArray[np.intp]:
    """Find all near-duplicates inside one collection.

    Args:
        a: Shape (m, 4), uint64.

    Returns:
        Shape (k, 2): two rows of *a*, the smaller one first, in ascending order. Memory grows with
        the pairs found, not with m * m.
    """
    tiles = (
        (rows, columns)
        for rows in _ranges(0, len(a), _TILE[0])
        for columns in _ranges(rows.start, len(a), _TILE[1])
    )
    words = _by_word(a)
    pairs = _in_order(_pairs(words, words, tiles))
    return pairs[pairs[:, 0] < pairs[:, 1]]


def groups_within(a: Words) -> NDArray[np.intp]:
    """Number the groups of near-duplicates in one collection.

    Args:
        a: Shape (m, 4), uint64.

    Returns:
        A number for each row, shape (m,): the same for all that are near to one another, also by
        way of others.
    """
    groups = np.arange(len(a))
    for first, second in pairs_within(a):
        groups[groups == groups[second]] = groups[first]
    return groups


class FingerprintIndex(Generic[Id]):
    """Hold a growing collection of fingerprints and find those near a new one.

    Adding one at a time is cheap, since the arrays double when they are full.
    """

    def __init__(self) -> None:
        self._words = np.empty((4, 1024), np.uint64)
        self._ids: list[Id] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, fingerprints: Words, ids: Sequence[Id]) -> None:
        """Append fingerprints.

        Args:
            fingerprints: Shape (k, 4), uint64.
            ids: What :meth:`near` is to call them, k of any kind.

        Raises:
            ValueError: If there are not as many ids as fingerprints.
        """
        if len(fingerprints) != len(ids):
            raise ValueError(f"{len(fingerprints)} fingerprints and {len(ids)} ids")
        start, end = len(self), len(self) + len(ids)
        while end > self._words.shape[1]:
            self._words = np.concatenate([self._words, np.empty_like(self._words)], axis=1)
        self._words[:, start:end] = fingerprints.T
        self._ids.extend(ids)

    def near(self, fingerprint: Words) -> list[Id]:
        """Return the ids of all near-duplicates of one fingerprint, shape (4,), as added."""
        return [self._ids[row] for row in _near(fingerprint, self._words[:, : len(self)])]

    def near_each(self, fingerprints: Words) -> list[list[Id]]:
        """Return the ids of all near-duplicates of each of some fingerprints, shape (k, 4)."""
        found: list[list[Id]] = [[] for _ in fingerprints]
        for row, known in pairs_between(fingerprints, self._words[:, : len(self)].T).tolist():
            found[row].append(self._ids[known])
        return found


def _near(one: Words, columns: Words) -> NDArray[np.intp]:
    """Search the fingerprints in *columns*, shape (4, m); the cosine hash only where needed."""
    found = [np.empty(0, np.intp)]
    for span in _ranges(0, columns.shape[1], _SCAN):
        block = columns[:, span]
        dhash = _smaller(one[PLAIN_DHASH], one[MIRRORED_DHASH], block[PLAIN_DHASH])
        rows = np.flatnonzero(dhash <= DHASH_LIMIT)
        phash = _smaller(one[PLAIN_PHASH], one[MIRRORED_PHASH], block[PLAIN_PHASH, rows])
        found.append(rows[phash <= PHASH_LIMIT] + span.start)
    return np.concatenate(found)


def _pairs(a: Words, b: Words, tiles: Iterator[tuple[slice, slice]]) -> NDArray[np.intp]:
    """Search *a*, shape (4, m), and *b*, shape (4, n), for near-duplicates."""
    found = [np.empty((0, 2), np.intp)]
    for rows, columns in tiles:
        dhash = _smaller(
            a[PLAIN_DHASH, rows, None], a[MIRRORED_DHASH, rows, None], b[PLAIN_DHASH, None, columns]
        )
        i, j = np.divmod(np.flatnonzero(dhash <= DHASH_LIMIT), dhash.shape[1])
        i, j = i + rows.start, j + columns.start
        phash = _smaller(a[PLAIN_PHASH, i], a[MIRRORED_PHASH, i], b[PLAIN_PHASH, j])
        close = phash <= PHASH_LIMIT
        if close.any():  # of most tiles nothing is worth keeping
            found.append(np.stack([i[close], j[close]], axis=1))
    return np.concatenate(found)


def _by_word(words: Words) -> Words:
    """Return fingerprints, shape (m, 4), as contiguous rows of their words, shape (4, m)."""
    return np.ascontiguousarray(words.T)


def _in_order(pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _ranges(start: int, stop: int, step: int) -> Iterator[slice]:
    return (slice(at, min(at + step, stop)) for at in range(start, stop, step))


def _smaller(plain: Any, mirrored: Any, words: Words) -> NDArray[np.uint8]:
    """Return the smaller of the bit distances of *words* to the plain and to the mirrored word."""
    distance: NDArray[np.uint8] = np.minimum(_ones(plain ^ words), _ones(mirrored ^ words))
    return distance


def _ones_by_sums(words: Words) -> NDArray[np.uint8]:
    """Count the ones of each word, for NumPy 1.26, which cannot.

    Neighbouring counts are added in ever wider fields: pairs, nibbles, bytes, the word.
    """
    one, two, four, most = np.array([1, 2, 4, 56], np.uint64)
    pairs = words - (words >> one & np.uint64(0x5555555555555555))
    mask = np.uint64(0x3333333333333333)
    nibbles = (pairs & mask) + (pairs >> two & mask)
    every_byte = nibbles + (nibbles >> four) & np.uint64(0x0F0F0F0F0F0F0F0F)
    counts: NDArray[np.uint8] = (every_byte * np.uint64(0x0101010101010101) >> most).astype(
        np.uint8
    )
    return counts


_ones: Callable[[Words], NDArray[np.uint8]] = getattr(np, "bitwise_count", _ones_by_sums)
