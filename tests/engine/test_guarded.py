"""A guarded worker that crashes, hangs or swells costs its own item; none is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catdata import engine
from catdata.engine import Limits, WorkerDied
from catdata.engine.guarded import GuardedExecutor

GOOD = 5


def work(what: int | str) -> object:
    """Do something that a hostile file could make a decoder do."""
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "abort":
        os.abort()
    if what == "hang":
        time.sleep(3600)
    if what == "exit":
        os._exit(0)
    if what == "swell":
        return len(bytearray(4 << 30))
    return what


def work_in_time(what: int | str) -> object:
    """Do it against the clock, which runs for what :func:`engine.map_in_order` hands out."""
    engine.begin_item()
    return work(what)


def name_of(item: object, died: WorkerDied) -> str:
    return f"{item}: {died.reason}"


def results(items: list[int | str], chunk: int = 3, seconds: float = 20) -> list[object]:
    with GuardedExecutor(2, Limits(seconds=seconds)) as pool:
        flow = engine.Flow(chunk=chunk)
        return list(engine.map_in_order(pool, work, items, flow, on_death=name_of))


@pytest.mark.parametrize("chunk", [1, 3])
@pytest.mark.parametrize("deadly", ["crash", "abort", "exit"])
def test_what_crashes_its_worker_is_named_and_the_rest_goes_on(deadly: str, chunk: int) -> None:
    found = results([1, 2, deadly, 3, 4, 5, deadly, 6], chunk)
    died = f"{deadly}: it crashed the decoder"
    assert found == [1, 2, died, 3, 4, 5, died, 6]


@pytest.mark.parametrize("deadly", ["crash", "hang"])
def test_what_waited_behind_a_deadly_call_is_done_by_the_next_worker(deadly: str) -> None:
    with GuardedExecutor(1, Limits(seconds=0.5)) as pool:
        calls = [pool.submit(work_in_time, what) for what in (1, deadly, 2, 3)]
        assert isinstance(calls[1].exception(), WorkerDied)
        assert [calls[place].result() for place in (0, 2, 3)] == [1, 2, 3]


def test_a_call_that_nobody_waits_for_is_ended_and_those_in_line_are_done() -> None:
    with GuardedExecutor(1) as pool:
        process = pool.submit(os.getpid).result()
        calls = [pool.submit(work, what) for what in ("hang", 1)]
        while not calls[0].done():  # until its worker has begun it
            pool.abandon(calls[0])
        assert isinstance(calls[0].exception(), WorkerDied)
        assert calls[1].result() == 1
        assert pool.submit(os.getpid).result() != process


def test_what_never_ends_is_ended_and_named() -> None:
    assert results([1, "hang", 2], seconds=0.5) == [1, "hang: it took more than 0.5 seconds", 2]


def test_what_asks_for_too_much_memory_does_not_get_it() -> None:
    with GuardedExecutor(1) as pool, pytest.raises(MemoryError):
        list(engine.map_in_order(pool, work, ["swell"]))


def test_what_kills_its_workers_is_raised_if_nobody_says_what_to_make_of_it() -> None:
    with GuardedExecutor(1) as pool, pytest.raises(WorkerDied, match="it crashed the decoder"):
        list(engine.map_in_order(pool, work, ["crash"]))


def test_a_worker_that_is_killed_from_outside_is_replaced_and_its_item_done() -> None:
    with GuardedExecutor(1) as pool:
        first = pool.submit(os.getpid).result()
        os.kill(first, signal.SIGKILL)
        assert list(engine.map_in_order(pool, work, [1, 2, 3])) == [1, 2, 3]
        assert pool.submit(os.getpid).result() != first


def test_workers_find_what_is_in_the_current_folder_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with GuardedExecutor(1) as pool:
        assert pool.submit(os.getcwd).result() == str(tmp_path)


def test_workers_start_in_a_folder_that_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert results([1, 2]) == [1, 2]
    monkeypatch.undo()


def test_a_module_in_the_current_folder_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('wrong module')")
    code = "from catdata.engine.guarded import GuardedExecutor as Guarded\n"
    code += f"print(Guarded(1).submit(abs, -{GOOD}).result())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == f"{GOOD}\n", done.stderr


class NotCopied(Exception):
    """An exception that pickle takes apart and cannot put together."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} {where}")


def fail_oddly(what: str) -> None:
    raise NotCopied(what, "here")


def test_an_error_that_cannot_be_copied_is_told_and_nobody_waits() -> None:
    with GuardedExecutor(1) as pool:
        with pytest.raises(TypeError, match="where"):
            pool.submit(fail_oddly, "odd").result(timeout=30)
        assert pool.submit(abs, -GOOD).result(timeout=30) == GOOD


SLEEPER = """
import os, sys, time
from catdata.engine.guarded import GuardedExecutor
pool = GuardedExecutor(2)
print(os.getpid(), *{pool.submit(os.getpid).result() for _ in range(20)}, flush=True)
futures = [pool.submit(time.sleep, 3600) for _ in range(2)]
futures[0].result()
"""


def is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_the_program(number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        assert program.stdout is not None
        _, *workers = map(int, program.stdout.readline().split())
        assert workers
        program.send_signal(number)
        if number != signal.SIGKILL:  # the pool's threads are not waited for
            program.wait(timeout=10)
    deadline = time.monotonic() + 10
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_running, workers))


def test_calls_that_have_not_started_can_be_cancelled() -> None:
    with GuardedExecutor(1, Limits(seconds=0.5)) as pool:
        futures = [pool.submit(work_in_time, "hang") for _ in range(5)]
        pool.shutdown(wait=False, cancel_futures=True)
    assert [future.cancelled() for future in futures][2:] == [True, True, True]


def test_a_call_too_large_for_the_socket_comes_back_whole() -> None:
    data = os.urandom(3 << 20)
    with GuardedExecutor(2) as pool:
        assert list(engine.map_in_order(pool, bytes, [data] * 6)) == [data] * 6


def test_a_large_call_waits_for_a_large_answer_before_it() -> None:
    data = os.urandom(3 << 20)
    with GuardedExecutor(1) as pool:
        first, second = pool.submit(bytes, len(data)), pool.submit(len, data)
        assert first.result(timeout=60) == bytes(len(data))
        assert second.result(timeout=60) == len(data)
