"""What may lie in a file: plain data sets of numbers or short texts, stored in the file itself.

HDF5 can point out of a file, nest, compute and expand. Rather than forbid those ways one by one,
the checks here name the few that are allowed; they hold before a byte of data is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.h5file.boundary import GET_AGAIN, NotTheForm
from catdata.h5file.chunks import check_chunks
from catdata.h5file.library import h5py

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DECLARED = 4 << 30  # bytes
MAX_EXPANSION = 1100  # declared bytes for each stored; deflate reaches 1032
MAX_TEXT = 1 << 20  # bytes of one text

_LAYOUTS = {
    h5py.h5d.CONTIGUOUS: "contiguous",
    h5py.h5d.COMPACT: "compact",
    h5py.h5d.CHUNKED: "chunked",
}
_NUMBERS = tuple(
    np.dtype(order + code)
    for order in "<>"
    for code in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
)
_REWRITE = "Copy its values into a new file with h5py's create_dataset(name, data=values)."


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """One data set whose storage has been checked.

    Attributes:
        key: Its full name, for messages.
        shape: Its shape; () for a single value.
        dtype: The type of its values: a number, bool or fixed-length bytes.
        layout: ``contiguous``, ``compact`` or ``chunked``.
        chunk_rows: Rows that have to be read together; 1 unless chunked.
        offset: Where a contiguous data set begins, in bytes from the file's beginning; else None.
    """

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str
    chunk_rows: int
    offset: int | None
    _dataset: Any

    @property
    def holds(self) -> str:
        """The type of its values in a word."""
        return type_name(self.dtype)

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Read some rows, as they are stored."""
        return np.asarray(self._dataset[start:stop])

    def values(self) -> NDArray[Any]:
        """Read everything at once."""
        return np.asarray(self._dataset[()])


def type_name(dtype: np.dtype[Any]) -> str:
    """Return a type in a word, for messages."""
    return "text" if dtype.kind == "S" else dtype.name


def find_group(parent: Any, key: str) -> Any | None:
    """Return a group that lies in the file itself, or None where there is nothing by that name.

    Args:
        parent: h5py's low-level identifier of a file or group.
        key: The name inside *parent*.
    """
    found = _find(parent, key, key)
    if found is not None and not isinstance(found, h5py.h5g.GroupID):
        raise NotTheForm(f"{key} is not a group")
    return found


def find_dataset(parent: Any, key: str, *, file_size: int, within: str = "") -> Stored | None:
    """Return a data set whose storage is allowed, or None where there is nothing by that name.

    Args:
        parent: h5py's low-level identifier of a file or group.
        key: The name inside *parent*.
        file_size: The length of the file in bytes.
        within: The name of *parent*, for messages.
    """
    name = f"{within}/{key}" if within else key
    found = _find(parent, key, name)
    if found is None:
        return None
    if not isinstance(found, h5py.h5d.DatasetID):
        raise NotTheForm(f"{name} is not a data set")
    creation = found.get_create_plist()
    # The layout comes first: asking a virtual data set for its shape opens the files behind it.
    layout = _LAYOUTS.get(creation.get_layout())
    if layout is None:
        raise NotTheForm(f"{name} is put together from other files or data sets", hint=_REWRITE)
    if creation.get_external_count():
        raise NotTheForm(f"{name} keeps its data in another file", hint=_REWRITE)
    dtype, shape = _plain_type(found, name), _simple_shape(found, name)
    _check_amounts(found, name, math.prod(shape) * dtype.itemsize, layout, file_size)
    if layout == "chunked":
        chunk_rows = check_chunks(found, name, shape, dtype)
    else:
        chunk_rows = 1
        if creation.get_nfilters():
            raise NotTheForm(f"{name} has filters but no chunks", hint=_REWRITE)
    offset = found.get_offset() if layout == "contiguous" else None
    return Stored(name, shape, dtype, layout, chunk_rows, offset, h5py.Dataset(found))


def _find(parent: Any, key: str, name: str) -> Any | None:
    encoded = key.encode()
    if not parent.links.exists(encoded):
        return None
    if parent.links.get_info(encoded).type != h5py.h5l.TYPE_HARD:
        raise NotTheForm(f"{name} is a link to something else", hint=_REWRITE)
    return h5py.h5o.open(parent, encoded)


def _plain_type(dataset: Any, name: str) -> np.dtype[Any]:
    stored = dataset.get_type()
    if not stored.committed():
        for dtype in _NUMBERS:
            if stored.equal(h5py.h5t.py_create(dtype)):
                return dtype
        if stored.equal(h5py.h5t.py_create(np.dtype(bool), logical=True)):
            return np.dtype(bool)
        if isinstance(stored, h5py.h5t.TypeStringID) and not stored.is_variable_str():
            length = stored.get_size()
            if length <= MAX_TEXT:
                return np.dtype(f"S{length}")
    raise NotTheForm(f"{name} holds neither plain numbers nor fixed-length text", hint=_REWRITE)


def _simple_shape(dataset: Any, name: str) -> tuple[int, ...]:
    space = dataset.get_space()
    if space.get_simple_extent_type() not in {h5py.h5s.SIMPLE, h5py.h5s.SCALAR}:
        raise NotTheForm(f"{name} is empty")
    shape = tuple(int(length) for length in space.get_simple_extent_dims())
    if not math.prod(shape):
        raise NotTheForm(f"{name} is empty, its shape is {shape}")
    return shape


def _check_amounts(dataset: Any, name: str, declared: int, layout: str, file_size: int) -> None:
    stored = dataset.get_storage_size()
    if declared > MAX_DECLARED:
        raise NotTheForm(f"{name} claims {declared:,} bytes; the limit is {MAX_DECLARED:,}")
    if not stored:
        raise NotTheForm(f"{name} was never written", hint=GET_AGAIN)
    if stored > file_size:
        raise NotTheForm(
            f"{name} claims {stored:,} stored bytes in a file of {file_size:,}", hint=GET_AGAIN
        )
    if layout != "chunked" and stored != declared:
        raise NotTheForm(f"{name} claims {declared:,} bytes and stores {stored:,}", hint=GET_AGAIN)
    if declared > MAX_EXPANSION * stored:
        raise NotTheForm(f"{name} claims {declared:,} bytes out of {stored:,} stored")
