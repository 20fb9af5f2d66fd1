from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from catdata.labeler.guard import Secrets, refusal

HERE = Secrets(8000, token="the-token", cookie="the-cookie")
HOST = {"host": "127.0.0.1:8000"}
COOKIE = {"cookie": "catdata-8000=the-cookie"}
ORIGIN = {"origin": "http://127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("method", "headers", "query"),
    [
        pytest.param("GET", HOST, "token=the-token", id="first-address"),
        pytest.param("GET", HOST | COOKIE, "", id="page-with-cookie"),
        pytest.param("GET", {"host": "localhost:8000"} | COOKIE, "", id="localhost"),
        pytest.param("POST", HOST | COOKIE | ORIGIN, "", id="post-of-the-page"),
    ],
)
def test_the_pages_own_requests_pass(method: str, headers: dict[str, str], query: str) -> None:
    assert refusal(HERE, method, Headers(headers), query) == ""


@pytest.mark.parametrize(
    ("method", "headers", "query", "reason"),
    [
        pytest.param("GET", HOST, "", "opens only from the address", id="no-token"),
        pytest.param("GET", HOST, "token=a", "opens only from the address", id="wrong-token"),
        pytest.param("GET", HOST, "token=%ff", "opens only from the address", id="odd-token"),
        pytest.param(
            "GET",
            HOST | {"cookie": "catdata-8000=the-token"},
            "",
            "opens only from the address",
            id="token-as-cookie",
        ),
        pytest.param(
            "POST",
            HOST | ORIGIN,
            "token=the-token",
            "opens only from the address",
            id="post-by-token",
        ),
        pytest.param("GET", {} | COOKIE, "", "does not belong", id="no-host"),
        pytest.param(
            "GET", {"host": "evil.example:8000"} | COOKIE, "", "does not belong", id="rebound-host"
        ),
        pytest.param(
            "GET", {"host": "127.0.0.1:9000"} | COOKIE, "", "does not belong", id="other-port"
        ),
        pytest.param(
            "POST",
            HOST | COOKIE | {"origin": "http://evil.example"},
            "",
            "Another site",
            id="foreign-origin",
        ),
        pytest.param(
            "POST", HOST | COOKIE | {"origin": "null"}, "", "Another site", id="null-origin"
        ),
        pytest.param("POST", HOST | COOKIE, "", "does not say", id="no-origin"),
        pytest.param(
            "POST",
            HOST | COOKIE | ORIGIN | {"sec-fetch-site": "cross-site"},
            "",
            "Another site",
            id="cross-site-fetch",
        ),
    ],
)
def test_what_is_not_of_the_page_is_refused(
    method: str, headers: dict[str, str], query: str, reason: str
) -> None:
    assert reason in refusal(HERE, method, Headers(headers), query)


def test_every_start_has_secrets_of_its_own() -> None:
    one, other = Secrets(8000), Secrets(8000)
    assert one.token != other.token
    assert one.cookie != other.cookie
    assert one.cookie != one.token
