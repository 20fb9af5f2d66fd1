"""What a user can cause ends as Error, Hint and an exit status; help is there for everything."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from pictures import save

from catdata import durable
from catdata.cli import main

COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_an_example(name: str) -> None:
    command = main.commands[name]
    assert command.help
    assert command.epilog
    assert command.epilog.startswith("Example: catdata ")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_sentence_of_every_command_fits_the_list(run, name: str) -> None:
    command = main.commands[name]
    line = next(line for line in run("--help").stdout.splitlines() if line.startswith(f"  {name} "))
    assert line.split(maxsplit=1)[1] == (command.help or "").partition("\n")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_fits_80_columns(run, name: str) -> None:
    text = run(f"{name} --help").stdout
    assert all(len(line) <= 80 for line in text.splitlines())


def test_an_error_says_what_and_the_next_step(run) -> None:
    result = run("status", status=1)
    assert result.stdout == ""
    assert result.stderr.startswith("Error: No workspace in ")
    assert "\nHint: Make one with: catdata init" in result.stderr


def test_wrong_usage_exits_with_2(run) -> None:
    assert "No such command 'ad'" in run("ad", status=2).stderr


def test_another_workspace_is_named_with_C(run, workspace) -> None:
    assert str(workspace.root) in run(f"-C {workspace.root} status").stdout


def test_damage_exits_with_3(run, here: Path) -> None:
    (here / "data" / "catalog.db").write_bytes(b"x" * 5000)
    assert "is damaged" in run("status", status=3).stderr


def test_quiet_leaves_only_the_result(run, here: Path) -> None:
    save(here / "a.jpg", 1)
    assert run("add a.jpg --label cat --quiet").stderr == ""


def in_process(*arguments: str, cwd: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "catdata", *arguments]
    return subprocess.Popen(command, cwd=cwd, text=True, stderr=subprocess.PIPE, **options)


def test_output_cut_short_by_head_is_no_error(here: Path) -> None:
    command = f"{sys.executable} -m catdata list | head -1"
    done = subprocess.run(command, shell=True, cwd=here, capture_output=True, text=True)
    assert done.stdout.startswith("ref ")
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("command", "file"),
    [
        pytest.param("train", "runs/mine/model.json", id="train"),
        pytest.param("compare", "comparisons/mine.json", id="compare"),
    ],
)
def test_what_was_computed_is_saved_before_it_is_printed(
    here: Path, command: str, file: str
) -> None:
    line = [command, "original", "--layers", "3", "--iterations", "5", "--save", "mine"]
    with Path("/dev/full").open("w") as full, in_process(*line, cwd=here, stdout=full) as process:
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert (here / "data" / file).is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_an_error_not_a_crash(here: Path) -> None:
    with Path("/dev/full").open("w") as full, in_process("list", cwd=here, stdout=full) as process:
        _, stderr = process.communicate(timeout=60)
    assert "Error: No space left on device" in stderr
    assert "Traceback" not in stderr
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see what is open")
def test_an_interrupt_ends_with_130_and_a_message(here: Path) -> None:
    lock = here / "data" / ".lock"
    with durable.exclusive(lock), in_process("build-h5", cwd=here) as process:
        while lock not in open_files(process.pid):  # it then waits for the lock
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.startswith("Error: Interrupted.")


def open_files(process_id: int) -> list[Path]:
    descriptors = Path(f"/proc/{process_id}/fd")
    return [path.readlink() for path in descriptors.iterdir() if path.is_symlink()]
