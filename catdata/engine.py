"""Where work runs: in the caller, in threads or in processes, behind one ``Executor``.

Threads are the default: Pillow's decoders and NumPy's matrix products release the interpreter lock.
Results come back in the order of the inputs, whatever the engine, and only so many are under way at
once, so memory does not grow with the number of inputs.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

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


@dataclass(frozen=True, slots=True)
class Flow:
    """How much work is handed out at once.

    Attributes:
        in_flight: Items under way, or done and waiting to be taken.
        chunk: Items handed over together; more than one where a call takes about a millisecond.
        weight: How heavy an item is, such as the bytes that its result holds.
        most_weight: The weight under way at once; a single heavier item goes alone.
    """

    in_flight: int = 64
    chunk: int = 1
    weight: Callable[[Any], int] = field(default=lambda _item: 0)
    most_weight: int = 1


def map_in_order(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    flow: Flow = Flow(),
) -> Generator[Result, None, None]:
    """Apply *function* to each of *items* and yield the results in their order.

    Only so much is under way as *flow* says, so an endless input is fine. If the caller stops
    early, what has not started is cancelled.
    """
    waiting: deque[tuple[Future[list[Result]], int, int]] = deque()
    count = weight = 0
    try:
        for chunk, heavy in _chunks(items, flow):
            while waiting and (
                count + len(chunk) > flow.in_flight or weight + heavy > flow.most_weight
            ):
                future, taken, lighter = waiting.popleft()
                count, weight = count - taken, weight - lighter
                yield from future.result()
            waiting.append((pool.submit(_apply, function, chunk), len(chunk), heavy))
            count, weight = count + len(chunk), weight + heavy
        while waiting:
            yield from waiting.popleft()[0].result()
    finally:
        for future, _, _ in waiting:
            future.cancel()


def _chunks(items: Iterable[Item], flow: Flow) -> Iterator[tuple[list[Item], int]]:
    """Yield items in chunks, each with its weight."""
    chunk: list[Item] = []
    weight = 0
    for item in items:
        heavy = flow.weight(item)
        if chunk and (len(chunk) >= flow.chunk or weight + heavy > flow.most_weight // 4):
            yield chunk, weight
            chunk, weight = [], 0
        chunk.append(item)
        weight += heavy
    if chunk:
        yield chunk, weight


def _apply(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [function(item) for item in items]
