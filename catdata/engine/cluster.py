"""An existing Dask cluster as an executor; alone knows ``distributed``."""

from __future__ import annotations

import warnings
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from catdata.engine.deaths import LIMITS, Limits
from catdata.engine.guarded import run_guarded
from catdata.errors import ConfigRefused, EngineFailed, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

P = ParamSpec("P")
Result = TypeVar("Result")
PATIENCE = "15s"


def cluster(scheduler: str, limits: Limits = LIMITS) -> Cluster:
    """Connect to a Dask cluster.

    Its workers must have catdata installed and see the same files under the same names.

    Args:
        scheduler: Such as ``tcp://host:8786``.
        limits: What the processes that do the work may use.

    Raises:
        ConfigRefused: If the extra ``dask`` is not installed.
        EngineFailed: If there is no scheduler at this address.
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
            hint="Start one with: dask scheduler (and workers with: dask worker ADDRESS)",
        ) from error
    return Cluster(client, limits)


class Cluster(Executor):
    """A Dask client as an executor; each of its workers has guarded workers of its own.

    Dask tries the calls of a worker that is gone on another one.

    Args:
        client: Dask's own.
        limits: What each guarded worker may use.
    """

    def __init__(self, client: Any, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._executor = client.get_executor(pure=False)

    @property
    def cores(self) -> int:
        """How many calls the cluster runs at once, 1 where it has no worker yet."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def share(self, value: Result) -> Result:
        """Send *value* to the cluster once and return what stands for it in later calls.

        It is the result of a task there, so that it is made again if its worker is gone, and each
        worker fetches it once.
        """
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
        given: tuple[Any, ...] = args
        function: Any = fn
        # Dask looks for what is shared in positional arguments, not inside others.
        while isinstance(function, partial) and not function.keywords:
            function, given = function.func, (*function.args, *given)
        future: Future[Result] = self._executor.submit(
            run_guarded, self._limits, function, *given, **kwargs
        )
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which goes on."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Wait for what was begun, unless an error or Ctrl-C makes it useless."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)


def _itself(value: Result) -> Result:
    return value
