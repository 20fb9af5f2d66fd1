"""Tests that a damaged file is read or refused, and never does anything else.

HDF5 is C, and promises nothing for damaged files: the damage is done in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sources import RowSource, Sources

from catdata.errors import H5Refused
from catdata.h5file import read_split, write_split
from catdata.h5file.library import h5py

if TYPE_CHECKING:
    from collections.abc import Callable

COPIES = 60
READ_FLIPPED = """
import random, resource, sys
from pathlib import Path
from catdata.errors import H5Refused
from inprocess import read_here

path, copies = Path(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3]))
memory = 3 << 29  # 1.5 GiB
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
whole = path.read_bytes()
standing = [offset for offset, byte in enumerate(whole) if byte]
for copy in copies:
    random.seed(copy)
    damaged = bytearray(whole)
    # Half of the flips where something stands: most of a small file is padding.
    offset = random.choice([random.choice(standing), random.randrange(len(whole))])
    damaged[offset] ^= 1 << random.randrange(8)
    flipped = path.with_name(f"{copy}.h5")
    flipped.write_bytes(damaged)
    try:
        read_here(flipped)
        print("read", flush=True)
    except H5Refused as error:
        assert str(error).startswith(str(flipped)) and str(error).isprintable()
        print("refused", flush=True)
"""


def course_file(path: Path, images: np.ndarray, labels: np.ndarray, **storage: Any) -> None:
    with h5py.File(path, "w", libver=storage.pop("libver", "earliest")) as file:
        file.create_dataset("train_set_x", data=images, **storage)
        file["train_set_y"] = labels
        file["list_classes"] = np.array([b"non-cat", b"cat"])


def build(path: Path, images: np.ndarray, labels: np.ndarray, *, compress: bool) -> None:
    rows = Sources([RowSource("train[1]", "a" * 64, (1, 2, 3, 4))] * len(labels))
    write_split(
        path,
        "train",
        labels=labels,
        slices=[images],
        size=8,
        rows=rows,
        recipe="{}",
        compress=compress,
    )


CHUNKS = {"chunks": (4, 8, 8, 3), "compression": "gzip", "shuffle": True, "fletcher32": True}


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(course_file, id="course"),
        pytest.param(lambda *rows: course_file(*rows, libver="latest"), id="latest"),
        pytest.param(lambda *rows: course_file(*rows, **CHUNKS), id="chunks"),
        pytest.param(lambda *rows: course_file(*rows, libver="latest", **CHUNKS), id="new-chunks"),
        pytest.param(lambda *rows: build(*rows, compress=False), id="build"),
        pytest.param(lambda *rows: build(*rows, compress=True), id="compressed-build"),
    ],
)
def test_a_flipped_bit_is_read_over_or_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, write: Callable[..., None]
) -> None:
    path = tmp_path / "train.h5"
    write(path, images, labels)
    outcomes: list[str] = []
    while len(outcomes) < COPIES:
        done = subprocess.run(
            [sys.executable, "-c", READ_FLIPPED, path, str(len(outcomes)), str(COPIES)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        outcomes += done.stdout.split()
        assert done.stderr == ""
        if done.returncode:  # HDF5 crashed, so the trial in another process has to refuse
            with pytest.raises(H5Refused):
                read_split(tmp_path / f"{len(outcomes)}.h5", "train")
            outcomes.append("crashed")
    assert {"read", "refused"} <= set(outcomes)


def test_a_file_cut_anywhere_is_refused(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, refusal: Callable[[Path], Any]
) -> None:
    path = tmp_path / "train.h5"
    course_file(path, images, labels)
    whole = path.read_bytes()
    for length in range(0, len(whole), 101):
        path.write_bytes(whole[:length])
        message, hint = refusal(path)
        assert message.startswith("this is ")
        assert hint
