"""Ctrl-C ends a command in words with status 130, and loses nothing."""

from __future__ import annotations

import signal

import pytest
from conditions import (
    Job,
    Prepare,
    assert_finished,
    assert_sound,
    disturb,
)

from catdata.dataset.verify import verify
from catdata.dataset.workspace import Workspace

MESSAGE = b"Error: Interrupted.\nHint: What was finished before stays; run the command again.\n"


@pytest.mark.parametrize("name", ["add", "build-h5", "relabel", "undo"])
def test_an_interrupted_command_is_finished_by_running_it_again(
    prepare: Prepare, name: str
) -> None:
    _, moments = disturb(prepare(name), 0, 0)
    for count in (2, moments // 2):
        fault = prepare(name)
        done, _ = disturb(fault, signal.SIGINT, count)
        assert (done.returncode, done.stderr) == (130, MESSAGE)
        assert_sound(fault.root, fault.before, fault.after)
        assert_finished(fault.root, fault.job, fault.photos, fault.after)


READERS = {
    "check": Job("filled", ("check", "--no-doubtful")),
    "verify": Job("filled", ("verify",)),
    "list": Job("filled", ("list",)),
    "status": Job("filled", ("status",)),
    "export": Job("filled", ("export", "exported")),
    "compare": Job("filled", ("compare", "--seeds", "2", "--iterations", "50")),
    "sweep": Job("filled", ("sweep", "--learning-rates", "0.01,0.02", "--iterations", "50")),
}


@pytest.mark.parametrize("name", READERS)
def test_an_interrupted_reader_says_so_and_changes_nothing(prepare: Prepare, name: str) -> None:
    fault = prepare("relabel", job=READERS[name])
    done, _ = disturb(fault, signal.SIGINT, 2)
    assert (done.returncode, done.stderr) == (130, MESSAGE)
    assert list(verify(Workspace(fault.root)).damage) == []
    assert_sound(fault.root, fault.before, fault.before)
