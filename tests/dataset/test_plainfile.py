"""A file is read without waiting, and only if it is a plain file of a bounded size."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from catdata.dataset.candidates import looks_like_picture
from catdata.dataset.plainfile import read_file
from catdata.errors import ImageRefused


def refusal(path: Path) -> str:
    assert not looks_like_picture(path)
    with pytest.raises(ImageRefused) as caught:
        read_file(path)
    return caught.value.message


def test_a_plain_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 5000)
    assert read_file(path) == bytes(range(256)) * 5000


def test_a_link_to_a_plain_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    (tmp_path / "link").symlink_to("a.gif")
    assert read_file(tmp_path / "link") == b"GIF89a"
    assert looks_like_picture(tmp_path / "link")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    assert refusal(path) == f"{path} does not exist"
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "a.jpg") == f"{tmp_path}/file/a.jpg does not exist"


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to("gone.jpg")
    assert refusal(path) == f"{path} is a link to gone.jpg, which does not exist"


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to("link")
    assert refusal(path) == f"{path} is a link that leads back to itself"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is a folder, not a picture file"


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    assert refusal(path) == f"{path} is a named pipe, not a picture file"


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert refusal(Path("socket")) == "socket is a socket, not a picture file"


def test_a_device_is_refused() -> None:
    assert refusal(Path("/dev/zero")) == "/dev/zero is a device, not a picture file"


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate((128 << 20) + 1)
    assert refusal(path) == f"{path} has more than 128 MiB, the most that is read"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch(mode=0)
    assert refusal(path) == f"{path} may not be read"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(
            "a\0b", "a\\x00b cannot be read: no file can have this name", id="zero byte in the name"
        ),
        pytest.param(
            "a\ud800", "a\\ud800 cannot be read: no file can have this name", id="half a character"
        ),
        pytest.param("x" * 300, "x" * 300 + " cannot be read: File name too long", id="too long"),
        pytest.param("a\x1b[31m\u202e.jpg", "a\\x1b[31m\\u202e.jpg does not exist", id="escaped"),
    ],
)
def test_a_name_is_shown_on_one_line(name: str, message: str) -> None:
    assert refusal(Path(name)) == message
