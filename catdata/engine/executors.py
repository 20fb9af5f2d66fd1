"""The engines by name, and the choice of one."""

from __future__ import annotations

import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from catdata.engine.cluster import Cluster, cluster
from catdata.engine.deaths import LIMITS, Limits
from catdata.engine.guarded import GuardedExecutor
from catdata.errors import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = ParamSpec("P")
Result = TypeVar("Result")
Value = TypeVar("Value")


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


@dataclass(frozen=True, slots=True)
class Engine:
    """Where work runs.

    Attributes:
        name: A key of :data:`EXECUTORS`.
        jobs: Number of workers on this machine; one for each usable core if None.
        scheduler: Address of a Dask scheduler, such as ``tcp://host:8786``.

    Raises:
        ConfigRefused: If name and scheduler do not go together.
    """

    name: str = "processes"
    jobs: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.name not in EXECUTORS:
            raise ConfigRefused(
                f"engine is {self.name!r}; it must be one of {', '.join(EXECUTORS)}."
            )
        if (self.name == "dask") != (self.scheduler is not None):
            raise ConfigRefused(
                "A Dask cluster is known by the address of its scheduler.",
                hint="Say: --engine dask --scheduler tcp://HOST:8786",
            )

    @classmethod
    def of(cls, jobs: Jobs, name: str = "processes") -> Engine:
        """Return an engine as it is, or that of a number of workers on this machine.

        Args:
            jobs: The engine, or how many workers.
            name: The engine that these are of; one thread is the calling thread itself.
        """
        if isinstance(jobs, Engine):
            return jobs
        return cls("inline" if name == "threads" and jobs == 1 else name, jobs)

    @property
    def is_here(self) -> bool:
        """Whether the work runs in this process, on the caller's own objects."""
        return self.name in ("inline", "threads")

    def executor(self, preload: Sequence[str] = (), limits: Limits = LIMITS) -> Executor:
        """Return an executor.

        Args:
            preload: Modules that guarded workers import once for all.
            limits: What a guarded worker may use.
        """
        return EXECUTORS[self.name](self, preload, limits)

    def workers(self, pool: Executor) -> int:
        """Return how many calls *pool*, an executor of this engine, runs at once."""
        if isinstance(pool, InlineExecutor):
            return 1
        return self.jobs or (pool.cores if isinstance(pool, Cluster) else usable_cores())


Jobs = int | Engine | None
"""How many workers on this machine (None: one for each usable core), or which engine."""


def _processes(engine: Engine, preload: Sequence[str], limits: Limits) -> Executor:
    jobs = engine.jobs or usable_cores()
    if os.name == "nt":  # where nothing can be forked nothing is guarded
        return ThreadPoolExecutor(jobs)
    return GuardedExecutor(jobs, limits, preload)


EXECUTORS: dict[str, Callable[[Engine, Sequence[str], Limits], Executor]] = {
    "inline": lambda _engine, *_: InlineExecutor(),
    "threads": lambda engine, *_: ThreadPoolExecutor(engine.jobs or usable_cores()),
    "processes": _processes,
    "dask": lambda engine, _preload, limits: cluster(engine.scheduler or "", limits),
}


def shared(pool: Executor, value: Value) -> Value:
    """Return what stands for *value* in many calls of *pool*.

    It may be handed on as an argument of a call alone: on a cluster it is not the value.
    """
    return pool.share(value) if isinstance(pool, Cluster) else value


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
