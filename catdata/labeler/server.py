"""The server of the labelling page: what each address answers, and running it.

It listens on 127.0.0.1 only. Pages are rendered from ``templates/``, scripts and styles come from
``static/``, each by its name in a table, and pictures from the session's gallery by hash: no path
ever comes from a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import webbrowser
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from catdata.errors import CatdataError, ConfigRefused, shown
from catdata.h5file import CLASS_NAMES
from catdata.labeler import views
from catdata.labeler.guard import Guard, Secrets
from catdata.labeler.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from catdata.dataset.workspace import Workspace
    from catdata.labeler.order import Doubts, LabelOptions

MOST_PHOTOS = 60  # that one tab may hold
_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
}
_FAREWELL = 1.0  # seconds in which the last page can fetch its style


@dataclass(frozen=True, slots=True)
class Sitting:
    """What was done while the page was open.

    Attributes:
        labelled: Answers by class name, such as ``{"non-cat": 3, "cat": 5}``.
        refused: Photos that were not taken or could not be read.
        skipped: Photos left for later.
        left: Photos without an answer.
        is_review: Whether these were images of the catalog.
    """

    labelled: dict[str, int]
    refused: int
    skipped: int
    left: int
    is_review: bool


def serve(
    workspace: Workspace,
    options: LabelOptions,
    *,
    port: int = 0,
    doubts: Doubts | None = None,
    on_open: Callable[[str], None] = lambda _address: None,
    open_browser: bool = False,
) -> Sitting:
    """Serve the labelling page until Ctrl-C or its Done.

    Args:
        workspace: Where answers go.
        options: What is labelled, and how.
        port: Where to listen; any free port if 0.
        doubts: How far labels are believed, for a review.
        on_open: Called with the address when the page can be opened.
        open_browser: Whether to open it, if this machine has a screen.

    Returns:
        What was done.

    Raises:
        ConfigRefused: If the port is taken.
        CatdataError: If the catalog or a model is missing or damaged.
    """
    with _listening(port) as listener:
        secrets = Secrets(listener.getsockname()[1])
        page = Page(Session(workspace, options, doubts), secrets)
        config = uvicorn.Config(
            page.app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        page.server = uvicorn.Server(config)
        on_open(secrets.address)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(secrets.address,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):  # the usual end, once all is put away
            page.server.run([listener])
        return page.sitting()


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigRefused(
                f"Port {port} can't be used: {error.strerror}.",
                hint="Name another one with --port, or none for a free one.",
            ) from error
        listener.listen()
        yield listener


class Page:
    """The page of one session.

    Args:
        session: What it shows.
        secrets: What opens it.
    """

    def __init__(self, session: Session, secrets: Secrets) -> None:
        self.session = session
        self.secrets = secrets
        self.server: uvicorn.Server | None = None
        routes = [
            Route("/", self._single),
            Route("/grid", self._grid),
            Route("/done", self._done, methods=["POST"]),
            Route("/state", self._state, methods=["POST"]),
            Route("/answer", self._answer, methods=["POST"]),
            Route("/back", self._back, methods=["POST"]),
            Route("/again", self._again, methods=["POST"]),
            Route("/leave", self._leave, methods=["POST"]),
            Route("/static/{name}", self._static),
            Route("/image/{digest}.{suffix}", self._image),
            Route("/known/{digest}.jpg", self._known),
        ]
        app = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={HTTPException: _no_such_page, CatdataError: _failed},
        )
        self.app: ASGIApp = Guard(app, secrets, _refusal_page)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.session.start()
        try:
            yield
        finally:
            await self.session.stop()

    def sitting(self) -> Sitting:
        """Return what was done so far."""
        session = self.session
        refused = session.outcomes["refused"] + session.outcomes["unreadable"]
        skipped = len(session.queue.skipped)
        return Sitting(
            {name: session.labelled[name] for name in CLASS_NAMES},
            refused,
            skipped,
            session.queue.left,
            session.is_review,
        )

    # Pages

    async def _single(self, request: Request) -> Response:
        if "token" in request.query_params:
            return self._welcome()
        return self._render("label.html", view="single")

    async def _grid(self, _request: Request) -> Response:
        return self._render("grid.html", view="grid")

    def _welcome(self) -> Response:
        """Hand out the cookie, and lead on to the address without the secret.

        Not by a redirect: a strict cookie is not sent on one that began at another site.
        """
        response = HTMLResponse(_template("welcome.html").render())
        response.set_cookie(
            self.secrets.cookie_name, self.secrets.cookie, httponly=True, samesite="strict"
        )
        return response

    async def _done(self, _request: Request) -> Response:
        """Show what was done and what to type next, and end the program."""
        if self.server:
            asyncio.get_running_loop().call_later(_FAREWELL, _end, self.server)
        return self._render("done.html", view="done", sitting=self.sitting())

    def _render(self, template: str, **values: Any) -> Response:
        folder = self.session.options.folder
        return HTMLResponse(
            _template(template).render(
                folder=shown(folder.absolute().name) if folder else "",
                is_review=self.session.is_review,
                progress=self.session.progress(),
                size=self.session.workspace.settings.size,
                classes=CLASS_NAMES,
                **values,
            )
        )

    # What the pages' scripts ask for

    async def _state(self, request: Request) -> Response:
        asked = await _asked(request)
        await self.session.recount()
        return JSONResponse(await self.session.view(*_tab_and_most(asked)))

    async def _answer(self, request: Request) -> Response:
        asked = await _asked(request)
        tab, most = _tab_and_most(asked)
        keys, word = asked.get("photos"), asked.get("label")
        if not isinstance(keys, list) or word not in (*CLASS_NAMES, "skip"):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "This answer can't be understood.")
        label = None if word == "skip" else CLASS_NAMES.index(word)
        answers = await self.session.answer(tab, [str(key) for key in keys], label)
        told = [views.of_answer(answer, self.session.gallery) for answer in answers]
        view = await self.session.view(tab, most, patient=False)
        return JSONResponse({**view, "answers": told})

    async def _back(self, request: Request) -> Response:
        asked = await _asked(request)
        tab, most = _tab_and_most(asked)
        key = asked.get("photo")
        answers = await self.session.take_back(tab, None if key is None else str(key))
        told = [views.of_answer(answer, self.session.gallery) for answer in answers]
        view = await self.session.view(tab, max(most, len(answers)), patient=False)
        return JSONResponse({**view, "answers": told})

    async def _again(self, request: Request) -> Response:
        asked = await _asked(request)
        self.session.reopen_skipped()
        return JSONResponse(await self.session.view(*_tab_and_most(asked)))

    async def _leave(self, request: Request) -> Response:
        self.session.leave(_tab_and_most(await _asked(request))[0])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = _statics().get(name)
        if content is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]])

    async def _image(self, request: Request) -> Response:
        suffix = request.path_params["suffix"]
        picture = self.session.gallery.get(request.path_params["digest"])
        if picture is None or suffix not in {"jpg", "png"}:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(picture, media_type=_TYPES[suffix])

    async def _known(self, request: Request) -> Response:
        picture = await self.session.known_image(request.path_params["digest"])
        if picture is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(picture, media_type=_TYPES["jpg"])


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


async def _asked(request: Request) -> dict[str, Any]:
    """Return the JSON object that a script sent."""
    try:
        asked = await request.json()
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This request can't be understood.")
    return asked


def _tab_and_most(asked: dict[str, Any]) -> tuple[str, int]:
    """Return which tab asks and how many photos it wants."""
    tab, most = asked.get("tab"), asked.get("most", 1)
    if not isinstance(tab, str) or not 1 <= len(tab) <= 64 or type(most) is not int:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This request can't be understood.")
    return tab, min(max(most, 1), MOST_PHOTOS)


async def _no_such_page(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    reason = "There is no such page here." if status == HTTPStatus.NOT_FOUND else str(error)
    return _refusal_page(status, reason)


async def _failed(_request: Request, error: Exception) -> Response:
    """Tell the page's script what a user can mend."""
    hint = error.hint if isinstance(error, CatdataError) else ""
    return JSONResponse({"error": str(error), "hint": hint}, HTTPStatus.CONFLICT)


def _refusal_page(status: int, reason: str) -> Response:
    """Answer with a page that needs nothing else, since who sees it may fetch nothing else."""
    return HTMLResponse(_template("refused.html").render(reason=reason), status)


@cache
def _statics() -> dict[str, bytes]:
    """Return the scripts and styles by name."""
    folder = resources.files(__package__) / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.PackageLoader("catdata.labeler")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
