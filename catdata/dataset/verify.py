"""Check everything on disk against what is known of it, mend what can be mended, delete leftovers.

The catalog comes first, since it says what the others should be.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from catdata.dataset import damage, mending
from catdata.dataset.damage import Damage, below, home_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catdata.dataset.workspace import Workspace


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
        repair: Make a damaged catalog again from its log, or the log from the catalog; put misnamed
            files back in place and fetch lost ones from where they came; take images whose file
            is lost out of later builds (``undo`` brings them back); write damaged builds anew.
        on_progress: Called with the number of files read so far.

    Raises:
        StorageFailed: If the disk refuses.
    """
    hashes = damage.Hashes(on_progress)
    of_catalog = list(damage.in_catalog(workspace))
    if repair:
        of_catalog = mending.mend_catalog(workspace, of_catalog)
    if any(one.kind == "damaged-catalog" and not one.mended for one in of_catalog):
        return VerifyReport(hashes.files, of_catalog, ())  # nothing else can be judged without it
    with workspace.catalog() as catalog:
        images = {image.file_hash: image for image in catalog.with_files() if image.file_hash}
        has_originals = any(count.origin == "original" for count in catalog.counts())
    stored = damage.read_raw(workspace, hashes)
    found = [
        *damage.in_raw_store(workspace, images, stored),
        *damage.in_place(images.values(), hashes),
        *damage.in_builds(workspace, hashes, has_originals=has_originals),
    ]
    if repair:
        found = mending.mend(workspace, images, stored, found)
    homes = {home_of(workspace, image) for image in images.values()}
    orphans = [
        Orphan(below(workspace, path), path.stat().st_size)
        for path, file_hash in stored.items()
        if path not in homes and file_hash not in images
    ]
    return VerifyReport(hashes.files, [*of_catalog, *found], orphans)


def prune(workspace: Workspace, report: VerifyReport) -> VerifyReport:
    """Delete the files that no image refers to, and return the report of what is then left.

    Writers wait meanwhile, and what one of them has added since is kept.
    """
    kept: list[Orphan] = []
    with workspace.catalog() as catalog, catalog.transaction():
        homes = {
            below(workspace, home_of(workspace, image))
            for image in catalog.with_files()
            if image.location is None
        }
        for orphan in report.orphans:
            if orphan.path in homes:
                kept.append(orphan)
            else:
                (workspace.root / orphan.path).unlink(missing_ok=True)
    gone = {orphan.path for orphan in report.orphans} - {orphan.path for orphan in kept}
    left = [
        replace(one, mended="deleted") if one.path in gone and not one.mended else one
        for one in report.damage
    ]
    return VerifyReport(report.files, left, kept)
