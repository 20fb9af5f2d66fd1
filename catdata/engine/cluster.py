"""An existing Dask cluster as an executor; alone knows ``distributed``."""

from __future__ import annotations

import logging
import warnings
from concurrent import futures
from concurrent.futures import Executor, Future
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from catdata.engine.deaths import LIMITS, Limits
from catdata.engine.guarded import run_guarded
from catdata.errors import ConfigRefused, EngineFailed, shown

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
Result = TypeVar("Result")
PATIENCE = "15s"
PATIENCE_FOR_WORKERS = "30s"  # a cluster that grows as needed has none at first


def cluster(scheduler: str, limits: Limits = LIMITS) -> Cluster:
    """Connect to a Dask cluster.

    Its workers must have catdata installed and see the same files under the same names.

    Args:
        scheduler: Such as ``tcp://host:8786``.
        limits: What the processes that do the work may use.

    Raises:
        ConfigRefused: If the extra ``dask`` is not installed.
        EngineFailed: If there is no scheduler at this address, or none of its workers begins.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConfigRefused(
            "The engine dask needs a package that is not installed.",
            hint="Install it with: pip install 'catdata[dask]'",
        ) from None
    try:
        client: Any = Client(scheduler, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise EngineFailed(
            f"There is no Dask scheduler at {shown(scheduler)}: {shown(str(error))}.",
            hint="Start one with: dask scheduler (and workers with: dask worker ADDRESS), or leave"
            " --scheduler out.",
        ) from error
    try:
        if not client.nthreads():
            client.submit(_itself, None, pure=False).result(timeout=PATIENCE_FOR_WORKERS)
    except (OSError, TimeoutError) as error:
        client.close()
        raise EngineFailed(
            f"The Dask scheduler at {shown(scheduler)} has no workers.",
            hint=f"Start some with: dask worker {shown(scheduler)}",
        ) from error
    return Cluster(client, scheduler, limits)


class Cluster(Executor):
    """A Dask client as an executor; each of its workers has guarded workers of its own.

    Dask tries the calls of a worker that is gone on another one. Without its scheduler all is lost
    that was under way: then each of these calls, and any later one, raises :class:`EngineFailed`.

    Args:
        client: Dask's own.
        scheduler: Its address.
        limits: What each guarded worker may use.
    """

    def __init__(self, client: Any, scheduler: str, limits: Limits) -> None:
        self._client = client
        self._scheduler = scheduler
        self._limits = limits
        self._under_way: set[Future[Any]] = set()
        for handler in logging.getLogger("distributed").handlers:
            handler.addFilter(_is_silent)

    @property
    def cores(self) -> int:
        """How many calls the cluster runs at once, 1 where it has no worker yet."""
        try:
            return max(1, sum(map(int, self._client.nthreads().values())))
        except OSError as error:
            raise self._lost() from error

    def share(self, value: Result) -> Result:
        """Send *value* to the cluster once and return what stands for it in later calls.

        It is the result of a task there, so that it is made again if its worker is gone, and each
        worker fetches it once.
        """
        self._check_connected()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # once is what we want
            handle: Result = self._client.submit(_itself, value, pure=False)
        return handle

    def submit(
        self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """Run *fn* in a guarded process beside some worker of the cluster.

        What :meth:`share` returned is an argument, or one that a ``functools.partial`` fixes.
        """
        self._check_connected()
        given: tuple[Any, ...] = args
        function: Any = fn
        # Dask looks for what is shared in positional arguments, not inside others.
        while isinstance(function, partial) and not function.keywords:
            function, given = function.func, (*function.args, *given)
        theirs = self._client.submit(
            _run_beside, self._limits, function, *given, pure=False, **kwargs
        )
        ours: Future[Result] = Future()
        self._under_way.add(ours)
        ours.add_done_callback(self._under_way.discard)
        ours.add_done_callback(lambda done: done.cancelled() and theirs.cancel())
        self._client.loop.add_callback(self._hand_on, theirs, ours)
        return ours

    async def _hand_on(self, theirs: Any, ours: Future[Result]) -> None:
        """Tell a future how Dask's own ended; that is cancelled where the scheduler is lost.

        Dask's own executor would leave it open if the scheduler went just before it gave a result.
        """
        error: BaseException | None = None
        try:
            result: Result = await theirs._result()  # noqa: SLF001 - as Dask's own executor does
        except BaseException as raised:  # noqa: BLE001 - a future carries whatever the call raised
            error = raised if theirs.status == "error" else self._lost()
        if not ours.set_running_or_notify_cancel():
            return
        if error:
            ours.set_exception(error)
        else:
            ours.set_result(result)

    def _check_connected(self) -> None:
        if self._client.status != "running":
            raise self._lost()

    def _lost(self) -> EngineFailed:
        return EngineFailed(
            f"The Dask scheduler at {shown(self._scheduler)} is gone, and with it what was under"
            " way.",
            hint="What was finished before stays. Start the cluster again, or leave --scheduler"
            " out; then run the same command again.",
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which goes on."""
        under_way = list(self._under_way)
        for call in under_way if cancel_futures else ():
            call.cancel()
        if wait:
            futures.wait(under_way)
        self._client.close()
        for handler in logging.getLogger("distributed").handlers:
            handler.removeFilter(_is_silent)

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Wait for what was begun, unless an error or Ctrl-C makes it useless."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)


def _run_beside(
    limits: Limits, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """Run *fn* in a guarded process beside this worker of Dask, as long as that wants it.

    Raises:
        WorkerDied: If the process did not survive it.
    """
    from distributed import get_worker

    worker: Any = get_worker()
    task = worker.state.tasks[worker.get_current_task()]
    return run_guarded(partial(fn, *args, **kwargs), limits, lambda: task.state != "cancelled")


def _itself(value: Result) -> Result:
    return value


def _is_silent(_record: logging.LogRecord) -> bool:
    """Keep from stderr what Dask says, with tracebacks, of a cluster that the caller hears of."""
    return False
