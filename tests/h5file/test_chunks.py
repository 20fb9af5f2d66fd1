"""Tests of data in chunks: which filters are read, and that a chunk cannot hide anything."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inprocess import read_here

from catdata.h5file.library import h5py
from catdata.h5file.openfile import open_for_reading
from catdata.h5file.reading import open_file

Make = Callable[..., Path]
Refusal = Callable[[Path], tuple[str, str]]
h5z = h5py.h5z

CHUNK = (4, 8, 8, 3)  # six rows: one whole chunk and one that reaches beyond the end
LENGTH = 4 * 8 * 8 * 3
DAMAGED = "train_set_x has a chunk that does not hold its share"


@pytest.mark.parametrize(
    "storage",
    [
        pytest.param({"chunks": CHUNK}, id="plain"),
        pytest.param({"chunks": (5, 3, 8, 2)}, id="cut-through-pictures"),
        pytest.param({"chunks": CHUNK, "maxshape": (None, 8, 8, 3)}, id="growing"),
        pytest.param({"chunks": CHUNK, "compression": "gzip"}, id="deflate"),
        pytest.param({"chunks": CHUNK, "compression": "lzf"}, id="lzf"),
        pytest.param({"chunks": CHUNK, "shuffle": True, "compression": "gzip"}, id="shuffle"),
        pytest.param({"chunks": CHUNK, "fletcher32": True}, id="fletcher32"),
        pytest.param(
            {"chunks": CHUNK, "shuffle": True, "compression": "lzf", "fletcher32": True}, id="all"
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_chunks_are_read_with_a_warning(
    make: Make, images: np.ndarray, storage: dict[str, Any], dtype: str
) -> None:
    path = make(train_set_x=images.astype(dtype), storage=storage)
    found = read_here(path)
    np.testing.assert_array_equal(found.images, images)
    assert found.warnings[0] == "train_set_x is stored in chunks"


@pytest.mark.parametrize("compression", ["gzip", "lzf"])
def test_repetitive_pictures_in_chunks_are_read(make: Make, compression: str) -> None:
    images = np.zeros((6, 64, 64, 3), np.uint8)
    images[:, :, 20:] = 200
    storage = {"chunks": (6, 64, 64, 3), "compression": compression}
    found = read_here(make(train_set_x=images, storage=storage))
    np.testing.assert_array_equal(found.images, images)


def test_slices_of_chunked_data_are_the_rows_in_order(make: Make, images: np.ndarray) -> None:
    path = make(storage={"chunks": CHUNK, "compression": "gzip"})
    with open_file(open_for_reading(path), "train") as file:
        np.testing.assert_array_equal(np.concatenate(list(file.slices(rows=1))), images)
        np.testing.assert_array_equal(file.read(3, 5), images[3:5])


def test_labels_in_chunks_are_read(make: Make, labels: np.ndarray) -> None:
    path = make(train_set_y=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("train_set_y", data=labels, chunks=(2,), compression="gzip")
    np.testing.assert_array_equal(read_here(path).labels, labels)


def with_filters(path: Path, *filters: tuple[int, tuple[int, ...]]) -> h5py.Dataset:
    """Create train_set_x through some filters; the caller writes the chunks itself."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk(CHUNK)
    for code, values in filters:
        creation.set_filter(code, h5z.FLAG_OPTIONAL, values)
    file = h5py.File(path, "a")
    return file.create_dataset("train_set_x", (6, 8, 8, 3), "u1", dcpl=creation)


def write_chunks(images: h5py.Dataset, *chunks: bytes, masks: tuple[int, ...] = (0, 0)) -> None:
    for start, (data, mask) in zip((0, 4), zip(chunks, masks, strict=False), strict=False):
        images.id.write_direct_chunk((start, 0, 0, 0), data, mask)
    images.file.close()


DEFLATE = (h5z.FILTER_DEFLATE, (4,))
WHOLE = zlib.compress(bytes([1]) * LENGTH)


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        pytest.param(
            [(h5z.FILTER_SCALEOFFSET, (2, 0))],
            "train_set_x is stored through filter 6 (scaleoffset), which is not read",
            id="scale-offset",
        ),
        pytest.param(
            [(h5z.FILTER_NBIT, ())],
            "train_set_x is stored through filter 5 (nbit), which is not read",
            id="nbit",
        ),
        pytest.param(
            [(32001, ())],
            "train_set_x is stored through filter 32001 (), which is not read",
            id="?",
        ),
        pytest.param([DEFLATE, DEFLATE], "train_set_x is compressed more than once", id="twice"),
        pytest.param(
            [DEFLATE, (h5z.FILTER_LZF, ())], "train_set_x is compressed more than once", id="both"
        ),
    ],
)
def test_other_filters_are_refused(
    make: Make, refusal: Refusal, filters: list[tuple[int, tuple[int, ...]]], reason: str
) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, *filters), WHOLE, WHOLE)
    assert refusal(path)[0] == reason


def test_szip_is_refused_by_its_number(make: Make, refusal: Refusal) -> None:
    path = make(storage={"chunks": CHUNK, "compression": "gzip"})
    # The filter's number stands before the length of its name, its flags and its one value.
    entry = b"\1\0\x08\0\1\0\1\0deflate\0"
    data = path.read_bytes()
    assert data.count(entry) == 1
    path.write_bytes(data.replace(entry, b"\4" + entry[1:]))
    assert refusal(path)[0] == (
        "train_set_x is stored through filter 4 (deflate), which is not read"
    )


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param((WHOLE, zlib.compress(b"\1" * (LENGTH - 1))), id="short"),
        pytest.param((WHOLE, zlib.compress(b"\1" * (LENGTH + 1))), id="long"),
        pytest.param((WHOLE, zlib.compress(b"\1" * 100_000_000, 9)[:900]), id="bomb-cut"),
        pytest.param((WHOLE, WHOLE[:-6]), id="cut"),
        pytest.param((WHOLE, b"no deflate"), id="garbage"),
        pytest.param((WHOLE, b"\1" * 2000), id="more-than-it-may"),
    ],
)
def test_a_deflated_chunk_of_another_length_is_refused(
    make: Make, refusal: Refusal, chunks: tuple[bytes, ...]
) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, DEFLATE), *chunks)
    assert refusal(path) == (
        DAMAGED,
        "Get the file again from where it came, best as a zip archive, and try anew.",
    )


def test_a_chunk_that_expands_without_end_is_refused(make: Make, refusal: Refusal) -> None:
    bomb = zlib.compress(b"\1" * 700_000, 9)
    assert len(bomb) < LENGTH
    path = make(train_set_x=None)
    write_chunks(with_filters(path, DEFLATE), WHOLE, bomb)
    assert refusal(path)[0] == DAMAGED


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xff\0" * 256, id="long"),
        pytest.param(b"\0\1" * 10, id="short"),
        pytest.param(b"\x1f\1", id="literals-missing"),
        pytest.param(b"\0\1\xff", id="copy-cut"),
        pytest.param(b"\0\1\xff\1", id="long-copy-cut"),
    ],
)
def test_an_lzf_chunk_of_another_length_is_refused(
    make: Make, refusal: Refusal, data: bytes
) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, (h5z.FILTER_LZF, ())), data, data)
    assert refusal(path)[0] == DAMAGED


def test_a_chunk_stored_without_its_filter_is_read(make: Make) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, DEFLATE), WHOLE, b"\2" * LENGTH, masks=(0, 1))
    assert read_here(path).images[:, 0, 0, 0].tolist() == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param([], id="no-filter"),
        pytest.param([(h5z.FILTER_SHUFFLE, (1,))], id="shuffle"),
        pytest.param([(h5z.FILTER_FLETCHER32, ())], id="fletcher32"),
    ],
)
def test_an_uncompressed_chunk_of_another_length_is_refused(
    make: Make, refusal: Refusal, filters: list[tuple[int, tuple[int, ...]]]
) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, *filters), b"\1" * (LENGTH - 9), b"\1" * LENGTH)
    assert refusal(path)[0] == DAMAGED


def test_a_missing_chunk_is_refused(make: Make, refusal: Refusal) -> None:
    path = make(train_set_x=None)
    write_chunks(with_filters(path, DEFLATE), WHOLE)
    assert refusal(path)[0] == "train_set_x is incomplete: 1 of its 2 chunks are stored"


@pytest.mark.parametrize(
    ("shape", "chunks", "reason"),
    [
        pytest.param(
            (400_000, 1, 1, 3),
            (1, 1, 1, 3),
            "train_set_x is stored in 400,000 chunks; the limit is 300,000",
            id="many",
        ),
        pytest.param(
            (50_000, 64, 64, 3),
            (50_000, 1, 1, 1),
            "train_set_x is stored in chunks of (50000, 1, 1, 1), too much to read at once",
            id="tall",
        ),
    ],
)
def test_chunks_that_cannot_be_read_in_slices_are_refused(
    make: Make,
    refusal: Refusal,
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    reason: str,
) -> None:
    path = make(train_set_x=None)
    with h5py.File(path, "a") as file:
        images = file.create_dataset("train_set_x", shape, "u1", chunks=chunks)
        images[:600, 0, 0, 0] = 1
        if chunks[0] > 1:
            for column in range(50):
                images[0, 0, column, 0] = 1
    assert refusal(path)[0] == reason


def test_a_checksum_that_does_not_match_is_refused(
    make: Make, refusal: Refusal, images: np.ndarray
) -> None:
    path = make(storage={"chunks": CHUNK, "fletcher32": True})
    stored = images[:4].tobytes()
    data = path.read_bytes()
    assert data.count(stored) == 1
    path.write_bytes(data.replace(stored, stored[:-1] + bytes([stored[-1] ^ 1])))
    message, _ = refusal(path)
    assert message.startswith("the file is damaged, HDF5 cannot read it (")


def test_two_chunks_in_one_place_are_refused(make: Make, refusal: Refusal) -> None:
    path = make(train_set_x=None)
    images = with_filters(path, DEFLATE)
    images.id.write_direct_chunk((0, 0, 0, 0), WHOLE, 0)
    images.id.write_direct_chunk((4, 0, 0, 0), zlib.compress(bytes([2]) * LENGTH), 0)
    first, second = (images.id.get_chunk_info(index).byte_offset for index in (0, 1))
    images.file.close()
    data = path.read_bytes()
    second_address = second.to_bytes(8, "little")
    assert data.count(second_address) == 1
    path.write_bytes(data.replace(second_address, first.to_bytes(8, "little")))
    assert refusal(path)[0] == "train_set_x is incomplete: 1 of its 2 chunks are stored"


def test_the_sum_of_a_chunked_files_pixels_is_that_of_the_plain_one(
    make: Make, images: np.ndarray
) -> None:
    path = make(storage={"chunks": (1, 8, 8, 1), "compression": "gzip"})
    digest = hashlib.sha256(read_here(path).images.tobytes())
    assert digest.hexdigest() == hashlib.sha256(images.tobytes()).hexdigest()
