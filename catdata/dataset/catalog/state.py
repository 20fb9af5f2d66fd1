"""The one row of the table ``state``: the sums over all rows, and where the log ends.

It is written in the transaction whose rows it sums up, so it is always true of what is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.dataset.catalog import content, schema, textlog
from catdata.dataset.catalog.content import Sums
from catdata.dataset.catalog.textlog import LogEnd

if TYPE_CHECKING:
    from pathlib import Path

    from catdata.dataset.catalog.content import Touched
    from catdata.dataset.catalog.schema import Connection


@dataclass(frozen=True, slots=True)
class State:
    """What the catalog last committed."""

    sums: Sums
    log: LogEnd


_READ = "SELECT content, builds, log_length, log_last, log_chain FROM state"
_WRITE = "UPDATE state SET content = ?, builds = ?, log_length = ?, log_last = ?, log_chain = ?"


def read(connection: Connection) -> State:
    """Return the state.

    Raises:
        schema.DatabaseError: If it is damaged.
    """
    try:
        total, builds, *log = connection.execute(_READ).fetchone()
        return State(Sums(int(total, 16), int(builds, 16)), LogEnd(*log))
    except (TypeError, ValueError) as error:
        raise schema.DatabaseError("its table state is not in its form") from error


def write(connection: Connection, state: State) -> None:
    """Replace the state, inside the caller's transaction."""
    sums = (f"{state.sums.content:064x}", f"{state.sums.builds:064x}")
    connection.execute(_WRITE, (*sums, state.log.length, state.log.last, state.log.chain))


def advance(connection: Connection, touched: Touched, log: Path) -> None:
    """Bring the state up to date and put what was changed into the log, before the commit.

    A log that was lost or replaced is written anew from all that the catalog holds.

    Raises:
        OSError: If the disk refuses; the caller then rolls back.
    """
    before = read(connection)
    change, sums = touched.changes(before.sums)
    if not change:
        return
    if textlog.is_there(log, before.log):
        line = textlog.encode(change, before.log)
        write(connection, State(sums, before.log.after(line)))
        textlog.write(log, before.log, line)
    else:
        write(connection, State(sums, write_log(connection, log)))


def write_log(connection: Connection, log: Path) -> LogEnd:
    """Write the log anew from all that the catalog holds, and return where it ends."""
    return textlog.write_anew(log, content.snapshot(connection))
