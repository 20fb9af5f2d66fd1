"""The catalog itself: changes of images, all or nothing, and the log that ``undo`` reads.

Every change of an image is noted under an entry of the log, so it can be undone. All SQL stands in
constants beside its method.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from catdata.dataset.catalog import content, schema, state, textlog
from catdata.dataset.catalog.content import Touched
from catdata.dataset.catalog.reader import Reader
from catdata.dataset.catalog.rows import (
    COLUMNS,
    WORDS,
    Command,
    ImageRow,
    as_stored,
    now,
    to_values,
)
from catdata.dataset.catalog.state import State
from catdata.dataset.catalog.textlog import LogEnd
from catdata.errors import StorageFailed, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_NAMES = (*COLUMNS, *WORDS)
_INSERT = (
    f"INSERT INTO image ({', '.join(_NAMES)}) "  # noqa: S608 - names of our own columns
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)})"
)

_INSERT_WITH_ID = (
    f"INSERT INTO image (id, {', '.join(_NAMES)}) "  # noqa: S608
    f"VALUES (:id, {', '.join(f':{name}' for name in _NAMES)})"
)


class Catalog(Reader):
    """An open catalog; see :class:`~catdata.dataset.catalog.reader.Reader` for how it is opened."""

    @classmethod
    def create(cls, path: Path, images: Iterable[ImageRow] = ()) -> None:
        """Write a new catalog that holds *images*; *path* must not exist.

        Raises:
            StorageFailed: If the disk refuses.
        """
        connection = schema.connect(path, "rwc")
        with contextlib.closing(connection), schema.translated(path):
            schema.create(connection)
            connection.executemany(_INSERT, map(to_values, images))
            state.write(connection, State(content.sum_up(connection), LogEnd()))
            connection.execute("COMMIT")

    # Transactions and the log

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything in the block durable together, or nothing of it; other writers queue.

        What was changed is in ``log.jsonl`` before it is committed.

        Raises:
            StorageFailed: If the disk is full, read-only or failing; nothing is then changed.
        """
        with self._block("BEGIN IMMEDIATE"):
            self._touched = Touched(self._connection)
            yield
            with schema.translated(self.path), self._writing_log():
                state.advance(self._connection, self._touched, self.log_path)

    def write_log(self) -> None:
        """Write ``log.jsonl`` anew from all that the catalog holds.

        Raises:
            StorageFailed: If the disk is full, read-only or failing.
        """
        with self._block("BEGIN IMMEDIATE"), schema.translated(self.path), self._writing_log():
            sums = state.read(self._connection).sums
            state.write(
                self._connection, State(sums, state.write_log(self._connection, self.log_path))
            )

    @property
    def log_path(self) -> Path:
        """Where the log lies: beside the catalog."""
        return self.path.with_name(textlog.NAME)

    @contextlib.contextmanager
    def _writing_log(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageFailed(
                f"{shown(self.log_path)} can't be written: {error.strerror or error}.",
                hint=schema.STORAGE_HINT,
            ) from error

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads in the block see the same state; a writer's commit waits for its end."""
        with self._block("BEGIN"):
            yield

    _LOG = "INSERT INTO command (at, name, summary) VALUES (?, ?, ?)"

    def log(self, name: str, summary: str) -> int:
        """Enter a command in the log and return the id under which its changes are noted."""
        return self._insert("command", self._LOG, (now(), name, summary))

    _IS_UNDONE = "SELECT undone_by IS NOT NULL FROM command WHERE id = ?"

    def is_undone(self, command_id: int) -> bool:
        """Tell whether a command has been undone."""
        return bool(self._execute(self._IS_UNDONE, (command_id,)).fetchone()[0])

    _SUMMARISE = "UPDATE command SET summary = ? WHERE id = ?"

    def summarise(self, command_id: int, summary: str) -> None:
        """Replace the summary of a command that has done more since."""
        self._touched.touch("command", command_id)
        self._execute(self._SUMMARISE, (summary, command_id))

    _COMMANDS = "SELECT id, at, name, summary, undone_by FROM command ORDER BY id"

    def commands(self) -> list[Command]:
        """Return the log, oldest first."""
        return [Command(*row) for row in self._iterate(self._COMMANDS)]

    _NEWEST = "SELECT coalesce(max(id), 0) FROM command"

    def last_command(self) -> int:
        """Return the id of the newest entry of the log, 0 if there is none."""
        return int(self._execute(self._NEWEST).fetchone()[0])

    _LAST = "SELECT max(id) FROM command WHERE undone_by IS NULL AND name <> 'undo'"
    _MAY_UNDO = """
        SELECT max(id) FROM command
        WHERE id = :id AND undone_by IS NULL AND NOT EXISTS (
            SELECT 1 FROM change AS later JOIN command AS by ON by.id = later.command_id
            WHERE by.id > :id AND by.undone_by IS NULL
              AND later.image_id IN (SELECT image_id FROM change WHERE command_id = :id)
        )
    """
    _CHANGES = "SELECT image_id, before FROM change WHERE command_id = ? ORDER BY rowid DESC"
    _UNDONE = "UPDATE command SET undone_by = ? WHERE id = ?"
    _DELETE = "DELETE FROM image WHERE id = ?"

    def undo(self, command_id: int | None = None) -> Command | None:
        """Revert a command that is not undone yet, inside the caller's transaction.

        Args:
            command_id: Which one; the last one if None.

        Returns:
            The command that was reverted, or None if there is none, or the one named is undone
            already or a later one changed the same images.
        """
        if command_id is None:
            last = self._execute(self._LAST).fetchone()[0]
        else:
            last = self._execute(self._MAY_UNDO, {"id": command_id}).fetchone()[0]
        if last is None:
            return None
        command = next(command for command in self.commands() if command.id == last)
        for image_id, before in list(self._iterate(self._CHANGES, (last,))):
            if before is None:
                self._touched.touch("image", image_id)
                self._execute(self._DELETE, (image_id,))
            else:
                self._set(image_id, json.loads(before))
        undo = self.log("undo", f"undid {command.name}: {command.summary}")
        self._touched.touch("command", last)
        self._execute(self._UNDONE, (undo, last))
        return command

    # Changes, each noted under a command

    _NOTE = "INSERT INTO change (command_id, image_id, before) VALUES (?, ?, ?)"

    def add(self, image: ImageRow, command_id: int) -> int:
        """Insert *image* and return its id."""
        image_id = self._insert("image", _INSERT, to_values(image))
        self._insert("change", self._NOTE, (command_id, image_id, None))
        return image_id

    _NEXT_IDS = """
        SELECT 1 + max(coalesce((SELECT max(id) FROM image), 0),
                       coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'image'), 0)),
               1 + coalesce((SELECT max(rowid) FROM change), 0)
    """
    _NOTE_NEW = "INSERT INTO change (rowid, command_id, image_id, before) VALUES (?, ?, ?, NULL)"

    def add_many(self, images: Sequence[ImageRow], command_id: int) -> range:
        """Insert *images* and return their ids, in order, which no image had before."""
        first, first_note = self._execute(self._NEXT_IDS).fetchone()
        ids = range(first, first + len(images))
        notes = range(first_note, first_note + len(images))
        rows = (
            to_values(image) | {"id": number} for number, image in zip(ids, images, strict=True)
        )
        noted = ((note, command_id, number) for note, number in zip(notes, ids, strict=True))
        with schema.translated(self.path):
            self._connection.executemany(_INSERT_WITH_ID, rows)
            self._connection.executemany(self._NOTE_NEW, noted)
        for number, note in zip(ids, notes, strict=True):
            self._touched.touch("image", number, is_new=True)
            self._touched.touch("change", note, is_new=True)
        return ids

    def update(self, image: ImageRow, command_id: int, **changes: str | int | None) -> None:
        """Change some columns of *image*, such as ``label``, ``split`` or ``removed``."""
        before = {name: getattr(image, name) for name in changes}
        self._insert("change", self._NOTE, (command_id, image.id, json.dumps(before)))
        self._set(image.id, changes)

    def _set(self, image_id: int, values: dict[str, str | int | None]) -> None:
        self._touched.touch("image", image_id)
        columns = ", ".join(f"{name} = :{name}" for name in values)
        query = f"UPDATE image SET {columns} WHERE id = :id"  # noqa: S608 - our own columns
        self._execute(query, {**as_stored(values), "id": image_id})

    # SQLite

    def _insert(self, table: str, query: str, values: schema.Values) -> int:
        rowid = self._execute(query, values).lastrowid or 0
        self._touched.touch(table, rowid, is_new=True)
        return rowid

    @contextlib.contextmanager
    def _block(self, begin: str) -> Iterator[None]:
        self._execute(begin)
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
