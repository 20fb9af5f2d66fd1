"""Decide which examined files become images, and commit them batch by batch.

Files are decided one after the other in the order of their names, so the outcome depends neither on
the number of workers nor on the engine. A file that resembles nothing, as most do, costs no query:
a batch is compared with all known fingerprints at once, and its rows are inserted together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from catdata import fingerprint
from catdata.dataset import rawstore
from catdata.dataset.catalog import Catalog, ImageRow, as_words, fingerprints, now
from catdata.dataset.examine import Examined, NotTaken
from catdata.dataset.outcomes import Added, Refused, Skipped
from catdata.errors import shown
from catdata.fingerprint import FingerprintIndex
from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from catdata.dataset.images import Picture
    from catdata.dataset.labels import Entry
    from catdata.dataset.outcomes import Outcome
    from catdata.dataset.workspace import Workspace

_CHANGED = NotTaken("it changed while it was being added", "Add it again when nobody writes to it.")


class File(NamedTuple):
    """A file to add, where it is, and what examining it gave.

    Attributes:
        path: Its absolute path.
    """

    entry: Entry
    path: str
    result: Examined | NotTaken


class Intake:
    """Takes in batches of files; the same one throughout a command.

    Args:
        workspace: Where to.
        catalog: Its open catalog.
        in_place: Whether files stay where they are.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog, *, in_place: bool) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.in_place = in_place
        self.command_id: int | None = None
        self.images = 0
        self.settled = 0  # files of known images whose place was noted anew
        self._forget()

    def _forget(self) -> None:
        """Know nothing of the images: they are read anew from the catalog."""
        self.known: FingerprintIndex[int] = FingerprintIndex()
        self.newest = 0

    def commit(self, batch: Sequence[File]) -> list[Outcome]:
        """Decide on a batch and make what it adds durable."""
        while True:
            before = self.command_id, self.images, self.settled
            try:
                return self._commit(batch)
            except rawstore.FilesChanged as changed:
                # The transaction is off. Without these files the batch is decided once more.
                self.command_id, self.images, self.settled = before
                self._forget()
                batch = [_unless_changed(file, changed.file_hashes) for file in batch]

    def _commit(self, batch: Sequence[File]) -> list[Outcome]:
        refused = [file.result for file in batch if isinstance(file.result, NotTaken)]
        if len(refused) == len(batch):  # no need to wait for the catalog
            return [_not_taken(*one) for one in zip(batch, refused, strict=True)]
        with self.catalog.transaction():
            if self.command_id is not None and self.catalog.is_undone(self.command_id):
                # What comes now is an addition of its own.
                self.command_id, self.images, self.settled = None, 0, 0
            self._learn(*self.catalog.fingerprints_after(self.newest))
            outcomes = _Batch(self, batch).decide()
            if self.command_id is not None:
                self.catalog.summarise(self.command_id, self._summary())
        return outcomes

    def _summary(self) -> str:
        added = f"added {self.images} photo{'s' * (self.images != 1)}"
        places = (
            f"noted where {self.settled} file{' now lies' if self.settled == 1 else 's now lie'}"
        )
        return " and ".join([added] * bool(self.images) + [places] * bool(self.settled)) or added

    def near(self, words: NDArray[np.uint64]) -> list[ImageRow]:
        """Return the images of the catalog whose fingerprint is near to one, shape (4,)."""
        self._learn(*self.catalog.fingerprints_after(self.newest))
        return self.catalog.present(self.known.near(words))

    def took_in(self, ids: Sequence[int], rows: Sequence[ImageRow]) -> None:
        """Count images that are in the catalog now, and know them."""
        self.images += len(rows)
        self._learn(ids, fingerprints(rows))

    def _learn(self, ids: Sequence[int], prints: NDArray[np.uint64]) -> None:
        """Take up images that this or another process has added."""
        self.known.add(prints, ids)
        self.newest = max(self.newest, *ids, 0)


def _unless_changed(file: File, changed: set[str]) -> File:
    if isinstance(file.result, Examined) and file.result.file_hash in changed:
        return file._replace(result=_CHANGED)
    return file


def _not_taken(file: File, result: NotTaken) -> Outcome:
    name = shown(file.entry.path)
    if result.skipped:
        return Skipped(name, result.reason)
    return Refused(name, result.reason, result.hint)


class _Candidate(NamedTuple):
    """A file of a batch that may become an image, and the images known to be near it."""

    at: int
    file: File
    examined: Examined
    near: list[int]


class _Batch:
    """One batch inside its transaction."""

    def __init__(self, intake: Intake, files: Sequence[File]) -> None:
        self._intake = intake
        self._catalog = intake.catalog
        self._files = files
        self._outcomes: dict[int, Outcome] = {}
        self._new: dict[int, ImageRow] = {}
        self._waiting: list[int] = []  # rows of _new that are not in the catalog yet
        self._ids: dict[int, int] = {}
        self._to_store: list[rawstore.RawFile] = []
        self._now = now()

    def decide(self) -> list[Outcome]:
        """Decide on every file, store what is taken, and return the outcomes in order."""
        candidates = self._candidates()
        twins = self._twins(candidates)
        removed = self._catalog.removed_files(one.examined.file_hash for one in candidates)
        for number, one in enumerate(candidates):
            if one.near or number in twins or one.examined.file_hash in removed:
                self._insert()
                mates = [self._ids[mate] for mate in twins.get(number, ()) if mate in self._ids]
                self._compare(one._replace(near=one.near + mates))
            else:
                self._take(one, None, [])
        self._insert()
        self._intake.workspace.raw.store(self._to_store)
        self._name_new()
        return [self._outcomes[at] for at in range(len(self._files))]

    def _candidates(self) -> list[_Candidate]:
        examined = []
        for at, file in enumerate(self._files):
            if isinstance(file.result, NotTaken):
                self._outcomes[at] = _not_taken(file, file.result)
            else:
                examined.append((at, file, file.result))
        prints = np.array([one.picture.fingerprint for _, _, one in examined], np.uint64)
        near = self._intake.known.near_each(prints.reshape(-1, 4))
        return [_Candidate(*one, ids) for one, ids in zip(examined, near, strict=True)]

    def _twins(self, candidates: Sequence[_Candidate]) -> dict[int, list[int]]:
        """Return for a candidate the places in the batch of those before it that are near it."""
        prints = np.array([one.examined.picture.fingerprint for one in candidates], np.uint64)
        twins: dict[int, list[int]] = {}
        for first, second in fingerprint.pairs_within(prints.reshape(-1, 4)).tolist():
            twins.setdefault(second, []).append(candidates[first].at)
        return twins

    def _compare(self, one: _Candidate) -> None:
        """Decide on a file that resembles images that are here, or was removed before."""
        entry, picture = one.file.entry, one.examined.picture
        known = self._catalog.same_picture(one.examined.file_hash, picture.content_hash)
        if known and not known.removed:
            self._outcomes[one.at] = self._already_here(one, known)
            return
        if known and entry.found and not self._catalog.was_lost(known.id):
            # Whoever adds a folder again does not mean what was taken out of the dataset by hand.
            self._outcomes[one.at] = self._left_out(one, known)
            return
        near = self._catalog.present(one.near)
        if near and entry.split not in ("auto", self._side(picture, near)):
            other = next(row for row in near if row.split != entry.split)
            self._outcomes[one.at] = self._leak(one, other)
        else:
            self._take(one, known, near)

    def _take(self, one: _Candidate, known: ImageRow | None, near: Sequence[ImageRow]) -> None:
        """Make a file an image, or a removed image present again."""
        entry, picture = one.file.entry, one.examined.picture
        split = entry.split if entry.split != "auto" else self._side(picture, near)
        row = ImageRow(
            origin="added",
            content_hash=picture.content_hash,
            fingerprint=as_words(picture.fingerprint),
            width=picture.width,
            height=picture.height,
            label=entry.label,
            split=split,
            file_hash=one.examined.file_hash,
            format=picture.format,
            file_name=shown(entry.path.name),
            source=shown(one.file.path),
            warnings=(
                *(["had been removed, and is brought back"] if known else []),
                *picture.warnings,
                *self._likenesses(near, entry.label),
            ),
            added_at=self._now,
            location=one.file.path if self._intake.in_place else None,
        )
        self._new[one.at] = row
        if known:
            self._bring_back(one.at, row, known)
        else:
            self._waiting.append(one.at)
        if not row.location:
            self._store(one)

    def _store(self, one: _Candidate) -> None:
        picture = one.examined.picture
        self._to_store.append(
            rawstore.RawFile(one.examined.file_hash, picture.format, one.file.path)
        )

    def _bring_back(self, at: int, row: ImageRow, known: ImageRow) -> None:
        names = ("label", "split", "file_name", "source", "location")
        changes = {name: getattr(row, name) for name in names}
        self._catalog.update(known, self._command(), removed=False, **changes)
        self._ids[at] = known.id
        self._intake.took_in([known.id], [row])

    def _insert(self) -> None:
        """Insert the rows that wait."""
        if not self._waiting:
            return
        rows = [self._new[at] for at in self._waiting]
        ids = self._catalog.add_many(rows, self._command())
        self._ids.update(zip(self._waiting, ids, strict=True))
        self._intake.took_in(ids, rows)
        self._waiting = []

    def _command(self) -> int:
        if self._intake.command_id is None:
            self._intake.command_id = self._catalog.log("add", "")
        return self._intake.command_id

    def _name_new(self) -> None:
        """Report the new images, under names that are short now that all are there."""
        refs = self._catalog.short_refs(list(self._new.values()))
        for ref, (at, row) in zip(refs, self._new.items(), strict=True):
            name = shown(self._files[at].entry.path)
            self._outcomes[at] = Added(ref, name, row.class_name, row.split, row.warnings)

    def _side(self, picture: Picture, near: Sequence[ImageRow]) -> str:
        """Return the split of a picture: that of its near-duplicates, else by its content.

        The one group that can already be on both sides is the course's own train[146] = test[17].
        Builds leave out of train whatever is in test, so a third such picture belongs in test.
        """
        if near:
            return "test" if any(row.split == "test" for row in near) else "train"
        share = int(picture.content_hash[:16], 16) / 2**64
        return "test" if share < self._intake.workspace.settings.test_fraction else "train"

    def _already_here(self, one: _Candidate, known: ImageRow) -> Skipped | Refused:
        entry, ref = one.file.entry, self._catalog.short_ref(known)
        name = shown(entry.path)
        is_same_file = known.file_hash == one.examined.file_hash
        what = "the same file" if is_same_file else "the same picture"
        moved = self._settle(one, known) if is_same_file else ""
        if known.label == entry.label:
            reason = f"{what} is here already as {ref}{moved}"
            return Skipped(name, reason, duplicate_of=ref, is_moved=bool(moved))
        return Refused(
            name,
            f"{what} is here already as {ref}{moved}, labelled {known.class_name}",
            hint=f"If {CLASS_NAMES[entry.label]} is right: "
            f"catdata relabel {ref} --label {CLASS_NAMES[entry.label]}",
        )

    def _settle(self, one: _Candidate, known: ImageRow) -> str:
        """See to it that the file of an image is there, and say what was changed for that.

        A copy may have been lost. A file that was left in place may have been moved, or is to be
        copied now.
        """
        if known.location is None:
            self._store(one)
            return ""
        path: str | None = one.file.path
        if not self._intake.in_place:
            self._store(one)
            path = None
        elif (
            known.location == path
            or rawstore.Stored(known.location, known.file_hash or "").is_sound()
        ):
            return ""
        self._catalog.update(known, self._command(), location=path, source=shown(one.file.path))
        self._intake.settled += 1
        return (
            ", whose file is now copied" if path is None else ", whose file is now known to be here"
        )

    def _left_out(self, one: _Candidate, known: ImageRow) -> Skipped:
        name = shown(one.file.entry.path)
        ref = self._catalog.short_ref(known)
        return Skipped(name, f"{ref} was removed; to bring it back, add this very file by its name")

    def _leak(self, one: _Candidate, other: ImageRow) -> Refused:
        ref = self._catalog.short_ref(other)
        words = one.examined.picture.fingerprint
        dhash, phash = fingerprint.distances(words, fingerprints([other]))
        return Refused(
            shown(one.file.entry.path),
            f"near-duplicate of {ref}{_named(other)}, which is in {other.split} "
            f"(dHash distance {dhash[0]}, pHash distance {phash[0]} of 64 bits): "
            "on the other side it would leak",
            hint=f"Add it with --split {other.split} or --split auto.",
        )

    def _likenesses(self, near: Sequence[ImageRow], label: int) -> Iterator[str]:
        """Yield a warning for each known image that looks like the new one."""
        for row in near:
            known_as = "" if row.label == label else f", which is labelled {row.class_name}"
            yield f"near-duplicate of {self._catalog.short_ref(row)}{_named(row)}{known_as}"


def _named(row: ImageRow) -> str:
    return f" ({row.file_name})" if row.file_name else ""
