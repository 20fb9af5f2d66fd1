"""Guarded workers that make photos ready: one that dies or hangs costs its photo, not the page.

A page asks for photos ahead, and now and then for one that somebody waits for. That one has a
worker of its own, so it is made before all those ahead.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Self

from catdata.dataset.outcomes import Refused
from catdata.engine import Engine, WorkerDied
from catdata.engine.deaths import LIMITS, Limits
from catdata.labeler.preparing import begin, make, name_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from catdata.labeler.preparing import Job, Made, Setup

_PRELOAD = ("catdata.labeler.preparing",)


class Children:
    """Makes photos ready in guarded workers; a context manager.

    Args:
        setup: What each worker needs to know.
        count: How many there are.
        limits: What each may use.
    """

    def __init__(self, setup: Setup, count: int, limits: Limits = LIMITS) -> None:
        self._make = partial(make, setup)
        self._ahead = Engine(jobs=count).executor(_PRELOAD, limits)
        self._urgent = Engine(jobs=1).executor(_PRELOAD, limits)
        for _ in range(count):
            self._ahead.submit(begin, setup)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for pool in (self._ahead, self._urgent):
            pool.shutdown(wait=False, cancel_futures=True)

    async def make(self, job: Job) -> Made:
        """Make a photo ready when those asked for before it are."""
        return await self._made(self._ahead, job)

    async def make_first(self, job: Job) -> Made:
        """Make a photo ready that somebody waits for, before all those made ahead."""
        return await self._made(self._urgent, job)

    async def _made(self, pool: Executor, job: Job) -> Made:
        hint = "Open it in a picture program and save it again."
        try:
            return await asyncio.wrap_future(pool.submit(self._make, job))
        except WorkerDied as died:
            reason = died.reason
        except MemoryError:
            reason = "it needs more memory than there is"
        except OSError as error:
            reason = f"can't be decoded: no process starts ({error.strerror or error})"
            hint = "Close other programs, then open the page again."
        return Refused(name_of(job.subject), reason, hint)
