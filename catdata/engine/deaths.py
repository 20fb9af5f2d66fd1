"""What a worker may use, and what is said when it dies of its work."""

from __future__ import annotations

import signal
from dataclasses import dataclass

TRIES = 3
"""So many workers may die of an item before it is given up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker may use; the system kills it, or refuses it memory, beyond that.

    Attributes:
        memory: Bytes of address space; None for no limit.
        seconds: Time for one item; None for no limit.
    """

    memory: int | None = 2 << 30
    seconds: float | None = 20.0


LIMITS = Limits()
"""For what strangers sent."""
UNLIMITED = Limits(memory=None, seconds=None)
"""For work of our own, which may take as long as it takes."""


class WorkerDied(Exception):
    """The process that did the work is gone.

    Args:
        reason: What an item that did this to its worker is said to have done, as a phrase.
    """

    def __init__(self, reason: str = "it crashed the decoder") -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfTime(WorkerDied):
    """The worker was ended since it took too long; trying again would take as long.

    Args:
        seconds: What it had.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it took more than {seconds:g} seconds")
        self.args = (seconds,)  # what a copy is made from


_limits: Limits | None = None


def live_under(limits: Limits) -> None:
    """Hold this process to *limits* from now on; only a guarded worker calls this."""
    import resource

    global _limits  # noqa: PLW0603 - a fact about the whole process
    _limits = limits
    if limits.memory is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        memory = limits.memory if hard == resource.RLIM_INFINITY else min(limits.memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def begin_item() -> None:
    """Give the item that begins now its time; beyond it the system ends this worker.

    A default alarm needs no Python code to run, so it also ends a decoder that never returns. In a
    process that is no guarded worker nothing happens.
    """
    if _limits is not None and _limits.seconds is not None:
        signal.setitimer(signal.ITIMER_REAL, _limits.seconds)


def end_items() -> None:
    """Stop the clock: there is nothing to do."""
    if _limits is not None:
        signal.setitimer(signal.ITIMER_REAL, 0)
