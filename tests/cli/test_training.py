"""train, compare and predict, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pictures import TEST_IMAGES, TRAIN_IMAGES, save

from catdata.h5file import FILE_NAMES
from catdata.h5file.library import h5py

FEW = "--layers 3 --iterations 30"


@pytest.fixture
def enlarged(run, here: Path) -> Path:
    """The workspace with four photos more and the build that holds them."""
    for seed in range(4):
        save(here / f"{seed}.jpg", seed)
    run("add 0.jpg 1.jpg --label cat --split train")
    run("add 2.jpg 3.jpg --label non-cat --split train")
    run("build-h5")
    return here


def test_train_tells_what_came_out_as_json(run_json, here: Path) -> None:
    record = run_json(f"train original {FEW} --seed 4")
    assert record["build"] == "original"
    assert record["network"] == {"layer_dims": [12288, 3, 1], "init": "scaled", "seed": 4}
    assert [iteration for iteration, _ in record["costs"]] == [0, 29]
    assert record["form"] == "gram"
    assert set(record["history"]) >= {"gradient_norms", "dead_units", "saturation", "update_ratios"}
    assert record["train"]["images"] == TRAIN_IMAGES
    assert sum(record["test"]["confusion"].values()) == TEST_IMAGES
    assert record["baseline_accuracy"] == pytest.approx(4 / 6)
    assert set(record["diagnosis"]) == {"state", "iteration", "message"}


def test_train_takes_the_enlarged_build_once_it_is_there(run_json, enlarged: Path) -> None:
    assert run_json(f"train {FEW}")["train"]["images"] == TRAIN_IMAGES + 4
    assert run_json(f"train original {FEW}")["train"]["images"] == TRAIN_IMAGES


def test_train_takes_any_folder_with_a_pair(run_json, pair: dict[str, Path]) -> None:
    record = run_json(f"train {pair['train'].parent} {FEW}")
    assert record["train"]["images"] == TRAIN_IMAGES


def test_a_saved_network_remembers_what_altered_its_pictures(run, here: Path) -> None:
    run(f"train original {FEW} --batch-size 4 --augment flip --augment rotate=5 --save altered")
    meaning = json.loads((here / "data" / "runs" / "altered" / "model.json").read_text())
    assert meaning["augment"] == ["flip", "rotate=5"]


def test_a_name_that_is_taken_is_refused_before_training(run, here: Path) -> None:
    (here / "data" / "runs" / "mine").mkdir(parents=True)
    (here / "data" / "runs" / "mine" / "notes.txt").touch()
    result = run("train original --layers 3 --iterations 10000000 --save mine", status=1)
    assert "holds notes.txt, so it is not replaced" in result.stderr


def test_train_without_hidden_layers_is_logistic_regression(run_json, here: Path) -> None:
    record = run_json("train original --layers none --iterations 5")
    assert record["network"]["layer_dims"] == [12288, 1]


def test_train_stores_every_knob_with_its_result(run_json, here: Path) -> None:
    knobs = (
        "--optimizer nesterov --momentum 0.8 --decay step --decay-rate 0.9 --decay-every 10"
        " --init he --activation tanh --l2 0.1 --class-weight balanced --threshold 0.4 --center"
        " --dtype float32 --threads 2 --batch-size 4 --dropout 0.1 --early-stop 0.5"
    )
    record = run_json(f"train original {FEW} {knobs}")
    assert record["config"] | {"standardize": True} == {
        "layers": [3],
        "learning_rate": 0.0075,
        "iterations": 30,
        "init": "he",
        "seed": 1,
        "form": "auto",
        "record_every": 100,
        "threads": 2,
        "optimizer": "nesterov",
        "momentum": 0.8,
        "decay": "step",
        "decay_rate": 0.9,
        "decay_every": 10,
        "activation": "tanh",
        "l2": 0.1,
        "class_weight": "balanced",
        "threshold": 0.4,
        "center": True,
        "standardize": True,
        "dtype": "float32",
        "batch_size": 4,
        "dropout": 0.1,
        "early_stop": 0.5,
        "on_failure": "continue",
    }
    assert record["validation"]["images"] == TRAIN_IMAGES - record["train"]["images"]
    assert record["best_at"] == 30


def test_train_says_which_weights_early_stopping_kept(run, here: Path) -> None:
    text = run(f"train original {FEW} --early-stop 0.5").stdout
    assert "The weights are those after 30 updates, the best on the 6 validation images." in text


def test_train_refuses_adam_in_the_gram_form_and_says_why(run, here: Path) -> None:
    stderr = run(f"train original {FEW} --form gram --optimizer adam", status=1).stderr
    assert "W1 leaves the span of the images" in stderr


def test_train_shows_costs_counts_and_the_diagnosis(run, here: Path) -> None:
    text = run(f"train original {FEW}").stdout
    assert "network 12288-3-1, scaled weights of seed 1, learning rate 0.0075" in text
    assert "cats right" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--layers 0", "layers must be 1 or more, not 0"),
        ("--learning-rate 0", "learning_rate must be a number above 0"),
        ("--learning-rate nan", "learning_rate must be a number above 0"),
        ("--iterations 0", "iterations must be 1 or more"),
        ("--plot costs.txt", "a figure is written as .png or .svg"),
    ],
)
def test_train_refuses_what_cannot_work(run, here: Path, options: str, message: str) -> None:
    line = f"train original --layers 3 --iterations 2 {options}"
    assert message in run(line, status=1).stderr


@pytest.mark.parametrize("command", ["train", "compare", "sweep"])
def test_layers_with_spaces_between_are_shown_with_commas(run, here: Path, command: str) -> None:
    message = "Layers are written with commas: --layers 20,7,5"
    assert message in run(f"{command} --layers 20 7 5", status=2).stderr


def test_train_checks_gradients_and_trains_nothing(run, run_json, here: Path) -> None:
    record = run_json("train original --layers 5,3 --l2 0.1 --check-gradients")
    assert record["passed"] is True
    assert [layer["name"] for layer in record["gradients"]] == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert "difference" in run("train original --layers 5,3 --check-gradients").stdout


def test_train_that_is_interrupted_saves_what_it_reached(run, here: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt_once_training_has_begun() -> None:
        while signal.getsignal(signal.SIGINT) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_once_training_has_begun, daemon=True).start()
    line = "train original --layers 7 --iterations 2000000 --save part --json"
    result = run(line, status=130)
    assert "What was reached is saved as part." in result.stderr
    record = json.loads(result.stdout)
    assert 0 < record["stopped_at"] < 2_000_000
    saved = json.loads((here / "data" / "runs" / "part" / "model.json").read_text())
    assert saved["stopped_at"] == record["stopped_at"]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("layers", ["a", "20;7", ""])
def test_layers_that_are_no_numbers_are_wrong_usage(run, here: Path, layers: str) -> None:
    assert "is not like 20,7,5" in run("train", "--layers", layers, status=2).stderr


@pytest.mark.parametrize("name", ["costs.png", "costs.svg"])
def test_train_draws_its_figure(run, here: Path, name: str) -> None:
    assert f"Drew {name}\n" in run(f"train original {FEW} --plot {name}").stderr
    assert (here / name).stat().st_size > 5000


@pytest.mark.originals
def test_train_reports_the_dead_network(run_json, originals: Path) -> None:
    record = run_json(f"train {originals} --layers 7 --init small --learning-rate 1.0")
    assert record["diagnosis"]["state"] == "dead-units"
    assert record["diagnosis"]["iteration"] == 56
    for part in ("all 7 hidden units", "all 209 images", "0.6440", "34.4 %"):
        assert part in record["diagnosis"]["message"]
    assert record["train"]["accuracy"] == pytest.approx(137 / 209)
    assert record["test"]["accuracy"] == 0.34


def test_compare_judges_both_builds_on_the_same_images(run_json, enlarged: Path) -> None:
    record = run_json(f"compare {FEW} --seeds 2")
    assert [arm["build"] for arm in record["arms"]] == ["original", "enlarged"]
    assert [arm["train_images"] for arm in record["arms"]] == [TRAIN_IMAGES, TRAIN_IMAGES + 4]
    (change,) = record["changes"]
    assert (change["from"], change["to"], change["test_set"]) == (
        "original",
        "enlarged",
        "original",
    )
    assert change["test_images"] == TEST_IMAGES
    assert set(record["arms"][0]["gap"]) == {"mean", "low", "high"}
    assert set(change["gap"]) == {"estimate", "low", "high"}
    assert record["seeds"] == [1, 2]


def test_compare_says_its_verdict_in_words(run, enlarged: Path) -> None:
    text = run(f"compare {FEW} --seeds 2 --plot c.png").stdout
    assert "judged on the 6 test images of original" in text
    assert "Verdict: " in text
    assert (enlarged / "c.png").exists()
    assert all(len(line) <= 80 for line in text.splitlines())


def test_compare_shows_classes_neighbours_and_what_was_added(run, enlarged: Path) -> None:
    text = " ".join(run(f"compare {FEW} --seeds 2").stdout.split())
    for part in (
        "test accuracy by class non-cat",
        "balanced nearest pixels",
        "of the test accuracy",
        "In most seeds ",
        "6 images could ",
        "Share of cats: original train ",
    ):
        assert part in text, part


def test_compare_with_all_its_arms_fits_a_terminal(run, enlarged: Path) -> None:
    text = run(f"compare {FEW} --seeds 1 --control --folds 2 --layers 4 --layers none").stdout
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "control: the images of original, repeated" in text
    assert "9 changes are shown together" in " ".join(text.split())
    assert "exact McNemar test of these two networks: p = " in text
    assert "Hidden layers none, seed 1,\n2 folds over " in text


def test_compare_keeps_its_record(run, run_json, enlarged: Path) -> None:
    from catdata.learning import saved

    record = run_json(f"compare {FEW} --seeds 2 --save first")
    kept = saved.load(enlarged / "data/comparisons/first.json")
    assert kept.to_json() == record
    builds = [build["build"] for build in run_json("status")["builds"]]
    assert builds == ["original", "enlarged"]


def test_compare_refuses_a_name_that_is_none_before_training(run, enlarged: Path) -> None:
    assert "can't be the name of a comparison" in run(f"compare {FEW} --save a/b", status=1).stderr


def test_compare_never_replaces_what_is_no_comparison(run, enlarged: Path) -> None:
    notes = enlarged / "data/comparisons/first.json"
    notes.parent.mkdir()
    notes.write_text("my notes")
    stderr = run(f"compare {FEW} --seeds 2 --save first", status=1).stderr
    assert "is no comparison, so it is not replaced" in stderr
    assert notes.read_text() == "my notes"


def test_compare_clears_what_a_killed_one_left(run, enlarged: Path) -> None:
    left = enlarged / "data/comparisons/.partial-1-abcd.json"
    left.parent.mkdir()
    left.write_text("{")
    run(f"compare {FEW} --seeds 1 --save first")
    assert [path.name for path in left.parent.iterdir()] == ["first.json"]


def test_compare_refuses_a_control_of_nothing_larger(run, here: Path) -> None:
    assert "nothing to control for" in run(f"compare original {FEW} --control", status=1).stderr


def test_compare_without_the_build_says_how_to_make_it(run, here: Path) -> None:
    assert "catdata build-h5" in run("compare", status=1).stderr


def test_compare_refuses_a_leak_with_both_references(run, enlarged: Path, tmp_path: Path) -> None:
    run("init other --empty")
    for number, split in ((0, "test"), (2, "train")):
        label = "non-cat" if number > 1 else "cat"
        run(f"-C other add {number}.jpg --label {label} --split {split}")
    run("-C other build-h5 mine")
    stderr = run(f"compare enlarged other/data/mine {FEW} --seeds 2", status=1).stderr
    assert stderr.startswith("Error: ")
    shared = json.loads(run("show 0.jpg --json").stdout)["content_hash"][:12]
    assert f"{shared} of enlarged is the same picture as {shared} of other/data/mine" in stderr


def test_predict_asks_the_saved_network(run, run_json, enlarged: Path) -> None:
    run(f"train enlarged {FEW} --save first")
    record = run_json("predict 0.jpg 1.jpg --model first")
    assert [one["file"] for one in record["predictions"]] == ["0.jpg", "1.jpg"]
    for one in record["predictions"]:
        assert one["label"] == ("cat" if one["probability"] > 0.5 else "non-cat")
        assert one["mistake"] is None


def test_predict_adds_just_the_mistakes_to_train(run, run_json, enlarged: Path) -> None:
    run(f"train enlarged {FEW} --save first")
    for seed in range(30, 40):
        save(enlarged / "new" / f"{seed}.jpg", seed)
    record = run_json("predict new --label cat --add-mistakes")
    wrong = [one["file"] for one in record["predictions"] if one["mistake"]]
    assert wrong
    assert [one["file"] for one in record["added"]["added"]] == wrong
    assert {one["split"] for one in record["added"]["added"]} == {"train"}


def test_predict_names_what_it_cannot_read(run, enlarged: Path) -> None:
    run(f"train enlarged {FEW} --save first")
    (enlarged / "broken.jpg").write_bytes((enlarged / "0.jpg").read_bytes()[:-400])
    result = run("predict broken.jpg 1.jpg", status=1)
    assert "Error: broken.jpg" in result.stderr
    assert "1.jpg" in result.stdout


def test_predict_without_a_model_says_how_to_save_one(run, here: Path) -> None:
    assert "catdata train --save NAME" in run("predict a.jpg", status=1).stderr


def test_predict_with_mistakes_needs_the_truth(run, here: Path) -> None:
    run("predict a.jpg --add-mistakes", status=2)


def test_a_model_remembers_how_the_build_of_another_workspace_was_made(
    run, here: Path, pair: dict[str, Path]
) -> None:
    run(f"init other --fit crop --train {pair['train']} --test {pair['test']}")
    run("-C other build-h5")
    run(f"train other/data/enlarged {FEW} --save theirs")
    assert json.loads((here / "data/runs/theirs/model.json").read_text())["fit"] == "crop"


def test_predict_passes_over_what_is_no_picture_in_a_folder(run_json, run, enlarged: Path) -> None:
    run(f"train enlarged {FEW} --save first")
    save(enlarged / "new" / "a.jpg", 50)
    (enlarged / "new" / "notes.txt").write_text("hello")
    assert len(run_json("predict new")["predictions"]) == 1
    (enlarged / "empty").mkdir()
    assert "there is no file in this folder" in run("predict empty", status=1).stderr


def test_train_learns_from_fresh_copies(run_json, here: Path) -> None:
    command = f"train original {FEW} --batch-size 4"
    plain = run_json(command)
    altered, again, other = (
        run_json(f"{command} --augment {spec}") for spec in ("flip", "flip", "standard")
    )
    assert (plain["augment"], altered["augment"], altered["form"]) == ([], ["flip"], "direct")
    assert altered["costs"] == again["costs"]
    assert len({record["costs"][-1][1] for record in (plain, altered, other)}) == 3


def test_train_refuses_fresh_copies_of_everything_in_each_iteration(run, here: Path) -> None:
    result = run(f"train original {FEW} --augment flip", status=1)
    assert "augmenting in training needs mini-batches" in result.stderr


def test_train_reads_a_build_as_it_goes_that_is_too_large_to_hold(run, tmp_path: Path) -> None:
    for split, count in (("train", 22_000), ("test", 3)):
        with h5py.File(tmp_path / FILE_NAMES[split], "w") as file:
            # A hole in the file: 270 MB of black pictures that take no place on the disk.
            images = file.create_dataset(f"{split}_set_x", (count, 64, 64, 3), "u1")
            images[0] = images[-1] = 200
            file[f"{split}_set_y"] = np.arange(count) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    options = "--layers none --iterations 3 --batch-size 64 --dtype float32 --json"
    result = run(f"train {tmp_path} {options}")
    record = json.loads(result.stdout)
    assert (record["form"], record["train"]["images"]) == ("direct", 22_000)
    assert record["history"]["iterations"] == [0, 2]
    assert "train_catvnoncat.h5: 21,998 of its pictures are all black" in result.stderr
