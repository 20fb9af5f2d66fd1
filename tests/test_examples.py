"""The example notebook runs, and shows what it shows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import catdata

NOTEBOOK = Path(__file__).parents[1] / "examples" / "own_photos.ipynb"
LARGEST = 300_000  # bytes, outputs included


def test_the_example_notebook_is_small_and_shows_its_results() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    shown = [
        output["data"].keys()
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "execute_result"
    ]
    assert NOTEBOOK.stat().st_size < LARGEST
    assert shown == [{"text/html", "text/plain"}] * 2


def test_the_example_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    # The kernel is another process: it is to find the very package that is tested here.
    package = Path(catdata.__file__).parents[1]
    paths = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONPATH", paths)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    folder = tmp_path / "notebook"
    folder.mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
    printed = [
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    assert printed[-1] == "100 added, 0 there already\n"
    assert (folder / "cats" / "data" / "enlarged" / "train_catvnoncat.h5").is_file()
