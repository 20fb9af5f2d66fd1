"""``verify``: what it says to do next, and what it never deletes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from pictures import save

Run = Callable[..., Result]


def test_what_lost_its_rows_with_the_catalog_is_kept_and_named(here: Path, run: Run) -> None:
    for number in range(2):
        save(here / "photos" / f"{number}.jpg", number)
        run(f"add photos/{number}.jpg --label cat")
    log = here / "data" / "log.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    (here / "data" / "catalog.db").unlink()
    result = run("verify --repair --prune")
    assert "1 stored file belongs to no image" in result.stderr
    assert "the newest lines of the log may be lost" in result.stderr
    (lost,) = [word for word in result.stderr.split() if word.startswith("raw_images/")]
    run(f"add {lost.rstrip(',')} --label cat")
    assert "all sound" in run("verify").stdout


def test_a_stray_file_is_to_be_moved_away(here: Path, run: Run) -> None:
    save(here / "raw_images" / "stray.jpg", 1)
    for options in ("", "--repair"):
        result = run(f"verify {options}", status=3)
        assert f"Next: mv {here / 'raw_images' / 'stray.jpg'} ELSEWHERE" in result.stderr


def test_photos_in_place_that_are_away_are_to_be_added_from_where_they_are(
    here: Path, run: Run
) -> None:
    for number in range(12):
        save(here / "before" / f"{number}.jpg", number)
    run("add before --label cat --in-place")
    (here / "before").rename(here / "after")
    result = run("verify", status=3)
    assert result.stdout.count("missing-file") == 11
    assert "missing-file  ... and 2 more: catdata verify --json" in result.stdout
    assert "Next: catdata add FOLDER" in result.stderr
    run("add after --label cat --in-place")
    assert "all sound" in run("verify").stdout
