"""init, add, status, list, show, log and the corrections, as a user types them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pictures import save


def test_init_says_what_the_files_are(run, pair: dict[str, Path]) -> None:
    result = run(f"init new --train {pair['train']} --test {pair['test']}")
    assert "train    12 images, 4 cats (33.3%)" in result.stdout
    assert "not the course's own files" in result.stdout
    assert result.stderr == "Next: catdata add PHOTO.jpg --label cat    (or a whole folder)\n"


def test_init_finds_the_files_in_datasets(run, pair: dict[str, Path], tmp_path: Path) -> None:
    pair["train"].parent.rename(tmp_path / "datasets")
    run("init")
    assert (tmp_path / "catdata.toml").exists()


def test_init_without_files_asks_for_them(run) -> None:
    assert "--empty" in run("init", status=1).stderr


def test_init_empty_starts_a_dataset_of_photos_alone(run, run_json) -> None:
    run("init --empty")
    assert run_json("status")["train"] == {"cat": 0, "non-cat": 0}


@pytest.mark.parametrize("options", ["--train a.h5", "--empty --train a.h5 --test b.h5"])
def test_init_with_half_a_pair_is_wrong_usage(run, options: str) -> None:
    run(f"init {options}", status=2)


def test_add_reports_every_file_as_json(run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    (here / "b.jpg").write_text("no picture")
    record = run_json("add a.jpg a.jpg b.jpg --label cat --split train", status=1)
    (added,), (skipped,), (refused,) = record["added"], record["skipped"], record["refused"]
    assert added == {
        "ref": added["ref"],
        "file": "a.jpg",
        "label": "cat",
        "split": "train",
        "warnings": [],
    }
    assert skipped["duplicate_of"] == added["ref"]
    assert refused["file"] == "b.jpg"


def test_add_prints_a_line_for_each_file_and_the_totals(run, here: Path) -> None:
    save(here / "a.jpg", 1)
    lines = run("add a.jpg --label cat --split test").stdout.splitlines()
    assert lines[0].endswith("  cat      test   a.jpg")
    assert lines[1] == "1 added (0 to train, 1 to test), 0 skipped, 0 refused"


def test_add_names_what_it_refused(run, here: Path) -> None:
    (here / "b.jpg").write_text("<html>")
    result = run("add b.jpg --label cat", status=1)
    assert result.stderr.startswith("Error: b.jpg: ")
    assert "Next:" not in result.stderr


def test_add_takes_labels_from_folders(run_json, here: Path) -> None:
    save(here / "photos" / "train" / "cats" / "a.jpg", 1)
    save(here / "photos" / "test" / "not-cat" / "b.jpg", 2)
    added = run_json("add photos --label-from-folder")["added"]
    labels = [(one["label"], one["split"]) for one in added]
    assert labels == [("non-cat", "test"), ("cat", "train")]


def test_add_takes_labels_from_a_file(run_json, here: Path) -> None:
    save(here / "photos" / "a.jpg", 1)
    (here / "labels.csv").write_text("file_name,label\na.jpg,cat\ngone.jpg,cat\n")
    record = run_json("add photos --labels labels.csv", status=1)
    assert record["added"][0]["label"] == "cat"
    assert record["refused"][0]["reason"] == "labels.csv line 3: there is no such file"


@pytest.mark.parametrize(
    "line", ["add", "add a.jpg", "add a.jpg --label dog", "add a.jpg --label cat --labels l.csv"]
)
def test_add_without_a_clear_label_is_wrong_usage(run, here: Path, line: str) -> None:
    run(line, status=2)


@pytest.mark.parametrize(
    "name", ["with space.jpg", "new\nline.jpg", "-dash.jpg", "x" * 251 + ".jpg"]
)
def test_add_takes_a_file_of_any_name(run, here: Path, name: str) -> None:
    save(here / name, 1)
    assert "1 added" in run("add", "--label", "cat", "--", name).stdout


def test_add_takes_a_name_that_is_not_text(run, here: Path) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    save(here / "a.jpg", 1).rename(here / name)
    assert "caf\\xe9.jpg" in run("add", name, "--label", "cat").stdout


def test_status_counts_and_tells_of_the_shift(run, run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat --split test")
    record = run_json("status")
    assert record["train"] == {"cat": 4, "non-cat": 8}
    assert record["added"] == {"cat": 1, "non-cat": 0, "train": 0, "test": 1}
    assert record["builds"][0]["build"] == "original"
    assert "original      12    4        8   33%" in run("status").stdout


def test_list_filters_and_shows(run, run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat --split test")
    (image,) = run_json("list --origin added --split test --label cat --since 2020-01-01")
    assert image["file"] == "a.jpg"
    assert run_json("list --since 2999-01-01") == []
    assert run("list --origin added").stdout.splitlines()[1].endswith("  a.jpg")


def test_show_tells_everything_of_an_image(run, run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat")
    record = run_json("show a.jpg")
    assert (record["width"], record["height"], record["format"]) == (120, 90, "jpeg")
    assert record["source"] == str(here / "a.jpg")
    assert "content hash" in run("show train[0]").stdout


def test_corrections_are_logged_and_undone(run, run_json, here: Path) -> None:
    assert "train[0]  non-cat -> cat" in run("relabel train[0] --label cat").stdout
    assert "train[0]  train -> test" in run("move train[0] --split test").stdout
    assert "train[0]  test -> removed" in run("remove train[0]").stdout
    assert [entry["name"] for entry in run_json("log")] == ["relabel", "move", "remove"]
    assert "Undid remove of " in run("undo").stdout
    run("undo")
    run("undo")
    assert run_json("status")["train"] == {"cat": 4, "non-cat": 8}
    assert "There is nothing to undo" in run("undo", status=1).stderr


def test_the_path_that_a_photo_was_added_from_is_a_reference(run_json, run, here: Path) -> None:
    save(here / "photos" / "a.jpg", 1)
    run("add photos/../photos/a.jpg --label cat")
    assert run_json("show photos/a.jpg")["source"] == str(here / "photos" / "a.jpg")


def test_a_reference_that_is_unknown_suggests_another(run, here: Path) -> None:
    save(here / "kitten.jpg", 1)
    run("add kitten.jpg --label cat")
    assert "Did you mean kitten.jpg?" in run("show kiten.jpg", status=1).stderr


def test_build_h5_says_what_it_wrote(run, run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat --split train")
    record = run_json("build-h5")
    assert record["build"] == "enlarged"
    assert record["train"] == {"images": 13, "cat": 5, "original": 12, "added": 1, "augmented": 0}
    assert Path(record["folder"], "train_catvnoncat.h5").exists()
    assert "train      13     5    38%        12      1          0" in run("build-h5").stdout


def test_check_lists_what_it_found_and_strict_makes_it_an_error(run, run_json, here: Path) -> None:
    assert run("check --no-doubtful --strict").stdout == "Nothing found.\n"
    save(here / "a.png", 1)
    save(here / "b.jpg", 1, quality=60)
    run("add a.png b.jpg --label cat --split train")
    (finding,) = run_json("check --no-doubtful")["findings"]
    assert finding["kind"] == "near-duplicate"
    assert len(finding["refs"]) == 2
    result = run("check --no-doubtful --strict --plot pairs.png", status=1)
    assert result.stdout.startswith("near-duplicate (1)\n  ")
    assert (here / "pairs.png").stat().st_size > 5000


def test_check_says_when_there_are_too_few_images_to_doubt_labels(run, here: Path) -> None:
    run("remove train[1] train[4] train[7] train[10] test[1]")
    assert "5 folds need 5 images of each class" in run("check").stderr


def test_verify_exits_with_3_on_damage_until_it_is_mended(run, run_json, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat --split train")
    assert "all sound" in run("verify").stdout
    Path(run_json("show a.jpg")["stored"]).write_bytes(b"rotten")
    assert "changed-file  raw_images/" in run("verify", status=3).stdout
    assert run_json("verify --repair")["sound"]
    run("build-h5")


def test_show_draws_the_photo_beside_what_the_network_sees(run, here: Path) -> None:
    save(here / "a.jpg", 1)
    run("add a.jpg --label cat")
    run("show a.jpg --plot show.png")
    assert (here / "show.png").stat().st_size > 5000


def test_export_writes_a_new_folder_only(run, here: Path) -> None:
    assert "Wrote 18 images to" in run("export out").stdout
    assert (here / "out" / "metadata.csv").exists()
    assert "is not empty" in run("export out", status=1).stderr


def test_init_takes_the_folder_that_C_names(run, pair: dict[str, Path], tmp_path: Path) -> None:
    run(f"-C elsewhere init --train {pair['train']} --test {pair['test']}")
    assert (tmp_path / "elsewhere" / "catdata.toml").exists()


def test_list_removed_shows_what_was_removed(run, run_json, here: Path) -> None:
    run("remove train[3]")
    assert [image["ref"] for image in run_json("list --removed")] == ["train[3]"]
    assert "train[3] was removed" in run("relabel train[3] --label cat", status=1).stderr


def test_a_figure_that_cannot_be_written_is_refused_before_the_work(run, here: Path) -> None:
    result = run("train original --plot nowhere/costs.png", status=1)
    assert "there is no folder nowhere" in result.stderr
    assert result.stdout == ""


def test_check_draws_a_pair_once_whatever_was_found_of_it(run, here: Path) -> None:
    save(here / "a.png", 1)
    save(here / "b.jpg", 1, quality=60)
    run("add a.png --label cat --split train")
    run("add b.jpg --label non-cat --split train")
    assert "Drew pairs.png" in run("check --no-doubtful --plot pairs.png").stderr


def test_status_counts_what_was_removed_and_names_a_broken_build(run, run_json, here: Path) -> None:
    run("remove train[3]")
    run("build-h5")
    (here / "data" / "enlarged" / "build.json").write_text("{")
    record = run_json("status")
    assert record["removed"] == 1
    assert [build["damaged"] for build in record["builds"]] == [False, True]
    text = run("status").stdout
    assert "1 removed, in no build: catdata list --removed" in text
    assert "damaged: its build.json can't be read" in text
    shutil.copytree(here / "data" / "original", here / "data" / "mine")
    (here / "data" / "mine" / "build.json").unlink()
    assert not run_json("status")["builds"][2]["damaged"]  # somebody's own pair


def test_what_comes_after_a_build_is_what_works(run, here: Path) -> None:
    assert "Next: catdata build-h5    (the same" in run("build-h5 --dry-run").stderr
    assert "Next: catdata train big" in run("build-h5 --size 32 big").stderr


def test_show_gives_a_path_on_one_line(run, here: Path) -> None:
    long = "a b " * 30 + ".jpg"
    save(here / long, 1)
    run("add", long, "--label", "cat")
    assert f"source          {here / long}\n" in run("show", long).stdout


def test_a_build_that_is_broken_is_to_be_written_anew(run, here: Path) -> None:
    run("build-h5")
    path = here / "data" / "enlarged" / "train_catvnoncat.h5"
    path.write_bytes(path.read_bytes()[:5000])
    result = run("train enlarged", status=1)
    assert "Hint: Write that build anew, as it was made: catdata verify --repair" in result.stderr
