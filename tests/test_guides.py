"""The commands of the README and of the guides run as they stand, in order."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pages import indented_commands, run_command
from pictures import save
from test_pages import write_datasets

ROOT = Path(__file__).parents[1]
# Those that wait for a person, for a cluster, or would take minutes.
NOT_RUN = ("catdata label", "--scheduler", "--layers 100,100", "catdata demo")
GUIDES = ["add.md", "check.md", "augmentation.md", "faq.md"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the reader has: the course's two files, and photos."""
    write_datasets(tmp_path / "course")
    for file in (tmp_path / "course").iterdir():
        file.rename(tmp_path / file.name)
    save(tmp_path / "img.jpg", 501)
    for number, name in enumerate(("photos/cat", "photos/non-cat", "my_cats")):
        (tmp_path / name).mkdir(parents=True)
        for seed in range(4):
            save(tmp_path / name / f"{number}{seed}.jpg", 510 + 10 * number + seed)
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        rows = [("file_name", "label"), ("cat/00.jpg", "cat"), ("non-cat/10.jpg", "non-cat")]
        csv.writer(file).writerows(rows)
    return tmp_path


def run_all(page: Path, folder: Path) -> list[str]:
    ran = []
    for command in indented_commands(page):
        if not any(part in command for part in NOT_RUN):
            run_command(command.replace(" --strict", ""), folder, page.name)
            ran.append(command)
    return ran


def test_the_readme_s_commands_run_in_order(folder: Path) -> None:
    ran = run_all(ROOT / "README.md", folder)
    assert [command.split()[1] for command in ran] == [
        *("init", "add", "add", "status", "build-h5", "train", "compare"),
        *("train", "predict", "build-h5", "compare"),
    ]
    assert (folder / "comparison.html").stat().st_size > 10_000


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_s_commands_run_in_order(guide: str, folder: Path) -> None:
    for command in (
        "catdata init --train train_catvnoncat.h5 --test test_catvnoncat.h5",
        "catdata add img.jpg --label cat --split train",
        "catdata add photos --label-from-folder",
        "catdata build-h5",
        "catdata train --iterations 50 --save mine",
    ):
        run_command(command, folder, "before the guide")
    assert run_all(ROOT / "docs" / guide, folder)
