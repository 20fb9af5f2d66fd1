"""The two kinds of work: photos of a folder, and images of the catalog looked at again.

Both know where their photos come from, how an answer is recorded and how it is taken back. All
but ``subjects`` and ``rank`` runs in the clerk's thread, which has the catalog open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from catdata.dataset import edit, labels
from catdata.dataset.catalog import ImageRow, fingerprints
from catdata.dataset.desk import Desk
from catdata.dataset.labels import Entry
from catdata.dataset.outcomes import Added, Skipped
from catdata.errors import shown
from catdata.h5file import CLASS_NAMES
from catdata.labeler.notes import KnownFiles, Marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catdata.dataset.catalog import Catalog
    from catdata.dataset.workspace import Workspace
    from catdata.labeler.order import LabelOptions
    from catdata.labeler.queue import Photo


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a photo that somebody labelled.

    Attributes:
        photo: Which one.
        label: 0 or 1; None if it was skipped.
        outcome: ``added``, ``known``, ``refused``, ``confirmed``, ``corrected`` or ``skipped``.
        reason: Why it was refused or is known, for people.
        hint: The next step, if there is one.
        command_id: Of a photo that was added: its entry in the log.
        row: Of an image of the catalog: what it was before.
    """

    photo: Photo
    label: int | None
    outcome: str
    reason: str = ""
    hint: str = ""
    command_id: int | None = None
    row: ImageRow | None = None


class Work(Protocol):
    """What a session needs to know of its photos."""

    def subjects(self) -> Iterator[Entry | ImageRow]:
        """Yield all photos that may need an answer; runs in a thread of its own."""

    def is_settled(self, photo: Photo) -> bool:
        """Tell of a photo that is ready whether it needs no answer."""

    def near(self, photo: Photo) -> list[ImageRow]:
        """Return images of the catalog that look like it."""

    def record(self, photos: Sequence[Photo], label: int) -> list[Answer]:
        """Make an answer durable."""

    def take_back(self, answers: Sequence[Answer]) -> None:
        """Revert an answer."""


class FolderWork:
    """Photos of a folder, taken in as ``add`` does.

    Args:
        workspace: Where to.
        catalog: Its open catalog.
        options: The folder and the split.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog, options: LabelOptions) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._desk = Desk(workspace, catalog)
        self._known = KnownFiles(workspace.data)
        self._options = options

    def subjects(self) -> Iterator[Entry | ImageRow]:
        """Yield the folder's files but those seen in the catalog before and unchanged since."""
        own = [self._workspace.raw.folder, self._workspace.data]
        present: set[str | None] = set()
        if self._known:
            with self._workspace.catalog() as catalog:
                present = {row.file_hash for row in catalog.with_files() if not row.removed}
        top = self._options.folder
        for entry in labels.with_label([top] if top else [], 0, apart_from=own):
            file_hash = self._known.hash_of(entry.path) if self._known else None
            if file_hash is None or file_hash not in present:
                yield replace(entry, split=self._options.split)

    def is_settled(self, photo: Photo) -> bool:
        """Tell whether the catalog has this file or the same pixels."""
        prepared, entry = photo.prepared, _entry(photo)
        if prepared is None or prepared.picture is None:
            return True
        row = self._catalog.same_picture(prepared.file_hash, prepared.picture.content_hash)
        if row is None or row.removed:
            return False
        if row.file_hash == prepared.file_hash:
            self._known.note(entry.path, prepared.file_hash)
        return True

    def near(self, photo: Photo) -> list[ImageRow]:
        """Return images of the catalog that look like a photo."""
        prepared = photo.prepared
        if prepared is None or prepared.picture is None:
            return []
        return self._desk.near(prepared.picture.fingerprint)

    def record(self, photos: Sequence[Photo], label: int) -> list[Answer]:
        """Add photos under one label, one entry of the log for all of them."""
        files = [
            (replace(_entry(photo), label=label, found=False), photo.prepared.examined)
            for photo in photos
            if photo.prepared and photo.prepared.examined
        ]
        taken = self._desk.take(files)
        answers = []
        for photo, outcome in zip(photos, taken.outcomes, strict=True):
            if isinstance(outcome, Added):
                self._known.note(_entry(photo).path, photo.key)
                answers.append(Answer(photo, label, "added", command_id=taken.command_id))
            elif isinstance(outcome, Skipped):
                answers.append(Answer(photo, label, "known", outcome.reason))
            else:
                answers.append(Answer(photo, label, "refused", outcome.reason, outcome.hint))
        return answers

    def take_back(self, answers: Sequence[Answer]) -> None:
        """Undo the command that added photos, unless somebody changed them since."""
        for command_id in {answer.command_id for answer in answers if answer.command_id}:
            edit.undo(self._workspace, command_id)


class ReviewWork:
    """Images of the catalog, to be confirmed or corrected.

    Args:
        workspace: Whose catalog.
        catalog: That catalog, open.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._desk = Desk(workspace, catalog)
        self._marks = Marks(workspace.data)

    def subjects(self) -> Iterator[Entry | ImageRow]:
        """Yield the images that nobody has confirmed as they are labelled now."""
        with self._workspace.catalog() as catalog:
            rows = list(catalog.images())
        yield from (row for row in rows if not self._marks.has(row.ref, row.label))

    def is_settled(self, photo: Photo) -> bool:
        """Tell whether an image was removed meanwhile."""
        return not self._catalog.present([_row(photo).id])

    def near(self, photo: Photo) -> list[ImageRow]:
        """Return other images of the catalog that look like this one."""
        row = _row(photo)
        return [other for other in self._desk.near(fingerprints([row])[0]) if other.id != row.id]

    def record(self, photos: Sequence[Photo], label: int) -> list[Answer]:
        """Relabel the images whose label is another, and mark all as looked at."""
        now = {row.id: row for row in self._catalog.present([_row(p).id for p in photos])}
        wrong = [row for row in now.values() if row.label != label]
        if wrong:
            edit.relabel(self._workspace, [row.ref for row in wrong], label)
        answers = []
        for photo in photos:
            row = now.get(_row(photo).id)
            if row is None:
                answers.append(Answer(photo, label, "refused", "was removed meanwhile"))
                continue
            self._marks.set(row.ref, label)
            outcome = "confirmed" if row.label == label else "corrected"
            answers.append(Answer(photo, label, outcome, row=row))
        return answers

    def take_back(self, answers: Sequence[Answer]) -> None:
        """Give images the label they had, and take their marks away."""
        for answer in answers:
            if answer.row:
                edit.relabel(self._workspace, [answer.row.ref], answer.row.label)
                self._marks.set(answer.row.ref, None)


def name_of(photo: Photo) -> str:
    """Return what people call a photo, safe to show."""
    subject = photo.subject
    if isinstance(subject, Entry):
        return shown(subject.path.name)
    return subject.file_name or subject.ref


def class_of(label: int | None) -> str:
    """Return ``cat``, ``non-cat`` or, for no label, ``skipped``."""
    return "skipped" if label is None else CLASS_NAMES[label]


def _entry(photo: Photo) -> Entry:
    if isinstance(photo.subject, Entry):
        return photo.subject
    raise TypeError("an image of the catalog is no file of the folder")


def _row(photo: Photo) -> ImageRow:
    if isinstance(photo.subject, ImageRow):
        return photo.subject
    raise TypeError("a file of the folder is no image of the catalog")
