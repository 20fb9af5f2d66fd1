"""Where work runs: in the caller, in threads or in processes, behind one ``Executor``.

Threads are the default: Pillow's decoders and NumPy's matrix products release the interpreter lock.
Results come back in the order of the inputs, whatever the engine, and only so many are under way at
once, so memory does not grow with the number of inputs.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

P = ParamSpec("P")
Item = TypeVar("Item")
Result = TypeVar("Result")


class InlineExecutor(Executor):
    """An executor that runs each call at once in the calling thread."""

    def submit(
        self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """Run *fn* now and return its finished future."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future carries whatever the call raised
            future.set_exception(error)
        return future


EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "inline": lambda _jobs: InlineExecutor(),
    "threads": lambda jobs: ThreadPoolExecutor(jobs, thread_name_prefix="catdata"),
    "processes": ProcessPoolExecutor,
}


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def executor(engine: str = "threads", jobs: int | None = None) -> Executor:
    """Return an executor from :data:`EXECUTORS` with *jobs* workers (all usable cores if None)."""
    jobs = jobs or usable_cores()
    return EXECUTORS["inline" if jobs == 1 and engine == "threads" else engine](jobs)


def map_in_order(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    in_flight: int = 64,
    chunk: int = 1,
) -> Generator[Result, None, None]:
    """Apply *function* to each of *items* and yield the results in their order.

    At most *in_flight* items are under way or waiting to be taken, so an endless input is fine.
    If the caller stops early, what has not started is cancelled.

    Args:
        pool: Where the calls run.
        function: What is applied.
        items: What it is applied to.
        in_flight: Items under way at once.
        chunk: Items handed over together; more than one where a call takes about a millisecond.
    """
    waiting: deque[Future[list[Result]]] = deque()
    source = iter(items)
    try:
        while chunk_of_items := list(islice(source, chunk)):
            waiting.append(pool.submit(_apply, function, chunk_of_items))
            if len(waiting) * chunk >= in_flight:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _apply(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [function(item) for item in items]
