"""Correct the catalog: relabel, move, remove, undo; all of what was named, or nothing.

Files and h5 files are never touched here: the next build shows the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata import fingerprint
from catdata.dataset.catalog import fingerprints
from catdata.errors import CatdataError, LeakRefused
from catdata.h5file import CLASS_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catdata.dataset.catalog import Catalog, ImageRow
    from catdata.dataset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Edited:
    """One image that a command was asked to change.

    Attributes:
        before: What the changed property was.
        after: What it is now; the same as *before* where nothing had to change.
    """

    ref: str
    before: str
    after: str


def relabel(workspace: Workspace, refs: Sequence[str], label: int) -> list[Edited]:
    """Give images another label.

    Args:
        workspace: Where they are.
        refs: What they are called; see :meth:`catdata.dataset.catalog.Catalog.resolve`.
        label: 0 (non-cat) or 1 (cat).

    Raises:
        UnknownReference: If a name means no image or several; nothing is then changed.
    """
    with workspace.catalog() as catalog, catalog.transaction():
        images = _resolve(catalog, refs)
        changing = [image for image in images if image.label != label]
        if changing:
            name = CLASS_NAMES[label]
            command = catalog.log("relabel", f"relabelled {_count(changing)} as {name}")
            for image in changing:
                catalog.update(image, command, label=label)
        return [
            Edited(catalog.short_ref(image), image.class_name, CLASS_NAMES[label])
            for image in images
        ]


def move(workspace: Workspace, refs: Sequence[str], split: str) -> list[Edited]:
    """Put images into the other split.

    Raises:
        UnknownReference: If a name means no image or several; nothing is then changed.
        LeakRefused: If a near-duplicate would stay behind on the other side.
    """
    with workspace.catalog() as catalog, catalog.transaction():
        images = _resolve(catalog, refs)
        changing = [image for image in images if image.split != split]
        _refuse_leaks(catalog, changing, split)
        if changing:
            command = catalog.log("move", f"moved {_count(changing)} to {split}")
            for image in changing:
                catalog.update(image, command, split=split)
        return [Edited(catalog.short_ref(image), image.split, split) for image in images]


def remove(workspace: Workspace, refs: Sequence[str]) -> list[Edited]:
    """Leave images out of later builds; their files stay.

    Raises:
        UnknownReference: If a name means no image or several; nothing is then changed.
    """
    with workspace.catalog() as catalog, catalog.transaction():
        images = _resolve(catalog, refs)
        command = catalog.log("remove", f"removed {_count(images)}")
        for image in images:
            catalog.update(image, command, removed=True)
        return [Edited(catalog.short_ref(image), image.split, "removed") for image in images]


def undo(workspace: Workspace, command_id: int | None = None) -> str:
    """Revert a command that changed the catalog, and say what it was.

    Args:
        workspace: Where it was done.
        command_id: Which one; the last one if None.

    Raises:
        CatdataError: If there is nothing left to undo, or a later command changed the same images.
    """
    with workspace.catalog() as catalog, catalog.transaction():
        command = catalog.undo(command_id)
    if command is None and command_id is not None:
        raise CatdataError(
            "That was undone before, or changed again since.",
            hint="See what was done: catdata log",
        )
    if command is None:
        raise CatdataError("There is nothing to undo.", hint="See what was done: catdata log")
    return f"Undid {command.name} of {command.at}: {command.summary}"


def _resolve(catalog: Catalog, refs: Sequence[str]) -> list[ImageRow]:
    """Return the images, each once, in the order named."""
    images = [catalog.resolve(ref) for ref in refs]
    return list({image.id: image for image in images}.values())


def _count(images: Sequence[ImageRow]) -> str:
    return "1 image" if len(images) == 1 else f"{len(images)} images"


def _refuse_leaks(catalog: Catalog, moving: Sequence[ImageRow], split: str) -> None:
    ids, prints = catalog.fingerprints_after(0)
    together = {image.id for image in moving}
    for image, words in zip(moving, fingerprints(moving), strict=True):
        near = [ids[row] for row in fingerprint.near(words, prints)]
        for other in catalog.present(near):
            if other.split != split and other.id not in together:
                ref, stays = catalog.short_ref(image), catalog.short_ref(other)
                raise LeakRefused(
                    f"{ref} can't go to {split} alone: its near-duplicate {stays} is in "
                    f"{other.split}, and would leak.",
                    hint=f"Move both: catdata move {ref} {stays} --split {split}",
                )
