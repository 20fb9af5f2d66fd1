"""A Dask cluster of real processes over TCP, for all tests of the engines."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

Program = subprocess.Popen[str]


@pytest.fixture(scope="package")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Return a function that starts one of Dask's own programs in a process of its own."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("dask")
    started: list[Program] = []

    def begin(program: str, *options: str) -> Program:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *options]
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="package")
def start_worker(start: Callable[..., Program]) -> Callable[[str], Program]:
    """Return a function that starts one more worker of the scheduler with an address."""

    def begin(address: str) -> Program:
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        worker = start("worker", address, *options)
        wait_for(worker, r"(Registered to)")
        return worker

    return begin


@pytest.fixture(scope="package")
def start_scheduler(start: Callable[..., Program]) -> Callable[[], tuple[Program, str]]:
    """Return a function that starts a scheduler and returns its address, too."""

    def begin() -> tuple[Program, str]:
        process = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        return process, wait_for(process, r"Scheduler at: *(tcp://\S+)")

    return begin


@pytest.fixture(scope="package")
def start_cluster(
    start_scheduler: Callable[[], tuple[Program, str]], start_worker: Callable[[str], Program]
) -> Callable[[], tuple[Program, str]]:
    """Return a function that starts a scheduler with two workers; it returns its address, too."""

    def begin() -> tuple[Program, str]:
        process, address = start_scheduler()
        for _ in range(2):
            start_worker(address)
        return process, address

    return begin


@pytest.fixture(scope="package")
def scheduler(start_cluster: Callable[[], tuple[Program, str]]) -> str:
    """Return the address of a scheduler with two workers that all tests share."""
    return start_cluster()[1]


def wait_for(process: Program, pattern: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"{process.args} ended")
