"""Take in photos as people label them: decided as ``add`` does, each answer its own command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata.dataset.intake import File, Intake

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from catdata.dataset.catalog import Catalog, ImageRow
    from catdata.dataset.examine import Examined
    from catdata.dataset.labels import Entry
    from catdata.dataset.outcomes import Outcome
    from catdata.dataset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the photos that were labelled together.

    Attributes:
        outcomes: What ``add`` would say of each, in order.
        command_id: Their entry in the log; None if none was added.
    """

    outcomes: tuple[Outcome, ...]
    command_id: int | None


class Desk:
    """Where photos are handed in, one answer after the other.

    Args:
        workspace: Where to.
        catalog: Its open catalog; all calls come from the thread that opened it.
    """

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._start_afresh()

    def take(self, files: Sequence[tuple[Entry, Examined]]) -> Taken:
        """Add photos that were examined before, durably, under one entry of the log.

        Raises:
            OSError: If the disk refuses; nothing is then added.
        """
        self._follow_others()
        self._intake.command_id, self._intake.images, self._intake.settled = None, 0, 0
        batch = [
            File(entry, os.path.abspath(entry.path), examined)  # noqa: PTH100 - keeps links
            for entry, examined in files
        ]
        outcomes = self._intake.commit(batch)
        self._last_seen = self._catalog.last_command()
        return Taken(tuple(outcomes), self._intake.command_id)

    def near(self, words: NDArray[np.uint64]) -> list[ImageRow]:
        """Return the images of the catalog whose fingerprint is near to one, shape (4,)."""
        self._follow_others()
        return self._intake.near(words)

    def _follow_others(self) -> None:
        """Start afresh if anybody else changed the catalog: what was removed may be back."""
        if self._catalog.last_command() != self._last_seen:
            self._start_afresh()

    def _start_afresh(self) -> None:
        self._intake = Intake(self._workspace, self._catalog, in_place=False)
        self._last_seen = self._catalog.last_command()
