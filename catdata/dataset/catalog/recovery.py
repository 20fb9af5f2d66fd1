"""Look for damage in the catalog and in its log, and make either again from the other."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from catdata import durable
from catdata.dataset.catalog import content, migrations, schema, state, textlog
from catdata.dataset.catalog.state import State
from catdata.dataset.catalog.textlog import LogEnd
from catdata.errors import WorkspaceDamaged, shown

if TYPE_CHECKING:
    from pathlib import Path

    from catdata.dataset.catalog.schema import Connection

DAMAGED_SUFFIX = ".damaged"


def find_damage(path: Path) -> tuple[str, str]:
    """Read all of the catalog and its log, and say what is wrong with each.

    Args:
        path: Where the catalog is, or should be.

    Returns:
        What is wrong with the catalog and what is wrong with the log, empty where nothing is. The
        log cannot be judged without a sound catalog.

    Raises:
        WorkspaceError: If a newer version of this program wrote it.
        StorageFailed: If the disk fails.
    """
    if not path.is_file():
        return "it is missing", ""
    try:
        with (
            contextlib.closing(migrations.open_migrated(path)) as connection,
            schema.translated(path),
        ):
            schema.execute_in_turn(connection, "BEGIN", ())
            damage = _find_in(connection)
            known = state.read(connection)
    except WorkspaceDamaged as error:
        return str(error.__cause__ or error), ""
    return damage, "" if damage else _find_in_log(path.with_name(textlog.NAME), known.log)


def _find_in(connection: Connection) -> str:
    """Say what is wrong inside: SQLite's own findings, or rows that are not what was committed."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        return f"SQLite finds: {' '.join(found[0].split())}"
    if content.sum_up(connection) != state.read(connection).sums:
        return "its rows are not those that were committed last"
    return ""


def _find_in_log(log: Path, end: LogEnd) -> str:
    if not end.length:  # a catalog of an older version that nothing was written to yet
        return ""
    if not log.is_file():
        return "it is missing"
    return "" if textlog.matches(log, end) else "its lines are not those that were committed"


class Rebuilt(NamedTuple):
    """How a catalog was made again.

    Attributes:
        passed_over: Damaged lines of the log between sound ones.
        is_torn: Whether the log ends in what is no sound line. That may never have been committed.
    """

    passed_over: int
    is_torn: bool


def rebuild(path: Path) -> Rebuilt:
    """Make the catalog again from its log; the damaged one is kept under another name.

    Lines of the log that are damaged themselves are passed over, and the log is then written anew.

    Raises:
        WorkspaceDamaged: If there is no log, or nothing in it.
        StorageFailed: If the disk refuses.
    """
    log = path.with_name(textlog.NAME)
    partial = path.with_name(f".{path.name}.new")
    partial.unlink(missing_ok=True)
    with contextlib.closing(schema.connect(partial, "rwc")) as connection, schema.translated(log):
        connection.execute("PRAGMA journal_mode = MEMORY")
        schema.create(connection)
        lines, rebuilt, end = _replay(connection, log)
        if not lines:
            raise WorkspaceDamaged(
                f"{shown(path)} can't be made again: there is no sound line in {shown(log)}.",
                hint=f"Put {path.name} or {log.name} back from a backup.",
            )
        state.write(connection, State(content.sum_up(connection), end))
        connection.execute("COMMIT")
    durable.sync_file(partial)
    put_aside(path)
    partial.replace(path)
    durable.sync_folder(path.parent)
    return rebuilt


def _replay(connection: Connection, log: Path) -> tuple[int, Rebuilt, LogEnd]:
    """Do again what a log says; return the number of sound lines, and where they end."""
    lines = passed_over = unsound = 0
    end = LogEnd()
    if log.is_file():
        for change, after in textlog.read(log):
            if change is None:
                unsound += 1
                continue
            content.replay(connection, change)
            lines, passed_over, end = lines + 1, passed_over + unsound, after
            unsound = 0
    return lines, Rebuilt(passed_over, unsound > 0), LogEnd() if passed_over else end


def put_aside(path: Path) -> None:
    """Move a damaged catalog away, then its journal, which must not meet another catalog."""
    for name in (path.name, f"{path.name}-journal"):
        old = path.with_name(name)
        if old.exists():
            old.replace(path.with_name(name.replace(path.name, path.name + DAMAGED_SUFFIX)))
            durable.sync_folder(path.parent)
