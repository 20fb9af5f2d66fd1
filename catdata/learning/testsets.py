"""The test sets that several builds are judged on, and the check that no build learnt from one.

A build may prepare pictures its own way, so two builds' test sets are one if they hold the same
pictures with the same labels, and each network sees a picture as its own build prepares it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata.errors import ConfigRefused, LeakRefused, shown
from catdata.fingerprint import distances, fingerprints, pairs_between
from catdata.h5file import KNOWN_LEAK
from catdata.learning.comparison import SetSummary
from catdata.learning.folds import Subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.h5file import ImageSet
    from catdata.learning.comparison import Arm
    from catdata.learning.records import LabelledImages

_HASH_SHOWN = 12  # of 64 hexadecimal digits
HASHED_SIZE = 64  # pixels; docs/format.md


Key = tuple[bytes, int]


@dataclass(frozen=True, slots=True, eq=False)
class SharedTest:
    """A test set of one or more builds.

    Attributes:
        name: The first build that has it.
        images: Its rows as that build holds them.
        keys: The content hash and label of each row; the hash of its pixels if *by_pixels*.
        by_pixels: Whether pictures are told apart by their pixels as they are, since some build
            does not say their content hashes.
    """

    name: str
    images: ImageSet
    keys: tuple[Key, ...]
    by_pixels: bool

    @property
    def summary(self) -> SetSummary:
        """The set's name and how many images of each class it has."""
        counts = np.bincount(self.images.labels, minlength=2).tolist()
        return SetSummary(self.name, dict(zip(self.images.class_names, counts, strict=True)))

    def seen_by(self, arm: Arm) -> LabelledImages:
        """Return the pictures of this set, in its order, as the networks of a build see them.

        Raises:
            ConfigRefused: If the build's pictures have another size and its own test set does not
                hold these.
        """
        own = arm.pair.test
        where = {key: row for row, key in enumerate(_keys(own, self.by_pixels))}
        if all(key in where for key in self.keys):
            return Subset.of(own, np.array([where[key] for key in self.keys]))
        if own.size != self.images.size:
            raise ConfigRefused(
                f"the test images of {shown(self.name)} are {self.images.size} pixels wide, and"
                f" {shown(arm.name)} learns from pictures of {own.size} pixels",
                hint="Compare builds of one size.",
            )
        return self.images


def shared_tests(arms: Sequence[Arm]) -> tuple[SharedTest, ...]:
    """Collect the distinct test sets of several builds, in their order."""
    # A content hash is of 64 x 64 pixels, so a pair of that size without hashes has them anyway.
    by_pixels = any(
        arm.pair.test.content_hashes is None and arm.pair.test.size != HASHED_SIZE for arm in arms
    )
    tests: dict[frozenset[tuple[Key, int]], SharedTest] = {}
    for arm in arms:
        keys = _keys(arm.pair.test, by_pixels)
        contents = frozenset(Counter(keys).items())
        tests.setdefault(contents, SharedTest(arm.name, arm.pair.test, keys, by_pixels))
    return tuple(tests.values())


def check_leaks(arms: Sequence[Arm], tests: Sequence[SharedTest]) -> tuple[str, ...]:
    """Refuse to judge a network on what it learnt from.

    The course's own two files share one picture, which is allowed in the rows that are theirs.

    Returns:
        Warnings about that picture: which build learnt from it, and which did not.

    Raises:
        LeakRefused: If a training set holds an image of a test set, or a near-duplicate of one.
    """
    known: dict[str, str] = {}
    for arm in arms:
        for test in tests:
            leaks = list(_leaks(arm, test))
            unknown = [leak.sentence for leak in leaks if not leak.known]
            if unknown:
                more = f" (and {len(unknown) - 1} more such pairs)" if len(unknown) > 1 else ""
                raise LeakRefused(
                    unknown[0] + more,
                    hint="Leave the picture out of one of the two (catdata remove), or take back "
                    "what moved it (catdata undo), and build again.",
                )
            for leak in leaks:
                known.setdefault(arm.name, leak.sentence)
    allowed = [
        f"{sentence}: the one overlap of the course's own files, which is allowed"
        for sentence in known.values()
    ]
    without = dict.fromkeys(shown(arm.name) for arm in arms if arm.name not in known)
    if allowed and without:
        allowed[-1] += f"; {' and '.join(without)} learnt without it"
    return tuple(allowed)


class _Leak(NamedTuple):
    """A training image that a test set holds as well, and whether it is the course's own."""

    sentence: str
    known: bool


def _leaks(arm: Arm, test: SharedTest) -> Iterator[_Leak]:
    """Find each picture once; an augmented copy has the reference and fingerprint of its parent."""
    train_prints, test_prints = _fingerprints(arm.pair.train), _fingerprints(test.images)
    seen = set()
    for row, column in pairs_between(train_prints, test_prints).tolist():
        train_ref, test_ref = arm.pair.train.refs[row], test.images.refs[column]
        if (train_ref, test_ref) in seen:
            continue
        seen.add((train_ref, test_ref))
        hashes = {content_hash(arm.pair.train, row), content_hash(test.images, column)}
        same = len(hashes) == 1
        dhash, phash = distances(train_prints[row], test_prints[column : column + 1])
        apart = "" if same else f" (fingerprints {dhash[0]} and {phash[0]} of 64 bits apart)"
        likeness = "the same picture as" if same else "a near-duplicate of"
        yield _Leak(
            f"{_short(train_ref)} of {shown(arm.name)} is {likeness} {_short(test_ref)} of"
            f" {shown(test.name)}{apart}",
            known=hashes == {KNOWN_LEAK.encode()} and train_ref.startswith("train["),
        )


def _short(ref: str) -> str:
    return ref if "[" in ref else ref[:_HASH_SHOWN]


def _fingerprints(images: ImageSet) -> NDArray[np.uint64]:
    return fingerprints(images.images) if images.fingerprints is None else images.fingerprints


def _keys(images: ImageSet, by_pixels: bool) -> tuple[Key, ...]:
    hash_of = _pixel_hash if by_pixels else content_hash
    hashes = (hash_of(images, row) for row in range(len(images)))
    return tuple(zip(hashes, images.labels.tolist(), strict=True))


def content_hash(images: ImageSet, row: int) -> bytes:
    """Return a row's content hash; that of a file without hashes is of its own pixels."""
    if images.content_hashes is not None:
        return bytes(images.content_hashes[row])
    return _pixel_hash(images, row)


def _pixel_hash(images: ImageSet, row: int) -> bytes:
    return hashlib.sha256(images.images[row].tobytes()).hexdigest().encode()
