"""What saved models say of photos, in the page and in the order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from labeler_served import Serve, Served

from catdata.dataset import images
from catdata.dataset.workspace import Workspace
from catdata.learning import models


def train(workspace: Workspace, name: str, seed: int) -> None:
    command = [sys.executable, "-m", "catdata", "-C", str(workspace.root), "train", "original"]
    options = ["--layers", "3", "--iterations", "30", "--seed", str(seed), "--save", name]
    subprocess.run([*command, *options], check=True, capture_output=True)


def opinions(workspace: Workspace, name: str, folder: Path) -> dict[str, float]:
    """Return what a model says of each photo, asked without the page."""
    model = models.load(workspace.run_folder(name))
    paths = sorted(folder.iterdir())
    squares = [images.decode(path.read_bytes()).pixels for path in paths]
    answers = model.probabilities(np.stack(squares))
    return {path.name: float(answer) for path, answer in zip(paths, answers, strict=True)}


def told(served: Served) -> dict[str, list[float]]:
    """Return what the page tells of twenty photos, in their order."""
    photos: list[dict[str, object]] = []
    while len(photos) < 20:
        photos = served.ask("/state", {"tab": "a", "most": 20}).json["photos"]
    return {photo["name"]: [model["cat"] for model in photo["models"]] for photo in photos}


def test_a_models_probability_is_that_of_predict(
    serve: Serve, folder: Path, workspace: Workspace
) -> None:
    train(workspace, "small", 1)
    expected = opinions(workspace, "small", folder)
    found = told(serve(folder, "--model", "small"))
    assert len(found) == 20
    for name, (probability,) in found.items():
        assert probability == pytest.approx(expected[name])


def test_the_order_of_a_small_folder_is_by_uncertainty(
    serve: Serve, folder: Path, workspace: Workspace
) -> None:
    train(workspace, "small", 1)
    for path in sorted(folder.iterdir())[20:]:
        path.unlink()
    served = serve(folder, "--model", "small", "--order", "uncertain")
    found = [abs(answer - 0.5) for (answer,) in told(served).values()]
    assert found == sorted(found)


def test_two_models_tell_both_their_opinions(
    serve: Serve, folder: Path, workspace: Workspace
) -> None:
    train(workspace, "one", 1)
    train(workspace, "other", 2)
    words = ("--model", "one", "--model", "other", "--order", "disagreement")
    found = told(serve(folder, *words))
    assert all(len(answers) == 2 for answers in found.values())


def test_a_damaged_model_is_refused_before_the_page_opens(
    folder: Path, workspace: Workspace
) -> None:
    train(workspace, "small", 1)
    (workspace.run_folder("small") / "model.npz").write_bytes(b"torn")
    command = [sys.executable, "-m", "catdata", "-C", str(workspace.root), "label", str(folder)]
    done = subprocess.run([*command, "--model", "small"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The model in ")
    assert "Traceback" not in done.stderr


def test_a_damaged_catalog_ends_the_program_without_a_traceback(
    folder: Path, workspace: Workspace
) -> None:
    workspace.catalog_path.write_bytes(b"no catalog" * 1000)
    command = [sys.executable, "-m", "catdata", "-C", str(workspace.root), "label", str(folder)]
    done = subprocess.run([*command, "--no-browser"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "catalog.db is damaged" in done.stderr
    assert "Traceback" not in done.stderr
