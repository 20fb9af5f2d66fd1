"""Find what is not as it was: the catalog, its log, the photos and the builds.

Every byte is read: later rot of a JPEG cannot be seen by decoding it, only by its sha256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catdata import h5file
from catdata.dataset.catalog import recovery
from catdata.dataset.rawstore import SUFFIXES
from catdata.dataset.workspace import MANIFEST, ORIGINAL, foreign_files, is_build_name
from catdata.errors import H5Refused, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from catdata.dataset.catalog import ImageRow
    from catdata.dataset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what it was.

    Attributes:
        kind: ``damaged-catalog``, ``damaged-log``, ``missing-file``, ``changed-file``,
            ``misnamed-file``, ``extra-file`` or ``damaged-build``.
        path: The file, from the workspace on; whole where it lies elsewhere.
        detail: What was found, for people.
        ref: The image whose file it is, empty where there is none.
        mended: What was done about it, empty if nothing was.
    """

    kind: str
    path: str
    detail: str
    ref: str = ""
    mended: str = ""


class Hashes:
    """Computes sha256 of files and counts them.

    Args:
        on_progress: Called with the number of files read so far.
    """

    def __init__(self, on_progress: Callable[[int], None] | None = None) -> None:
        self.on_progress = on_progress
        self.files = 0

    def of(self, path: Path) -> str:
        """Return the sha256 of a file, hexadecimal."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.files += 1
        if self.on_progress:
            self.on_progress(self.files)
        return digest


def below(workspace: Workspace, path: Path) -> str:
    """Return a path from the workspace on, for people."""
    return shown(path.relative_to(workspace.root))


def home_of(workspace: Workspace, image: ImageRow) -> Path:
    """Return where the file of an added image belongs."""
    if image.location is not None:
        return Path(image.location)
    return workspace.raw.path(image.file_hash or "", image.format or "")


def is_raw_file(path: Path) -> bool:
    """Tell whether a path in the raw store has the ending of a photo, and no temporary name."""
    return path.suffix in SUFFIXES.values() and not path.name.startswith(".")


def read_raw(workspace: Workspace, hashes: Hashes) -> dict[Path, str]:
    """Return the sha256 of every photo in the raw store."""
    paths = sorted(workspace.raw.folder.glob("*/*"))
    return {path: hashes.of(path) for path in paths if path.is_file() and is_raw_file(path)}


def in_catalog(workspace: Workspace) -> Iterator[Damage]:
    """Yield what is wrong with the catalog, or with its log.

    Raises:
        WorkspaceError: If a newer version of this program wrote it.
    """
    catalog, log = recovery.find_damage(workspace.catalog_path)
    if catalog:
        path = below(workspace, workspace.catalog_path)
        yield Damage("damaged-catalog", path, catalog)
    if log:
        path = below(workspace, workspace.catalog_path.with_name("log.jsonl"))
        yield Damage("damaged-log", path, log)


def in_raw_store(
    workspace: Workspace, images: Mapping[str, ImageRow], stored: Mapping[Path, str]
) -> Iterator[Damage]:
    """Yield what is wrong with the photos; *stored* gives the hash of each file's bytes.

    What a removed image lost does not matter to anyone and counts as mended.
    """
    kept = [image for image in images.values() if image.location is None]
    owners = {home_of(workspace, image): image for image in kept}
    for path, file_hash in stored.items():
        owner = owners.get(path)
        if file_hash in images and images[file_hash].location is None:
            yield from _misplaced(workspace, path, images[file_hash], stored)
        elif owner or file_hash != path.stem:
            detail = "its bytes no longer have the sha256 that names it"
            ref = owner.ref if owner else ""
            yield Damage("changed-file", below(workspace, path), detail, ref, _if_removed(owner))
    for home, image in owners.items():
        if home not in stored:
            yield _missing(image, below(workspace, home))
    for path in sorted(workspace.raw.folder.rglob("*")):
        known = path in stored or path.name.startswith(".") or path.name == "README.md"
        if path.is_file() and not known:
            yield Damage("extra-file", below(workspace, path), "catdata did not put it here")


def _misplaced(
    workspace: Workspace, path: Path, image: ImageRow, stored: Mapping[Path, str]
) -> Iterator[Damage]:
    home = home_of(workspace, image)
    if path == home:
        return
    if stored.get(home) == image.file_hash:
        detail = f"its bytes are those of {below(workspace, home)}"
        yield Damage("extra-file", below(workspace, path), detail, image.ref)
    else:
        detail = f"its bytes have the sha256 {image.file_hash}"
        yield Damage("misnamed-file", below(workspace, path), detail, image.ref)


def in_place(images: Iterable[ImageRow], hashes: Hashes) -> Iterator[Damage]:
    """Yield what is wrong with photos that were left where they lay."""
    for image in images:
        if image.location is None:
            continue
        path = Path(image.location)
        try:
            if hashes.of(path) != image.file_hash:
                detail = "its bytes are not those that were catalogued"
                yield Damage("changed-file", shown(path), detail, image.ref, _if_removed(image))
        except OSError:
            yield _missing(image, shown(path))


def _missing(image: ImageRow, path: str) -> Damage:
    detail = f"the file of {image.file_name} is gone"
    if image.location is None:
        detail += f"; it came from {image.source}"
    return Damage("missing-file", path, detail, image.ref, _if_removed(image))


def _if_removed(image: ImageRow | None) -> str:
    return "its image is not in builds" if image and image.removed else ""


def in_builds(workspace: Workspace, hashes: Hashes, *, has_originals: bool) -> Iterator[Damage]:
    """Yield the files of builds that are not what their ``build.json`` says."""
    for folder in sorted(path for path in workspace.data.iterdir() if is_build_name(path.name)):
        manifest = workspace.manifest(folder.name)
        if "build" in manifest:
            for name in h5file.FILE_NAMES.values():
                known = manifest.get("files", {}).get(name, {}).get("sha256")
                yield from _h5_damage(workspace, folder / name, known, hashes)
        elif (folder / MANIFEST).exists():
            path = below(workspace, folder / MANIFEST)
            yield Damage("damaged-build", path, "it is torn, or not what catdata wrote")
        elif (folder.name == ORIGINAL and has_originals) or _is_build(folder):
            yield Damage("damaged-build", below(workspace, folder / MANIFEST), "it is missing")
    if has_originals and not (workspace.data / ORIGINAL).is_dir():
        yield Damage("damaged-build", f"data/{ORIGINAL}", "it is missing")


def _h5_damage(
    workspace: Workspace, path: Path, known: str | None, hashes: Hashes
) -> Iterator[Damage]:
    if not path.is_file():
        yield Damage("damaged-build", below(workspace, path), "it is missing")
    elif hashes.of(path) != known:
        detail = "its sha256 is not the one noted in build.json"
        yield Damage("damaged-build", below(workspace, path), detail)


def _is_build(folder: Path) -> bool:
    """Tell whether a folder without ``build.json`` holds a pair that this program wrote."""
    if foreign_files(folder):
        return False
    try:
        return bool(h5file.read_pair(folder).build_id)
    except (H5Refused, OSError):
        return False
