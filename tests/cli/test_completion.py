"""Tab completes what the workspace holds, and says nothing where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from pictures import save

from catdata.cli import main
from catdata.cli.completion import SHELLS


def offered(line: str) -> list[str]:
    """Return what Tab offers at the end of a command line, of which the last word is incomplete."""
    _, *words, incomplete = line.split(" ")
    shell = ShellComplete(main, {}, "catdata", "_CATDATA_COMPLETE")
    return [item.value for item in shell.get_completions(words, incomplete)]


@pytest.mark.parametrize("command", ["relabel", "move", "remove", "show", "augment-preview"])
def test_references_are_completed(run, here: Path, command: str) -> None:
    assert offered(f"catdata {command} train[1") == ["train[1]", "train[10]", "train[11]"]
    assert offered(f"catdata {command} test[5]") == ["test[5]"]


def test_a_photo_is_completed_by_its_name_and_by_its_hash(run, run_json, here: Path) -> None:
    save(here / "fluffy.jpg", seed=1)
    ref = run_json("add fluffy.jpg --label cat --split train")["added"][0]["ref"]
    assert offered("catdata show flu") == ["fluffy.jpg"]
    assert offered(f"catdata show {ref[:3]}") == [ref]
    run(f"remove {ref}")
    assert offered("catdata show flu") == []


def test_a_name_that_means_something_to_a_shell_is_not_offered(run, here: Path) -> None:
    save(here / "$(touch evil).jpg", seed=1)
    run("add", "$(touch evil).jpg", "--label", "cat", "--quiet")
    assert offered("catdata show $") == []
    assert not [name for name in offered("catdata show ") if "evil" in name]


@pytest.mark.parametrize(
    "command",
    ["train", "compare", "compare original", "sweep", "curve", "curve --from", "build-h5"],
)
def test_builds_are_completed(run, here: Path, command: str) -> None:
    run("build-h5 enlarged --quiet")
    assert offered(f"catdata {command} enl") == ["enlarged"]
    assert offered(f"catdata -C {here} {command} o") == ["original"]


def test_saved_networks_are_completed(run, here: Path) -> None:
    run("train original --layers 3 --iterations 5 --save mine --quiet")
    assert offered("catdata predict --model m") == ["mine"]


def test_saved_comparisons_are_completed_and_asked_for(run, here: Path) -> None:
    run("compare original --layers 3 --iterations 5 --seeds 1 --save mine --quiet")
    assert offered("catdata report m") == ["mine"]
    assert "Did you mean mine?" in run("report mien", status=1).stderr


def test_labels_and_names_that_options_take_are_completed(run) -> None:
    assert offered("catdata add x --label c") == ["cat"]
    assert offered("catdata train --optimizer n") == ["nesterov"]


def test_without_a_workspace_nothing_is_offered(run) -> None:
    assert offered("catdata show tr") == []
    assert offered("catdata predict --model m") == []


def test_where_no_build_begins_so_the_shell_offers_folders(run) -> None:
    shell = ShellComplete(main, {}, "catdata", "_CATDATA_COMPLETE")
    assert [item.type for item in shell.get_completions(["train"], "../")] == ["dir"]


def test_a_damaged_catalog_is_passed_over_in_silence(run, here: Path) -> None:
    (here / "data" / "catalog.db").write_bytes(b"no database")
    assert offered("catdata show tr") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_the_program_for_that_shell(run, shell: str) -> None:
    script = run(f"completion {shell}").stdout
    assert f"_CATDATA_COMPLETE={shell}_complete" in script


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash on the PATH")
def test_bash_completes_with_the_script(run, here: Path) -> None:
    (here / "completion.sh").write_text(run("completion bash").stdout, "utf-8")
    line = 'source ./completion.sh; COMP_WORDS=(catdata show "train[1"); COMP_CWORD=2'
    line += '; _catdata_completion catdata; printf "%s " "${COMPREPLY[@]}"'
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=here,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["train[1]", "train[10]", "train[11]"]


@pytest.mark.parametrize(
    ("line", "status", "question"),
    [
        pytest.param("trian", 2, "Did you mean 'train'?", id="command"),
        pytest.param("train --layer 7", 2, "'--layers'", id="option"),
        pytest.param("add x.jpg --label catt", 2, "Did you mean cat?", id="label"),
        pytest.param("train --optimizer nestrov", 2, "Did you mean nesterov?", id="table"),
        pytest.param("train orignal", 1, "Did you mean original?", id="build"),
        pytest.param("predict x.jpg --model mien", 1, "Did you mean mine?", id="network"),
        pytest.param("show trian[3]", 1, "Did you mean train[3]?", id="row"),
        pytest.param("show flufy.jpg", 1, "Did you mean fluffy.jpg?", id="file"),
    ],
)
def test_the_nearest_name_is_asked_for(
    run, here: Path, line: str, status: int, question: str
) -> None:
    save(here / "fluffy.jpg", seed=1)
    run("add fluffy.jpg --label cat --quiet")
    run("train original --layers 3 --iterations 5 --save mine --quiet")
    assert question in run(line, status=status).stderr
