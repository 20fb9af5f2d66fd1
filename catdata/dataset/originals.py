"""Make a workspace: copy the course's pair into it and enter its rows in the catalog.

The settings file is written last. A killed ``init`` therefore leaves a folder that is no workspace
yet, and running it again starts over.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catdata import durable, fingerprint, h5file
from catdata.dataset import images
from catdata.dataset.catalog import Catalog, ImageRow, as_words, fingerprints
from catdata.dataset.workspace import (
    MANIFEST,
    ORIGINAL,
    SETTINGS_FILE,
    Settings,
    foreign_files,
    write_settings,
)
from catdata.errors import H5Refused, WorkspaceError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class InitReport:
    """What ``init`` made.

    Attributes:
        root: The new workspace.
        images: Number of original images by split; empty without an original pair.
        cats: Number of cats among them by split.
        genuine: Whether the pair is the course's own, byte for byte.
        shared: Pairs (train row, test row) that show the same picture.
        warnings: What was unusual about the files.
    """

    root: Path
    images: Mapping[str, int]
    cats: Mapping[str, int]
    genuine: bool
    shared: Sequence[tuple[str, str]]
    warnings: Sequence[str]

    def to_json(self) -> dict[str, object]:
        """Return the report as plain types."""
        return {
            "workspace": str(self.root),
            "images": dict(self.images),
            "cat": dict(self.cats),
            "genuine": self.genuine,
            "in_both_splits": [list(pair) for pair in self.shared],
            "warnings": list(self.warnings),
        }


def find_pair(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the first of *folders* that holds both of the course's files, as paths by split.

    Raises:
        WorkspaceError: If none does.
    """
    for folder in folders:
        pair = {split: folder / name for split, name in h5file.FILE_NAMES.items()}
        if all(path.exists() for path in pair.values()):
            return pair
    places = " or ".join(shown(folder.absolute()) for folder in folders)
    raise WorkspaceError(
        f"The course's files ({' and '.join(h5file.FILE_NAMES.values())}) are not in {places}.",
        hint="Name them: catdata init --train FILE.h5 --test FILE.h5 "
        "(or start without them: catdata init --empty)",
    )


def init(
    root: Path,
    pair: Mapping[str, Path] | None,
    *,
    size: int | None = None,
    fit: str = "stretch",
    test_fraction: float = 0.2,
    cache_mib: int = 4096,
) -> InitReport:
    """Make *root* a workspace.

    Args:
        root: The folder, made if it is missing. What else is in it stays untouched.
        pair: The original files by split, or None for a dataset of one's own photos alone.
        size: Side of the pictures of later builds, in pixels; the pair's own (or 64) if None.
        fit: A key of :data:`catdata.dataset.images.FITS`.
        test_fraction: Share of added images that the automatic split puts into test.
        cache_mib: How much room prepared pixels of photos may take, in MiB; 0 keeps none.

    Raises:
        H5Refused: If the pair is not in the course's form; nothing is then made.
        WorkspaceError: If *root* is a workspace already.
    """
    sizes = _check_pair(pair) if pair else set()
    settings = Settings(size or max(sizes, default=64), fit, test_fraction, cache_mib=cache_mib)
    if (root / SETTINGS_FILE).exists():
        raise WorkspaceError(
            f"{shown(root.absolute())} is a workspace already.",
            hint="See what is in it: catdata status",
        )
    data = root / "data"
    durable.create_folder(root / "raw_images")
    durable.create_folder(data)
    with durable.exclusive(data / ".lock"):
        durable.remove_partials(data)
        durable.remove_partials(root)
        _refuse_foreign_catalog(data / "catalog.db")
        report = InitReport(root, {}, {}, genuine=False, shared=(), warnings=())
        rows: list[ImageRow] = []
        if pair:
            _refuse_foreign_files(data / ORIGINAL)
            genuine = _copy_pair(pair, data / ORIGINAL)
            sets, rows = _read_copied(data)
            report = _report(root, sets, rows, genuine=genuine)
        _write_catalog(data / "catalog.db", rows)
        write_settings(root, settings)
    return report


def _check_pair(pair: Mapping[str, Path]) -> set[int]:
    """Read all of both files, so that a bad one is refused by its own name; return their sizes."""
    sizes = {h5file.read_split(path, split).size for split, path in pair.items()}
    if len(sizes) > 1:
        raise H5Refused(
            f"The pictures of {shown(pair['train'])} and {shown(pair['test'])} differ in size: "
            f"{' and '.join(f'{size} x {size}' for size in sorted(sizes))}.",
            hint="Take both files from the same source.",
        )
    return sizes


def catalogue_again(data: Path) -> None:
    """Write the catalog of a workspace without photos anew, from the pair alone.

    Args:
        data: The folder that holds the pair and held the catalog.

    Raises:
        H5Refused: If the pair is damaged.
    """
    _, rows = _read_copied(data)
    _write_catalog(data / "catalog.db", rows)


def _read_copied(data: Path) -> tuple[dict[str, h5file.ImageSet], list[ImageRow]]:
    """Return the images of the copied pair by split, and their rows for the catalog."""
    copied = h5file.read_pair(data / ORIGINAL)
    sets = {"train": copied.train, "test": copied.test}
    return sets, [row for split, images in sets.items() for row in _rows(images, split)]


def _copy_pair(pair: Mapping[str, Path], folder: Path) -> bool:
    """Copy both files under the course's names, with what they are; tell if they are genuine."""
    with durable.replacing_folder(folder) as partial:
        for split, source in pair.items():
            target = partial / h5file.FILE_NAMES[split]
            with source.open("rb") as original, target.open("xb") as copy:
                shutil.copyfileobj(original, copy, _COPY_BYTES)
        return write_manifest(partial)


def write_manifest(folder: Path) -> bool:
    """Write what the pair in *folder* is to ``build.json``, and tell if it is the course's own."""
    files: dict[str, dict[str, object]] = {}
    for name in h5file.FILE_NAMES.values():
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            files[name] = {"bytes": file.tell(), "sha256": digest}
    hashes = {split: files[name]["sha256"] for split, name in h5file.FILE_NAMES.items()}
    genuine = hashes == h5file.KNOWN_PAIR
    manifest = {"build": ORIGINAL, "genuine": genuine, "files": files}
    durable.write_bytes(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return genuine


def _rows(rows: h5file.ImageSet, split: str) -> Iterator[ImageRow]:
    """Yield one catalog row for each image of a file."""
    prints = fingerprint.fingerprints(rows.images)
    for index, (pixels, label) in enumerate(zip(rows.images, rows.labels, strict=True)):
        yield ImageRow(
            origin="original",
            content_hash=images.content_hash(pixels),
            fingerprint=as_words(prints[index]),
            width=rows.size,
            height=rows.size,
            label=int(label),
            split=split,
            home_split=split,
            home_row=index,
        )


def _report(
    root: Path, sets: Mapping[str, h5file.ImageSet], rows: Sequence[ImageRow], *, genuine: bool
) -> InitReport:
    homes = {split: [row for row in rows if row.split == split] for split in sets}
    train, test = (fingerprints(homes[split]) for split in h5file.SPLITS)
    shared = fingerprint.pairs_between(train, test)
    return InitReport(
        root=root,
        images={split: len(rows) for split, rows in homes.items()},
        cats={split: sum(row.label for row in rows) for split, rows in homes.items()},
        genuine=genuine,
        shared=[(homes["train"][i].ref, homes["test"][j].ref) for i, j in shared],
        warnings=[
            f"{h5file.FILE_NAMES[split]}: {warning}"
            for split, images_of_split in sets.items()
            for warning in images_of_split.warnings
        ],
    )


def _refuse_foreign_files(folder: Path) -> None:
    """Refuse to replace a folder ``data/original`` that holds anything but a pair."""
    foreign = foreign_files(folder)
    if foreign:
        raise WorkspaceError(
            f"{shown(folder)} holds {shown(foreign[0])}, so it is not replaced.",
            hint="Move that folder away, or make the workspace elsewhere: catdata init DIR",
        )


def _refuse_foreign_catalog(path: Path) -> None:
    """Refuse to write over a catalog that holds added photos but lost its settings file."""
    if not path.exists():
        return
    with Catalog(path) as catalog:
        if any(count.origin == "added" for count in catalog.counts()):
            raise WorkspaceError(
                f"{shown(path)} lists photos, but {SETTINGS_FILE} beside data/ is gone.",
                hint=f"Put {SETTINGS_FILE} back, or move data/ and raw_images/ elsewhere first.",
            )


def _write_catalog(path: Path, rows: Sequence[ImageRow]) -> None:
    partial = durable.partial_path(path)
    Catalog.create(partial, rows)
    durable.sync_file(partial)
    partial.replace(path)
    durable.sync_folder(path.parent)
    with Catalog(path) as catalog:
        catalog.write_log()
