"""What a file means once its storage is sound: pictures, labels and the names of the classes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.errors import shown
from catdata.h5file.boundary import GET_AGAIN, NotTheForm
from catdata.h5file.form import CLASS_NAMES, FILE_NAMES, GROUP, MAX_ROWS, MAX_SIDE, SPLITS
from catdata.h5file.record import BuildRecord, read_record
from catdata.h5file.storage import Stored, find_dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_NAME = 64  # bytes of a class's name, characters of a key in a warning
_FEW_KEYS = 12  # a file may hold a million; so many at most are looked up and named


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """All of a checked file but the pixels, which are still on the disk."""

    images: Stored
    labels: NDArray[np.int64]
    class_names: tuple[str, str]
    record: BuildRecord | None
    warnings: tuple[str, ...]


def read_content(root: Any, split: str, *, file_size: int) -> Content:
    """Check everything in a file and read all but its pixels.

    Args:
        root: h5py's low-level identifier of the file.
        split: ``train`` or ``test``.
        file_size: The length of the file in bytes.

    Raises:
        NotTheForm: If anything is not in the form or must not be trusted.
    """
    warnings: list[str] = []
    images = _images(root, split, file_size)
    count = images.shape[0]
    labels = _labels(root, split, count, file_size, warnings)
    class_names = _class_names(root, file_size, warnings)
    record = read_record(root, count, file_size=file_size)
    if images.layout == "chunked" and record is None:
        warnings.append(f"{images.key} is stored in chunks")
    known = (f"{split}_set_x", f"{split}_set_y", "list_classes", GROUP)
    warnings += _further_keys(root, known)
    return Content(images, labels, class_names, record, tuple(warnings))


def _images(root: Any, split: str, file_size: int) -> Stored:
    key = f"{split}_set_x"
    images = find_dataset(root, key, file_size=file_size)
    if images is None:
        raise _no_images(root, split)
    shape = images.shape
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        raise NotTheForm(
            f"{key} has the shape {shape}; pictures have (number, side, side, 3)",
            hint="Reshape or transpose the array and write it anew.",
        )
    if shape[0] > MAX_ROWS or shape[1] > MAX_SIDE:
        raise NotTheForm(
            f"{key} has the shape {shape}; the limits are {MAX_ROWS:,} pictures"
            f" and {MAX_SIDE:,} pixels a side"
        )
    if images.dtype.kind not in "uif":
        raise NotTheForm(f"{key} holds {images.holds}; pixels are numbers from 0 to 255")
    return images


def _no_images(root: Any, split: str) -> NotTheForm:
    (other,) = (name for name in SPLITS if name != split)
    reason = f"there is no {split}_set_x, so this is not one of the course's files"
    if root.links.exists(f"{other}_set_x".encode()):
        reason = f"this is a {other} file where a {split} file is asked for"
    return NotTheForm(reason, hint=f"The course's {split} file is called {FILE_NAMES[split]}.")


def _labels(
    root: Any, split: str, count: int, file_size: int, warnings: list[str]
) -> NDArray[np.int64]:
    key = f"{split}_set_y"
    stored = find_dataset(root, key, file_size=file_size)
    if stored is None:
        raise NotTheForm(f"there is no {key}: the labels are missing", hint=GET_AGAIN)
    if stored.shape not in {(count,), (count, 1), (1, count)}:
        raise NotTheForm(f"{key} has the shape {stored.shape} for {count:,} pictures")
    if stored.dtype.kind not in "uifb":
        raise NotTheForm(f"{key} holds {stored.holds}; labels are 0 and 1")
    values = stored.values().reshape(count)
    if stored.dtype.kind == "b":
        values = values.view(np.uint8)  # a damaged bool may hold another byte than 0 and 1
    wrong = np.flatnonzero((values != 0) & (values != 1))
    if len(wrong):
        raise NotTheForm(
            f"{key}[{wrong[0]}] is {values[wrong[0]]}; labels are 0 and 1 only",
            hint="Leave out the pictures of other classes, or number the two classes 0 and 1.",
        )
    if stored.shape != (count,):
        warnings.append(f"{key} has the shape {stored.shape}, read as ({count},)")
    if stored.dtype.kind in "fb":
        warnings.append(f"{key} holds {stored.holds}, read as whole numbers")
    return values.astype(np.int64)


def _class_names(root: Any, file_size: int, warnings: list[str]) -> tuple[str, str]:
    key = "list_classes"
    stored = find_dataset(root, key, file_size=file_size)
    if stored is None:
        warnings.append(f"there is no {key}; the course's names are taken")
        return CLASS_NAMES
    if stored.shape != (2,) or stored.dtype.kind != "S":
        raise NotTheForm(f"{key} does not hold two texts of fixed length")
    if stored.dtype.itemsize > _LONGEST_NAME:
        raise NotTheForm(f"{key} holds names longer than {_LONGEST_NAME} bytes")
    names = [value.decode("utf-8", "surrogateescape") for value in stored.values().tolist()]
    if names[0] == names[1] or not all(name.strip() and name.isprintable() for name in names):
        listed = " and ".join(f"'{shown(name)}'" for name in names)
        raise NotTheForm(f"{key} has to name two classes in plain text, and holds {listed}")
    if tuple(names) != CLASS_NAMES:
        warnings.append(f"class 0 is called '{names[0]}' and class 1 '{names[1]}'")
    return names[0], names[1]


def _further_keys(root: Any, known: tuple[str, ...]) -> list[str]:
    total = root.get_num_objs()
    further = total - sum(root.links.exists(key.encode()) for key in known)
    if not further:
        return []
    named = []
    if total <= _FEW_KEYS:
        keys = (os.fsdecode(root.get_objname_by_idx(index)) for index in range(total))
        named = sorted(shown(key[:_LONGEST_NAME]) for key in keys if key not in known)
    listed = f": {', '.join(named)}" if named else ""
    return [f"{further:,} further {'key is' if further == 1 else 'keys are'} ignored{listed}"]
