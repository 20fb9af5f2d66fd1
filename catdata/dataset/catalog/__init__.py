"""What is known of every image: label, split, origin, hashes, when and from where; and the log.

``schema`` is the form of the SQLite file, ``migrations`` how older ones come to have it, ``rows``
what comes out of it, ``store`` the catalog itself.
"""

from catdata.dataset.catalog.columns import ImageColumns, as_hex
from catdata.dataset.catalog.rows import (
    Command,
    Count,
    ImageRow,
    ImageSource,
    Selection,
    as_words,
    fingerprints,
    now,
)
from catdata.dataset.catalog.store import Catalog

__all__ = [
    "Catalog",
    "Command",
    "Count",
    "ImageColumns",
    "ImageRow",
    "ImageSource",
    "Selection",
    "as_hex",
    "as_words",
    "fingerprints",
    "now",
]
