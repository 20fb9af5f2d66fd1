"""A catalog of an older version is migrated whole, after a copy of it was put aside."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from catdata.dataset.catalog import Catalog, ImageRow, Selection, migrations, schema

# The form of version 1, as it was written then.
SCHEMA_1 = """
CREATE TABLE image (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    origin         TEXT NOT NULL CHECK (origin IN ('original', 'added')),
    home_split     TEXT,
    home_row       INTEGER,
    content_hash   TEXT NOT NULL,
    file_hash      TEXT,
    format         TEXT,
    file_name      TEXT,
    source         TEXT,
    width          INTEGER NOT NULL,
    height         INTEGER NOT NULL,
    dhash          INTEGER NOT NULL,
    dhash_mirrored INTEGER NOT NULL,
    phash          INTEGER NOT NULL,
    phash_mirrored INTEGER NOT NULL,
    label          INTEGER NOT NULL CHECK (label IN (0, 1)),
    split          TEXT NOT NULL CHECK (split IN ('train', 'test')),
    removed        INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    warnings       TEXT NOT NULL,
    added_at       TEXT NOT NULL,
    UNIQUE (home_split, home_row)
);
CREATE INDEX image_by_content ON image (content_hash);
CREATE UNIQUE INDEX image_by_file ON image (file_hash) WHERE file_hash IS NOT NULL;
CREATE INDEX image_by_name ON image (file_name);
CREATE TABLE command (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             TEXT NOT NULL,
    name           TEXT NOT NULL,
    summary        TEXT NOT NULL,
    undone_by      INTEGER REFERENCES command (id)
);
CREATE TABLE change (
    command_id     INTEGER NOT NULL REFERENCES command (id),
    image_id       INTEGER NOT NULL,
    before         TEXT
);
CREATE INDEX change_by_command ON change (command_id);
"""
ROWS_1 = """
INSERT INTO image VALUES (1, 'original', 'train', 0, 'aa', NULL, NULL, NULL, NULL, 64, 64,
    1, -2, 3, 4, 1, 'train', 0, '[]', '2025-01-01T00:00:00Z');
INSERT INTO image VALUES (3, 'added', NULL, NULL, 'bb', 'ff', 'jpeg', 'a.jpg', '/photos/a.jpg',
    500, 374, 5, 6, 7, 8, 0, 'test', 1, '["grey"]', '2025-01-02T00:00:00Z');
INSERT INTO command VALUES (1, '2025-01-02T00:00:00Z', 'add', 'added 1 photo', NULL);
INSERT INTO command VALUES (2, '2025-01-03T00:00:00Z', 'remove', 'removed 1 image', NULL);
INSERT INTO change VALUES (1, 3, NULL);
INSERT INTO change VALUES (2, 3, '{"removed": false}');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog as version 1 wrote it."""
    path = tmp_path / "catalog.db"
    connection = sqlite3.connect(path)
    connection.executescript(f"BEGIN; PRAGMA user_version = 1; {SCHEMA_1} {ROWS_1} COMMIT;")
    connection.close()
    return path


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def form(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """Return the columns of every table and every index; the order of columns does not matter."""
    connection = sqlite3.connect(path)
    try:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
        return {
            name: {tuple(row)[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")}
            | {tuple(row)[1:] for row in connection.execute(f"PRAGMA index_xinfo({name})")}
            for (name,) in names
        }
    finally:
        connection.close()


def test_the_migrations_lead_from_version_to_version() -> None:
    assert list(migrations.MIGRATIONS) == list(range(2, schema.VERSION + 1))


def test_all_that_an_older_catalog_knows_is_kept(path: Path) -> None:
    with Catalog(path) as catalog:
        (original,) = catalog.images()
        (photo,) = catalog.images(Selection(removed=True))
        assert (original.ref, original.fingerprint) == ("train[0]", (1, 2**64 - 2, 3, 4))
        assert (photo.id, photo.source, photo.warnings) == (3, "/photos/a.jpg", ("grey",))
        assert photo.location is None
        assert [command.summary for command in catalog.commands()] == [
            "added 1 photo",
            "removed 1 image",
        ]
        with catalog.transaction():
            catalog.undo()
        assert catalog.resolve("a.jpg").id == 3


def test_a_migrated_catalog_has_the_form_of_a_new_one(path: Path, tmp_path: Path) -> None:
    Catalog.create(tmp_path / "new.db")
    Catalog(path).close()
    migrated, new = form(path), form(tmp_path / "new.db")
    assert {name for name in migrated if not name.startswith("sqlite_")} == {
        name for name in new if not name.startswith("sqlite_")
    }
    for name in ("command", "change"):
        assert migrated[name] == new[name]
    assert {row[1:] for row in migrated["image"]} == {row[1:] for row in new["image"]}


def test_the_older_catalog_is_kept_beside_the_migrated_one(path: Path) -> None:
    before = dump(path)
    Catalog(path).close()
    assert dump(path) != before
    assert dump(path.with_name("catalog.db.before-2")) == before
    assert sorted(found.name for found in path.parent.iterdir()) == [
        "catalog.db",
        "catalog.db.before-2",
    ]


def test_a_migrated_catalog_is_not_migrated_again(path: Path) -> None:
    Catalog(path).close()
    backup = migrations.backup_path(path)
    backup.unlink()
    Catalog(path).close()
    assert not backup.exists()


def test_a_killed_migration_leaves_the_older_catalog_whole(path: Path) -> None:
    before = dump(path)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from catdata.dataset.catalog import Catalog, migrations\n"
        "step = migrations.MIGRATIONS[2]\n"
        "def killed(connection):\n"
        "    step(connection)\n"
        "    connection.execute('UPDATE image SET label = 1 - label')\n"
        "    connection.execute('PRAGMA cache_spill = 1')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "migrations.MIGRATIONS[2] = killed\n"
        "Catalog(Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path])
    assert done.returncode == -signal.SIGKILL
    assert dump(path) == before
    with Catalog(path) as catalog:
        assert [image.ref for image in catalog.images()] == ["train[0]"]
    assert dump(migrations.backup_path(path)) == before


READ_AS_OTHER = """
import os, sys
from pathlib import Path
from catdata.dataset.catalog import Catalog
if os.geteuid() == 0:
    os.setuid(65534)
with Catalog(Path("catalog.db")) as catalog:
    print([(image.id, image.location) for image in catalog.images()], len(catalog.digest()))
"""


def test_an_older_catalog_that_may_not_be_written_is_read_all_the_same(path: Path) -> None:
    before = path.read_bytes()
    with tempfile.TemporaryDirectory(prefix="catdata-") as name:  # another user may look into it
        folder = Path(name)
        Path(shutil.copy(path, folder)).chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_AS_OTHER], cwd=folder, capture_output=True, text=True
        )
        folder.chmod(0o755)
        assert (done.stdout, done.stderr) == ("[(1, None)] 64\n", "")
        assert (folder / path.name).read_bytes() == before
        assert [found.name for found in folder.iterdir()] == ["catalog.db"]


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX only")
def test_the_place_of_a_file_may_be_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    Catalog.create(path)
    place = os.fsdecode(b"/photos/\xff \n.jpg")
    with Catalog(path) as catalog, catalog.transaction():
        command = catalog.log("add", "")
        catalog.add(_photo("a", place), command)
        catalog.add(_photo("b", None), command)
        first, second = catalog.images()
        assert (first.location, second.location) == (place, None)
        catalog.update(second, command, location=place)
        assert [image.location for image in catalog.images()] == [place, place]


def _photo(name: str, location: str | None) -> ImageRow:
    return ImageRow(
        origin="added",
        content_hash=name * 64,
        fingerprint=(1, 2, 3, 4),
        width=500,
        height=374,
        label=1,
        split="train",
        file_hash=name * 64,
        location=location,
    )
