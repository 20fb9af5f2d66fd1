"""The group ``catdata``: what a build knows about its rows, besides the course's own form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catdata.h5file.boundary import NotTheForm
from catdata.h5file.form import (
    BUILD_ID_DTYPE,
    GROUP,
    MAX_PARAMETERS,
    ROW_FIELDS,
    SOUND,
    is_build_id,
)
from catdata.h5file.storage import find_dataset, find_group, type_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BUILD_AGAIN = "Build it again."
_UNDECODABLE = "\ufffd"


@dataclass(frozen=True, slots=True, eq=False)
class BuildRecord:
    """What the group says; its arrays are described at :class:`~catdata.h5file.form.ImageSet`."""

    build_id: str
    recipe: str
    refs: tuple[str, ...]
    content_hashes: NDArray[np.bytes_]
    fingerprints: NDArray[np.uint64]
    copies: NDArray[np.int32]
    parameters: NDArray[np.bytes_]


def read_record(root: Any, count: int, *, file_size: int) -> BuildRecord | None:
    """Read and check the group, or return None for a file that has none.

    Args:
        root: h5py's low-level identifier of the file.
        count: The number of pictures.
        file_size: The length of the file in bytes.
    """
    group = find_group(root, GROUP)
    if group is None:
        return None

    fields = {
        "build_id": (BUILD_ID_DTYPE, ()),
        "recipe": ("S", ()),
        "parameters": ("S", (count,)),
    } | {name: (dtype, (count, *entry)) for name, (dtype, entry) in ROW_FIELDS.items()}
    values = {
        name: _values(group, name, dtype, shape, file_size)
        for name, (dtype, shape) in fields.items()
    }
    build_id = _decoded(values["build_id"].item())
    recipe = _decoded(values["recipe"].item())
    _require("build_id", is_build_id(build_id))
    _require("recipe", _UNDECODABLE not in recipe)
    for name, is_sound in SOUND.items():
        _require(name, is_sound(values[name]))
    return BuildRecord(
        build_id=build_id,
        recipe=recipe,
        refs=tuple(map(_decoded, values["ref"].tolist())),
        content_hashes=values["content_hash"],
        fingerprints=values["fingerprint"],
        copies=values["copy"],
        parameters=values["parameters"],
    )


def _values(
    group: Any, name: str, dtype: str, shape: tuple[int, ...], file_size: int
) -> NDArray[Any]:
    stored = find_dataset(group, name, file_size=file_size, within=GROUP)
    if stored is None:
        raise NotTheForm(f"there is no {GROUP}/{name}: it was not finished", hint=_BUILD_AGAIN)
    # A bare "S" is a text of any length.
    fits = stored.dtype.kind == "S" if dtype == "S" else stored.dtype == np.dtype(dtype)
    if name == "parameters" and stored.dtype.itemsize > MAX_PARAMETERS:
        raise NotTheForm(f"{GROUP}/{name} holds texts longer than {MAX_PARAMETERS:,} bytes")
    if not fits or stored.shape != shape:
        raise NotTheForm(
            f"{GROUP}/{name} holds {stored.holds} in the shape {stored.shape},"
            f" not {type_name(np.dtype(dtype))} in the shape {shape}",
            hint=_BUILD_AGAIN,
        )
    return stored.values()


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _require(name: str, sound: bool) -> None:
    if not sound:
        raise NotTheForm(f"{GROUP}/{name} does not hold what it should", hint=_BUILD_AGAIN)
