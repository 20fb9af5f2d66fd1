"""Write one file of the course's form, byte for byte the same whenever the rows are the same.

Pictures come in slices and leave in slices, so memory does not grow with the file. The caller gives
a temporary name, and sees to fsync and renaming.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.errors import BuildRefused, shown
from catdata.h5file.boundary import failing
from catdata.h5file.form import (
    BUILD_ID_DTYPE,
    CLASS_NAMES,
    GROUP,
    MAX_ROWS,
    MAX_SIDE,
    ROW_FIELDS,
    SOUND,
    RowSources,
    check_split,
    is_build_id,
)
from catdata.h5file.library import h5py
from catdata.h5file.openfile import PlainFile, open_for_writing
from catdata.h5file.storage import MAX_DECLARED
from catdata.h5file.trial import trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_CHUNK = 512 << 10  # bytes
_ROWS_AT_ONCE = 1 << 15  # of what is known of the rows; HDF5 buffers slices under 64 KiB
_SYNCED_TOGETHER = 32 << 20  # bytes of pictures, at least
_DEFLATE_LEVEL = 4


def write_split(
    path: Path,
    split: str,
    *,
    labels: NDArray[np.integer[Any]],
    slices: Iterable[NDArray[np.uint8]],
    size: int,
    rows: RowSources,
    class_names: tuple[str, str] = CLASS_NAMES,
    recipe: str,
    compress: bool = False,
) -> str:
    """Write one file of a build; :func:`set_build_id` puts the id in once both are written.

    Args:
        path: Where to write; what is there under this name is replaced.
        split: ``train`` or ``test``.
        labels: Shape (m,), 0 or 1.
        slices: Pictures in order, arrays of shape (k, size, size, 3), uint8, m pictures in all.
        size: The side of every picture, in pixels.
        rows: Where each of the m pictures comes from.
        class_names: The names of class 0 and class 1.
        recipe: What the build is made by, as text.
        compress: Whether the pictures are stored in chunks, shuffled and deflated.

    Returns:
        The sha256 of all pixels in order, as hexadecimal digits.

    Raises:
        BuildRefused: If there are more or larger pictures than a reader accepts.
        StorageFailed: If the disk is full, read-only or failing.
        ValueError: If labels, slices and rows do not fit together.
    """
    if len(rows) != len(labels):
        raise ValueError(f"the sources of {len(rows)} rows for {len(labels)} labels")
    with _new_file(path) as (file, handle):
        images = _create_images(
            file, handle, split, (len(labels), size, size, 3), compress=compress
        )
        digest = _fill(images, slices, file)
        _write_labels(handle, split, labels, class_names)
        _write_record(handle.create_group(GROUP, track_order=False), rows, recipe)
    trust(path)
    return digest


def write_course_file(
    path: Path,
    split: str,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    *,
    class_names: tuple[str, str] = CLASS_NAMES,
) -> str:
    """Write one file just like the course's own, without the group ``catdata``.

    Args:
        path: Where to write; what is there under this name is replaced.
        split: ``train`` or ``test``.
        images: Shape (m, size, size, 3), uint8.
        labels: Shape (m,), 0 or 1.
        class_names: The names of class 0 and class 1.

    Returns:
        The sha256 of all pixels in order, as hexadecimal digits.

    Raises:
        BuildRefused: If there are more or larger pictures than a reader accepts.
        StorageFailed: If the disk is full, read-only or failing.
        ValueError: If images and labels do not fit together.
    """
    with _new_file(path) as (file, handle):
        shape = (len(labels), *images.shape[1:])
        digest = _fill(_create_images(file, handle, split, shape, compress=False), [images], file)
        _write_labels(handle, split, labels, class_names)
    trust(path)
    return digest


def set_build_id(path: Path, build_id: str) -> None:
    """Put a build's id into a file that :func:`write_split` wrote.

    Args:
        path: The file.
        build_id: Up to 64 letters and digits, the same for both files of the build.

    Raises:
        StorageFailed: If the disk is full, read-only or failing.
        ValueError: If *build_id* has another form.
    """
    if not build_id or not is_build_id(build_id):
        raise ValueError(f"not a build's id: {build_id!r}")
    file = open_for_writing(path, create=False)
    with failing(file), file, h5py.File(file, "r+") as handle:
        handle[f"{GROUP}/build_id"][()] = build_id.encode()
    trust(path)


@contextmanager
def _new_file(path: Path) -> Iterator[tuple[PlainFile, Any]]:
    file = open_for_writing(path, create=True)
    with failing(file), file, h5py.File(file, "w", track_order=False) as handle:
        yield file, handle


def _create_images(
    file: PlainFile, handle: Any, split: str, shape: tuple[int, ...], *, compress: bool
) -> Any:
    """Create the data set of the pictures, after all that can be known to be wrong of it."""
    check_split(split)
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2] or 0 in shape:
        raise ValueError(f"pictures of the shape {shape}, not (number, side, side, 3)")
    if shape[0] > MAX_ROWS or shape[1] > MAX_SIDE or np.prod(shape, dtype=float) > MAX_DECLARED:
        raise BuildRefused(
            f"{shown(file.path)}: {shape[0]:,} pictures of {shape[1]:,} pixels a side are too many;"
            f" the limits are {MAX_ROWS:,}, {MAX_SIDE:,} and {MAX_DECLARED >> 30} GiB in all",
            hint="Choose a smaller size or fewer copies.",
        )
    storage: dict[str, Any] = {}
    if compress:
        storage = {
            "chunks": (_rows_together(shape), *shape[1:]),
            "compression": "gzip",
            "compression_opts": _DEFLATE_LEVEL,
            "shuffle": True,
        }
    # No clock goes into the file: without this, HDF5 notes when a data set was made.
    return handle.create_dataset(f"{split}_set_x", shape, "u1", track_times=False, **storage)


def _fill(images: Any, slices: Iterable[NDArray[np.uint8]], file: PlainFile) -> str:
    """Write all pictures and return the sha256 of their pixels.

    The disk gets to work long before the last picture, since in the end somebody waits for it.
    """
    digest = hashlib.sha256()
    written = unsynced = 0
    hashed: Future[None] = Future()
    hashed.set_result(None)
    synced = hashed
    with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(1) as disk:
        for block in _regrouped(slices, images.shape):
            if written + len(block) > len(images):
                raise ValueError(f"more pictures than the {len(images)} labels")
            hashed.result()
            hashed = beside.submit(digest.update, block.data)
            images[written : written + len(block)] = block
            written += len(block)
            unsynced += block.nbytes
            if unsynced >= _SYNCED_TOGETHER and synced.done():
                synced = disk.submit(file.sync)
                unsynced = 0
            if file.failure is not None:
                raise file.failure
    if written < len(images):
        raise ValueError(f"{written} pictures for {len(images)} labels")
    return digest.hexdigest()


def _regrouped(
    slices: Iterable[NDArray[np.uint8]], shape: tuple[int, ...]
) -> Iterator[NDArray[np.uint8]]:
    """Cut slices of any length anew, so that the file does not depend on how they came.

    A chunk that arrives in two parts may be deflated twice and leave a hole in the file. A block is
    left as it is until the next but one is asked for.
    """
    together, other = np.empty((2, _rows_together(shape), *shape[1:]), np.uint8)
    filled = 0
    for pictures in slices:
        if pictures.dtype != np.uint8 or pictures.shape[1:] != shape[1:]:
            raise ValueError(f"a slice of {pictures.dtype} in the shape {pictures.shape}")
        left = pictures
        while len(left):
            taken = left[: len(together) - filled]
            together[filled : filled + len(taken)] = taken
            filled += len(taken)
            left = left[len(taken) :]
            if filled == len(together):
                yield together
                together, other = other, together
                filled = 0
    if filled:
        yield together[:filled]


def _rows_together(shape: tuple[int, ...]) -> int:
    return max(1, min(shape[0], _CHUNK // (shape[1] * shape[2] * shape[3])))


def _write_labels(
    handle: Any, split: str, labels: NDArray[np.integer[Any]], class_names: tuple[str, str]
) -> None:
    if labels.ndim != 1 or not np.isin(labels, (0, 1)).all():
        raise ValueError("labels have the shape (m,) and are 0 or 1")
    _write(handle, f"{split}_set_y", labels.astype("<i8"))
    _write(handle, "list_classes", np.array([name.encode() for name in class_names]))


def _write_record(group: Any, rows: RowSources, recipe: str) -> None:
    """Write what the build knows of its rows; columns are written in slices, as pictures are."""
    _write(group, "build_id", np.zeros((), BUILD_ID_DTYPE))
    _write(group, "recipe", np.array(recipe.encode() or b"\0"))
    longest = max(column.dtype.itemsize for column in _column(rows, "parameters"))
    for name, (dtype, entry) in {"parameters": (f"S{longest}", ()), **ROW_FIELDS}.items():
        stored = group.create_dataset(name, (len(rows), *entry), dtype, track_times=False)
        written = 0
        for column in _column(rows, name):
            stored[written : written + len(column)] = column.astype(dtype, copy=False)
            written += len(column)


def _column(rows: RowSources, name: str) -> Iterator[NDArray[Any]]:
    """Yield one column some rows at a time, checked."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        column = rows.column(name, start, min(start + _ROWS_AT_ONCE, len(rows)))
        if not SOUND[name](column):
            raise ValueError(f"a row's {name} does not hold what it should")
        yield column


def _write(parent: Any, name: str, values: NDArray[Any]) -> None:
    parent.create_dataset(name, data=values, track_times=False)
