"""One queue of photos for all tabs: who has which photo, and for how long.

A photo waits, is made ready ahead, is lent to one tab, and is answered. A tab that stays silent
loses what it was lent, so a closed one holds nothing back. No clock is read here: the time is an
argument.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.labels import Entry
    from catdata.labeler.preparing import Prepared

AHEAD = 20  # photos ready beyond those that tabs hold
LEASE = 60.0  # seconds that a silent tab keeps its photos

Place = tuple[float, int]
_LAST = (math.inf, 0)


@dataclass(slots=True, eq=False)
class Photo:
    """A photo on its way through the queue.

    Attributes:
        subject: The file, or the image of the catalog.
        place: Smaller comes first.
        key: What the page calls it; empty until it is ready.
        prepared: What the page shows; None until it is ready.
        holder: The tab that has it, or None.
        until: When it goes back, unless the tab is heard of; seconds of the caller's clock.
    """

    subject: Entry | ImageRow
    place: Place
    key: str = ""
    prepared: Prepared | None = None
    holder: str | None = None
    until: float = 0.0


@dataclass(slots=True)
class Queue:
    """The photos that have no answer yet.

    Attributes:
        total: All photos that ever came.
        ready: Those that are ready or lent, by key.
        skipped: Those left for later, in that order.
    """

    total: int = 0
    ready: dict[str, Photo] = field(default_factory=dict)
    skipped: list[Photo] = field(default_factory=list)
    _waiting: list[tuple[Place, Photo]] = field(default_factory=list)
    _expected: int = 0
    _preparing: set[Place] = field(default_factory=set)
    _arrivals: int = 0
    _returns: int = 0

    def expect(self) -> None:
        """Count a photo whose rank is not known yet; :meth:`add` is to follow."""
        self.total += 1
        self._expected += 1

    def add(
        self, subject: Entry | ImageRow, rank: float = 0.0, *, is_expected: bool = False
    ) -> None:
        """Take a photo in; those of a lower *rank* come first, else the order of coming counts."""
        self.total += not is_expected
        self._expected -= is_expected
        self._arrivals += 1
        place = (rank, self._arrivals)
        heapq.heappush(self._waiting, (place, Photo(subject, place)))

    @property
    def left(self) -> int:
        """How many photos have no answer and were not skipped."""
        return len(self._waiting) + self._expected + len(self._preparing) + len(self.ready)

    def is_lent_out(self, now: float) -> bool:
        """Tell whether tabs hold all photos that are left, and no other is on its way."""
        is_all_ready = len(self.ready) == self.left > 0
        return is_all_ready and all(
            photo.holder is not None and photo.until >= now for photo in self.ready.values()
        )

    def next_to_prepare(self) -> Photo | None:
        """Take the next photo to make ready; None if there is none or enough are ready."""
        free = sum(photo.holder is None for photo in self.ready.values())
        if not self._waiting or free + len(self._preparing) >= AHEAD:
            return None
        place, photo = heapq.heappop(self._waiting)
        self._preparing.add(place)
        return photo

    def put_ready(self, photo: Photo) -> bool:
        """Take a photo back that is ready now; False if the same photo is in the queue already."""
        self._preparing.remove(photo.place)
        is_new = photo.key not in self.ready and all(photo.key != p.key for p in self.skipped)
        if is_new:
            self.ready[photo.key] = photo
        return is_new

    def drop(self, photo: Photo) -> None:
        """Forget a photo that was being made ready and is not to be shown."""
        self._preparing.remove(photo.place)

    def lend(self, tab: str, most: int, now: float, *, is_in_haste: bool = False) -> list[Photo]:
        """Return what a tab has, filled up to *most* photos, in order, for a while from now.

        Args:
            tab: Who asks.
            most: How many photos it may hold.
            now: Seconds.
            is_in_haste: Whether to pass over earlier photos that are still being made ready.
        """
        mine = [photo for photo in self.ready.values() if photo.holder == tab]
        end = min(self._preparing, default=_LAST) if not is_in_haste else _LAST
        free = (
            photo
            for photo in self.ready.values()
            if photo.holder != tab and (photo.holder is None or photo.until < now)
            if photo.place < end
        )
        mine += heapq.nsmallest(most - len(mine), free, key=_place)
        for photo in mine:
            photo.holder, photo.until = tab, now + LEASE
        return sorted(mine, key=_place)[:most]

    def take(self, tab: str, keys: Sequence[str]) -> list[Photo]:
        """Take photos out to answer them: those of *keys* that no other tab holds."""
        held = [key for key in keys if key in self.ready and self.ready[key].holder in (tab, None)]
        return [self.ready.pop(key) for key in dict.fromkeys(held)]

    def put_back(self, photo: Photo, tab: str, now: float) -> None:
        """Give a photo to a tab again, before all others."""
        self._returns += 1
        if photo in self.skipped:
            self.skipped.remove(photo)
        photo.place = (-math.inf, -self._returns)
        photo.holder, photo.until = tab, now + LEASE
        self.ready[photo.key] = photo

    def release(self, tab: str) -> None:
        """Let other tabs have what this one holds."""
        for photo in self.ready.values():
            if photo.holder == tab:
                photo.holder = None

    def reopen_skipped(self) -> None:
        """Bring back all that was skipped."""
        for photo in self.skipped:
            photo.prepared, photo.holder = None, None
            heapq.heappush(self._waiting, (photo.place, photo))
        self.skipped.clear()


def _place(photo: Photo) -> Place:
    return photo.place
