"""Who may use the page: this machine's own browser, led here by the address that was printed.

The address holds a secret once; after that a cookie does, which the browser sends to no other site
and shows to no script. A foreign ``Host`` (a name that was made to point here) and a request that
another site's page makes are refused before anything is looked at.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 1 << 20  # bytes
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer, under which a browser would hide the Origin of the page's own forms too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the page at one port.

    Attributes:
        port: Where the server listens.
        token: What the first address holds.
        cookie: What the browser then shows.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def address(self) -> str:
        """The first address."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie_name(self) -> str:
        """The cookie's name; cookies do not tell ports apart, so it does."""
        return f"catdata-{self.port}"

    @property
    def hosts(self) -> tuple[str, str]:
        """What ``Host`` may say."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"


def refusal(
    secrets_: Secrets, method: str, headers: Headers, query: str, *, is_public: bool = False
) -> str:
    """Return why a request is refused, in a few words; empty if it is not.

    Args:
        secrets_: What opens the page.
        method: Such as ``GET``.
        headers: The request's.
        query: The part of the address after ``?``.
        is_public: Whether what is asked for is the same for everybody, such as a style sheet.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if host not in secrets_.hosts:
        return "This address does not belong to the labelling page."
    if origin is not None and origin != f"http://{host}":
        return "Another site's page made this request."
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"} and method != "GET":
        return "Another site's page made this request."
    if method not in {"GET", "HEAD"} and origin is None:
        return "This request does not say which page made it."
    token = parse_qs(query).get("token", [""])[0]
    cookie = cookie_parser(headers.get("cookie", "")).get(secrets_.cookie_name, "")
    if method in {"GET", "HEAD"} and (is_public or _is_same(token, secrets_.token)):
        return ""
    if not _is_same(cookie, secrets_.cookie):
        return "The labelling page opens only from the address that the program printed."
    return ""


def _is_same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(), secret.encode())


class Guard:
    """Refuses what :func:`refusal` names, and sets the headers of every answer.

    Args:
        app: What answers the rest.
        secrets: What opens the page.
        refuse: Answers a refused request, given the status and the reason.
    """

    def __init__(
        self,
        app: ASGIApp,
        secrets: Secrets,
        refuse: Callable[[int, str], ASGIApp],
    ) -> None:
        self._app = app
        self._secrets = secrets
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        app = self._app
        query = scope["query_string"].decode("latin-1")
        is_public = scope["path"].startswith("/static/")
        reason = refusal(self._secrets, scope["method"], headers, query, is_public=is_public)
        if reason:
            app = self._refuse(HTTPStatus.FORBIDDEN, reason)
        elif not _has_small_body(headers):
            app = self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This request is too large.")
        await app(scope, receive, _with_headers(send))


def _has_small_body(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" not in headers and length.isdigit() and int(length) <= MOST_BODY


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
