"""The pictures that the page may ask for: those of this session, each by the hash of its bytes."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catdata.dataset.catalog import ImageRow
    from catdata.labeler.preparing import Prepared

_MOST_KNOWN = 500  # images of the catalog that are lent to stand beside a photo


class Gallery:
    """Pictures by hash, for as long as a photo is in the queue or on a strip.

    Attributes:
        known: Images of the catalog that were named beside a photo, by content hash.
    """

    def __init__(self) -> None:
        self.known: OrderedDict[str, ImageRow] = OrderedDict()
        self._pictures: dict[str, bytes] = {}
        self._photos: Counter[str] = Counter()  # how many photos have the same picture

    def show(self, prepared: Prepared) -> None:
        """Let the page have a photo's preview and square."""
        for picture in (prepared.preview, prepared.square):
            name = _hash(picture)
            self._pictures[name] = picture
            self._photos[name] += 1

    def forget(self, prepared: Prepared | None) -> None:
        """Let the page no longer have them."""
        if prepared:
            for picture in (prepared.preview, prepared.square):
                name = _hash(picture)
                self._photos[name] -= 1
                if self._photos[name] <= 0:
                    del self._photos[name], self._pictures[name]

    def get(self, name: str) -> bytes | None:
        """Return the picture with this hash; None if the session has none."""
        return self._pictures.get(name)

    def address(self, picture: bytes, suffix: str) -> str:
        """Return where the page finds a picture."""
        return f"/image/{_hash(picture)}.{suffix}"

    def lend(self, row: ImageRow) -> str:
        """Let the page have an image of the catalog too, and return where it finds it."""
        self.known[row.content_hash] = row
        self.known.move_to_end(row.content_hash)
        while len(self.known) > _MOST_KNOWN:
            self.known.popitem(last=False)
        return f"/known/{row.content_hash}.jpg"


def _hash(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()
