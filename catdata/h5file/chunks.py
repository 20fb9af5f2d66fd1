"""Data in chunks, possibly compressed: every chunk is there once and expands to what it should.

HDF5 expands a chunk without a limit and believes the result's length. So each compressed chunk is
first expanded here, in small pieces that are counted and dropped.
"""

from __future__ import annotations

import itertools
import math
import os
import zlib
from typing import TYPE_CHECKING, Any

from catdata.errors import shown
from catdata.h5file.boundary import GET_AGAIN, NotTheForm
from catdata.h5file.library import h5py

if TYPE_CHECKING:
    import numpy as np

MAX_CHUNKS = 300_000
MAX_CHUNK = 64 << 20  # bytes of one chunk
MAX_TOGETHER = 128 << 20  # bytes of the rows that one layer of chunks covers
MAX_LZF = 64 << 20  # stored bytes; the walk through them is slow

_DEFLATE = h5py.h5z.FILTER_DEFLATE
_SHUFFLE = h5py.h5z.FILTER_SHUFFLE
_FLETCHER32 = h5py.h5z.FILTER_FLETCHER32
_LZF = h5py.h5z.FILTER_LZF
_CHECKSUM = 4  # bytes that fletcher32 appends
_PIECE = 1 << 20


def check_chunks(dataset: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Check the chunks of a data set and return how many rows one layer of them covers.

    Args:
        dataset: h5py's low-level identifier of a chunked data set.
        name: Its name, for messages.
        shape: Its shape, not empty.
        dtype: The type of its values.

    Raises:
        NotTheForm: If a filter is not allowed, or chunks are missing, doubled, too big or not what
            they should be once expanded.
    """
    creation = dataset.get_create_plist()
    chunk = tuple(int(length) for length in creation.get_chunk())
    length = math.prod(chunk) * dtype.itemsize
    together = chunk[0] * math.prod(shape[1:]) * dtype.itemsize
    if length > MAX_CHUNK or together > MAX_TOGETHER:
        raise NotTheForm(f"{name} is stored in chunks of {chunk}, too much to read at once")
    filters = _allowed_filters(creation, name, length, dtype)
    chunks = _all_chunks(dataset, name, shape, chunk)
    if _LZF in filters and sum(entry.size for entry in chunks) > MAX_LZF:
        raise NotTheForm(f"{name} stores more than {MAX_LZF:,} bytes compressed with lzf")
    for entry in chunks:
        if _expanded_length(dataset, entry, filters, length) != length:
            raise NotTheForm(f"{name} has a chunk that does not hold its share", hint=GET_AGAIN)
    return chunk[0]


def _allowed_filters(
    creation: Any, name: str, length: int, dtype: np.dtype[Any]
) -> tuple[int, ...]:
    filters = []
    for position in range(creation.get_nfilters()):
        code, _, values, label = creation.get_filter(position)
        allowed = {
            _DEFLATE: len(values) == 1 and values[0] <= 9,
            _SHUFFLE: tuple(values) == (dtype.itemsize,),
            _FLETCHER32: not values,
            _LZF: len(values) == 3 and values[2] == length,
        }
        if not allowed.get(code, False):
            raise NotTheForm(
                f"{name} is stored through filter {code} ({shown(os.fsdecode(label))}),"
                " which is not read",
                hint="Write it anew without compression, or with compression='gzip'.",
            )
        filters.append(code)
    if len(set(filters)) < len(filters) or {_DEFLATE, _LZF} <= set(filters):
        raise NotTheForm(f"{name} is compressed more than once")
    return tuple(filters)


def _all_chunks(
    dataset: Any, name: str, shape: tuple[int, ...], chunk: tuple[int, ...]
) -> list[Any]:
    starts = [range(0, extent, step) for extent, step in zip(shape, chunk, strict=True)]
    expected = math.prod(len(along) for along in starts)
    if expected > MAX_CHUNKS:
        raise NotTheForm(f"{name} is stored in {expected:,} chunks; the limit is {MAX_CHUNKS:,}")
    found: list[Any] = []

    def take(entry: Any) -> bool | None:
        found.append(entry)
        return True if len(found) > expected else None  # anything but None ends the iteration

    dataset.chunk_iter(take)
    places = {entry.chunk_offset for entry in found}.intersection(itertools.product(*starts))
    addresses = {entry.byte_offset for entry in found}
    stored = min(len(places), len(addresses))
    if stored != expected or len(found) != expected:
        raise NotTheForm(
            f"{name} is incomplete: {stored:,} of its {expected:,} chunks are stored",
            hint=GET_AGAIN,
        )
    return found


def _expanded_length(dataset: Any, entry: Any, filters: tuple[int, ...], limit: int) -> int:
    """Return how long a chunk gets once its filters are undone, or -1 where they cannot be.

    What is longer than it should be need not be told exactly.
    """
    expanded = entry.size
    if expanded > limit + limit // 8 + 64:  # more than what cannot be compressed ever grows
        return -1
    for position, code in reversed(tuple(enumerate(filters))):
        if entry.filter_mask & (1 << position):  # this chunk was stored without this filter
            continue
        if code == _FLETCHER32:
            expanded -= _CHECKSUM
        elif code in {_DEFLATE, _LZF}:
            _, data = dataset.read_direct_chunk(entry.chunk_offset)
            measure = _inflated_length if code == _DEFLATE else _lzf_length
            expanded = measure(data[: max(0, expanded)], limit + _CHECKSUM)
    return int(expanded)


def _inflated_length(data: bytes, limit: int) -> int:
    """Return how long deflated data gets, counted no further than a little over *limit*."""
    inflater = zlib.decompressobj()
    total = 0
    while total <= limit and not inflater.eof:
        try:
            piece = inflater.decompress(data, _PIECE)
        except zlib.error:
            return -1
        if not piece:
            break
        total += len(piece)
        data = inflater.unconsumed_tail
    return total if inflater.eof or total > limit else -1


def _lzf_length(data: bytes, limit: int) -> int:
    """Return the same for data compressed with lzf; see the format in liblzf's ``lzf_d.c``."""
    position = total = 0
    while position < len(data) and total <= limit:
        control = data[position]
        if control < 32:  # so many literal bytes and one follow
            position += control + 2
            total += control + 1
        else:  # a copy of earlier bytes, at least three
            extended = control >> 5 == 7
            if position + 1 + extended >= len(data):
                return -1
            total += (control >> 5) + 2 + (data[position + 1] if extended else 0)
            position += 2 + extended
    return total if position == len(data) or total > limit else -1
