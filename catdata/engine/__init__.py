"""Where work runs: in the caller, in threads, in guarded processes or on a cluster.

All engines are a ``concurrent.futures.Executor``, and results come back in the order of the inputs
whichever it is. Only so many inputs are under way at once, so memory does not grow with their
number. An input that kills its worker costs that input, not the run.
"""

from catdata.engine.deaths import UNLIMITED, Limits, WorkerDied, begin_item
from catdata.engine.executors import (
    EXECUTORS,
    Engine,
    InlineExecutor,
    Jobs,
    shared,
    usable_cores,
)
from catdata.engine.flow import Flow, map_chunks, map_in_order

__all__ = [
    "EXECUTORS",
    "UNLIMITED",
    "Engine",
    "Flow",
    "InlineExecutor",
    "Jobs",
    "Limits",
    "WorkerDied",
    "begin_item",
    "map_chunks",
    "map_in_order",
    "shared",
    "usable_cores",
]
