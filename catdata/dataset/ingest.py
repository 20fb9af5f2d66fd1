"""Take photos into the workspace: read, check, recognise what is already there, store, catalogue.

Files are examined by the engine's workers, a bounded number at a time, and decided in the order of
their names. A batch is one transaction: its files are durable in the raw store before its rows are
committed, and a killed command is finished by running it again.
"""

from __future__ import annotations

import functools
import os
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from catdata import engine
from catdata.dataset.examine import Examined, Task, deadly, examine
from catdata.dataset.intake import File, Intake
from catdata.dataset.outcomes import Added, AddReport, Outcome, Refused, Skipped
from catdata.engine import Engine
from catdata.errors import EngineFailed, StorageFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from catdata.dataset.cache import PixelCache
    from catdata.dataset.images import Preparation
    from catdata.dataset.labels import Entry
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs

__all__ = ["AddReport", "Added", "Outcome", "Refused", "Skipped", "add", "collect", "stream"]

BATCH_IMAGES = 512
BATCH_BYTES = 64 << 20  # of files and of their prepared pixels
BATCH_SECONDS = 2.0  # after which what is there is made durable, where photos take long
_PRELOAD = ("catdata.dataset.examine",)


def stream(
    workspace: Workspace,
    files: Iterable[Entry],
    *,
    jobs: Jobs = None,
    in_place: bool = False,
) -> Iterator[list[Outcome]]:
    """Add photos to the workspace and yield what became of them, batch by batch.

    A batch is yielded when its files, their folders and their rows are durable.

    Args:
        workspace: Where to.
        files: What to add; see :mod:`catdata.dataset.labels`.
        jobs: Number of workers or another engine; one worker for each usable core if None.
        in_place: Whether the files stay where they are, instead of being copied.

    Raises:
        StorageFailed: If the disk is full, read-only or failing. What was yielded before stays.
        EngineFailed: If the cluster cannot be reached.
    """
    entries: deque[tuple[Entry, str]] = deque()

    def tasks() -> Iterator[Task]:
        for entry in files:
            path = _absolute(entry.path)
            entries.append((entry, path))
            yield Task(path, entry.found, entry.problem)

    preparation = workspace.settings.preparation
    examine_all = functools.partial(examine, preparation=preparation)
    with (
        Engine.of(jobs).executor(_PRELOAD) as pool,
        workspace.catalog() as catalog,
        workspace.pixel_cache(preparation) as cache,
    ):
        intake = Intake(workspace, catalog, in_place=in_place)
        examined = engine.map_chunks(
            pool, examine_all, tasks(), _flow(preparation), on_death=deadly
        )
        added = 0
        try:
            for batch in _batches(File(*entries.popleft(), outcome) for outcome in examined):
                outcomes = intake.commit(batch)
                _keep(cache, batch, outcomes)
                added += sum(isinstance(outcome, Added) for outcome in outcomes)
                yield outcomes
        except EngineFailed:
            raise
        except OSError as error:
            raise StorageFailed(
                f"Adding stopped after {added} photos: {str(error.strerror or error).rstrip('.')}.",
                hint="Make room, or make the folder writable; then run the same command again: "
                "it goes on where it stopped.",
            ) from error
        finally:
            examined.close()


def add(
    workspace: Workspace,
    files: Iterable[Entry],
    *,
    jobs: Jobs = None,
    in_place: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> AddReport:
    """Add photos to the workspace, as :func:`stream` does, and report on all together.

    Args:
        workspace: Where to.
        files: What to add; see :mod:`catdata.dataset.labels`.
        jobs: Number of workers or another engine; one worker for each usable core if None.
        in_place: Whether the files stay where they are, instead of being copied.
        on_progress: Called with the number of files decided so far.

    Returns:
        What became of every file. What it calls added is durable.

    Raises:
        StorageFailed: As :func:`stream` does.
        EngineFailed: As :func:`stream` does.
    """
    return collect(stream(workspace, files, jobs=jobs, in_place=in_place), on_progress=on_progress)


def collect(
    taken: Iterable[list[Outcome]],
    report: AddReport | None = None,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> AddReport:
    """Gather what :func:`stream` yields into one report.

    Args:
        taken: What it yields.
        report: Where to note it, for who wants to know what was done if it ends early.
        on_progress: Called with the number of files decided so far.
    """
    report = AddReport() if report is None else report
    done = 0
    for outcomes in taken:
        for outcome in outcomes:
            report.note(outcome)
        done += len(outcomes)
        if on_progress:
            on_progress(done)
    return report


def _keep(cache: PixelCache, batch: Sequence[File], outcomes: Sequence[Outcome]) -> None:
    """Put the pixels of new images into the cache, for the next build."""
    new = [
        file.result
        for file, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Added) and isinstance(file.result, Examined)
    ]
    if new:
        squares = np.stack([file.picture.pixels for file in new])
        cache.add([file.file_hash for file in new], squares)


def _flow(preparation: Preparation) -> engine.Flow:
    """Return how many files are under way: their bytes and their pixels are bounded."""
    row_bytes = 3 * preparation.size**2
    return engine.Flow(
        in_flight=BATCH_IMAGES,
        chunk=16,
        weight=lambda task: max(_bytes_of(task.path), row_bytes),
        chunk_weight=1 << 20,
        most_weight=256 << 20,
    )


def _absolute(path: Path) -> str:
    try:
        return os.path.abspath(path)  # noqa: PTH100 - keeps links
    except FileNotFoundError:  # the current folder was deleted
        return os.fspath(path)


def _bytes_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - fast
    except (OSError, ValueError):
        return 0


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    """Group files into transactions, bounded in number, in bytes and in time."""
    batch: list[File] = []
    size = 0
    begin = time.monotonic()
    for file in files:
        batch.append(file)
        if isinstance(file.result, Examined):
            size += file.result.bytes + file.result.picture.pixels.nbytes
        is_full = len(batch) >= BATCH_IMAGES or size >= BATCH_BYTES
        if is_full or time.monotonic() - begin >= BATCH_SECONDS:
            yield batch
            batch, size, begin = [], 0, time.monotonic()
    if batch:
        yield batch
