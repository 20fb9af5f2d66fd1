"""Where the rows of builds for tests come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catdata.h5file.form import ROW_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowSource(NamedTuple):
    """Where one row comes from."""

    ref: str
    content_hash: str
    fingerprint: tuple[int, int, int, int]
    copy: int = 0
    parameters: str = "{}"


class Sources(list[RowSource]):
    """Where all rows come from, as :class:`catdata.h5file.RowSources`."""

    def column(self, name: str, start: int, stop: int) -> NDArray[Any]:
        """Return one column of some rows."""
        values = [getattr(row, name) for row in self[start:stop]]
        dtype, _ = ROW_FIELDS.get(name, ("S", ()))
        return np.array(values, "S" if dtype[0] == "S" else dtype)
