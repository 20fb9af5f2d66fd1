"""Mend what can be mended, and say of each damage what was done about it.

Nothing is deleted but copies of files that are in their place, and no photo is overwritten but by
its own bytes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catdata import durable, h5file
from catdata.dataset import build, images, originals
from catdata.dataset.catalog import Selection, recovery
from catdata.dataset.contents import Recipe
from catdata.dataset.damage import below, home_of, is_raw_file
from catdata.dataset.rawstore import FilesChanged, RawFile, file_hash
from catdata.dataset.workspace import MANIFEST, ORIGINAL
from catdata.errors import (
    CatdataError,
    H5Refused,
    ImageRefused,
    StorageFailed,
    WorkspaceDamaged,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.damage import Damage
    from catdata.dataset.workspace import Workspace


def mend_catalog(workspace: Workspace, found: Iterable[Damage]) -> list[Damage]:
    """Make a damaged catalog again from its log, or a damaged log from the catalog."""
    mended = []
    for one in found:
        if one.kind == "damaged-catalog":
            done = _rebuild(workspace)
        else:
            with workspace.catalog() as catalog:
                catalog.write_log()
            done = "written anew from the catalog"
        mended.append(replace(one, mended=done))
    return mended


def _rebuild(workspace: Workspace) -> str:
    kept = "; the damaged one is now catalog.db.damaged" if workspace.catalog_path.exists() else ""
    with workspace.build_lock():
        try:
            rebuilt = recovery.rebuild(workspace.catalog_path)
        except WorkspaceDamaged:
            done = _start_over(workspace)
            return done and f"{done}{kept}"
    lost = ""
    if rebuilt.passed_over:
        lost = f", of which {rebuilt.passed_over} damaged line(s) are lost"
        with workspace.catalog() as catalog:
            catalog.write_log()
    if rebuilt.is_torn:
        lost += ", which ends in half a line: the newest change may be lost"
    return f"made again from its log{lost}{kept}"


def _start_over(workspace: Workspace) -> str:
    """Make the catalog again without a log, where there are no photos that need their labels."""
    if any(map(is_raw_file, workspace.raw.folder.glob("*/*"))):
        return ""
    recovery.put_aside(workspace.catalog_path)
    try:
        originals.catalogue_again(workspace.data)
    except H5Refused:
        return ""
    return "made again from the course's files"


def mend(
    workspace: Workspace,
    known: Mapping[str, ImageRow],
    stored: dict[Path, str],
    found: Sequence[Damage],
) -> list[Damage]:
    """Mend photos and builds.

    Args:
        workspace: Where they are.
        known: The images of the catalog by the sha256 of their file.
        stored: The sha256 of each file in the raw store; brought up to date.
        found: What is damaged.
    """
    _put_back(workspace, known, stored)
    away = [image for image in known.values() if not _is_home(workspace, image, stored)]
    fetched = _fetch(workspace, away, stored)
    lost = [image for image in away if image.ref not in fetched and not image.removed]
    _take_out(workspace, lost)
    done = {image.ref: "taken out of builds" for image in lost} | fetched
    mended = []
    for one in found:
        if one.mended:
            how = one.mended
        elif one.kind == "extra-file":
            how = _delete_copy(workspace, one, stored)
        elif one.kind == "damaged-build":
            how = _mend_build(workspace, one)
        else:
            how = done.get(one.ref, "put back" if one.ref else "")
        mended.append(replace(one, mended=how))
    return mended


def _is_home(workspace: Workspace, image: ImageRow, stored: Mapping[Path, str]) -> bool:
    home = home_of(workspace, image)
    if image.location is None:
        return stored.get(home) == image.file_hash
    return _read_same(home, image) is not None


def _read_same(path: Path, image: ImageRow) -> bytes | None:
    """Return the bytes of a file if they are those of an image's photo."""
    try:
        data = images.read_file(path)
    except (ImageRefused, OSError):
        return None
    return data if file_hash(data) == image.file_hash else None


def _put_back(workspace: Workspace, known: Mapping[str, ImageRow], stored: dict[Path, str]) -> None:
    """Move misnamed files home: all out of the way first, since two may have swapped names."""
    moving: dict[Path, str] = {}
    for path, digest in list(stored.items()):
        image = known.get(digest)
        if image is None or image.location is not None:
            continue
        home = home_of(workspace, image)
        if path != home and stored.get(home) != digest:
            aside = durable.partial_path(path)
            path.replace(aside)
            moving[aside] = stored.pop(path)
    for aside, digest in moving.items():
        home = home_of(workspace, known[digest])
        durable.create_folder(home.parent)
        aside.replace(home)
        durable.sync_folder(home.parent)
        stored[home] = digest


def _fetch(
    workspace: Workspace, away: Iterable[ImageRow], stored: dict[Path, str]
) -> dict[str, str]:
    """Take lost files from where they came, if they are still there; tell by ref."""
    fetched = {}
    for image in away:
        if image.location is not None or not image.source:
            continue
        file = RawFile(image.file_hash or "", image.format or "", image.source)
        with workspace.catalog() as catalog, catalog.transaction():  # the store's writers queue
            try:
                workspace.raw.store([file])
            except FilesChanged:
                continue
        stored[home_of(workspace, image)] = file.file_hash
        fetched[image.ref] = f"fetched from {image.source}"
    return fetched


def _take_out(workspace: Workspace, lost: Sequence[ImageRow]) -> None:
    if not lost:
        return
    with workspace.catalog() as catalog, catalog.transaction():
        command = catalog.log("repair", f"removed {len(lost)} image(s) whose file is lost")
        for image in lost:
            catalog.update(image, command, removed=True)


def _delete_copy(workspace: Workspace, one: Damage, stored: dict[Path, str]) -> str:
    """Delete a file whose bytes are in the store under the right name too."""
    if not one.ref:
        return ""
    path = next(path for path in stored if below(workspace, path) == one.path)
    path.unlink()
    del stored[path]
    return "deleted, being a copy"


def _mend_build(workspace: Workspace, one: Damage) -> str:
    name = Path(one.path).parts[1]
    try:
        if name == ORIGINAL:
            return _mend_original(workspace) if Path(one.path).name == MANIFEST else ""
        return _build_again(workspace, name)
    except StorageFailed:
        raise
    except CatdataError:
        return ""


def _mend_original(workspace: Workspace) -> str:
    """Write ``build.json`` of the course's pair anew, if the pair is the one in the catalog."""
    folder = workspace.data / ORIGINAL
    pair = h5file.read_pair(folder)
    with workspace.catalog() as catalog:
        chosen = (Selection(origin="original", removed=removed) for removed in (False, True))
        listed = {image.ref: image.content_hash for one in chosen for image in catalog.images(one)}
    held = {
        f"{split}[{row}]": images.content_hash(pixels)
        for split, half in (("train", pair.train), ("test", pair.test))
        for row, pixels in enumerate(half.images)
    }
    if held != listed:
        return ""
    originals.write_manifest(folder)
    return "written anew from the files"


def _build_again(workspace: Workspace, name: str) -> str:
    """Write a build anew by its recipe, which ``build.json`` and both h5 files know."""
    folder = workspace.data / name
    manifest = workspace.manifest(name)
    recipe = manifest.get("recipe") or _recipe_inside(folder)
    recipe = Recipe(**{**recipe, "augment": tuple(recipe.get("augment", ()))})
    if "build_id" not in manifest:  # what build() replaces must say that it is a build
        stub = json.dumps({"build": name, "build_id": ""})
        durable.write_bytes(folder / MANIFEST, stub.encode())
    build.build(workspace, name, recipe)
    return "written anew from the catalog as it is now"


def _recipe_inside(folder: Path) -> dict[str, Any]:
    """Return the recipe that an h5 file of a build holds.

    Raises:
        H5Refused: If neither file can be read.
        WorkspaceDamaged: If it holds none.
    """
    split, other = h5file.FILE_NAMES
    try:
        half = h5file.open_split(folder / h5file.FILE_NAMES[split], split)
    except H5Refused:
        half = h5file.open_split(folder / h5file.FILE_NAMES[other], other)
    with half as file:
        try:
            recipe: dict[str, Any] = json.loads(file.recipe)
        except ValueError:
            raise WorkspaceDamaged(f"{shown(folder)} holds no recipe.") from None
        return recipe
