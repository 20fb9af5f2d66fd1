"""Where everything of one dataset lies, and its settings.

A workspace is a folder with ``catdata.toml``, ``raw_images/`` and ``data/``. It is found upwards
from the current folder, as git finds its repository. Moving or copying the folder moves the
workspace.
"""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catdata import durable, h5file
from catdata.dataset import manifest
from catdata.dataset.cache import PixelCache
from catdata.dataset.catalog import Catalog
from catdata.dataset.images import Preparation
from catdata.dataset.rawstore import RawStore
from catdata.errors import (
    ConfigRefused,
    H5Refused,
    StorageFailed,
    UnknownReference,
    WorkspaceError,
    did_you_mean,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS_FILE = "catdata.toml"
ENVIRONMENT_VARIABLE = "CATDATA_WORKSPACE"
ORIGINAL = "original"
ENLARGED = "enlarged"
MANIFEST = manifest.NAME
RUNS = "runs"
COMPARISONS = "comparisons"
CACHE = "cache"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed for a whole workspace.

    Attributes:
        size: Side of the pictures of a build, in pixels.
        fit: How a photo becomes a square, a key of :data:`catdata.dataset.images.FITS`.
        test_fraction: Share of the added images that the automatic split puts into test, 0..1.
        format: Version of the layout of the workspace.
        cache_mib: How much room prepared pixels of photos may take, in MiB; 0 keeps none.
    """

    size: int = 64
    fit: str = "stretch"
    test_fraction: float = 0.2
    format: int = FORMAT
    cache_mib: int = 4096

    def __post_init__(self) -> None:
        # Preparation checks size and fit.
        Preparation(self.size, self.fit)
        if not isinstance(self.test_fraction, int | float) or not 0 <= self.test_fraction < 1:
            raise ConfigRefused(
                f"test_fraction is {self.test_fraction!r}; it must be at least 0 and less than 1."
            )

        if not isinstance(self.cache_mib, int) or self.cache_mib < 0:
            raise ConfigRefused(f"cache_mib is {self.cache_mib!r}; it must be a number of MiB.")

    @property
    def preparation(self) -> Preparation:
        """How photos are prepared for builds."""
        return Preparation(self.size, self.fit)


class Workspace:
    """One workspace on disk.

    Args:
        root: The folder that holds ``catdata.toml``.

    Raises:
        WorkspaceError: If there is no workspace, its settings can't be read, or it is of a newer
            version.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = _read_settings(root / SETTINGS_FILE)
        self.raw = RawStore(root / "raw_images")
        self.data = root / "data"
        self.catalog_path = self.data / "catalog.db"

    @classmethod
    def find(cls, start: Path | None = None) -> Workspace:
        """Return the workspace that *start* lies in.

        Args:
            start: A folder; if None, the one that the environment variable ``CATDATA_WORKSPACE``
                names, else the current one.

        Raises:
            WorkspaceError: If no folder from there upwards is a workspace.
        """
        start = start or Path(os.environ.get(ENVIRONMENT_VARIABLE) or ".")
        try:
            here = start.resolve(strict=True)
        except OSError as error:
            raise WorkspaceError(
                f"The folder {shown(start)} can't be opened: {error.strerror}.",
                hint="Change to another folder, or name the workspace with: catdata -C DIR",
            ) from None
        for folder in (here, *here.parents):
            if (folder / SETTINGS_FILE).is_file():
                return cls(folder)
        raise WorkspaceError(
            f"No workspace in {shown(here)} or above it.",
            hint="Make one with: catdata init --train FILE.h5 --test FILE.h5 "
            "(or name one with: catdata -C DIR)",
        )

    @contextlib.contextmanager
    def catalog(self) -> Iterator[Catalog]:
        """Open the catalog for the block."""
        with Catalog(self.catalog_path) as catalog:
            yield catalog

    @contextlib.contextmanager
    def pixel_cache(self, preparation: Preparation) -> Iterator[PixelCache]:
        """Open the cache of prepared pixels for the block."""
        cache = PixelCache(self.data / CACHE, preparation, self.settings.cache_mib << 20)
        with contextlib.closing(cache):
            yield cache

    @contextlib.contextmanager
    def build_lock(self) -> Iterator[None]:
        """Let one process at a time write below ``data/``; clear what a killed one left there."""
        with durable.exclusive(self.data / ".lock"):
            for folder in (self.data, self.data / COMPARISONS):
                durable.remove_partials(folder)
            yield

    def build_folder(self, name: str) -> Path:
        """Return the folder of a build.

        Args:
            name: A build's name, or the path of any folder that holds the course's two files.

        Raises:
            UnknownReference: If there is neither.
        """
        if is_build_name(name):
            folder = self.data / name
            if _holds_pair(folder):
                return folder
        if _holds_pair(Path(name)):
            return Path(name)
        known = ", ".join(self.builds()) or "none"
        meant = did_you_mean(name, self.builds())
        hint = f"{meant}Builds here: {known}. Make one with: catdata build-h5"
        if name == ORIGINAL:
            hint = (
                f"Builds here: {known}. This workspace was made without the course's files: make "
                "builds with catdata build-h5 NAME and compare two of them by name."
            )
        raise UnknownReference(f"There is no build named {shown(name)}.", hint=hint)

    def builds(self) -> list[str]:
        """Return the names of the builds, ``original`` first."""
        folders = (path for path in self.data.iterdir() if is_build_name(path.name))
        names = sorted(path.name for path in folders if _holds_pair(path))
        return sorted(names, key=lambda name: name != ORIGINAL)

    def default_build(self) -> str:
        """Return the build that commands use when none is named: ``enlarged`` if it is there."""
        return ENLARGED if _holds_pair(self.data / ENLARGED) else ORIGINAL

    def run_folder(self, name: str | None) -> Path:
        """Return the folder of a saved model.

        Args:
            name: Its name; None for the only one there is.

        Raises:
            UnknownReference: If there is no such model, or none is named and there are several.
        """
        known = self.runs()
        if name is None and len(known) == 1:
            name = known[0]
        if name in known:
            return self.data / RUNS / name
        listed = ", ".join(known) or "none"
        what = f"There is no saved model named {shown(name)}." if name else "Which saved model?"
        meant = did_you_mean(name or "", known)
        raise UnknownReference(
            what, hint=f"{meant}Models here: {listed}. Save one with: catdata train --save NAME"
        )

    def new_run_folder(self, name: str) -> Path:
        """Return the folder in which to save a model of this name.

        Raises:
            ConfigRefused: If *name* cannot be one.
        """
        if not is_build_name(name):
            raise ConfigRefused(
                f"{shown(name)!r} can't be the name of a model.",
                hint="Use letters, digits, - and _, and begin with a letter or digit.",
            )
        return self.data / RUNS / name

    def runs(self) -> list[str]:
        """Return the names of the saved models."""
        folder = self.data / RUNS
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if is_build_name(path.name))

    def comparison_file(self, name: str) -> Path:
        """Return the file of a saved comparison.

        Args:
            name: Its name, or the path of any such file.

        Raises:
            UnknownReference: If there is neither.
        """
        if name in self.comparisons():
            return self.data / COMPARISONS / f"{name}.json"
        if Path(name).is_file():
            return Path(name)
        known = self.comparisons()
        listed = ", ".join(known) or "none"
        raise UnknownReference(
            f"There is no saved comparison named {shown(name)}.",
            hint=f"{did_you_mean(name, known)}Comparisons here: {listed}. Save one with: catdata"
            " compare --save NAME",
        )

    def new_comparison_file(self, name: str) -> Path:
        """Return the file in which to save a comparison of this name.

        Raises:
            ConfigRefused: If *name* cannot be one.
        """
        if not is_build_name(name):
            raise ConfigRefused(
                f"{shown(name)!r} can't be the name of a comparison.",
                hint="Use letters, digits, - and _, and begin with a letter or digit.",
            )
        return self.data / COMPARISONS / f"{name}.json"

    def comparisons(self) -> list[str]:
        """Return the names of the saved comparisons."""
        files = (self.data / COMPARISONS).glob("*.json")
        return sorted(path.stem for path in files if is_build_name(path.stem))

    def fit_of(self, build: str) -> str:
        """Return how photos became squares in a build, named as for :meth:`build_folder`."""
        about = manifest.read(self.build_folder(build))
        return str(about.get("recipe", {}).get("fit", self.settings.fit))

    def manifest(self, build: str) -> dict[str, Any]:
        """Return ``build.json`` of a build but for its rows, empty if there is none to read."""
        return manifest.read(self.data / build)


def is_build_name(name: str) -> bool:
    """Tell whether *name* can be a build's name: letters, digits, ``-`` and ``_``."""
    allowed = all(character.isalnum() or character in "-_" for character in name)
    taken = name in (RUNS, COMPARISONS, CACHE)
    return bool(name) and name.isascii() and allowed and name[0] != "-" and not taken


def foreign_files(folder: Path) -> list[str]:
    """Return the names in *folder* that are no file of a build, in order."""
    if not folder.exists():
        return []
    ours = {*h5file.FILE_NAMES.values(), MANIFEST}
    return sorted(path.name for path in folder.iterdir() if path.name not in ours)


def read_pair(name: str, workspace: Path | None = None) -> h5file.Pair:
    """Read a build by name, or the pair in any folder; the latter needs no workspace.

    Raises:
        UnknownReference: If there is no such build or folder.
        H5Refused: If its files are not in the course's form.
        WorkspaceError: If *name* is no folder and there is no workspace to look in.
    """
    folder = _pair_folder(name, workspace)
    with _mendable(folder, workspace):
        return h5file.read_pair(folder)


@contextlib.contextmanager
def open_pair(name: str, workspace: Path | None = None) -> Iterator[h5file.OpenPair]:
    """Open a build, named as for :func:`read_pair`, that may be larger than memory."""
    folder = _pair_folder(name, workspace)
    with contextlib.ExitStack() as opened:
        with _mendable(folder, workspace):
            pair = opened.enter_context(h5file.open_pair(folder))
        yield pair


@contextlib.contextmanager
def _mendable(folder: Path, workspace: Path | None) -> Iterator[None]:
    """Let an error in the files of a build that was written here say how to mend it."""
    try:
        yield
    except H5Refused as error:
        try:
            is_own = folder.parent == Workspace.find(workspace).data
        except WorkspaceError:
            is_own = False
        if not is_own or folder.name == ORIGINAL or "build_id" not in manifest.read(folder):
            raise
        hint = "Write that build anew, as it was made: catdata verify --repair"
        raise H5Refused(error.message, hint=hint) from error


def _pair_folder(name: str, workspace: Path | None) -> Path:
    try:
        return Workspace.find(workspace).build_folder(name)
    except WorkspaceError:
        if not _holds_pair(Path(name)):
            raise
        return Path(name)


def find_comparison(name: str, workspace: Path | None = None) -> Path:
    """Return the file of a saved comparison by its name, or by its path, which needs no workspace.

    Raises:
        UnknownReference: If there is neither.
        WorkspaceError: If *name* is no file and there is no workspace to look in.
    """
    try:
        return Workspace.find(workspace).comparison_file(name)
    except WorkspaceError:
        if not Path(name).is_file():
            raise
        return Path(name)


def write_settings(root: Path, settings: Settings) -> None:
    """Write ``catdata.toml``, which makes *root* a workspace."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in asdict(settings).items()]
    text = "# The settings of this catdata workspace.\n[workspace]\n" + "\n".join(lines) + "\n"
    durable.write_bytes(root / SETTINGS_FILE, text.encode())


def _holds_pair(folder: Path) -> bool:
    return all((folder / name).exists() for name in h5file.FILE_NAMES.values())


def _read_settings(path: Path) -> Settings:
    try:
        table = tomllib.loads(path.read_text("utf-8"))["workspace"]
        names = {field.name for field in fields(Settings)}
        unknown = ", ".join(sorted(set(table) - names))
        if table.get("format", FORMAT) > FORMAT:
            raise WorkspaceError(
                f"{shown(path.parent)} was made by a newer catdata (workspace format "
                f"{table['format']}; this program knows {FORMAT}).",
                hint="Update catdata: pip install --upgrade catdata",
            )
        if unknown:
            raise WorkspaceError(f"{shown(path)} has unknown settings: {shown(unknown)}.")
        return Settings(**table)
    except FileNotFoundError:
        raise WorkspaceError(
            f"{shown(path.parent)} is no workspace: there is no {SETTINGS_FILE} in it.",
            hint="Make it one with: catdata init",
        ) from None
    except OSError as error:
        raise StorageFailed(f"{shown(path)} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkspaceError(
            f"{shown(path)} can't be understood: {error}.",
            hint="It must have a table [workspace] with size, fit, test_fraction and format.",
        ) from error
