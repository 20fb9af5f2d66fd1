"""All rows of the catalog as text, their sum, and what a transaction changed of them.

A row's text is JSON with its empty columns left out, so a column that a later version adds changes
no text. The sum of the hashes of all texts does not depend on their order; a transaction brings it
up to date from the rows that it touched, and ``verify`` computes it afresh.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catdata.dataset.catalog.rows import as_stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.dataset.catalog.schema import Connection, Row

TABLES = ("command", "change", "image")
_MODULUS = 1 << 256  # of the sums: they stay as long as one sha256
_ROWS_AT_ONCE = 512

Key = tuple[str, int]
"""A table and the rowid in it."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Two sums of sha256 over the rows of a catalog.

    Attributes:
        content: Of every row of every table.
        builds: Of what builds depend on: present images with their content, label and split.
    """

    content: int = 0
    builds: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            (self.content + other.content) % _MODULUS, (self.builds + other.builds) % _MODULUS
        )

    def __sub__(self, other: Sums) -> Sums:
        return self + Sums(-other.content, -other.builds)


def sums_of(table: str, values: dict[str, Any] | None) -> Sums:
    """Return the sums over one row; zero if there is none."""
    if values is None:
        return Sums()
    builds = 0
    if table == "image" and not values["removed"]:
        named = (values[name] for name in ("id", "content_hash", "label", "split"))
        builds = _hash(repr(tuple(named)))
    return Sums(_hash(f"{table} {as_text(values)}"), builds)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def as_text(values: dict[str, Any]) -> str:
    """Return a row as one line of ASCII."""
    return json.dumps({name: value for name, value in values.items() if value is not None})


def _values(row: Row) -> dict[str, Any]:
    """Return a row by column, in plain types."""
    values = dict(row)
    if values.get("location") is not None:
        values["location"] = os.fsdecode(values["location"])
    return values


def read_row(connection: Connection, key: Key) -> dict[str, Any] | None:
    """Return one row by column, its ``rowid`` among them, or None if there is none."""
    table, rowid = key
    query = f"SELECT rowid AS rowid, * FROM {table} WHERE rowid = ?"  # noqa: S608 - our own tables
    row = connection.execute(query, (rowid,)).fetchone()
    return _values(row) if row else None


def read_table(connection: Connection, table: str) -> Iterator[list[dict[str, Any]]]:
    """Yield all rows of a table, some at a time, in the order of their rowids."""
    query = f"SELECT rowid AS rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
    after = -1
    while page := connection.execute(query, (after, _ROWS_AT_ONCE)).fetchall():
        yield [_values(row) for row in page]
        after = page[-1]["rowid"]


def sum_up(connection: Connection) -> Sums:
    """Compute the sums from every row."""
    sums = Sums()
    for table in TABLES:
        for page in read_table(connection, table):
            for values in page:
                sums += sums_of(table, values)
    return sums


class Touched:
    """The rows that one transaction changes, with the sums over each as it was before.

    Args:
        connection: Inside the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: dict[Key, Sums] = {}

    def touch(self, table: str, rowid: int, *, is_new: bool = False) -> None:
        """Note a row: before it is changed, or after it came."""
        key = (table, rowid)
        if key not in self._before:
            before = None if is_new else read_row(self._connection, key)
            self._before[key] = sums_of(table, before)

    def changes(self, sums: Sums) -> tuple[dict[str, Any], Sums]:
        """Return what the log says of this transaction, and the sums after it.

        The rows by table as they are now, and under ``gone`` the ids of those deleted. Empty where
        nothing was changed.
        """
        line: dict[str, Any] = {}
        for key, before in self._before.items():
            table, rowid = key
            values = read_row(self._connection, key)
            after = sums_of(table, values)
            if after == before:
                continue
            sums += after - before
            if values is None:
                line.setdefault("gone", {}).setdefault(table, []).append(rowid)
            else:
                line.setdefault(table, []).append(_named(values))
        return line, sums


def snapshot(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield lines of a log that lead from nothing to all that the catalog holds now."""
    for table in TABLES:
        for page in read_table(connection, table):
            yield {table: [_named(values) for values in page]}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Return a row for the log: without what is empty, and ``id`` once."""
    kept = {name: value for name, value in values.items() if value is not None}
    if "id" in kept:
        del kept["rowid"]
    return kept


def replay(connection: Connection, line: dict[str, Any]) -> None:
    """Do again what a line of the log says."""
    for table, rowids in line.get("gone", {}).items():
        delete = f"DELETE FROM {_known(table)} WHERE rowid = ?"  # noqa: S608
        connection.executemany(delete, ((rowid,) for rowid in rowids))
    for table in TABLES:
        for values in line.get(table, ()):
            stored = as_stored(values)
            names = ", ".join(map(_identifier, stored))
            marks = ", ".join("?" * len(stored))
            insert = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
            connection.execute(insert, tuple(stored.values()))


def _known(table: str) -> str:
    if table not in TABLES:
        raise ValueError(f"there is no table {table}")
    return table


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"{name} is no column")
    return name
