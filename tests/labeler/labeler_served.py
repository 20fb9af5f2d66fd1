"""Run the real command in a process of its own, and look at its page as browsers and scripts do."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from catdata.dataset.workspace import Workspace

Serve = Callable[..., "Served"]


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Served:
    """A running ``catdata label``."""

    def __init__(self, workspace: Workspace, *words: str) -> None:
        command = [sys.executable, "-m", "catdata", "-C", str(workspace.root), "label"]
        self.process = subprocess.Popen(
            [*command, "--no-browser", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        first = self.process.stdout.readline()
        assert first.startswith("Open: "), first + self.process.communicate()[1]
        self.address = first.removeprefix("Open: ").strip()
        self.root = self.address.partition("/?")[0]
        self.first_path = self.address.removeprefix(self.root)
        self.cookie: str | None = None

    def ask(
        self, path: str, record: object = None, *, body: bytes | None = None, **headers: str
    ) -> Answer:
        """Ask as the page's own scripts do: GET, or POST if there is something to send.

        Args:
            path: What is asked for, sent as it is.
            record: Sent as JSON.
            body: Sent as it is.
            headers: In the place of the page's own; an empty one is left out.
        """
        if self.cookie is None:
            self.cookie = ""
            self.cookie = self.ask(self.first_path).headers["Set-Cookie"].partition(";")[0]
        if record is not None:
            body = json.dumps(record).encode()
        own = {"Cookie": self.cookie, "Host": self.root.removeprefix("http://")}
        own |= {"Origin": self.root} if body is not None else {}
        own = {name: value for name, value in (own | headers).items() if value}
        line = http.client.HTTPConnection(self.root.removeprefix("http://"), timeout=60)
        line.putrequest("GET" if body is None else "POST", path, skip_host=True)
        for name, value in own.items():
            line.putheader(name, value)
        line.putheader("Content-Length", str(len(body or b"")))
        line.endheaders(body)
        found = line.getresponse()
        answer = Answer(found.status, found.headers, found.read().decode("utf-8", "replace"))
        line.close()
        return answer

    def interrupt(self) -> str:
        """Press Ctrl-C and return what the program printed; it must end well."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> str:
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return out + err


def counts(workspace: Workspace) -> dict[str, int]:
    """Return how many added images of each class the catalog holds."""
    found = {"cat": 0, "non-cat": 0}
    with workspace.catalog() as catalog:
        for count in catalog.counts():
            if count.origin == "added":
                found["cat" if count.label else "non-cat"] += count.images
    return found


def file_names(workspace: Workspace) -> dict[str, str]:
    """Return the class of each added image by its file name."""
    with workspace.catalog() as catalog:
        return {row.file_name: row.class_name for row in catalog.images() if row.file_name}


def shown_name(page: Page) -> str:
    """Return the name of the photo that is shown."""
    page.wait_for_selector("#picture")
    return page.inner_text("#name")


def press(page: Page, key: str) -> str:
    """Press a key that changes the photo, and return the name of the one that follows."""
    before = page.get_attribute("#photo", "data-key")
    page.keyboard.press(key)
    page.wait_for_function(
        "key => { const now = document.getElementById('photo').dataset.key;"
        " return (now && now !== key) || !document.getElementById('finished').hidden; }",
        arg=before,
    )
    return page.inner_text("#name") if page.is_visible("#desk") else ""


def number(text: str, what: str) -> int:
    """Return the number that stands before a word."""
    found = re.search(rf"(\d+) {what}", text)
    assert found, f"no number of {what} in {text!r}"
    return int(found[1])
