"""Memory that the threads of one process may use together."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Budget:
    """A budget shared by the threads of this process; who does not fit waits."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def held(self, amount: int) -> Iterator[None]:
        """Hold *amount* bytes; more than the whole budget is held alone."""
        amount = min(amount, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._used + amount <= self._size)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()


DECODING = Budget(1 << 30)
"""For pictures while they are decoded."""
