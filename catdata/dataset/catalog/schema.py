"""The form of ``catalog.db``, its connection, and its errors in plain words.

``DELETE`` journal mode rather than WAL, so that a workspace in a read-only folder can be read, and
``synchronous=EXTRA``, so that what was acknowledged survives a power cut.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catdata.errors import StorageFailed, WorkspaceDamaged, WorkspaceError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = sqlite3.Connection
Cursor = sqlite3.Cursor
Row = sqlite3.Row
DatabaseError = sqlite3.DatabaseError
Values = Sequence[Any] | Mapping[str, Any]

VERSION = 2
MEMORY = Path(":memory:")
LOCK_TIMEOUT = 600.0  # seconds that a writer queues behind others
_NAP = 0.05  # seconds between two tries; SQLite's own waiting would not hear Ctrl-C

STORAGE_HINT = (
    "Check that the disk has room and that the folder may be written; then run the same command "
    "again."
)
DAMAGE_HINT = "Mend it with: catdata verify --repair"

SCHEMA = """
CREATE TABLE image (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of coming; builds keep it
    origin         TEXT NOT NULL CHECK (origin IN ('original', 'added')),
    home_split     TEXT,                 -- original: which file of the pair holds it
    home_row       INTEGER,              -- original: its row there, from 0
    content_hash   TEXT NOT NULL,        -- sha256 of the 64 x 64 pixels of the whole picture
    file_hash      TEXT,                 -- added: sha256 of the file, its name in the raw store
    format         TEXT,                 -- added: jpeg, png, webp or heif
    file_name      TEXT,                 -- added: last part of the path it came from, escaped
    source         TEXT,                 -- added: the absolute path it came from, escaped
    width          INTEGER NOT NULL,     -- pixels, of the upright picture
    height         INTEGER NOT NULL,
    dhash          INTEGER NOT NULL,     -- fingerprint: four 64-bit words as signed integers
    dhash_mirrored INTEGER NOT NULL,
    phash          INTEGER NOT NULL,
    phash_mirrored INTEGER NOT NULL,
    label          INTEGER NOT NULL CHECK (label IN (0, 1)),
    split          TEXT NOT NULL CHECK (split IN ('train', 'test')),
    removed        INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),  -- 1: not in builds
    warnings       TEXT NOT NULL,        -- JSON list, as told when it was added
    added_at       TEXT NOT NULL,        -- UTC, ISO 8601
    location       BLOB,                 -- added in place: the bytes of its file's absolute path
    UNIQUE (home_split, home_row)
);
CREATE INDEX image_by_content ON image (content_hash);
CREATE UNIQUE INDEX image_by_file ON image (file_hash) WHERE file_hash IS NOT NULL;
CREATE INDEX image_by_name ON image (file_name);
CREATE TABLE command (                   -- the log: one row for each command that changed images
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             TEXT NOT NULL,        -- UTC, ISO 8601
    name           TEXT NOT NULL,        -- the command's name, such as add
    summary        TEXT NOT NULL,        -- what it did, for people
    undone_by      INTEGER REFERENCES command (id)
);
CREATE TABLE change (                    -- what undo reads, in the order of doing
    command_id     INTEGER NOT NULL REFERENCES command (id),
    image_id       INTEGER NOT NULL,
    before         TEXT                  -- JSON of what it was; NULL where it was not there
);
CREATE INDEX change_by_command ON change (command_id);
"""

# What came with version 2, so the migration to it makes it by the same words.
STATE = (
    "CREATE INDEX image_by_kind ON image (removed, origin, split, label)",
    """CREATE TABLE state (                 -- one row; each transaction brings it up to date
    content        TEXT NOT NULL,        -- sum of the hashes of all rows of the other tables
    builds         TEXT NOT NULL,        -- the same of what builds depend on
    log_length     INTEGER NOT NULL,     -- bytes of log.jsonl, or 0 where it was not written yet
    log_last       INTEGER NOT NULL,     -- where its last line begins
    log_chain      TEXT NOT NULL         -- hash of its lines
    )""",
    "INSERT INTO state VALUES ('0', '0', 0, 0, '')",
)


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, inside a transaction that the caller commits."""
    connection.executescript(f"BEGIN; PRAGMA user_version = {VERSION}; {SCHEMA} {'; '.join(STATE)}")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open *path* (*mode* is ``ro``, ``rw`` or ``rwc``); the caller begins and ends transactions.

    Raises:
        StorageFailed: If the file cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with translated(path):
        connection = sqlite3.connect(uri, uri=True, timeout=_NAP, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
        except BaseException:
            connection.close()
            raise
    return connection


def connect_memory() -> sqlite3.Connection:
    """Open an empty database that is gone when it is closed."""
    connection = sqlite3.connect(MEMORY, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def execute_in_turn(connection: sqlite3.Connection, query: str, values: Values) -> Cursor:
    """Execute a query, waiting for other processes that hold the catalog's lock."""
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            return connection.execute(query, values)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_NAP)


def read_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a catalog's form, at most :data:`VERSION`.

    Raises:
        WorkspaceError: If a newer version of this program wrote it.
        WorkspaceDamaged: If the file is no catalog.
    """
    with translated(path):
        version = int(execute_in_turn(connection, "PRAGMA user_version", ()).fetchone()[0])
    if version > VERSION:
        raise WorkspaceError(
            f"{shown(path)} was written by a newer catdata (catalog version {version}; this "
            f"program knows {VERSION}).",
            hint="Update catdata: pip install --upgrade catdata",
        )
    if version < 1:
        raise WorkspaceDamaged(f"{shown(path)} is no catalog: it has no version.")
    return version


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, with the path and the next step."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageFailed(
            f"{shown(path)}: {error}.",
            hint=STORAGE_HINT,
        ) from error
    except DatabaseError as error:
        raise WorkspaceDamaged(f"{shown(path)} is damaged: {error}.", hint=DAMAGE_HINT) from error
