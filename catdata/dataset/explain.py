"""Explain augmented copies: what a row of a build is, how it came about, and what copies look like.

A row is called by its build and its place, such as ``enlarged/train[512]``. What is said of it
comes from the build's own h5 file; the catalog adds what it knows of the image that it shows.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from catdata import h5file
from catdata.dataset import augment
from catdata.dataset.copies import family
from catdata.dataset.images import Preparation
from catdata.dataset.pixels import Pixels, PixelSource, view, workers
from catdata.dataset.status import describe_image
from catdata.errors import UnknownReference, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catdata.dataset.copies import Augmentation, Copy
    from catdata.dataset.workspace import Workspace

_ROW = re.compile(r"(?P<build>.+)/(?P<split>train|test)\[(?P<number>\d{1,9})\]")


@dataclass(frozen=True, slots=True, eq=False)
class BuildRow:
    """One row of a build.

    Attributes:
        name: What it is called, ``enlarged/train[512]``.
        class_name: Its label.
        ref: The image that it shows, as builds call it.
        copy: 0 for the image itself, k for its k-th augmented copy.
        parameters: What was done to the copy, as JSON.
        content_hash: Of the image that it shows, or "" where the file does not say.
        parent: The row of the image itself in the same file, or None.
        fit: How the image became a square.
        pixels: Shape (size, size, 3), uint8.
    """

    name: str
    class_name: str
    ref: str
    copy: int
    parameters: str
    content_hash: str
    parent: int | None
    fit: str
    pixels: Pixels


def find_row(workspace: Workspace, name: str) -> BuildRow | None:
    """Return the row of a build that *name* calls, or None if it is no name of that kind.

    Raises:
        UnknownReference: If there is no such build or row.
        H5Refused: If the file is not in the course's form.
    """
    match = _ROW.fullmatch(name)
    if match is None:
        return None
    split, number = match["split"], int(match["number"])
    folder = workspace.build_folder(match["build"])
    with h5file.open_split(folder / h5file.FILE_NAMES[split], split) as file:
        if number >= file.count:
            raise UnknownReference(
                f"There is no {shown(name)}.",
                hint=f"That file ends with {split}[{file.count - 1}].",
            )
        ref, hashes = file.refs[number], file.content_hashes
        parents = [
            row for row, of_row in enumerate(file.refs) if of_row == ref and not file.copies[row]
        ]
        return BuildRow(
            name=name,
            class_name=file.class_names[file.labels[number]],
            ref=ref,
            copy=int(file.copies[number]),
            parameters="{}" if file.parameters is None else file.parameters[number].decode(),
            content_hash="" if hashes is None else hashes[number].decode(),
            parent=parents[0] if parents else None,
            fit=_fit(file.recipe) or workspace.settings.fit,
            pixels=file.read(number, number + 1)[0],
        )


def describe(workspace: Workspace, name: str) -> dict[str, object]:
    """Return everything known of an image, or of a row of a build, as plain types.

    Raises:
        UnknownReference: If *name* means nothing, or several images.
        H5Refused: If the build's file is not in the course's form.
    """
    row = find_row(workspace, name)
    if row is None:
        return describe_image(workspace, name)
    record: dict[str, object] = {"ref": row.name, "label": row.class_name, "image": row.ref}
    if row.copy:
        drawn = json.loads(row.parameters)
        parent = None if row.parent is None else f"{name.rpartition('[')[0]}[{row.parent}]"
        record |= {"copy": row.copy, "transforms": drawn, "parent": parent}
    record |= {"pixels": list(row.pixels.shape), "content_hash": row.content_hash}
    try:
        image = describe_image(workspace, row.ref)
    except UnknownReference:  # a build from elsewhere, or an image whose addition was undone
        return record
    known = ("split", "removed", "origin", "file", "source", "stored")
    return record | {"image": image["ref"]} | {name: image[name] for name in known}


def redraw(workspace: Workspace, name: str) -> Pixels:
    """Make a row of a build again, from the image and from what the build says was done to it.

    Returns:
        Shape (size, size, 3), uint8, the very pixels that the build holds.

    Raises:
        UnknownReference: If there is no such row, or the workspace does not have its image.
        BuildRefused: If what was done to it can't be understood.
    """
    row = find_row(workspace, name)
    if row is None:
        raise UnknownReference(
            f"{shown(name)} is no row of a build.", hint="Rows are called like enlarged/train[512]."
        )
    preparation = Preparation(row.pixels.shape[0], row.fit)
    with (
        workspace.catalog() as catalog,
        workers(1) as pool,
        PixelSource(workspace, preparation, pool) as pixels,
    ):
        subject = pixels.subject(catalog.resolve(row.ref, removed=True))
        return subject.copy(augment.from_text(row.parameters))


class Shown(NamedTuple):
    """A picture for people, with what it is.

    Attributes:
        pixels: Shape (height, width, 3), uint8, RGB.
        caption: What it is.
    """

    pixels: Pixels
    caption: str


def look(workspace: Workspace, name: str) -> list[Shown]:
    """Return the photo and the square that the network sees, and before that, what it is a copy of.

    Raises:
        UnknownReference: If *name* means nothing, or several images.
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    row = find_row(workspace, name)
    (image,) = view(workspace, [row.ref if row else name])
    whole = Shown(image.whole, f"{image.ref}, {image.class_name}")
    if row is None:
        return [whole, Shown(image.square, "as the network sees it")]
    if not row.copy:
        return [whole, Shown(row.pixels, row.name)]
    drawn = augment.from_text(row.parameters)
    return [
        whole,
        Shown(image.square, "before the transforms"),
        Shown(row.pixels, f"{row.name}: {augment.describe(drawn)}"),
    ]


def preview(
    workspace: Workspace, refs: Iterable[str], augmentation: Augmentation
) -> list[list[Shown]]:
    """Return images as the network sees them, each before its copies as a build would hold them.

    Args:
        workspace: Where the images are.
        refs: Images of the catalog.
        augmentation: What the copies are to be; how many each image gets is ``copies``.

    Raises:
        UnknownReference: If a name means no image, or several.
        WorkspaceDamaged: If a photo's file is missing or has changed.
    """
    with (
        workspace.catalog() as catalog,
        workers(1) as pool,
        PixelSource(workspace, workspace.settings.preparation, pool) as pixels,
    ):
        groups = []
        for image in [catalog.resolve(ref, removed=True) for ref in refs]:
            subject = pixels.subject(image)
            first = Shown(subject.square, f"{catalog.short_ref(image)}, {image.class_name}")
            groups.append([first, *(_shown(subject, copy) for copy in family(image, augmentation))])
        return groups


def _shown(subject: augment.Subject, copy: Copy) -> Shown:
    drawn = augment.from_text(copy.parameters)
    return Shown(subject.copy(drawn), f"copy {copy.number}: {augment.describe(drawn)}")


def _fit(recipe: str) -> str | None:
    """Return the fit that a recipe names, which may come from a file that is not ours."""
    try:
        fit = json.loads(recipe)["fit"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return fit if isinstance(fit, str) else None
