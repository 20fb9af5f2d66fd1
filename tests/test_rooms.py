"""The structure that docs/design.md draws is the structure of the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "catdata"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each room may import from the rooms above it, and from itself.
ROOMS = [
    "errors",
    "durable",
    "h5file",
    "fingerprint",
    "engine",
    "dataset",
    "learning",
    "report",
    "course",
    "notebook",
    "demo",
    "labeler",
    "cli",
    "__main__",
]
# Inside a wing the same holds for its modules.
WINGS = {
    "engine": ["deaths", "flow", "worker", "guarded", "cluster", "executors"],
    "dataset": [
        "heif",
        "signatures",
        "plainfile",
        "candidates",
        "rawstore",
        "bounds",
        "fits",
        "budget",
        "images",
        "warp",
        "transforms",
        "specs",
        "augment",
        "examine",
        "texts",
        "catalog",
        "cache",
        "manifest",
        "workspace",
        "status",
        "originals",
        "labels",
        "outcomes",
        "intake",
        "desk",
        "ingest",
        "edit",
        "pixels",
        "audit",
        "copies",
        "contents",
        "build",
        "explain",
        "export",
        "damage",
        "mending",
        "verify",
    ],
    "learning": [
        "network",
        "optimizers",
        "config",
        "inputs",
        "sources",
        "inputlayer",
        "forms",
        "records",
        "folds",
        "draws",
        "passes",
        "descent",
        "stack",
        "dealing",
        "training",
        "estimator",
        "gradients",
        "models",
        "doubt",
        "resampling",
        "stats",
        "diagnosis",
        "changes",
        "verdicts",
        "comparison",
        "saved",
        "testsets",
        "sweep",
        "neighbours",
        "controls",
        "worlds",
        "cross_validation",
        "trained",
        "flips",
        "contrasts",
        "experiments",
        "powerlaw",
        "needed",
        "nesting",
        "learningcurve",
        "growth",
    ],
    "labeler": [
        "preparing",
        "children",
        "queue",
        "notes",
        "order",
        "works",
        "gallery",
        "views",
        "session",
        "guard",
        "server",
    ],
}
STRANGERS = {("learning", "dataset"), ("report", "dataset"), ("demo", "dataset")}
ONLY_IN = {
    "click": ["cli"],
    "tqdm": ["cli"],
    "sklearn": ["learning.estimator"],
    "sqlite3": ["dataset.catalog.schema"],
    "h5py": ["h5file"],
    "starlette": ["labeler", "cli.label"],  # the command asks whether it is installed
    "uvicorn": ["labeler", "cli.label"],
    "matplotlib": ["report", "course"],  # course names the type alone
    "jinja2": ["report.page", "labeler"],
    "distributed": ["engine.cluster"],
    "pillow_heif": ["dataset.heif"],
    "PIL": [
        "dataset.fits",
        "dataset.heif",
        "dataset.images",
        "dataset.warp",
        "dataset.transforms",
        "demo",
    ],
}


def name_of(path: Path) -> str:
    """Return a module's dotted name inside the package, without ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names of all modules that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> Iterator[list[str]]:
    for name in imports(path):
        head, *rest = name.split(".")
        if head == "catdata" and rest:
            yield rest


def is_within(module: str, places: list[str]) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_from_rooms_above_it(path: Path) -> None:
    room = name_of(path).partition(".")[0]
    if not room:  # catdata/__init__.py hands out public names from everywhere
        return
    for target, *_ in own_imports(path):
        assert ROOMS.index(target) <= ROOMS.index(room)
        assert (room, target) not in STRANGERS


@pytest.mark.parametrize("wing", WINGS)
def test_inside_a_wing_a_module_imports_only_from_those_above_it(wing: str) -> None:
    order = WINGS[wing]
    for path in sorted((PACKAGE / wing).glob("[!_]*.py")):
        for target in own_imports(path):
            if target[0] == wing and len(target) > 1:
                assert order.index(target[1]) < order.index(path.stem), f"{path.stem}: {target}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_in_its_own_room_only(library: str) -> None:
    users = [
        name_of(path)
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports(path))
    ]
    assert users
    assert all(is_within(user, ONLY_IN[library]) for user in users), users


@pytest.mark.parametrize(
    "command", ["import catdata", "from catdata.cli import main; main(['--help'])"]
)
def test_a_light_start_loads_no_heavy_library(command: str) -> None:
    heavy = "'numpy', 'matplotlib', 'h5py', 'PIL', 'jinja2', 'distributed', 'tqdm'"
    code = (
        f"import sys\ntry:\n    {command}\nexcept SystemExit:\n    pass\n"
        f"print(sorted({{{heavy}}} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
