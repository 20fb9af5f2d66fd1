"""Read one file of the course's form, distrusting it.

:func:`open_split` checks the whole file before it hands out a pixel; pictures then come in slices,
always as uint8, whatever numbers the file holds. :func:`read_split` puts them all into memory.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from catdata.errors import H5Refused, shown
from catdata.h5file.boundary import GET_AGAIN, NotTheForm, refusing
from catdata.h5file.content import Content, read_content
from catdata.h5file.form import MAX_IN_MEMORY, ImageSet, check_split
from catdata.h5file.library import h5py
from catdata.h5file.openfile import PlainFile, open_for_reading
from catdata.h5file.recognise import describe
from catdata.h5file.trial import try_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from catdata.h5file.storage import Stored

_BLOCK = 32 << 20  # bytes read at once, unless the chunks ask for more


class SplitFile:
    """One checked file, open for reading: a context manager, made by :func:`open_split`.

    Attributes:
        path: Where the file lies.
        count: The number of pictures.
        size: The side of every picture, in pixels.
        images: The pictures, like an array of shape (m, size, size, 3), uint8, whose rows are read
            when they are asked for.
        labels: Shape (m,), int64, 0 or 1.
        class_names: The names of class 0 and class 1.
        build_id: The id that both files of a build carry, or "" for a file without one.
        recipe: What its build was made by, as the writer put it, or "".
        refs: As in :class:`~catdata.h5file.form.ImageSet`, like the next three.
        content_hashes: Shape (m,), S64, or None.
        fingerprints: Shape (m, 4), uint64, or None.
        copies: Shape (m,), int32.
        parameters: What was done to each copy, shape (m,), bytes of JSON; None without the group.
        warnings: What was accepted though it is not quite the course's form, a sentence each.
    """

    def __init__(
        self, file: PlainFile, split: str, content: Content, *, scale: float, closing: ExitStack
    ) -> None:
        self.path = file.path
        self._file = file
        self._images = content.images
        self._scale = scale
        self._closing = closing
        self._lock = threading.Lock()
        self.count, self.size = content.images.shape[:2]
        self.labels = content.labels
        self.class_names = content.class_names
        record = content.record
        self.build_id = record.build_id if record else ""
        self.recipe = record.recipe if record else ""
        self.refs = record.refs if record else tuple(f"{split}[{row}]" for row in range(self.count))
        self.content_hashes = record.content_hashes if record else None
        self.fingerprints = record.fingerprints if record else None
        self.copies = record.copies if record else np.zeros(self.count, np.int32)
        self.parameters = record.parameters if record else None
        self.warnings = content.warnings + _conversion(content.images, scale)
        self.images = RowsOnDisk(self)

    def __len__(self) -> int:
        return self.count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with refusing(self._file):
            self._closing.close()

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Read the pictures of the rows *start* up to, not including, *stop*.

        Returns:
            Array of shape (stop - start, size, size, 3), uint8, 0..255.

        Raises:
            IndexError: If there are no such rows.
            H5Refused: If the file turns out to be damaged there.
            StorageFailed: If the disk fails.
        """
        if not 0 <= start <= stop <= self.count:
            raise IndexError(f"rows {start} to {stop} of {self.count}")
        pictures = np.empty((stop - start, self.size, self.size, 3), np.uint8)
        with self._lock, refusing(self._file):
            for first, block in _blocks(self._images, start, stop):
                pictures[first - start : first - start + len(block)] = self._pixels(block)
        return pictures

    def read_rows(self, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Read the pictures of some rows, in any order.

        Each row of an uncompressed file costs a few microseconds. Of a compressed one the rows are
        expanded that are compressed together with it.

        Returns:
            Array of shape (len(rows), size, size, 3), uint8, 0..255.

        Raises:
            IndexError: If there are no such rows.
            H5Refused: If the file turns out to be damaged there.
            StorageFailed: If the disk fails.
        """
        if len(rows) and not 0 <= rows.min() <= rows.max() < self.count:
            raise IndexError(f"rows {rows.min()} to {rows.max()} of {self.count}")
        pictures = np.empty((len(rows), self.size, self.size, 3), np.uint8)
        images = self._images
        with self._lock, refusing(self._file):
            if images.offset is not None and images.dtype == np.uint8:
                # Contiguous bytes: past HDF5, which takes six times as long for single rows.
                for picture, row in zip(pictures, rows.tolist(), strict=True):
                    self._file.seek(images.offset + row * images.row_bytes)
                    self._file.readinto(picture.data)
                return pictures
            together = rows // images.chunk_rows
            for layer in np.unique(together).tolist():
                start = layer * images.chunk_rows
                block = images.rows(start, min(start + images.chunk_rows, self.count))
                here = together == layer
                pictures[here] = self._pixels(block[rows[here] - start])
        return pictures

    def slices(self, rows: int = 256) -> Iterator[NDArray[np.uint8]]:
        """Read all pictures in order, at most *rows* at a time.

        Yields:
            Arrays of shape (k, size, size, 3), uint8, 0..255, 1 <= k <= rows.

        Raises:
            H5Refused: If the file turns out to be damaged.
            StorageFailed: If the disk fails.
        """
        blocks = _blocks(self._images, 0, self.count)
        while True:
            with self._lock, refusing(self._file):
                _, block = next(blocks, (0, None))
                if block is None:
                    return
                pictures = self._pixels(block)
            yield from (pictures[first : first + rows] for first in range(0, len(pictures), rows))

    def _pixels(self, block: NDArray[Any]) -> NDArray[np.uint8]:
        if block.dtype.kind == "f":
            scaled = block * self._scale
            block = np.rint(scaled, out=scaled)
        return block.astype(np.uint8, copy=False)


class RowsOnDisk:
    """The pictures of an open file as learning takes them: like an array, but read row by row.

    Any number of threads may read at once; they queue.

    Attributes:
        shape: (m, size, size, 3).
        dtype: uint8.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, file: SplitFile) -> None:
        self._file = file
        self.shape = (file.count, file.size, file.size, 3)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> NDArray[np.uint8]:
        """Read a slice of step 1, or rows by their numbers."""
        if not isinstance(rows, slice):
            return self._file.read_rows(rows)
        start, stop, step = rows.indices(len(self))
        if step != 1:
            raise IndexError(f"rows are read in steps of 1, not {step}")
        return self._file.read(start, max(start, stop))


def open_split(path: Path, split: str) -> SplitFile:
    """Open one file of the course's form and check everything in it.

    Args:
        path: The h5 file.
        split: ``train`` or ``test``.

    Returns:
        The open file; close it, or use it as a context manager.

    Raises:
        H5Refused: If the file is not in the form, is damaged, or must not be trusted.
        StorageFailed: If the disk fails.
        ValueError: If *split* is neither.
    """
    check_split(split)
    file = open_for_reading(path)
    with ExitStack() as on_failure:
        on_failure.callback(file.close)
        with refusing(file):
            try_elsewhere(file, split)
        on_failure.pop_all()
    return open_file(file, split)


def open_file(file: PlainFile, split: str) -> SplitFile:
    """Check an open file in this process, whatever HDF5 may do to it; see :func:`open_split`.

    The result takes the file over; where there is none, the file is closed.
    """
    with refusing(file), ExitStack() as closing:
        closing.enter_context(file)
        other = describe(file)
        if other is not None:
            raise NotTheForm(f"this is {other.what}", hint=other.hint)
        root = closing.enter_context(h5py.File(file, "r")).id
        content = read_content(root, split, file_size=file.size)
        scale = _scale(content.images)
        return SplitFile(file, split, content, scale=scale, closing=closing.pop_all())


def read_split(path: Path, split: str) -> ImageSet:
    """Read one file of the course's form into memory.

    Args:
        path: The h5 file.
        split: ``train`` or ``test``.

    Raises:
        H5Refused: If :func:`open_split` refuses it, or it holds more than 1 GiB of pixels.
        StorageFailed: If the disk fails.
        ValueError: If *split* is neither.
    """
    with open_split(path, split) as file:
        return read_all(file)


def read_all(file: SplitFile) -> ImageSet:
    """Read an open file into memory.

    Raises:
        H5Refused: If it holds more than 1 GiB of pixels, or turns out to be damaged.
        StorageFailed: If the disk fails.
    """
    needed = file.count * file.size**2 * 3
    if needed > MAX_IN_MEMORY:
        raise H5Refused(
            f"{shown(file.path)}: its {file.count:,} pictures are {-(-needed // 2**20):,} MiB of"
            f" pixels, and {MAX_IN_MEMORY >> 20:,} MiB is the most that is held in memory",
            hint="catdata train reads it as it goes; compare, sweep and curve hold all pictures:"
            " give them a build of fewer pictures, or of a smaller size (catdata build-h5 --size).",
        )
    images = file.read(0, file.count)
    return ImageSet(
        images=images,
        labels=file.labels,
        class_names=file.class_names,
        refs=file.refs,
        content_hashes=file.content_hashes,
        fingerprints=file.fingerprints,
        copies=file.copies,
        warnings=file.warnings + warn_of_black([images]),
    )


def warn_of_black(slices: Iterable[NDArray[np.uint8]]) -> tuple[str, ...]:
    """Return a warning if pictures are all black, looking at all of them."""
    black = sum(int((~pictures.any(axis=(1, 2, 3))).sum()) for pictures in slices)
    return (f"{black:,} of its pictures are all black",) if black else ()


def _blocks(images: Stored, start: int, stop: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Read rows in blocks that end where chunks end, so that no chunk is expanded twice."""
    step = max(1, _BLOCK // (images.row_bytes * images.chunk_rows)) * images.chunk_rows
    while start < stop:
        end = min(stop, (start // step + 1) * step)
        yield start, images.rows(start, end)
        start = end


def _scale(images: Stored) -> float:
    """Return what the pixels have to be multiplied by to lie in 0..255.

    Pixels in uint8 are read up to the first that is not zero, others to the end.

    Raises:
        NotTheForm: If all pixels are zero, or any is no number from 0 to 255.
    """
    highest = 0.0
    for first, block in _blocks(images, 0, images.shape[0]):
        if images.dtype == np.uint8:
            if block.any():
                return 1.0
        elif not (block.min() >= 0 and block.max() <= 255):  # also where one is not a number
            raise NotTheForm(
                f"{images.key} holds {_first_wrong(block)} among the rows from {first} on;"
                " pixels are 0 to 255, or 0 to 1",
                hint="Undo a normalisation before saving; the network scales the pixels itself.",
            )
        else:
            highest = max(highest, float(block.max()))
    if not highest:
        raise NotTheForm(f"{images.key} is zero throughout: all pictures are black", hint=GET_AGAIN)
    return 255.0 if images.dtype.kind == "f" and highest <= 1 else 1.0


def _first_wrong(block: NDArray[Any]) -> str:
    values = block[~((block >= 0) & (block <= 255))]
    return f"the value {values[0]:g}"


def _conversion(images: Stored, scale: float) -> tuple[str, ...]:
    if images.dtype == np.uint8:
        return ()
    how = "scaled from 0..1 to 0..255 and rounded" if scale != 1 else "rounded to whole numbers"
    how = how if images.dtype.kind == "f" else "0..255, read as uint8"
    return (f"{images.key} holds {images.holds}, {how}",)
