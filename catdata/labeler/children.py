"""Child processes that make photos ready: one that dies or hangs costs its photo, not the page.

Each thread of a small pool has a child of its own and asks it over a pipe. A child leaves when the
pipe closes, so even a killed server leaves none behind.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from catdata.dataset.outcomes import Refused
from catdata.errors import shown
from catdata.labeler.preparing import Job, Made, Maker, Setup

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TIME_LIMIT = 30.0  # seconds for one photo
_NICENESS = 5  # the page goes before what is made ahead for it


class Children:
    """Makes photos ready in child processes; a context manager.

    Args:
        setup: What each child needs to know.
        count: How many children there are.
        time_limit: Seconds after which a photo is given up.
    """

    def __init__(self, setup: Setup, count: int, time_limit: float = TIME_LIMIT) -> None:
        self._setup = setup
        self._time_limit = time_limit
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="catdata-label")
        self._mine = threading.local()
        self._all: list[_Child] = []
        self._urgent: deque[tuple[Job, Future[Made]]] = deque()
        for _ in range(count):
            self._threads.submit(self._child)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in list(self._all):  # a thread whose child dies takes it out
            child.kill()

    def submit(self, job: Job) -> Future[Made]:
        """Make a photo ready as soon as a child is free and nothing is urgent."""
        return self._threads.submit(self._in_turn, job)

    def submit_first(self, job: Job) -> Future[Made]:
        """Make a photo ready that somebody waits for, before all those made ahead."""
        future: Future[Made] = Future()
        self._urgent.append((job, future))
        self._threads.submit(self._serve_urgent)  # if all are idle; else who is free first does
        return future

    def _in_turn(self, job: Job) -> Made:
        self._serve_urgent()
        return self._ask(job)

    def _serve_urgent(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                job, future = self._urgent.popleft()
                future.set_result(self._ask(job))

    def _child(self) -> _Child:
        """Return this thread's child, started if it is not there."""
        child: _Child | None = getattr(self._mine, "child", None)
        if child is None:
            child = self._mine.child = _Child(self._setup)
            self._all.append(child)
        return child

    def _ask(self, job: Job) -> Made:
        try:
            child = self._child()
        except OSError as error:
            reason = f"can't be decoded: no process starts ({error.strerror or error})"
            return Refused(_name(job), reason, "Close other programs, then open the page again.")
        try:
            return child.ask(job, self._time_limit)
        except TimeoutError:
            reason = f"took longer than {self._time_limit:.0f} s to decode"
        except (EOFError, OSError):
            reason = "made the decoder crash"
        child.kill()
        self._all.remove(child)
        self._mine.child = None
        return Refused(_name(job), reason, "Open it in a picture program and save it again.")


class _Child:
    """One process and the pipe to it."""

    def __init__(self, setup: Setup) -> None:
        # A fresh interpreter: a fork of a process with threads may inherit a lock that is held.
        fresh = multiprocessing.get_context("spawn")
        self._pipe, theirs = fresh.Pipe()
        self._process = fresh.Process(target=_work, args=(theirs, setup), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, job: Job, time_limit: float) -> Made:
        """Return what the child made; EOFError or OSError if it died, TimeoutError if it hangs."""
        self._pipe.send(job)
        if not self._pipe.poll(time_limit):
            raise TimeoutError
        made: Made = self._pipe.recv()
        return made

    def kill(self) -> None:
        """End the child at once."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _work(pipe: Connection, setup: Setup) -> None:
    """Answer jobs until the pipe closes; runs in the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then hangs up
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    with Maker(setup) as maker, contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            pipe.send(maker.make(pipe.recv()))


def _name(job: Job) -> str:
    return shown(getattr(job.subject, "path", None) or getattr(job.subject, "file_name", "") or "")
