"""A photo that no decoder survives is a message, whichever way somebody looks at it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NoReturn

import pytest
from pictures import save

from catdata.dataset import build, copies, explain, images, ingest, pixels
from catdata.dataset.catalog import ImageRow
from catdata.dataset.contents import Recipe
from catdata.dataset.copies import Augmentation
from catdata.dataset.labels import Entry
from catdata.dataset.workspace import Workspace
from catdata.errors import ImageRefused, WorkspaceDamaged


def die(*_: object, **__: object) -> NoReturn:
    """Do what a hostile file could make a decoder do."""
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


@pytest.fixture
def photo(workspace: Workspace, tmp_path: Path) -> ImageRow:
    """A photo of the catalog."""
    ingest.add(workspace, [Entry(save(tmp_path / "a.jpg", 1), 1, "train")])
    with workspace.catalog() as catalog:
        return catalog.resolve("a.jpg")


def said_of(workspace: Workspace, photo: ImageRow, damage: WorkspaceDamaged) -> bool:
    path = workspace.raw.path(photo.file_hash or "", "jpeg")
    hint = f"Take it out of builds with: catdata remove {(photo.file_hash or '')[:12]}"
    return (damage.message, damage.hint) == (
        f"{path} can't be decoded: it crashed the decoder.",
        hint,
    )


def test_show_names_it(
    workspace: Workspace, photo: ImageRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "preview", die)
    with pytest.raises(WorkspaceDamaged) as raised:
        explain.look(workspace, "a.jpg")
    assert said_of(workspace, photo, raised.value)


def test_augment_preview_names_it(
    workspace: Workspace, photo: ImageRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "subject_of", die)
    with pytest.raises(WorkspaceDamaged) as raised:
        explain.preview(workspace, ["a.jpg"], Augmentation(augment=("flip",), copies=1))
    assert said_of(workspace, photo, raised.value)


def test_a_build_of_copies_names_it(
    workspace: Workspace, photo: ImageRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "make_copies", die)
    recipe = Recipe(augment=("rotate",), copies=1, augment_only="added")
    with pytest.raises(WorkspaceDamaged) as raised:
        build.build(workspace, recipe=recipe)
    assert said_of(workspace, photo, raised.value)
    assert workspace.builds() == ["original"]


def test_the_hint_takes_it_out_of_builds(workspace: Workspace, photo: ImageRow) -> None:
    with workspace.catalog() as catalog:
        assert catalog.resolve((photo.file_hash or "")[:12]) == photo


def test_a_photo_that_predict_draws_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "a.jpg", 1)
    (whole,) = pixels.previews([path])
    assert whole.shape == (90, 120, 3)
    monkeypatch.setattr(images, "preview", die)
    with pytest.raises(ImageRefused, match="can't be drawn: it crashed the decoder"):
        list(pixels.previews([path]))


def test_a_pipe_in_the_place_of_a_photo_is_damage_at_once(
    workspace: Workspace, photo: ImageRow
) -> None:
    path = workspace.raw.path(photo.file_hash or "", "jpeg")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(WorkspaceDamaged, match=r"\.jpg is a named pipe, not a picture file: "):
        explain.look(workspace, "a.jpg")
