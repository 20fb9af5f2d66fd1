"""Check everything on disk against what is known of it, mend what can be mended, delete leftovers.

Every byte is read: later rot of a JPEG cannot be seen by decoding it, only by its sha256.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from catdata import durable, h5file
from catdata.dataset.rawstore import SUFFIXES
from catdata.dataset.workspace import ORIGINAL, is_build_name
from catdata.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what it was.

    Attributes:
        kind: ``missing-file``, ``changed-file``, ``misnamed-file`` or ``damaged-build``.
        path: The file, from the workspace on.
        detail: What was found, for people.
        ref: The image whose file it is, empty where there is none.
        mended: What was done about it, empty if nothing was.
    """

    kind: str
    path: str
    detail: str
    ref: str = ""
    mended: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """A file of the raw store that no image of the catalog refers to.

    Undoing an ``add`` leaves its files as orphans, in case they are added again.
    """

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``verify`` found and mended.

    Attributes:
        files: Number of files whose every byte was read.
    """

    files: int
    damage: Sequence[Damage]
    orphans: Sequence[Orphan]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged, or everything that was has been mended."""
        return all(damage.mended for damage in self.damage)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return asdict(self) | {"sound": self.is_sound}


def verify(
    workspace: Workspace,
    *,
    repair: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> VerifyReport:
    """Check every file of the workspace.

    Args:
        workspace: What to check.
        repair: Put misnamed files back in place, and take images whose file is lost out of later
            builds (``undo`` brings them back).
        on_progress: Called with the number of files read so far.
    """
    hashes = _Hashes(on_progress)
    with workspace.catalog() as catalog:
        images = {image.file_hash: image for image in catalog.with_files() if image.file_hash}
        has_originals = any(count.origin == "original" for count in catalog.counts())
    stored = {path: hashes.of(path) for path in _raw_files(workspace.raw.folder)}
    damage = [
        *_raw_damage(workspace, images, stored),
        *_build_damage(workspace, hashes, has_originals=has_originals),
    ]
    if repair:
        damage = _repair(workspace, images, stored, damage)
    homes = {_home(workspace, image) for image in images.values()}
    orphans = [
        Orphan(_below(workspace, path), path.stat().st_size)
        for path, file_hash in stored.items()
        if path not in homes and file_hash not in images
    ]
    return VerifyReport(hashes.files, damage, orphans)


def prune(workspace: Workspace, report: VerifyReport) -> VerifyReport:
    """Delete the files that no image refers to, and return the report of what is then left.

    Writers wait meanwhile, and what one of them has added since is kept.
    """
    kept: list[Orphan] = []
    with workspace.catalog() as catalog, catalog.transaction():
        homes = {_below(workspace, _home(workspace, image)) for image in catalog.with_files()}
        for orphan in report.orphans:
            if orphan.path in homes:
                kept.append(orphan)
            else:
                (workspace.root / orphan.path).unlink(missing_ok=True)
    gone = {orphan.path for orphan in report.orphans} - {orphan.path for orphan in kept}
    damage = [
        replace(one, mended="deleted") if one.path in gone and not one.mended else one
        for one in report.damage
    ]
    return VerifyReport(report.files, damage, kept)


class _Hashes:
    """Computes sha256 of files and counts them."""

    def __init__(self, on_progress: Callable[[int], None] | None) -> None:
        self.on_progress = on_progress
        self.files = 0

    def of(self, path: Path) -> str:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.files += 1
        if self.on_progress:
            self.on_progress(self.files)
        return digest


def _raw_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*/*")):
        if path.is_file() and path.suffix in SUFFIXES.values():
            yield path


def _below(workspace: Workspace, path: Path) -> str:
    return shown(path.relative_to(workspace.root))


def _home(workspace: Workspace, image: ImageRow) -> Path:
    """Return where the file of an added image belongs."""
    return workspace.raw.path(image.file_hash or "", image.format or "")


def _raw_damage(
    workspace: Workspace, images: Mapping[str, ImageRow], stored: Mapping[Path, str]
) -> Iterator[Damage]:
    """Yield what is wrong with the raw store; *stored* gives the hash of each file's bytes.

    What a removed image lost does not matter to anyone and counts as mended.
    """
    owners = {_home(workspace, image): image for image in images.values()}
    for path, file_hash in stored.items():
        below, owner = _below(workspace, path), owners.get(path)
        if file_hash in images:
            home = _home(workspace, images[file_hash])
            if path != home and stored.get(home) != file_hash:
                detail = f"its bytes have the sha256 {file_hash}"
                yield Damage("misnamed-file", below, detail, images[file_hash].ref)
        elif owner or file_hash != path.stem:
            detail = "its bytes no longer have the sha256 that names it"
            ref = owner.ref if owner else ""
            yield Damage("changed-file", below, detail, ref, _if_removed(owner))
    for home, image in owners.items():
        if home not in stored:
            detail = f"the file of {image.file_name} is gone; it came from {image.source}"
            mended = _if_removed(image)
            yield Damage("missing-file", _below(workspace, home), detail, image.ref, mended)


def _if_removed(image: ImageRow | None) -> str:
    return "its image is not in builds" if image and image.removed else ""


def _build_damage(
    workspace: Workspace, hashes: _Hashes, *, has_originals: bool
) -> Iterator[Damage]:
    """Yield the files of builds that are not what their ``build.json`` says."""
    for folder in sorted(workspace.data.iterdir()):
        manifest = workspace.manifest(folder.name) if is_build_name(folder.name) else {}
        expected = folder.name == ORIGINAL and has_originals
        if "build" not in manifest and not expected:
            continue
        for name in h5file.FILE_NAMES.values():
            path = folder / name
            known = manifest.get("files", {}).get(name, {}).get("sha256")
            if not path.is_file():
                yield Damage("damaged-build", _below(workspace, path), "it is missing")
            elif hashes.of(path) != known:
                detail = "its sha256 is not the one noted in build.json"
                yield Damage("damaged-build", _below(workspace, path), detail)
    if has_originals and not (workspace.data / ORIGINAL).is_dir():
        yield Damage("damaged-build", f"data/{ORIGINAL}", "it is missing")


def _repair(
    workspace: Workspace,
    images: Mapping[str, ImageRow],
    stored: dict[Path, str],
    damage: Iterable[Damage],
) -> list[Damage]:
    """Mend what can be mended, and return the damage with what was done."""
    _put_back(workspace, images, stored)
    lost = [
        image
        for file_hash, image in images.items()
        if stored.get(_home(workspace, image)) != file_hash and not image.removed
    ]
    if lost:
        with workspace.catalog() as catalog, catalog.transaction():
            command = catalog.log("repair", f"removed {len(lost)} image(s) whose file is lost")
            for image in lost:
                catalog.update(image, command, removed=True)
    refs_lost = {image.ref for image in lost}
    return [
        replace(one, mended="taken out of builds" if one.ref in refs_lost else "put back")
        if one.ref and not one.mended
        else one
        for one in damage
    ]


def _put_back(
    workspace: Workspace, images: Mapping[str, ImageRow], stored: dict[Path, str]
) -> None:
    """Move misnamed files home: all out of the way first, since two may have swapped names."""
    moving: dict[Path, str] = {}
    for path, file_hash in list(stored.items()):
        if file_hash in images:
            home = _home(workspace, images[file_hash])
            if path != home and stored.get(home) != file_hash:
                aside = durable.partial_path(path)
                path.replace(aside)
                moving[aside] = stored.pop(path)
    for aside, file_hash in moving.items():
        home = _home(workspace, images[file_hash])
        durable.create_folder(home.parent)
        aside.replace(home)
        durable.sync_folder(home.parent)
        stored[home] = file_hash
