"""An existing Dask cluster as an executor; alone knows ``distributed``."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from catdata.engine.guarded import run_guarded
from catdata.errors import ConfigRefused, EngineFailed, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

P = ParamSpec("P")
Result = TypeVar("Result")
PATIENCE = "15s"


def cluster(scheduler: str) -> Executor:
    """Connect to a Dask cluster.

    Its workers must have catdata installed and see the same files under the same names.

    Args:
        scheduler: Such as ``tcp://host:8786``.

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
    return _Cluster(client)


class _Cluster(Executor):
    """A Dask client as an executor; each of its workers has guarded workers of its own.

    Dask tries the calls of a worker that is gone on another one.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(
        self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        """Run *fn* in a guarded process beside some worker of the cluster."""
        future: Future[Result] = self._executor.submit(run_guarded, fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which goes on."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()
