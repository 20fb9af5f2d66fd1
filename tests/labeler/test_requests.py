"""What the running server answers to requests that are not the page's."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from labeler_served import Served, counts
from pictures import save

from catdata.dataset import originals
from catdata.dataset.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace without the course's files, for all requests."""
    root = tmp_path_factory.mktemp("workspace")
    originals.init(root, {})
    return Workspace(root)


@pytest.fixture(scope="module")
def served(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all requests, over a folder of thirty photos."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(30):
        save(folder / f"{seed:02}.jpg", seed)
    served = Served(workspace, str(folder))
    with served.process:
        yield served
        served.process.kill()


def answer_to_a_photo(served: Served) -> dict[str, object]:
    """Return what a tab would send to call its first photo a cat."""
    photo = served.ask("/state", {"tab": "a"}).json["photos"][0]["key"]
    return {"tab": "a", "photos": [photo], "label": "cat"}


@pytest.mark.parametrize(
    "path",
    ["/", "/grid", "/image/" + 64 * "a" + ".jpg", "/known/" + 64 * "a" + ".jpg", "/nowhere"],
)
def test_without_the_token_nothing_is_shown(served: Served, path: str) -> None:
    answer = served.ask(path, Cookie="")
    assert answer.status == 403
    assert "opens only from the address" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Cookie": ""}, id="no-cookie"),
        pytest.param({"Host": "evil.example"}, id="foreign-host"),
        pytest.param({"Origin": "http://evil.example"}, id="foreign-origin"),
        pytest.param({"Origin": "null"}, id="hidden-origin"),
    ],
)
def test_a_foreign_answer_is_refused_and_changes_nothing(
    served: Served, workspace: Workspace, headers: dict[str, str]
) -> None:
    before = counts(workspace)["cat"]
    asked = answer_to_a_photo(served)
    assert served.ask("/answer", asked, **headers).status == 403
    assert counts(workspace)["cat"] == before
    assert served.ask("/answer", asked).status == 200
    assert counts(workspace)["cat"] == before + 1


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/../catdata.toml", id="plain"),
        pytest.param("/static/../server.py", id="below-static"),
        pytest.param("/static/..%2fserver.py", id="escaped"),
        pytest.param("/image/..%2f..%2fcatalog.db.jpg", id="below-image"),
        pytest.param("/image//etc/passwd", id="absolute"),
    ],
)
def test_no_path_leads_out(served: Served, path: str) -> None:
    answer = served.ask(path)
    assert answer.status == 404
    assert "There is no such page here." in answer.text


def test_every_answer_forbids_what_the_page_does_not_need(served: Served) -> None:
    headers = served.ask("/").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_the_cookie_is_strict_and_hidden_from_scripts(served: Served) -> None:
    cookie = served.ask(served.first_path).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_only_this_machine_is_listened_to(served: Served) -> None:
    port = int(served.root.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[", id="no-json"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(b"{}", id="no-tab"),
        pytest.param(b'{"tab": "a", "most": "x"}', id="no-number"),
        pytest.param(b'{"tab": "a", "photos": ["x"], "label": "dog"}', id="no-class"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_answer_is_refused(served: Served, body: bytes) -> None:
    assert served.ask("/answer", body=body).status == 400


def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    assert served.ask("/answer", body=b"", **{"Transfer-Encoding": "chunked"}).status == 413


def test_two_tabs_share_the_photos(served: Served) -> None:
    left = served.ask("/state", {"tab": "left", "most": 3}).json["photos"]
    right = served.ask("/state", {"tab": "right", "most": 3}).json["photos"]
    assert left
    assert right
    assert not {photo["key"] for photo in left} & {photo["key"] for photo in right}


def test_only_pictures_of_the_session_are_served(served: Served) -> None:
    photo = served.ask("/state", {"tab": "a"}).json["photos"][0]
    assert served.ask(photo["image"]).headers["Content-Type"] == "image/jpeg"
    assert served.ask(photo["square"]).headers["Content-Type"] == "image/png"
    assert served.ask(f"/image/{photo['key']}.jpg").status == 404
