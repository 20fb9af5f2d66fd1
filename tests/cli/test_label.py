"""label, as a user types it; its page is tested in tests/labeler."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from pictures import save


def test_label_needs_a_folder_or_review(run, here: Path) -> None:
    assert "Name a folder of photos, or give --review." in run("label", status=2).output


def test_label_takes_a_folder_or_review_not_both(run, here: Path) -> None:
    save(here / "photos" / "1.jpg", 1)
    assert "or give --review" in run("label photos --review", status=2).output


def test_label_refuses_what_is_no_folder(run, here: Path) -> None:
    save(here / "photos" / "1.jpg", 1)
    assert "is a file" in run("label photos/1.jpg", status=2).output


def test_label_says_how_to_install_what_it_needs(
    run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "photos").mkdir()
    monkeypatch.setitem(sys.modules, "uvicorn", None)  # as if it were not installed
    said = run("label photos", status=1).output
    assert "The labelling page needs starlette and uvicorn" in said
    assert "pip install 'catdata[web]'" in said


def test_label_refuses_an_order_without_a_model(run, here: Path) -> None:
    (here / "photos").mkdir()
    said = run("label photos --order uncertain", status=1).output
    assert "needs a model's opinion" in said
    assert "catdata train --save NAME" in said


def test_label_names_a_model_that_is_not_there(run, here: Path) -> None:
    (here / "photos").mkdir()
    assert (
        "There is no saved model named tiny." in run("label photos --model tiny", status=1).output
    )


def test_label_refuses_a_port_in_use(run, here: Path) -> None:
    (here / "photos").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = run(f"label photos --no-browser --port {port}", status=1).output
    assert f"Port {port} can't be used" in said
