"""Tests of what is said of files that are no HDF5, and of the course's own."""

from __future__ import annotations

import gzip
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catdata.errors import H5Refused
from catdata.h5file import KNOWN_PAIR, NotHdf5, describe_not_hdf5, is_genuine
from catdata.h5file.library import h5py

Make = Callable[..., Path]
Refusal = Callable[[Path], tuple[str, str]]

AGAIN = "Get the file again from where it came, best as a zip archive, and try anew."
DATA_LINK = "Use the page's own link to the data ('Download' or 'Raw'), not the page's address."
UNPACK = "Unpack it and use the file inside."
PICTURE = "Use the course's h5 files; pictures of your own are taken in by 'catdata add'."
ARRAYS = "Use the course's h5 files, or write its arrays into new ones with h5py."
MANGLED = NotHdf5(
    "an HDF5 file that was changed as if it were text",
    "Get the file again in binary: by the page's download button, or with '*.h5 binary' in"
    " .gitattributes.",
)
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:fbe56ab67c3ae28d564e3a644189117976d6b31af0a3ce9bb17dbf22908af242\n"
    b"size 2572022\n"
)


@pytest.mark.parametrize(
    ("data", "what", "hint"),
    [
        pytest.param(b"", "an empty file", AGAIN, id="empty"),
        pytest.param(
            b"\n\n<!DOCTYPE html>\n<html><head>",
            "a web page saved under this name",
            DATA_LINK,
            id="web-page",
        ),
        pytest.param(
            b"\xef\xbb\xbf<?xml version='1.0'?>\n<html>",
            "a web page saved under this name",
            DATA_LINK,
            id="xhtml",
        ),
        pytest.param(
            POINTER,
            "a Git LFS pointer, a note where the data can be had",
            "Run 'git lfs pull' in its repository, or download the file from its web page.",
            id="lfs-pointer",
        ),
        pytest.param(b'{"message": "Not Found"}\n', "plain text", DATA_LINK, id="json"),
        pytest.param(gzip.compress(b"x"), "a gzip archive", UNPACK, id="gzip"),
        pytest.param(b"BZh91AY", "a bzip2 archive", UNPACK, id="bzip2"),
        pytest.param(b"\xfd7zXZ\0\0\4", "an xz archive", UNPACK, id="xz"),
        pytest.param(b"7z\xbc\xaf\x27\x1c\0", "a 7z archive", UNPACK, id="7z"),
        pytest.param(b"Rar!\x1a\x07\0", "a rar archive", UNPACK, id="rar"),
        pytest.param(
            pickle.dumps([1, 2]),
            "a Python pickle, which could run any program and is not opened",
            ARRAYS,
            id="pickle",
        ),
        pytest.param(b"\x93NUMPY\1\0", "a NumPy array", ARRAYS, id="npy"),
        pytest.param(b"\x0e\x03\x13\x01", "an HDF4 file", "Convert it with h4toh5.", id="hdf4"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture", PICTURE, id="jpeg"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "a PNG picture", PICTURE, id="png"),
        pytest.param(b"GIF89a", "a GIF picture", PICTURE, id="gif"),
        pytest.param(b"RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture", PICTURE, id="webp"),
        pytest.param(
            bytes(5000),
            "nothing but zero bytes, as an interrupted download leaves them",
            AGAIN,
            id="zeros",
        ),
        pytest.param(
            b"\x01\x02\x03", "not HDF5, nor anything else that is known here", AGAIN, id="unknown"
        ),
    ],
)
def test_a_file_is_named_for_what_it_is(
    tmp_path: Path, refusal: Refusal, data: bytes, what: str, hint: str
) -> None:
    path = tmp_path / "train_catvnoncat.h5"
    path.write_bytes(data)
    assert describe_not_hdf5(path) == (what, hint)
    assert refusal(path) == (f"this is {what}", hint)


def test_an_archive_is_told_from_an_archive_of_arrays(tmp_path: Path) -> None:
    arrays, archive = tmp_path / "a.h5", tmp_path / "b.h5"
    with arrays.open("wb") as file:
        np.savez(file, train_set_x=np.ones(3))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("datasets/train_catvnoncat.h5", b"x")
    assert describe_not_hdf5(arrays) == ("NumPy arrays in an npz file", ARRAYS)
    assert describe_not_hdf5(archive) == ("a zip archive", UNPACK)


@pytest.mark.parametrize(
    "mangle",
    [
        pytest.param(lambda data: data.replace(b"\r\n", b"\n"), id="crlf-to-lf"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="lf-to-crlf"),
        pytest.param(lambda data: data.replace(b"\r", b""), id="cr-dropped"),
        pytest.param(lambda data: data.decode("latin-1").encode(), id="latin-1-to-utf-8"),
        pytest.param(
            lambda data: data.decode("utf-8", "replace").encode(), id="not-utf-8-replaced"
        ),
        pytest.param(lambda data: bytes(byte & 0x7F for byte in data), id="seven-bits"),
    ],
)
def test_a_file_changed_as_text_is_recognised(
    make: Make, refusal: Refusal, mangle: Callable[[bytes], bytes]
) -> None:
    path = make()
    path.write_bytes(mangle(path.read_bytes()))
    assert describe_not_hdf5(path) == MANGLED
    assert refusal(path) == (f"this is {MANGLED.what}", MANGLED.hint)


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("user_block", [0, 512, 4096])
def test_half_a_download_is_recognised(
    tmp_path: Path, refusal: Refusal, images: np.ndarray, libver: str, user_block: int
) -> None:
    path = tmp_path / "train.h5"
    with h5py.File(path, "w", libver=libver, userblock_size=user_block) as file:
        file["train_set_x"] = images
    whole = path.read_bytes()
    assert describe_not_hdf5(path) is None
    for kept in (len(whole) - 1, (user_block + len(whole)) // 2, user_block + 50, user_block + 8):
        path.write_bytes(whole[:kept])
        assert refusal(path) == (
            "this is the beginning of an HDF5 file, its end is missing",
            AGAIN,
        )


def test_bytes_after_the_end_do_no_harm(make: Make) -> None:
    path = make()
    path.write_bytes(path.read_bytes() + bytes(100))
    assert describe_not_hdf5(path) is None


def test_the_first_bytes_of_a_signature_are_the_beginning_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "train.h5"
    path.write_bytes(b"\x89HDF")
    assert describe_not_hdf5(path) == (
        "the beginning of an HDF5 file, its end is missing",
        AGAIN,
    )


def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    reasons = {
        "pipe": "not a plain file",
        ".": "not a plain file",
        "/dev/zero": "not a plain file",
        "missing": "No such file or directory",
        "loop": "Too many levels of symbolic links",
        "a" * 300: "File name too long",
        "zero\0byte": "No file can have this name",
    }
    for name, reason in reasons.items():
        with pytest.raises(H5Refused, match=rf"{reason}$"):
            describe_not_hdf5(tmp_path / name)


def test_the_name_of_a_refused_file_is_shown_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a\n\x1b[31m\u202e.h5"
    path.touch()
    with pytest.raises(H5Refused) as caught:
        describe_not_hdf5(path.with_name("b\n.h5"))
    assert str(caught.value) == f"{tmp_path}/b\\n.h5: No such file or directory"
    assert caught.value.hint == "Check the name and the folder."


@pytest.mark.originals
def test_the_courses_own_files_are_recognised(originals: Path, make: Make) -> None:
    assert is_genuine(originals / "train_catvnoncat.h5")
    assert is_genuine(originals / "test_catvnoncat.h5")


def test_another_file_is_not_genuine(make: Make) -> None:
    assert not is_genuine(make())
    assert is_genuine(KNOWN_PAIR["train"])
    assert not is_genuine("0" * 64)
