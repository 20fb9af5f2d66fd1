"""What commands say to somebody who took a wrong turn, or does not know what comes next."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import save

FEW = "--layers 3 --iterations 30"


@pytest.fixture
def outdated(run, here: Path) -> Path:
    """The workspace with a build, and a photo that was added after it."""
    for seed in range(2):
        save(here / f"{seed}.jpg", seed)
    run("add 0.jpg --label cat --split train")
    run("build-h5")
    run("add 1.jpg --label non-cat --split train")
    return here


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"train enlarged {FEW}", id="train"),
        pytest.param(f"compare {FEW} --seeds 1", id="compare"),
        pytest.param(f"curve enlarged {FEW} --draws 2 --seeds 1 --sizes 4,6,8,10", id="curve"),
        pytest.param("sweep enlarged --layers 3 --iterations 20 --folds 2 --seeds 1", id="sweep"),
    ],
)
def test_a_build_that_lacks_the_last_change_is_named(run, outdated: Path, line: str) -> None:
    stderr = " ".join(run(line).stderr.split())
    assert "Warning: enlarged was built before the last change of the images." in stderr
    assert stderr.count("catdata build-h5 enlarged") == 1
    run("build-h5")
    assert "built before" not in run(line).stderr


def test_a_pair_outside_a_workspace_is_never_out_of_date(run, pair: dict[str, Path]) -> None:
    assert "built before" not in run(f"train {pair['train'].parent} {FEW}").stderr


def test_status_says_what_to_do_with_images_that_no_build_holds(run, outdated: Path) -> None:
    result = run("status")
    assert "out of date: the images have changed since" in result.stdout
    assert "Next: catdata build-h5" in result.stderr
    run("build-h5")
    assert "build-h5" not in run("status").stderr


def test_compare_ends_with_every_verdict(run, outdated: Path) -> None:
    lines = run(f"compare {FEW} --seeds 2 --layers 4 --folds 2").stdout.splitlines()
    assert [line.rpartition(":")[0] for line in lines[-5:-1]] == [
        "original to enlarged, layers 3, on test of original",
        "original to enlarged, layers 4, on test of original",
        "original to enlarged, layers 3, by 2 folds",
        "original to enlarged, layers 4, by 2 folds",
    ]


def test_compare_of_one_build_says_that_it_takes_two(run, here: Path) -> None:
    stderr = run(f"compare original {FEW} --seeds 1").stderr
    assert "Next: catdata compare original enlarged" in stderr


def test_compare_of_networks_on_one_build_does_not_ask_for_another(run, here: Path) -> None:
    stderr = run(f"compare original {FEW} --seeds 1 --layers 4").stderr
    assert "one build alone" not in stderr
    assert "Next: catdata compare original --report report.html" in stderr


def test_compare_that_shows_nothing_offers_more_judges(run, outdated: Path) -> None:
    result = run(f"compare {FEW} --seeds 2")
    assert "Verdict: no difference shown" in result.stdout
    assert "Next: catdata compare original enlarged --folds 5" in result.stderr


def test_train_says_whether_the_network_overfits(run, here: Path) -> None:
    text = " ".join(run("train original --layers 20 --iterations 300").stdout.split())
    assert "Test accuracy is " in text
    assert "overfit" in text


def test_a_network_that_has_learnt_nothing_is_not_sent_to_compare(run, here: Path) -> None:
    result = run("train original --layers 3 --learning-rate 1e4 --iterations 50")
    assert "overfit" not in result.stdout
    assert "Next:" not in result.stderr


def test_predict_says_which_photos_the_network_may_know(run, outdated: Path) -> None:
    run(f"train enlarged {FEW} --save mine")
    stderr = " ".join(run("predict 0.jpg 1.jpg").stderr.split())
    assert "Warning: 2 of these 2 photos are in train" in stderr
    save(outdated / "new.jpg", 9)
    assert run("predict new.jpg").stderr == ""


def test_predict_with_a_network_of_the_original_pair_knows_no_photo(run, outdated: Path) -> None:
    run(f"train original {FEW} --save mine")
    assert run("predict 0.jpg").stderr == ""


def test_add_counts_what_is_here_already_where_a_list_would_be_long(run, here: Path) -> None:
    for seed in range(13):
        save(here / "photos" / f"{seed}.jpg", seed)
    run("add photos --label cat")
    assert run("add photos --label cat").stdout.splitlines() == [
        "skipped  13 that are here already; with --json each is named",
        "0 added (0 to train, 0 to test), 13 skipped, 0 refused",
    ]


def test_add_of_a_name_with_spaces_that_was_not_quoted_says_so(run, here: Path) -> None:
    save(here / "my photos" / "a.jpg", 1)
    assert "needs quotes: 'my photos'" in run("add my photos --label cat", status=2).stderr
    assert "1 added" in run("add 'my photos' --label cat").stdout


def test_add_without_a_label_says_how_to_give_one(run, here: Path) -> None:
    assert "Label them: --label cat|non-cat" in run("add photos", status=2).stderr


def test_a_labels_file_that_is_not_there_is_said_to_be_missing(run, here: Path) -> None:
    assert "There is no file labels.csv." in run("add --labels labels.csv", status=1).stderr


def test_names_of_a_labels_file_that_start_elsewhere_are_one_error(run, here: Path) -> None:
    save(here / "photos" / "a.jpg", 1)
    (here / "labels.csv").write_text("file_name,label\nphotos/a.jpg,cat\nphotos/b.jpg,cat\n")
    stderr = run("add photos --labels labels.csv", status=1).stderr
    assert "Error: None of the 2 files that labels.csv names is in photos." in stderr
    assert "Hint: Names start at the PATH given" in stderr
    run("add --labels labels.csv", status=1)


def test_a_row_beyond_the_last_is_not_answered_with_a_row_beyond_the_last(run, here: Path) -> None:
    assert "Did you mean" not in run("show train[300]", status=1).stderr
    assert "Did you mean train[3]?" in run("show trian[3]", status=1).stderr


def test_check_says_how_to_see_what_it_found(run, here: Path) -> None:
    save(here / "a.jpg", 1)
    save(here / "b.jpg", 1, quality=60)
    run("add a.jpg b.jpg --label cat")
    assert "Next: catdata check --plot found.png" in run("check --no-doubtful").stderr
    assert "Next:" not in run("check --no-doubtful --plot found.png").stderr


def test_a_misspelt_transform_is_answered_with_the_right_one(run, here: Path) -> None:
    stderr = run("build-h5 --augment rotat=15", status=1).stderr
    assert "Hint: Did you mean rotate? Transforms: rotate (0..180 degrees)" in stderr
