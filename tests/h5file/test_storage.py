"""Tests that a file can neither point out of itself nor claim more than it holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inprocess import read_here

from catdata.h5file.library import h5py

Make = Callable[..., Path]
Refusal = Callable[[Path], tuple[str, str]]

REWRITE = "Copy its values into a new file with h5py's create_dataset(name, data=values)."
LINK = ("train_set_x is a link to something else", REWRITE)
VIRTUAL = ("train_set_x is put together from other files or data sets", REWRITE)
NOT_PLAIN = ("train_set_x holds neither plain numbers nor fixed-length text", REWRITE)
SHAPE = (6, 8, 8, 3)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A valid file beside the one that is read, whose bytes must never come out of it."""
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["train_set_x"] = np.full(SHAPE, 7, np.uint8)
    return path


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe: whoever opens it to read waits for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("target", ["secret", "pipe"])
@pytest.mark.parametrize("key", ["train_set_x", "train_set_y", "list_classes", "catdata"])
def test_an_external_link_is_refused_and_not_followed(
    make: Make, refusal: Refusal, request: pytest.FixtureRequest, target: str, key: str
) -> None:
    path = make(**{key: None})
    with h5py.File(path, "a") as file:
        file[key] = h5py.ExternalLink(str(request.getfixturevalue(target)), "train_set_x")
    assert refusal(path) == (f"{key} is a link to something else", REWRITE)


def test_a_soft_link_over_an_external_link_is_refused(
    make: Make, refusal: Refusal, secret: Path
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        file["out"] = h5py.ExternalLink(str(secret), "/")
        file["train_set_x"] = h5py.SoftLink("/out/train_set_x")
    assert refusal(path) == LINK


def test_a_soft_link_that_stays_inside_is_refused_too(make: Make, refusal: Refusal) -> None:
    path = make(train_set_x=None, elsewhere=np.ones(SHAPE, np.uint8))
    with h5py.File(path, "a") as file:
        file["train_set_x"] = h5py.SoftLink("/elsewhere")
    assert refusal(path) == LINK


@pytest.mark.parametrize("target", ["secret", "pipe"])
def test_external_storage_is_refused(
    make: Make, refusal: Refusal, request: pytest.FixtureRequest, target: str
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        outside = [(str(request.getfixturevalue(target)), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("train_set_x", SHAPE, "u1", external=outside)
    assert refusal(path) == ("train_set_x keeps its data in another file", REWRITE)


@pytest.mark.parametrize("target", ["secret", "pipe", "train.h5"], ids=["file", "pipe", "itself"])
@pytest.mark.parametrize("unlimited", [False, True])
def test_a_virtual_data_set_is_refused(
    make: Make, refusal: Refusal, request: pytest.FixtureRequest, target: str, unlimited: bool
) -> None:
    path = make(train_set_x=None)
    source = path if target == "train.h5" else request.getfixturevalue(target)
    first = None if unlimited else 6
    layout = h5py.VirtualLayout(SHAPE, "u1", maxshape=(first, *SHAPE[1:]))
    layout[: h5py.h5s.UNLIMITED if unlimited else 6] = h5py.VirtualSource(
        str(source), "train_set_x", SHAPE, "u1", maxshape=(first, *SHAPE[1:])
    )[: h5py.h5s.UNLIMITED if unlimited else 6]
    with h5py.File(path, "a", libver="latest") as file:
        file.create_virtual_dataset("train_set_x", layout)
    assert refusal(path) == VIRTUAL


@pytest.mark.parametrize(
    "fill",
    [
        pytest.param(lambda file: file.create_group("train_set_x/train_set_x"), id="group"),
        pytest.param(lambda file: file.update({"train_set_x": np.dtype("u1")}), id="type"),
    ],
)
def test_what_is_no_data_set_is_refused(
    make: Make, refusal: Refusal, fill: Callable[[h5py.File], object]
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        fill(file)
    assert refusal(path)[0] == "train_set_x is not a data set"


@pytest.mark.parametrize(
    "dtype",
    [
        pytest.param(h5py.vlen_dtype(np.uint8), id="vlen"),
        pytest.param(h5py.string_dtype(), id="vlen-text"),
        pytest.param(h5py.ref_dtype, id="reference"),
        pytest.param(h5py.regionref_dtype, id="region"),
        pytest.param(np.dtype([("r", "u1"), ("g", "u1")]), id="compound"),
        pytest.param(h5py.enum_dtype({"off": 0, "on": 1}, "u1"), id="enum"),
        pytest.param(np.dtype("c8"), id="complex"),
        pytest.param(h5py.opaque_dtype(np.dtype("V8")), id="opaque"),
        pytest.param(np.dtype(("u1", (3,))), id="array"),
    ],
)
def test_other_types_than_numbers_and_short_text_are_refused(
    make: Make, refusal: Refusal, dtype: np.dtype
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("train_set_x", SHAPE[:3], dtype)
    assert refusal(path) == NOT_PLAIN


def test_a_number_of_unusual_precision_is_refused(make: Make, refusal: Refusal) -> None:
    path = make(train_set_x=None)
    five_bits = h5py.h5t.STD_U8LE.copy()
    five_bits.set_precision(5)
    with h5py.File(path, "a") as file:
        h5py.h5d.create(file.id, b"train_set_x", five_bits, h5py.h5s.create_simple(SHAPE))
    assert refusal(path) == NOT_PLAIN


def test_a_committed_type_is_refused(make: Make, refusal: Refusal, images: np.ndarray) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        file["byte"] = np.dtype("u1")
        file.create_dataset("train_set_x", data=images, dtype=file["byte"])
    assert refusal(path) == NOT_PLAIN


def test_text_of_any_length_among_the_class_names_is_refused(make: Make, refusal: Refusal) -> None:
    names = np.array(["non-cat", "cat"], dtype=h5py.string_dtype())
    assert refusal(make(list_classes=names))[0] == (
        "list_classes holds neither plain numbers nor fixed-length text"
    )


@pytest.mark.parametrize("chunks", [None, (2, 8, 8, 3)], ids=["contiguous", "chunked"])
def test_a_data_set_that_was_never_written_is_refused(
    make: Make, refusal: Refusal, chunks: tuple[int, ...] | None
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("train_set_x", SHAPE, "u1", chunks=chunks)
    assert refusal(path)[0] == "train_set_x was never written"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        pytest.param(
            (1 << 40, 64, 64, 3),
            "train_set_x claims 13,510,798,882,111,488 bytes; the limit is 4,294,967,296",
            id="12-PiB",
        ),
        pytest.param(
            (200_000, 64, 64, 3),
            "train_set_x claims 2,457,600,000 bytes out of 12,288 stored",
            id="2-GB",
        ),
    ],
)
def test_a_huge_claim_over_little_data_is_refused(
    make: Make, refusal: Refusal, shape: tuple[int, ...], reason: str
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        images = file.create_dataset("train_set_x", shape, "u1", chunks=(1, 64, 64, 3))
        images[0] = 1
    assert path.stat().st_size < 40_000
    assert refusal(path)[0] == reason


def test_a_contiguous_data_set_that_claims_more_than_it_stores_is_refused(
    make: Make, refusal: Refusal
) -> None:
    path = make()
    extent = b"".join(length.to_bytes(8, "little") for length in SHAPE)
    longer = b"".join(length.to_bytes(8, "little") for length in (7, *SHAPE[1:]))
    path.write_bytes(path.read_bytes().replace(extent, longer))
    reason, _ = refusal(path)
    found_by_hdf5 = "invalid dataset size" in reason  # version 2.0 sees it by itself
    assert found_by_hdf5 or reason == "train_set_x claims 1,344 bytes and stores 1,152"


def test_attributes_are_not_looked_at(make: Make, images: np.ndarray) -> None:
    path = make()
    with h5py.File(path, "a") as file:
        file["train_set_x"].attrs["note"] = "x" * 50_000
        file.attrs.create("reference", file.ref, dtype=h5py.ref_dtype)
    found = read_here(path)
    np.testing.assert_array_equal(found.images, images)
    assert found.warnings == ()


def test_a_user_block_and_a_compact_data_set_are_read(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray
) -> None:
    path = tmp_path / "train.h5"
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    with h5py.File(path, "w", userblock_size=1024, libver="latest") as file:
        file.create_dataset("train_set_x", data=images, dcpl=compact)
        file["train_set_y"] = labels
        file["list_classes"] = np.array([b"non-cat", b"cat"])
    found = read_here(path)
    np.testing.assert_array_equal(found.images, images)
    assert found.warnings == ()


def test_no_plug_in_is_looked_for() -> None:
    assert os.environ["HDF5_PLUGIN_PRELOAD"] == "::"
    assert h5py.h5pl.size() == 0
