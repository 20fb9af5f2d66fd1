"""build-h5 with copies, show of a row, and augment-preview, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image


def test_build_h5_adds_copies_and_counts_them(run_json, here: Path) -> None:
    record = run_json("build-h5 more --augment flip --augment rotate=15@0.5 --copies 2")
    assert record["train"]["images"] == 36
    assert record["train"]["augmented"] == 24
    assert record["test"]["augmented"] == 0


def test_build_h5_makes_one_copy_each_where_no_number_is_named(run_json, here: Path) -> None:
    assert run_json("build-h5 --augment light")["train"]["augmented"] == 12


def test_build_h5_makes_only_balancing_copies_where_no_number_is_named(run, here: Path) -> None:
    lines = run("build-h5 --balance --augment flip").stdout.splitlines()
    assert lines[2] == "train      16     8    50%        12      0          4"


def test_build_h5_says_that_it_repeats_images_as_they_are(run, here: Path) -> None:
    assert "repeated as they are" in run("build-h5 --balance").stdout


def test_a_dry_run_tells_rows_bytes_and_shares_and_writes_nothing(
    run, run_json, here: Path
) -> None:
    lines = run("build-h5 --augment standard --copies 9 --dry-run").stdout.splitlines()
    assert lines[0] == "Would write enlarged, about 1.6 MB"
    assert lines[2] == "train     120    40    33%        12      0        108"
    record = run_json("build-h5 --augment standard --copies 9 --dry-run")
    assert record["dry_run"]
    assert record["bytes"] == pytest.approx(1.6e6, rel=0.05)
    assert not (here / "data" / "enlarged").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--augment spin", "There is no transform 'spin'"),
        ("--augment mixup", "hard 0 and 1"),
        ("--augment rotate=999", "it is within 0..180 (degrees)"),
        ("--copies 2", "altered by nothing"),
        ("--augment-only cat", "Nothing says how"),
    ],
)
def test_what_cannot_work_is_refused_with_what_is_known(
    run, here: Path, options: str, message: str
) -> None:
    stderr = run(f"build-h5 {options}", status=1).stderr
    assert message in stderr
    assert "Hint: " in stderr


def test_show_explains_a_row_of_a_build(run, run_json, here: Path) -> None:
    run("build-h5 --augment rotate=20")
    record = run_json("show enlarged/train[23]")
    assert (record["image"], record["copy"]) == ("train[11]", 1)
    assert list(record["transforms"]) == ["rotate"]
    assert "pixels          64 x 64 x 3" in run("show enlarged/train[23]").stdout
    assert (
        "transforms      rotate (degrees " in run("show enlarged/train[23] --plot row.png").stdout
    )
    assert (here / "row.png").exists()


def test_show_says_that_nothing_was_done_to_a_copy(run, here: Path) -> None:
    run("build-h5 --augment rotate@0.001")
    assert "transforms      none: left as it is" in run("show enlarged/train[23]").stdout


def test_augment_preview_draws_an_image_with_its_copies(run, run_json, here: Path) -> None:
    record = run_json("augment-preview train[0] train[1] --augment strong --copies 6 --plot a.png")
    assert [len(group) for group in record["images"]] == [7, 7]
    with Image.open(here / "a.png") as figure:
        assert figure.size[0] == 1000
    said = run("augment-preview train[0] --plot b.svg").stderr
    assert said.startswith("Drew b.svg\nNext: catdata build-h5 augmented ")


def test_augment_preview_needs_a_file_to_draw_to(run, here: Path) -> None:
    assert "--plot" in run("augment-preview train[0]", status=2).stderr


def test_a_preview_that_cannot_be_written_is_refused_before_the_work(run, here: Path) -> None:
    result = run("augment-preview train[0] --plot nowhere/a.png", status=1)
    assert "there is no folder nowhere" in result.stderr
