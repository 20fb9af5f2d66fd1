"""Check everything on disk against what is known of it, mend what can be mended, delete leftovers.

Every byte is read: later rot of a JPEG cannot be seen by decoding it, only by its sha256.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from catdata import durable, h5file
from catdata.dataset.rawstore import SUFFIXES
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
    """A sound file of the raw store that no image of the catalog refers to.

    Undoing an ``add`` leaves its files as orphans, in case they are added again.
    """

    path: str
    file_hash: str
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
    stored = {path: hashes.of(path) for path in _raw_files(workspace.raw.folder)}
    damage = [*_raw_damage(workspace, images, stored), *_build_damage(workspace, hashes)]
    if repair:
        damage = _repair(workspace, images, stored, damage)
    orphans = [
        Orphan(_below(workspace, path), file_hash, path.stat().st_size)
        for path, file_hash in stored.items()
        if file_hash == path.stem and file_hash not in images
    ]
    return VerifyReport(hashes.files, damage, orphans)


def prune(workspace: Workspace, orphans: Iterable[Orphan]) -> int:
    """Delete files that no image refers to, and return how many were deleted.

    Writers wait meanwhile, and what one of them has added since is kept.
    """
    deleted = 0
    with workspace.catalog() as catalog, catalog.transaction():
        wanted = {image.file_hash for image in catalog.with_files()}
        for orphan in orphans:
            if orphan.file_hash not in wanted:
                (workspace.root / orphan.path).unlink(missing_ok=True)
                deleted += 1
    return deleted


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


def _raw_damage(
    workspace: Workspace, images: Mapping[str, ImageRow], stored: Mapping[Path, str]
) -> Iterator[Damage]:
    """Yield what is wrong with the raw store; *stored* gives the hash of each file's bytes."""
    for path, file_hash in stored.items():
        if file_hash == path.stem:
            continue
        if file_hash in images:
            detail = f"its bytes have the sha256 {file_hash}"
            yield Damage("misnamed-file", _below(workspace, path), detail, images[file_hash].ref)
        else:
            detail = "its bytes no longer have the sha256 that names it"
            ref = images[path.stem].ref if path.stem in images else ""
            yield Damage("changed-file", _below(workspace, path), detail, ref)
    for image in images.values():
        path = workspace.raw.path(image.file_hash or "", image.format or "")
        if path not in stored:
            detail = f"the file of {image.file_name} is gone; it came from {image.source}"
            yield Damage("missing-file", _below(workspace, path), detail, image.ref)


def _build_damage(workspace: Workspace, hashes: _Hashes) -> Iterator[Damage]:
    """Yield the files of builds that are not what their ``build.json`` says."""
    for build in workspace.builds():
        files = workspace.manifest(build).get("files", {})
        for name in h5file.FILE_NAMES.values():
            path = workspace.data / build / name
            if hashes.of(path) != files.get(name, {}).get("sha256"):
                detail = "its sha256 is not the one noted in build.json"
                yield Damage("damaged-build", _below(workspace, path), detail)


def _repair(
    workspace: Workspace,
    images: Mapping[str, ImageRow],
    stored: dict[Path, str],
    damage: Iterable[Damage],
) -> list[Damage]:
    """Mend what can be mended, and return the damage with what was done."""
    for path, file_hash in list(stored.items()):
        if file_hash in images and file_hash != path.stem:
            home = workspace.raw.path(file_hash, images[file_hash].format or "")
            durable.create_folder(home.parent)
            path.replace(home)
            durable.sync_folder(home.parent)
            durable.sync_folder(path.parent)
            stored[home] = stored.pop(path)
    sound = {file_hash for path, file_hash in stored.items() if path.stem == file_hash}
    lost = [image for file_hash, image in images.items() if file_hash not in sound]
    if any(not image.removed for image in lost):
        with workspace.catalog() as catalog, catalog.transaction():
            command = catalog.log("repair", f"removed {len(lost)} image(s) whose file is lost")
            for image in lost:
                catalog.update(image, command, removed=True)
    refs_lost = {image.ref for image in lost}
    return [
        replace(one, mended="taken out of builds" if one.ref in refs_lost else "put back")
        if one.ref
        else one
        for one in damage
    ]
