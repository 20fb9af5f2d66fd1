"""Count what is in a workspace, and tell which builds are older than the catalog."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catdata import fingerprint
from catdata.dataset.catalog import fingerprints
from catdata.dataset.workspace import MANIFEST, ORIGINAL, Workspace
from catdata.errors import CatdataError
from catdata.h5file import CLASS_NAMES, SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from catdata.dataset.catalog import Count

ORIGINS = ("original", "added")
NOTABLE_SHIFT = 0.1  # difference of the share of cats between train and test


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many images of each class some set holds."""

    cat: int
    non_cat: int

    @property
    def images(self) -> int:
        """Number of images of both classes."""
        return self.cat + self.non_cat

    @property
    def cat_share(self) -> float:
        """Share of cats, 0..1; 0 for an empty set."""
        return self.cat / self.images if self.images else 0.0

    def to_json(self) -> dict[str, int]:
        """Return the counts by class name."""
        return {"cat": self.cat, "non-cat": self.non_cat}


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """A build, whether the catalog has changed since, and whether its ``build.json`` is broken."""

    build: str
    build_id: str
    images: int
    up_to_date: bool
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What is in a workspace.

    Attributes:
        counts: Images by (origin, split).
        removed: How many images were removed.
        builds: All builds, ``original`` first.
    """

    root: Path
    size: int
    fit: str
    counts: dict[tuple[str, str], ClassCounts]
    removed: int
    builds: Sequence[BuildStatus]

    def total(self, *, origin: str | None = None, split: str | None = None) -> ClassCounts:
        """Return the counts over all origins and splits, or over those named."""
        chosen = [
            counts
            for (of, side), counts in self.counts.items()
            if origin in {None, of} and split in {None, side}
        ]
        return ClassCounts(
            sum(counts.cat for counts in chosen), sum(counts.non_cat for counts in chosen)
        )

    @property
    def shift(self) -> str:
        """One sentence on the share of cats in train and test, empty where they are alike."""
        train, test = self.total(split="train"), self.total(split="test")
        if not (train.images and test.images):
            return ""
        if abs(train.cat_share - test.cat_share) < NOTABLE_SHIFT:
            return ""
        return (
            f"Train holds {train.cat_share:.0%} cats and test {test.cat_share:.0%}: read a test "
            "accuracy beside the share of the more frequent class, and each class apart."
        )

    def to_json(self) -> dict[str, object]:
        """Return the status as plain types."""
        by_origin = {
            origin: self.total(origin=origin).to_json()
            | {split: self.counts[origin, split].images for split in SPLITS}
            for origin in ORIGINS
        }
        builds = [
            {
                "build": b.build,
                "build_id": b.build_id,
                "images": b.images,
                "current": b.up_to_date,
                "damaged": b.is_damaged,
            }
            for b in self.builds
        ]
        return {
            "workspace": str(self.root),
            "size": self.size,
            "fit": self.fit,
            **{split: self.total(split=split).to_json() for split in SPLITS},
            **by_origin,
            "removed": self.removed,
            "shift": self.shift,
            "builds": builds,
        }


def read_status(workspace: Workspace) -> Status:
    """Count the images of a workspace and look at its builds."""
    with workspace.catalog() as catalog, catalog.snapshot():
        counts = _tabulate(catalog.counts())
        removed = catalog.removed_images()
        digest = catalog.digest()
    original = sum(counts["original", split].images for split in SPLITS)
    return Status(
        root=workspace.root,
        size=workspace.settings.size,
        fit=workspace.settings.fit,
        counts=counts,
        removed=removed,
        builds=[_build_status(workspace, name, digest, original) for name in workspace.builds()],
    )


def outdated(names: Iterable[str], start: Path | None = None) -> list[str]:
    """Return those of the builds named that were written before the last change of the images.

    Folders elsewhere are none of them, and where there is no catalog to read nobody can tell.

    Args:
        names: Builds or folders.
        start: Where to look for the workspace, as for :meth:`Workspace.find`.
    """
    try:
        workspace = Workspace.find(start)
        with workspace.catalog() as catalog:
            digest = catalog.digest()
    except CatdataError:  # whoever trains on two h5 files needs no catalog
        return []
    known = {name for name in workspace.builds() if name != ORIGINAL}
    chosen = [name for name in dict.fromkeys(names) if name in known]
    return [name for name in chosen if workspace.manifest(name).get("catalog") != digest]


def learnt(workspace: Workspace, build: str, content_hashes: Iterable[str]) -> int:
    """Count the pictures that are in train now, and so perhaps in that of a build.

    Args:
        workspace: Where the images are.
        build: What a network learnt from; the original pair and folders elsewhere hold no photos.
        content_hashes: The pictures, as :class:`~catdata.dataset.images.Picture` has them.
    """
    if build == ORIGINAL or build not in workspace.builds():
        return 0
    try:
        with workspace.catalog() as catalog:
            found = [catalog.same_picture("", content_hash) for content_hash in content_hashes]
    except CatdataError:  # a network can be asked without a catalog
        return 0
    return sum(image is not None and image.split == "train" for image in found)


def _tabulate(counts: Iterable[Count]) -> dict[tuple[str, str], ClassCounts]:
    table = Counter({(c.origin, c.split, CLASS_NAMES[c.label]): c.images for c in counts})
    return {
        (origin, split): ClassCounts(table[origin, split, "cat"], table[origin, split, "non-cat"])
        for origin in ORIGINS
        for split in SPLITS
    }


def _build_status(workspace: Workspace, name: str, digest: str, original: int) -> BuildStatus:
    manifest = workspace.manifest(name)
    if name == ORIGINAL:
        return BuildStatus(name, manifest.get("build_id", ""), original, up_to_date=True)
    images = sum(manifest.get(split, {}).get("images", 0) for split in SPLITS)
    current = manifest.get("catalog") == digest
    is_damaged = not manifest and (workspace.data / name / MANIFEST).exists()
    return BuildStatus(
        name, manifest.get("build_id", ""), images, up_to_date=current, is_damaged=is_damaged
    )


def describe_image(workspace: Workspace, ref: str) -> dict[str, object]:
    """Return everything known of one image, as plain types.

    Raises:
        UnknownReference: If *ref* names no image, or several.
    """
    with workspace.catalog() as catalog:
        image = catalog.resolve(ref, removed=True)
        ids, prints = catalog.fingerprints_after(0)
        near = fingerprint.near(fingerprints([image])[0], prints)
        others = catalog.present(ids[row] for row in near if ids[row] != image.id)
        stored = None
        if image.location is not None:
            stored = image.location
        elif image.file_hash and image.format:
            stored = str(workspace.raw.path(image.file_hash, image.format))
        return {
            "ref": catalog.short_ref(image),
            "label": image.class_name,
            "split": image.split,
            "removed": image.removed,
            "origin": image.origin,
            "file": image.file_name,
            "source": image.source,
            "stored": stored,
            "format": image.format,
            "width": image.width,
            "height": image.height,
            "added_at": image.added_at,
            "warnings": list(image.warnings),
            "near_duplicates": [
                f"{catalog.short_ref(other)} ({other.class_name}, {other.split})"
                for other in others
            ],
            "content_hash": image.content_hash,
            "file_hash": image.file_hash,
            "fingerprint": [f"{word:016x}" for word in image.fingerprint],
        }
