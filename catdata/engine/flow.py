"""Hand inputs to an executor, a bounded number at once, and take the results in order."""

from __future__ import annotations

import functools
from collections import deque
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from catdata.engine.deaths import TRIES, OutOfTime, WorkerDied, begin_item

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Executor, Future

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Flow:
    """How much work is handed out at once.

    Attributes:
        in_flight: Items under way, or done and waiting to be taken.
        chunk: Items handed over together; more than one where a call takes about a millisecond.
        weight: How heavy an item is, such as the bytes that its result holds.
        most_weight: The weight under way at once; a single heavier item goes alone.
        chunk_weight: The weight handed over together; a fourth of that if None.
    """

    in_flight: int = 64
    chunk: int = 1
    weight: Callable[[Any], int] = field(default=lambda _item: 0)
    most_weight: int = 1
    chunk_weight: int | None = None


def map_in_order(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    flow: Flow = Flow(),
    *,
    on_death: Callable[[Item, WorkerDied], Result] | None = None,
) -> Generator[Result, None, None]:
    """Apply *function* to each of *items* and yield the results in their order.

    As :func:`map_chunks`, for a function of a single item.
    """
    return map_chunks(pool, functools.partial(_apply, function), items, flow, on_death=on_death)


def map_chunks(
    pool: Executor,
    function: Callable[[list[Item]], list[Result]],
    items: Iterable[Item],
    flow: Flow = Flow(),
    *,
    on_death: Callable[[Item, WorkerDied], Result] | None = None,
) -> Generator[Result, None, None]:
    """Apply *function* to a few of *items* at a time and yield a result for each, in order.

    Only so much is under way as *flow* says, so an endless input is fine. If the caller stops
    early, what has not started is cancelled. Where a worker dies, its items are tried again one by
    one, to find which of them it died of.

    Args:
        pool: Where the work runs.
        function: Takes a list of items and returns as many results.
        items: The inputs.
        flow: How much is handed out at once.
        on_death: Gives the result for an item that several workers died of.

    Raises:
        WorkerDied: If there is such an item and no *on_death*.
    """
    waiting: deque[tuple[Future[list[Result]], list[Item], int]] = deque()
    count = weight = 0

    def take() -> list[Result]:
        nonlocal count, weight
        future, chunk, heavy = waiting.popleft()
        count, weight = count - len(chunk), weight - heavy
        try:
            return future.result()
        except Exception as error:
            if not _is_death(error):
                raise
        return [result for item in chunk for result in _alone(pool, function, item, on_death)]

    try:
        for chunk, heavy in _chunks(items, flow):
            while waiting and (
                count + len(chunk) > flow.in_flight or weight + heavy > flow.most_weight
            ):
                yield from take()
            waiting.append((pool.submit(function, chunk), chunk, heavy))
            count, weight = count + len(chunk), weight + heavy
        while waiting:
            yield from take()
    finally:
        for future, _, _ in waiting:
            future.cancel()


def _alone(
    pool: Executor,
    function: Callable[[list[Item]], list[Result]],
    item: Item,
    on_death: Callable[[Item, WorkerDied], Result] | None,
) -> list[Result]:
    """Try one item of a chunk that a worker died of, by itself."""
    for tries_left in reversed(range(TRIES)):
        try:
            return pool.submit(function, [item]).result()
        except Exception as error:
            if not _is_death(error):
                raise
            if tries_left and not isinstance(error, OutOfTime):
                continue
            died = error if isinstance(error, WorkerDied) else WorkerDied()
            if on_death is None:
                raise died from error
            return [on_death(item, died)]
    raise AssertionError("unreachable")


def _is_death(error: Exception) -> bool:
    """Tell whether an error says that a worker is gone; Dask's own is known by its name."""
    return isinstance(error, WorkerDied | BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _chunks(items: Iterable[Item], flow: Flow) -> Iterator[tuple[list[Item], int]]:
    """Yield items in chunks, each with its weight."""
    chunk: list[Item] = []
    weight = 0
    most = flow.most_weight // 4 if flow.chunk_weight is None else flow.chunk_weight
    for item in items:
        heavy = flow.weight(item)
        if chunk and (len(chunk) >= flow.chunk or weight + heavy > most):
            yield chunk, weight
            chunk, weight = [], 0
        chunk.append(item)
        weight += heavy
    if chunk:
        yield chunk, weight


def _apply(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    results = []
    for item in items:
        begin_item()
        results.append(function(item))
    return results
