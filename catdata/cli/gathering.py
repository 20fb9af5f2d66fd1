"""Gather for a report what the dataset knows of a comparison's builds.

The report's own room knows neither workspace nor catalog; here what they say becomes plain records.
"""

from __future__ import annotations

import platform
from collections import Counter
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from catdata.cli import training_options
from catdata.cli.options import show_layers
from catdata.errors import BuildRefused, CatdataError, WorkspaceError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from catdata.dataset.audit import Finding
    from catdata.dataset.workspace import Workspace
    from catdata.h5file import ImageSet, Pair
    from catdata.learning.comparison import ArmResult, Comparison
    from catdata.learning.config import TrainConfig
    from catdata.report.context import Additions, Context, Rows, Thumbnail

_HASH_SHOWN = 12  # of 64 hexadecimal digits
_THUMBNAILS = 12  # of each class of a build
_SHOWN_OF_A_KIND = 3  # findings


def gather(comparison: Comparison, start: Path | None) -> Context:
    """Return what a page says besides the comparison.

    Args:
        comparison: Of builds that may have changed or gone since; what can't be known is said so.
        start: Where to look for a workspace, as commands do. There need be none.
    """
    from catdata.report.context import Context

    workspace = _workspace(start)
    names = _file_names(workspace) if workspace else {}
    first, *later = _builds(comparison)
    return Context(
        commands=(*_build_commands(workspace, later), _compare_command(comparison)),
        versions=_versions(),
        date=f"{datetime.now(UTC):%-d %B %Y, %H:%M} UTC",
        additions=tuple(_additions(arm, first, start, names) for arm in later),
        findings=tuple(_findings(workspace, names)) if workspace else (),
        names=names,
    )


def _workspace(start: Path | None) -> Workspace | None:
    from catdata.dataset.workspace import Workspace

    try:
        return Workspace.find(start)
    except WorkspaceError:  # two folders with a pair each can be compared without one
        return None


def _builds(comparison: Comparison) -> list[ArmResult]:
    """Return one arm of each build, those that repeat the first build's images left out."""
    return list({arm.build: arm for arm in comparison.arms if not arm.control}.values())


def _file_names(workspace: Workspace) -> dict[str, str]:
    """Return the name of every added file, by the reference that builds have for it."""
    with workspace.catalog() as catalog, catalog.snapshot():
        return {row.ref: row.file_name for row in catalog.images() if row.file_name}


def _additions(
    arm: ArmResult, first: ArmResult, start: Path | None, names: dict[str, str]
) -> Additions:
    from catdata.report.context import Additions

    try:
        pair, before = _same_build(arm, start), _same_build(first, start)
    except CatdataError as error:
        return Additions(arm.build, note=f"What it holds can't be told any more. {error}")
    known = _hashes(before.train) | _hashes(before.test)
    return Additions(
        arm.build,
        rows=tuple(_rows(pair, known, first.build)),
        missing=len(_hashes(before.train) - _hashes(pair.train)),
        thumbnails=tuple(_thumbnails(pair.train, known, names)),
    )


def _same_build(arm: ArmResult, start: Path | None) -> Pair:
    """Read a build again.

    Raises:
        CatdataError: If it can't be read, or is another one by now.
    """
    from catdata.dataset import workspace

    pair = workspace.read_pair(arm.build, start)
    if pair.build_id != arm.build_id:
        raise BuildRefused(f"The build {shown(arm.build)} was made anew since it was compared.")
    return pair


def _hashes(images: ImageSet) -> set[bytes]:
    from catdata.learning.testsets import content_hash

    return {content_hash(images, row) for row in range(len(images))}


def _is_added(images: ImageSet, row: int, known: set[bytes]) -> bool:
    from catdata.learning.testsets import content_hash

    return not images.copies[row] and content_hash(images, row) not in known


def _rows(pair: Pair, known: set[bytes], first: str) -> Iterator[Rows]:
    """Count the rows of each kind and class, split by split."""
    from catdata.report.context import Rows

    kinds = {"old": f"also in {first}", "added": "added", "copy": "augmented copies"}
    for split, images in (("train", pair.train), ("test", pair.test)):
        counts = Counter(
            ("copy" if images.copies[row] else "added" if added else "old", int(label))
            for row, label in enumerate(images.labels)
            for added in (_is_added(images, row, known),)
        )
        for kind, text in kinds.items():
            classes = {name: counts[kind, i] for i, name in enumerate(images.class_names)}
            if any(classes.values()):
                yield Rows(f"{split}: {text}", classes)


def _thumbnails(images: ImageSet, known: set[bytes], names: dict[str, str]) -> Iterator[Thumbnail]:
    """Yield some added images of each class in turn, spread evenly over all of them."""
    from catdata.report.context import Thumbnail

    added = [row for row in range(len(images)) if _is_added(images, row, known)]
    chosen = []
    for label in (1, 0):
        rows = [row for row in added if images.labels[row] == label]
        step = max(1, len(rows) // _THUMBNAILS)
        chosen += rows[::step][:_THUMBNAILS]
    for row in chosen:
        ref = images.refs[row]
        name = names.get(ref) or ref[:_HASH_SHOWN]
        yield Thumbnail(name, images.class_names[images.labels[row]], images.images[row])


def _findings(workspace: Workspace, names: dict[str, str]) -> Iterator[str]:
    """Yield what ``catdata check`` says of added images and of the whole, some of each kind."""
    from catdata.dataset.audit import audit

    by_kind: dict[str, list[Finding]] = {}
    for finding in audit(workspace):
        if not finding.refs or any(_is_hash(ref) for ref in finding.refs):
            by_kind.setdefault(finding.kind, []).append(finding)
    for kind, findings in by_kind.items():
        told = "; ".join(_told(finding, names) for finding in findings[:_SHOWN_OF_A_KIND])
        more = len(findings) - _SHOWN_OF_A_KIND
        yield f"{kind} ({len(findings)}): {told}" + (f"; and {more} more" if more > 0 else "")


def _is_hash(ref: str) -> bool:
    return "[" not in ref


def _told(finding: Finding, names: dict[str, str]) -> str:
    """Return a finding with the images' file names where they have one."""
    called = [
        next((name for full, name in names.items() if full.startswith(ref)), ref)
        for ref in finding.refs
    ]
    return f"{' and '.join(called)}: {finding.detail}" if called else finding.detail


def _build_commands(
    workspace: Workspace | None, builds: Sequence[ArmResult]
) -> Iterator[tuple[str, ...]]:
    """Yield what makes those builds that the workspace made."""
    for arm in builds:
        known = workspace is not None and arm.build in workspace.builds()
        manifest = workspace.manifest(arm.build) if workspace and known else {}
        if manifest.get("build_id") == arm.build_id and arm.build_id:
            recipe = manifest.get("recipe", {})
            yield ("catdata", "build-h5", arm.build, *_recipe_options(recipe))


def _recipe_options(recipe: dict[str, Any]) -> Iterator[str]:
    """Yield a recipe as it is typed; it comes from a file, so nothing is sure but its names."""
    if "size" in recipe:
        yield from ("--size", str(recipe["size"]))
    for spec in recipe.get("augment") or ():
        yield from ("--augment", str(spec))
    if recipe.get("augment"):
        yield from ("--copies", str(recipe.get("copies", 1)), "--seed", str(recipe.get("seed", 0)))
    if recipe.get("augment_only"):
        yield from ("--augment-only", str(recipe["augment_only"]))
    yield from (f"--{name}" for name in ("balance", "compress") if recipe.get(name))


def _compare_command(comparison: Comparison) -> tuple[str, ...]:
    command = ["catdata", "compare", *(arm.build for arm in _builds(comparison))]
    for layers in dict.fromkeys(arm.layers for arm in comparison.arms):
        command += ["--layers", show_layers(layers)]
    command += ["--seeds", str(len(comparison.seeds))]
    if any(arm.control for arm in comparison.arms):
        command.append("--control")
    if comparison.folds:
        command += ["--folds", str(comparison.folds[0].folds)]
    return (*command, *_training_options(comparison.config))


def _training_options(config: TrainConfig) -> Iterator[str]:
    """Yield the options of a training that are not at their defaults."""
    usual = type(config)()
    for name in training_options.TRAINING:
        value = getattr(config, name)
        if value != getattr(usual, name):
            yield f"--{name.replace('_', '-')}"
            if value is not True:
                yield str(value)


def _versions() -> dict[str, str]:
    return {
        "catdata": metadata.version("catdata"),
        "Python": platform.python_version(),
        "NumPy": metadata.version("numpy"),
        "system": f"{platform.system()} {platform.machine()}",
    }
