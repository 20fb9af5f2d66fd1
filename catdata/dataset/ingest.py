"""Take photos into the workspace: read, check, recognise what is already there, store, catalogue.

Files are examined by the engine's workers in any order and decided one after the other in the order
of their names, so the outcome does not depend on the number of workers. A batch is one
transaction: its files are durable in the raw store before its rows are committed, and a killed
command is finished by running it again.
"""

from __future__ import annotations

import functools
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from catdata import engine, fingerprint
from catdata.dataset import images, rawstore
from catdata.dataset.catalog import Catalog, ImageRow, as_words, fingerprints
from catdata.errors import ImageRefused, StorageFailed, shown
from catdata.fingerprint import FingerprintIndex
from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from catdata.dataset.images import Picture, Preparation
    from catdata.dataset.labels import Entry
    from catdata.dataset.workspace import Workspace

BATCH_IMAGES = 512
BATCH_BYTES = 64 << 20
FILES_AT_ONCE = 16
BYTES_IN_FLIGHT = 256 << 20
_NOT_A_PICTURE = "not a JPEG, PNG or WebP picture"


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is now an image of the catalog."""

    ref: str
    file: str
    label: str
    split: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that needed nothing: already there (*duplicate_of* names it), or no picture."""

    file: str
    reason: str
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken, and why."""

    file: str
    reason: str
    hint: str = ""


Outcome = Added | Skipped | Refused


@dataclass(slots=True)
class AddReport:
    """What became of every file, in order."""

    added: list[Added] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def note(self, outcome: Outcome) -> None:
        """File one outcome under its kind."""
        if isinstance(outcome, Added):
            self.added.append(outcome)
        elif isinstance(outcome, Skipped):
            self.skipped.append(outcome)
        else:
            self.refused.append(outcome)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return {
            "added": [asdict(outcome) for outcome in self.added],
            "skipped": [asdict(outcome) for outcome in self.skipped],
            "refused": [asdict(outcome) for outcome in self.refused],
        }


def add(
    workspace: Workspace,
    files: Iterable[Entry],
    *,
    jobs: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> AddReport:
    """Add photos to the workspace.

    Args:
        workspace: Where to.
        files: What to add; see :mod:`catdata.dataset.labels`.
        jobs: Number of workers; one for each usable core if None.
        on_progress: Called with the number of files decided so far.

    Returns:
        What became of every file. What it calls added is durable.

    Raises:
        StorageFailed: If the disk is full, read-only or failing. What was committed before stays.
    """
    report = AddReport()
    examine = functools.partial(_examine, preparation=workspace.settings.preparation)
    with workspace.catalog() as catalog, engine.executor(jobs=jobs) as pool:
        intake = _Intake(workspace, catalog)
        flow = engine.Flow(BATCH_IMAGES, FILES_AT_ONCE, _bytes_of, BYTES_IN_FLIGHT)
        examined = engine.map_in_order(pool, examine, files, flow)
        try:
            for batch in _batches(examined):
                for outcome in intake.commit(batch):
                    report.note(outcome)
                if on_progress:
                    on_progress(len(report.added) + len(report.skipped) + len(report.refused))
        except OSError as error:
            raise StorageFailed(
                f"The disk refused after {len(report.added)} photos were added: "
                f"{str(error.strerror or error).rstrip('.')}.",
                hint="Make room, or make the folder writable; then run the same command again: "
                "it goes on where it stopped.",
            ) from error
        finally:
            examined.close()
    return report


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A file that was read and decoded, and may become an image."""

    entry: Entry
    data: bytes
    file_hash: str
    picture: Picture


_Examined = _Candidate | Skipped | Refused


def _examine(entry: Entry, *, preparation: Preparation) -> _Examined:
    """Read and decode one file; runs in a worker."""
    name = shown(entry.path)
    if entry.problem:
        return Refused(name, entry.problem)
    try:
        data = images.read_file(entry.path)
        if entry.found and not images.is_meant_as_picture(entry.path, data):
            return Skipped(name, _NOT_A_PICTURE)
        picture = images.decode(data, preparation, name=entry.path.name)
    except ImageRefused as error:
        return Refused(name, _without_name(error.message, entry.path), error.hint)
    return _Candidate(entry, data, rawstore.file_hash(data), picture)


def _bytes_of(entry: Entry) -> int:
    try:
        return entry.path.stat().st_size
    except (OSError, ValueError):
        return 0


def _without_name(message: str, path: Path) -> str:
    """Return a message without the file's name before it, which every record has anyway."""
    for name in (shown(path), shown(path.name)):
        message = message.removeprefix(name).removeprefix(":").lstrip()
    return message


def _batches(examined: Iterable[_Examined]) -> Iterator[list[_Examined]]:
    """Group files into transactions, bounded in number and in bytes."""
    batch: list[_Examined] = []
    size = 0
    for file in examined:
        batch.append(file)
        size += len(file.data) if isinstance(file, _Candidate) else 0
        if len(batch) >= BATCH_IMAGES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Intake:
    """Decides file by file what becomes of it, and commits batch by batch."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self.workspace = workspace
        self.catalog = catalog
        self.known: FingerprintIndex[int] = FingerprintIndex()
        self.newest = 0
        self.has_removed = False
        self.command_id: int | None = None
        self.images = 0

    def commit(self, batch: Sequence[_Examined]) -> list[Outcome]:
        """Decide on a batch and make what it adds durable."""
        candidates = [file for file in batch if isinstance(file, _Candidate)]
        if not candidates:
            return [file for file in batch if not isinstance(file, _Candidate)]
        with self.catalog.transaction():
            if self.command_id is not None and self.catalog.is_undone(self.command_id):
                self.command_id, self.images = None, 0  # what comes now is an addition of its own
            self.learn_new()
            self.has_removed = self.catalog.has_removed()
            outcomes = [
                self._decide(file) if isinstance(file, _Candidate) else file for file in batch
            ]
            new = [
                rawstore.RawFile(file.file_hash, file.picture.format, file.data)
                for file, outcome in zip(batch, outcomes, strict=True)
                if isinstance(file, _Candidate) and not isinstance(outcome, Refused)
                if isinstance(outcome, Added) or self._is_same_file(file)
            ]
            self.workspace.raw.store(new)
            if self.command_id is not None:
                self.catalog.summarise(
                    self.command_id, f"added {self.images} photo{'s' * (self.images != 1)}"
                )
        return outcomes

    def _is_same_file(self, file: _Candidate) -> bool:
        """Tell whether this very file is in the catalog: its stored copy is put back if lost."""
        known = self.catalog.same_picture(file.file_hash, file.picture.content_hash)
        return known is not None and known.file_hash == file.file_hash

    def learn_new(self) -> None:
        """Take up the images that came since the last look."""
        self._learn(*self.catalog.fingerprints_after(self.newest))

    def _learn(self, ids: Sequence[int], prints: NDArray[np.uint64]) -> None:
        """Take up images that this or another process has added."""
        self.known.add(prints, ids)
        self.newest = max(self.newest, *ids, 0)

    def _decide(self, file: _Candidate) -> Outcome:
        entry, picture = file.entry, file.picture
        near_ids = self.known.near(picture.fingerprint)
        known = None
        if near_ids or self.has_removed:  # the same pixels have the same fingerprint
            known = self.catalog.same_picture(file.file_hash, picture.content_hash)
        if known and not known.removed:
            return self._already_here(file, known)
        near = self.catalog.present(near_ids)
        split = entry.split if entry.split != "auto" else self._side(picture, near)
        if near and split != self._side(picture, near):
            return self._leak(file, next(row for row in near if row.split != split))
        warnings = (*picture.warnings, *self._likenesses(near, entry.label))
        row = ImageRow(
            origin="added",
            content_hash=picture.content_hash,
            fingerprint=as_words(picture.fingerprint),
            width=picture.width,
            height=picture.height,
            label=entry.label,
            split=split,
            file_hash=file.file_hash,
            format=picture.format,
            file_name=shown(entry.path.name),
            source=shown(os.path.abspath(entry.path)),  # noqa: PTH100 - keeps links
            warnings=warnings,
        )
        self._enter(row, known)
        ref = self.catalog.short_ref(row)
        return Added(ref, shown(entry.path), row.class_name, row.split, row.warnings)

    def _enter(self, row: ImageRow, known: ImageRow | None) -> None:
        """Write the row, or bring a removed one back, and the log's entry; in the transaction."""
        if self.command_id is None:
            self.command_id = self.catalog.log("add", "")
        if known:
            image_id = known.id
            self.catalog.update(
                known,
                self.command_id,
                removed=False,
                label=row.label,
                split=row.split,
                file_name=row.file_name,
                source=row.source,
            )
        else:
            image_id = self.catalog.add(row, self.command_id)
        self.images += 1
        self._learn([image_id], fingerprints([row]))

    def _side(self, picture: Picture, near: Sequence[ImageRow]) -> str:
        """Return the split of a picture: that of its near-duplicates, else by its content.

        The one group that can already be on both sides is the course's own train[146] = test[17].
        Builds leave out of train whatever is in test, so a third such picture belongs in test.
        """
        if near:
            return "test" if any(row.split == "test" for row in near) else "train"
        share = int(picture.content_hash[:16], 16) / 2**64
        return "test" if share < self.workspace.settings.test_fraction else "train"

    def _already_here(self, file: _Candidate, known: ImageRow) -> Skipped | Refused:
        name, ref = shown(file.entry.path), self.catalog.short_ref(known)
        what = "the same file" if known.file_hash == file.file_hash else "the same picture"
        if known.label == file.entry.label:
            return Skipped(name, f"{what} is here already as {ref}", duplicate_of=ref)
        return Refused(
            name,
            f"{what} is here already as {ref}, labelled {known.class_name}",
            hint=f"If {CLASS_NAMES[file.entry.label]} is right: "
            f"catdata relabel {ref} --label {CLASS_NAMES[file.entry.label]}",
        )

    def _leak(self, file: _Candidate, other: ImageRow) -> Refused:
        ref = self.catalog.short_ref(other)
        dhash, phash = fingerprint.distances(file.picture.fingerprint, fingerprints([other]))
        return Refused(
            shown(file.entry.path),
            f"near-duplicate of {ref}, which is in {other.split} "
            f"(dHash distance {dhash[0]}, pHash distance {phash[0]} of 64 bits): "
            "on the other side it would leak",
            hint=f"Add it with --split {other.split} or --split auto.",
        )

    def _likenesses(self, near: Sequence[ImageRow], label: int) -> Iterator[str]:
        """Yield a warning for each known image that looks like the new one."""
        for row in near:
            known_as = "" if row.label == label else f", which is labelled {row.class_name}"
            yield f"near-duplicate of {self.catalog.short_ref(row)}{known_as}"


def examine(entry: Entry, preparation: Preparation) -> _Examined:
    """Read and decode one file as :func:`add` does, for :class:`Desk`; safe in any process.

    Args:
        entry: The file; its label does not matter yet.
        preparation: The square to make.

    Returns:
        The file with its bytes and picture, or why it will not be taken.
    """
    return _examine(entry, preparation=preparation)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the photos that were labelled together.

    Attributes:
        outcomes: What :func:`add` would say of each, in order.
        command_id: Their entry in the log; None if none was added.
    """

    outcomes: tuple[Outcome, ...]
    command_id: int | None


class Desk:
    """Takes photos as people label them: the decisions of :func:`add`, each answer a command.

    Args:
        workspace: Where to.
        catalog: Its open catalog; all calls come from the thread that opened it.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._intake = _Intake(workspace, catalog)
        self._last_seen = 0

    def take(self, files: Sequence[tuple[Entry, Picture, str]]) -> Taken:
        """Add photos that were examined before, durably, under one entry of the log.

        Args:
            files: For each its entry with the label, its picture, and the sha256 its bytes had.

        Raises:
            OSError: If the disk refuses; nothing is then added.
        """
        batch = [_as_examined(*file) for file in files]
        self._follow_others()
        self._intake.command_id, self._intake.images = None, 0
        outcomes = self._intake.commit(batch)
        self._last_seen = self._catalog.last_command()
        return Taken(tuple(outcomes), self._intake.command_id)

    def near(self, words: NDArray[np.uint64]) -> list[ImageRow]:
        """Return the images of the catalog whose fingerprint is near to one, shape (4,)."""
        self._follow_others()
        self._intake.learn_new()
        return self._catalog.present(self._intake.known.near(words))

    def _follow_others(self) -> None:
        """Start afresh if anybody else changed the catalog: what was removed may be back."""
        if self._catalog.last_command() != self._last_seen:
            self._intake = _Intake(self._workspace, self._catalog)
            self._last_seen = self._catalog.last_command()


def _as_examined(entry: Entry, picture: Picture, file_hash: str) -> _Examined:
    """Read a file again whose picture is known, unless it has changed since."""
    try:
        data = images.read_file(entry.path)
    except ImageRefused as error:
        return Refused(shown(entry.path), _without_name(error.message, entry.path), error.hint)
    if rawstore.file_hash(data) != file_hash:
        return Refused(
            shown(entry.path), "has changed since it was shown", "The next start shows it."
        )
    return _Candidate(entry, data, file_hash, picture)
