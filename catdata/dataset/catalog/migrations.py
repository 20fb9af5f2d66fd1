"""Numbered steps that bring the catalog of an older version to the form of this one.

Before the first step the whole file is copied to ``catalog.db.before-N`` beside it, so an older
program can be put back together with its catalog. All steps are one transaction: a catalog is
migrated, or what it was. A catalog that may not be written is migrated in memory.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from catdata import durable
from catdata.dataset.catalog import content, schema, state
from catdata.dataset.catalog.state import State
from catdata.dataset.catalog.textlog import LogEnd
from catdata.errors import StorageFailed, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _to_2(connection: schema.Connection) -> None:
    """Let a photo stay where it lies, and keep the sums of all rows and the end of the log."""
    connection.execute("ALTER TABLE image ADD COLUMN location BLOB")
    for statement in schema.STATE:
        connection.execute(statement)
    state.write(connection, State(content.sum_up(connection), LogEnd()))


MIGRATIONS: dict[int, Callable[[schema.Connection], None]] = {2: _to_2}
"""Each step by the version that it leads to."""


def open_migrated(path: Path) -> schema.Connection:
    """Open a catalog of this version or an older one, which is migrated.

    Args:
        path: The file, which must exist. Where it or its folder may not be written, it is opened
            for reading. Otherwise SQLite also rolls back what a killed writer left.

    Raises:
        WorkspaceError: If it was written by a newer version.
        WorkspaceDamaged: If the file is no catalog.
        StorageFailed: If there is no room for the copy or for the migrated catalog; it is then
            what it was.
    """
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    connection = schema.connect(path, "rw" if writable else "ro")
    try:
        if schema.read_version(connection, path) == schema.VERSION:
            return connection
        with schema.translated(path):
            if not writable:
                return _migrated_copy(connection)
            _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def backup_path(path: Path) -> Path:
    """Return where the catalog of the version before this one is kept."""
    return path.with_name(f"{path.name}.before-{schema.VERSION}")


def _migrate(connection: schema.Connection, path: Path) -> None:
    """Copy the catalog aside and migrate it; other writers queue meanwhile."""
    schema.execute_in_turn(connection, "BEGIN IMMEDIATE", ())
    try:
        # Another process may have migrated it while this one waited.
        if schema.read_version(connection, path) < schema.VERSION:
            _back_up(path)
            _run_steps(connection, path)
        schema.execute_in_turn(connection, "COMMIT", ())
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run_steps(connection: schema.Connection, path: Path) -> None:
    for version in range(schema.read_version(connection, path) + 1, schema.VERSION + 1):
        MIGRATIONS[version](connection)
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")


def _back_up(path: Path) -> None:
    """Copy the catalog to :func:`backup_path`, whole or not at all; the caller may write it.

    The temporary name is the same each time, so what a killed migration left is replaced.
    """
    partial = path.with_name(f".{backup_path(path).name}")
    partial.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(schema.connect(path, "ro")) as source,
            contextlib.closing(schema.connect(partial, "rwc")) as copy,
        ):
            copy.execute("PRAGMA journal_mode = MEMORY")
            source.backup(copy)
        durable.sync_file(partial)
        partial.replace(backup_path(path))
        durable.sync_folder(path.parent)
    except OSError as error:
        raise StorageFailed(
            f"{shown(path)} is of an older version and could not be copied before it is brought "
            f"to this one: {error.strerror or error}.",
            hint="Make room, or make the folder writable; then run the same command again.",
        ) from error


def _migrated_copy(connection: schema.Connection) -> schema.Connection:
    """Return a migrated copy in memory; what is read is closed."""
    copy = schema.connect_memory()
    try:
        with contextlib.closing(connection):
            connection.backup(copy)
        _run_steps(copy, schema.MEMORY)
    except BaseException:
        copy.close()
        raise
    return copy
