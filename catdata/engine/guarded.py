"""An executor of processes that may die: each is held to limits and replaced when it is gone.

Decoders are written in C and meet files from strangers. What crashes, hangs or swells there takes
one worker with it, which the caller sees as :class:`WorkerDied`. A worker costs a few milliseconds,
since it is forked from a server that has imported what it needs; the server starts with the first.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from catdata.engine.deaths import LIMITS, Limits, OutOfTime, WorkerDied
from catdata.errors import EngineFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
Result = TypeVar("Result")

_AHEAD = 2  # calls that a worker has been given, so that it need not wait for this process
_LOOK_EVERY = 0.5  # seconds
_SMALL = 32 << 10  # bytes of a call that surely goes into the socket's buffer

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from catdata.engine.worker import main; main()"
)


class _ForkServer:
    """The process that workers are forked from; started when it is first needed, or is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._owner = 0

    def fork(self, limits: Limits, preload: Sequence[str]) -> Connection:
        """Start a worker and return the connection to it."""
        request = json.dumps({"limits": asdict(limits), "preload": list(preload)}).encode()
        folder = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # also of one that was deleted
        try:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                with self._lock:
                    self._send(request, [folder, theirs.fileno()])
                return Connection(ours.detach())
        finally:
            os.close(folder)

    def _send(self, request: bytes, descriptors: list[int]) -> None:
        if self._control is not None and self._owner == os.getpid():
            with suppress(OSError):  # somebody killed the server: the next one does it
                socket.send_fds(self._control, [request], descriptors)
                return
        self._control = _started()
        self._owner = os.getpid()
        atexit.register(self._control.close)
        socket.send_fds(self._control, [request], descriptors)


def _started() -> socket.socket:
    """Start a server that finds modules where this process does, and return the way to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    path = json.dumps([os.path.abspath(entry) for entry in sys.path if entry])  # noqa: PTH100
    utf8 = f"utf8={sys.flags.utf8_mode}"  # the names of files mean the same there
    with theirs:
        server = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-I", "-X", utf8, "-c", _BOOTSTRAP, str(theirs.fileno()), path],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            process_group=0,
        )
    server.returncode = 0  # it lives as long as this process, which need not wait for it
    return ours


_server = _ForkServer()


class _Request(NamedTuple):
    """What somebody wants done: a function, its arguments and its keywords."""

    future: Future[Any]
    what: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Call(NamedTuple):
    """A call on its way: its future, and what is sent."""

    future: Future[Any]
    data: bytes


class GuardedExecutor(Executor):
    """An executor of guarded worker processes.

    Args:
        jobs: How many.
        limits: What each of them may use.
        preload: Modules that the functions need, imported once for all workers.
    """

    def __init__(self, jobs: int, limits: Limits = LIMITS, preload: Sequence[str] = ()) -> None:
        self._limits = limits
        self._preload = preload
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._drivers = [
            threading.Thread(target=self._drive, name=f"catdata-{number}", daemon=True)
            for number in range(jobs)
        ]
        self._doing: dict[Future[Any], _Worker] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        for driver in self._drivers:
            driver.start()

    def submit(
        self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """Have a worker run *fn*, which it imports by name.

        Returns:
            A future that raises :class:`WorkerDied` if the worker did not survive it.
        """
        request = _Request(Future(), (fn, args, kwargs))
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the executor is shut down")
            self._requests.put(request)
        return request.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; end the workers when those taken are done, or are cancelled."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if cancel_futures:
            with suppress(queue.Empty):
                while True:
                    request = self._requests.get_nowait()
                    if request:
                        request.future.cancel()
        if not was_closed or cancel_futures:
            for _ in self._drivers:
                self._requests.put(None)
        if wait:
            for driver in self._drivers:
                driver.join()

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Wait for what was begun, unless an error or Ctrl-C makes it useless."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)

    def _drive(self) -> None:
        """Keep one worker busy, in a thread of its own, until there are no more calls."""
        worker: _Worker | None = None
        is_last = False
        while True:
            while not is_last and (worker is None or worker.has_room()):
                try:
                    request = self._requests.get(block=worker is None or not worker.calls)
                except queue.Empty:
                    break
                is_last = request is None
                if request is not None and request.future.set_running_or_notify_cancel():
                    worker = self._asked(worker, request)
            if worker and worker.calls:
                worker = self._answered(worker)
            if is_last and not (worker and worker.calls):
                break
        if worker:
            worker.connection.close()

    def _asked(self, worker: _Worker | None, request: _Request) -> _Worker | None:
        """Put a request into bytes, now that it is its turn, and give it to a worker."""
        try:
            data = pickle.dumps(request.what, protocol=5)
        except Exception as error:  # noqa: BLE001 - a future carries whatever was raised
            request.future.set_exception(error)
            return worker
        return self._given(worker, _Call(request.future, data))

    def _answered(self, worker: _Worker | None) -> _Worker | None:
        """Take a worker's oldest answer; if it died of that call, the next one gets the others."""
        if worker is None or worker.receive():
            return worker
        not_begun, worker = worker.calls, None
        for call in not_begun:
            worker = self._given(worker, call)
        return worker

    def _given(self, worker: _Worker | None, call: _Call) -> _Worker | None:
        """Give a call to a worker, a new one if there is none; if none starts, the call fails."""
        # A worker that sends a large answer does not read: a large call would wait for ever.
        while worker and worker.calls and len(call.data) >= _SMALL:
            worker = self._answered(worker)
        try:
            worker = worker or _Worker(self._limits, self._preload)
        except (OSError, MemoryError) as error:
            call.future.set_exception(error)
            return None
        self._doing[call.future] = worker
        call.future.add_done_callback(lambda done: self._doing.pop(done, None))
        worker.send(call)
        return worker

    def abandon(self, future: Future[Any]) -> None:
        """End the worker that is at a call nobody waits for; a call in line stays there."""
        worker = self._doing.get(future)
        with suppress(IndexError, ProcessLookupError):  # it was done just now
            if worker and worker.calls[0].future is future:
                os.kill(worker.process, signal.SIGKILL)


class _Worker:
    """One worker as its driver sees it.

    Raises:
        EngineFailed: If workers do not start here.
        OSError: If the system has no room for one more.
    """

    def __init__(self, limits: Limits, preload: Sequence[str]) -> None:
        self.connection = _server.fork(limits, preload)
        try:
            self.process = int(self.connection.recv_bytes())  # what it says when it is ready
        except (EOFError, OSError, ValueError):
            self.connection.close()
            raise EngineFailed(
                "The workers that read pictures can't be started.",
                hint="Try: --engine threads (a broken picture can then end the program).",
            ) from None
        self.calls: deque[_Call] = deque()
        self._failure: OSError | None = None
        self._seconds = limits.seconds
        self._since = time.monotonic()

    def has_room(self) -> bool:
        """Tell whether one more call can be sent without waiting for an answer."""
        return not self.calls or (len(self.calls) < _AHEAD and len(self.calls[-1].data) < _SMALL)

    def send(self, call: _Call) -> None:
        """Send a call; if that fails, receiving its answer will, too, and tells why."""
        if not self.calls:
            self._since = time.monotonic()
        self.calls.append(call)
        try:
            self.connection.send_bytes(call.data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the worker is gone
        except OSError as error:  # the worker lives, and would wait for the rest of the call
            self._failure = error
            self.connection.close()

    def receive(self) -> bool:
        """Finish the oldest call; return False if the worker died of it, the others not begun."""
        try:
            answer = self.connection.recv_bytes()
        except (EOFError, OSError):
            self._bury(self.calls.popleft().future)
            return False
        future = self.calls.popleft().future
        try:
            went_well, outcome = pickle.loads(answer)  # noqa: S301 - from our own worker
        except Exception as error:  # noqa: BLE001 - such as an exception that cannot be copied
            went_well, outcome = False, error
        self._since = time.monotonic()
        if went_well:
            future.set_result(outcome)
        else:
            future.set_exception(outcome)
        return True

    def _bury(self, future: Future[Any]) -> None:
        self.connection.close()
        took = time.monotonic() - self._since
        future.set_exception(self._failure or self._death(took))

    def _death(self, took: float) -> WorkerDied:
        if self._seconds is None or took < self._seconds:
            return WorkerDied()
        return OutOfTime(self._seconds)


@functools.cache
def _beside(_process: int, limits: Limits) -> GuardedExecutor:
    """Return the guarded workers of this process, which end with it."""
    return GuardedExecutor(len(os.sched_getaffinity(0)), limits)


def run_guarded(
    call: Callable[[], Result], limits: Limits, is_wanted: Callable[[], bool]
) -> Result:
    """Run *call* in a guarded worker of this process and wait for it.

    Args:
        call: What to run.
        limits: What the worker may use.
        is_wanted: Asked now and then whether to go on.

    Raises:
        WorkerDied: If the worker did not survive it, or was ended since nobody wanted it.
    """
    workers = _beside(os.getpid(), limits)
    future = workers.submit(call)
    while not wait([future], _LOOK_EVERY).done:
        if not is_wanted():
            workers.abandon(future)
    return future.result()
