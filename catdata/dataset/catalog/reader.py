"""Questions to the catalog: images by reference, by content and by kind, and counts of them.

All SQL stands in constants beside its method.
"""

from __future__ import annotations

import json
import os
import re
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np

from catdata.dataset.catalog import columns, migrations, schema, state
from catdata.dataset.catalog.rows import Count, ImageRow, Selection, from_values
from catdata.errors import UnknownReference, WorkspaceDamaged, did_you_mean, shown
from catdata.h5file import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from catdata.dataset.catalog.columns import ImageColumns
    from catdata.dataset.catalog.rows import ImageSource

SHORTEST_REF = 6
_ROWS_AT_ONCE = 256
_ORIGINAL_REF = re.compile(r"(train|test)\[(0|[1-9][0-9]{0,8})\]")
_HASH_PREFIX = re.compile(r"[0-9a-f]{4,64}")


class Reader:
    """An open catalog, for reading; :class:`~catdata.dataset.catalog.store.Catalog` can change it.

    Args:
        path: The file, which must exist. Where it or its folder may not be written, it is opened
            for reading. One of an older version is migrated.

    Raises:
        WorkspaceError: If it was written by a newer version.
        WorkspaceDamaged: If it is missing, damaged, or no catalog.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise WorkspaceDamaged(
                f"{shown(path)} is missing: it says what every image is.",
                hint=schema.DAMAGE_HINT,
            )
        self.path = path
        self._connection = migrations.open_migrated(path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Images

    _SAME = """
        SELECT * FROM image
        WHERE file_hash = :file OR (content_hash = :content AND NOT removed)
        ORDER BY removed, file_hash IS NOT :file, id LIMIT 1
    """

    def same_picture(self, file_hash: str, content_hash: str) -> ImageRow | None:
        """Return the image with the same file or pixels, or else a removed one of the same file."""
        values = {"file": file_hash, "content": content_hash}
        found = self._execute(self._SAME, values).fetchone()
        return from_values(found) if found else None

    _BY_ID = "SELECT * FROM image WHERE id = ? AND NOT removed"

    def present(self, ids: Iterable[int]) -> list[ImageRow]:
        """Return the images with these ids that have not been removed, in the order of *ids*."""
        found = (self._execute(self._BY_ID, (image_id,)).fetchone() for image_id in ids)
        return [from_values(values) for values in found if values]

    # The plus keeps SQLite from an index that would have it sort all rows for every page.
    _SELECT = """
        SELECT * FROM image
        WHERE id > :after
          AND +removed = :removed
          AND (:label IS NULL OR label = :label)
          AND (:split IS NULL OR split = :split)
          AND (:origin IS NULL OR origin = :origin)
          AND (:since IS NULL OR added_at >= :since)
        ORDER BY id LIMIT :most
    """

    def images(self, selection: Selection | None = None) -> Iterator[ImageRow]:
        """Yield images in the order of a build: original rows, then added ones as they came.

        That is the order of their ids. Between two pages of rows nothing is held that a writer
        would have to wait for.
        """
        wanted = selection or Selection()
        values = {name: getattr(wanted, name) for name in Selection.__slots__}
        values |= {"after": 0, "most": _ROWS_AT_ONCE}
        while page := self._all(self._SELECT, values):
            yield from page
            values["after"] = page[-1].id

    _COLUMNS = f"""
        SELECT {", ".join(columns.READ)} FROM image
        WHERE NOT +removed AND +split = ? ORDER BY id
    """  # noqa: S608 - names of our own columns

    def columns(self, split: str) -> ImageColumns:
        """Return the images of a split as :meth:`images` would, all of them and in little memory.

        Raises:
            WorkspaceDamaged: If a row holds what cannot be.
        """
        rows = self._pages(self._COLUMNS, (split,))
        try:
            return columns.read(rows)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            raise WorkspaceDamaged(
                f"{shown(self.path)} is damaged: {error}.", hint=schema.DAMAGE_HINT
            ) from error

    _WITH_FILES = "SELECT * FROM image WHERE file_hash IS NOT NULL ORDER BY id"

    def with_files(self) -> Iterator[ImageRow]:
        """Return all images that have a file, removed ones too.

        The file is in the raw store, or where *location* says.
        """
        return map(from_values, self._iterate(self._WITH_FILES))

    _WAS_LOST = """
        SELECT EXISTS (
            SELECT 1 FROM command JOIN change ON change.command_id = command.id
            WHERE command.name = 'repair' AND command.undone_by IS NULL AND change.image_id = ?
        )
    """

    def was_lost(self, image_id: int) -> bool:
        """Tell whether an image was taken out of builds since its file was lost."""
        return bool(self._execute(self._WAS_LOST, (image_id,)).fetchone()[0])

    _FINGERPRINTS = (
        "SELECT id, dhash, dhash_mirrored, phash, phash_mirrored FROM image "
        "WHERE id > ? AND NOT removed ORDER BY id"
    )

    def fingerprints_after(self, image_id: int) -> tuple[list[int], NDArray[np.uint64]]:
        """Return ids and fingerprints of all present images that came after *image_id*.

        Returns:
            n ids, and fingerprints of shape (n, 4), uint64.
        """
        rows = self._iterate(self._FINGERPRINTS, (image_id,))
        table = np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, 5)
        return table[:, 0].tolist(), table[:, 1:].astype(np.uint64)

    _REMOVED_FILES = """
        SELECT file_hash FROM image WHERE removed
        AND file_hash IN (SELECT value FROM json_each(?))
    """

    def removed_files(self, file_hashes: Iterable[str]) -> set[str]:
        """Return which of some files are those of removed images."""
        values = (json.dumps(list(file_hashes)),)
        return {row[0] for row in self._iterate(self._REMOVED_FILES, values)}

    _COUNTS = (
        "SELECT origin, split, label, count(*) FROM image WHERE NOT removed "
        "GROUP BY origin, split, label"
    )

    def counts(self) -> list[Count]:
        """Return how many present images there are by origin, split and label."""
        return [Count(*row) for row in self._iterate(self._COUNTS)]

    _REMOVED = "SELECT count(*) FROM image WHERE removed = 1"

    def removed_images(self) -> int:
        """Return how many images have been removed."""
        return int(self._execute(self._REMOVED).fetchone()[0])

    def digest(self) -> str:
        """Return a hash of all that builds depend on; it changes when a build would."""
        with schema.translated(self.path):
            return f"{state.read(self._connection).sums.builds:064x}"

    # References

    _BY_HOME = "SELECT * FROM image WHERE home_split = ? AND home_row = ?"
    _BY_PREFIX = """
        SELECT * FROM image WHERE origin = 'added'
        AND (content_hash BETWEEN :from AND :to OR file_hash BETWEEN :from AND :to)
    """
    _BY_NAME = "SELECT * FROM image WHERE file_name = ?"
    _BY_SOURCE = "SELECT * FROM image WHERE source = ?"

    def resolve(self, ref: str, *, removed: bool = False) -> ImageRow:
        """Return the one image that *ref* names.

        Args:
            ref: ``train[146]``, the beginning of a content hash (four digits or more), a file name,
                or the path that a photo was added from.
            removed: Whether images that were removed can be meant.

        Raises:
            UnknownReference: If it names none, or several (all are listed).
        """
        home = _ORIGINAL_REF.fullmatch(ref)
        if home:
            found = self._all(self._BY_HOME, (home[1], int(home[2])))
        else:
            found = self._all(self._BY_NAME, (shown(ref),))
            if os.sep in ref:
                found = self._all(self._BY_SOURCE, (shown(os.path.abspath(ref)),))  # noqa: PTH100
            if _HASH_PREFIX.fullmatch(ref.lower()):
                prefix = {"from": ref.lower(), "to": ref.lower() + "g"}
                found += self._all(self._BY_PREFIX, prefix)
        different = list({image.id: image for image in found}.values())
        present = [image for image in different if not image.removed]
        chosen = present or (different if removed else [])
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise self._ambiguous(ref, chosen)
        raise _removed(ref) if different else self._unknown(ref)

    def _ambiguous(self, ref: str, found: Sequence[ImageRow]) -> UnknownReference:
        names = ", ".join(f"{self.short_ref(image)} ({image.file_name})" for image in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        return UnknownReference(
            f"{shown(ref)} can mean {len(found)} images: {names}{more}.",
            hint="Name the one you mean by its hash.",
        )

    _SOME_NAMES = """
        SELECT DISTINCT file_name FROM image WHERE file_name IS NOT NULL AND NOT removed
        LIMIT 10000
    """

    def _unknown(self, ref: str) -> UnknownReference:
        names = [row[0] for row in self._iterate(self._SOME_NAMES)]
        if ref.endswith("]"):  # perhaps a row of the original pair with its split misspelt
            split, _, rest = ref.partition("[")
            names = [] if split in SPLITS else [f"{known}[{rest}" for known in SPLITS]
        meant = did_you_mean(ref, names, most=3)
        return UnknownReference(
            f"No image is named {shown(ref)}.",
            hint=f"{meant}Names are like train[146], 3fa9 (four digits or more) or img.jpg: see "
            "catdata list.",
        )

    _NAMES_BEGINNING = """
        SELECT DISTINCT file_name FROM image
        WHERE file_name >= :text AND file_name < :end AND NOT removed
        ORDER BY file_name LIMIT :most
    """
    _HASHES_BEGINNING = """
        SELECT * FROM image WHERE origin = 'added' AND NOT removed
        AND content_hash >= :text AND content_hash < :end
        ORDER BY content_hash LIMIT :most
    """
    _ROWS_BEGINNING = """
        SELECT * FROM image WHERE home_split = :split AND NOT removed
        AND substr(home_split || '[' || home_row || ']', 1, length(:text)) = :text
        ORDER BY home_row LIMIT :most
    """

    def refs_beginning(self, text: str, most: int) -> list[str]:
        """Return references that begin with *text*, of each kind at most *most*.

        Hashes are among them only once *text* is something: before, they tell nothing.
        """
        values = {"text": text, "end": text + "\U0010ffff", "most": most}
        names = [row[0] for row in self._iterate(self._NAMES_BEGINNING, values)]
        found = self._all(self._HASHES_BEGINNING, values) if text else []
        for split in SPLITS:
            found += self._all(self._ROWS_BEGINNING, values | {"split": split})
        return [*names, *self.short_refs(found)]

    _SHARING = """
        SELECT (SELECT count(DISTINCT content_hash) FROM image
                WHERE content_hash BETWEEN value AND value || 'g')
        FROM json_each(?)
    """

    def short_ref(self, image: ImageSource) -> str:
        """Return the name people see: ``train[146]``, or the shortest unambiguous hash."""
        return self.short_refs([image])[0]

    def short_refs(self, images: Sequence[ImageSource]) -> list[str]:
        """Return the name that people see of each image, as :meth:`short_ref`."""
        refs = [image.ref for image in images]
        unclear = [at for at, image in enumerate(images) if image.origin == "added"]
        for length in range(SHORTEST_REF, 64):
            prefixes = [images[at].content_hash[:length] for at in unclear]
            sharing = self._iterate(self._SHARING, (json.dumps(prefixes),))
            still = []
            for at, prefix, (images_sharing,) in zip(unclear, prefixes, sharing, strict=True):
                if images_sharing <= 1:
                    refs[at] = prefix
                else:
                    still.append(at)
            unclear = still
            if not unclear:
                break
        return refs

    # SQLite

    def _execute(self, query: str, values: schema.Values = ()) -> schema.Cursor:
        with schema.translated(self.path):
            return schema.execute_in_turn(self._connection, query, values)

    def _pages(self, query: str, values: schema.Values = ()) -> Iterator[list[schema.Row]]:
        cursor = self._execute(query, values)
        while True:
            with schema.translated(self.path):
                rows = cursor.fetchmany(_ROWS_AT_ONCE)
            if not rows:
                return
            yield rows

    def _iterate(self, query: str, values: schema.Values = ()) -> Iterator[schema.Row]:
        return chain.from_iterable(self._pages(query, values))

    def _all(self, query: str, values: schema.Values) -> list[ImageRow]:
        return list(map(from_values, self._iterate(query, values)))


def _removed(ref: str) -> UnknownReference:
    return UnknownReference(
        f"{shown(ref)} was removed.",
        hint="Bring it back with catdata undo, or add the photo again.",
    )
