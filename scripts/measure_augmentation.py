"""Measure what augmentation does to the course's network, and print it as a Markdown table.

    python scripts/measure_augmentation.py [--copies 1] [--seeds 10] [--layers 20,7,5] [--sizes ...]

The original pair is in the folder CATDATA_ORIGINALS, and photos to add to its train set are in
``cat/`` and ``non-cat/`` of CATDATA_PHOTOS. Builds without copies, with mirrored copies, and with
those of each preset are compared on the original test images, with the same seeds; once without the
photos (209 images, less what is in test too) and once with all of them. Nothing is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from catdata import h5file
from catdata.dataset import build, ingest, labels, originals
from catdata.dataset.workspace import Workspace
from catdata.learning import experiments
from catdata.learning.comparison import Arm
from catdata.learning.config import TrainConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catdata.learning.comparison import Comparison
    from catdata.learning.stats import Interval

ARMS = {
    "none": (),
    "flip": ("flip=1@1",),
    "light": ("light",),
    "standard": ("standard",),
    "strong": ("strong",),
}
HEAD = ("arm", "images", "train accuracy", "test accuracy", "gap", "change in test", "verdict")


@dataclass(frozen=True, slots=True)
class Settings:
    """What all comparisons share.

    Attributes:
        copies: Augmented copies of each train image.
        seeds: Networks in each arm.
        config: How every network is trained.
    """

    copies: int
    seeds: int
    config: TrainConfig


def workspace(folder: Path, photos: Path | None) -> Workspace:
    """Make a workspace with the original pair and, in train, the photos."""
    pair = Path(os.environ["CATDATA_ORIGINALS"])
    originals.init(folder, {split: pair / name for split, name in h5file.FILE_NAMES.items()})
    made = Workspace(folder)
    if photos:
        entries = labels.by_folder([photos])
        ingest.add(made, [labels.Entry(entry.path, entry.label, "train") for entry in entries])
    return made


def compare(made: Workspace, settings: Settings) -> Comparison:
    """Build all arms and compare them."""
    arms = []
    for name, specs in ARMS.items():
        recipe = build.Recipe(augment=specs, copies=settings.copies if specs else 0)
        arms.append(Arm(name, h5file.read_pair(build.build(made, name, recipe).folder)))
    with tqdm(unit=" iterations", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return experiments.compare(
            arms,
            layers=[settings.config.layers],
            seeds=range(1, settings.seeds + 1),
            config=settings.config,
            on_progress=show,
        )


def rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each arm, judged on the first test set."""
    (test_set, *_) = comparison.test_sets
    changes = {one.after: one for one in comparison.changes if one.test_set == test_set.name}
    for arm in comparison.arms:
        judgement = arm.judgements[test_set.name]
        change = changes.get(arm.build)
        yield (
            arm.build,
            f"{arm.train_images:,}",
            percent(arm.train_accuracy),
            percent(judgement.test_accuracy),
            percent(judgement.gap),
            percent(change.change.test_accuracy, signed=True) if change else "",
            change.verdict.replace("-", " ") if change else "",
        )


def percent(interval: Interval, *, signed: bool = False) -> str:
    """Return a share with its interval, in %."""
    sign = "+" if signed else ""
    mean, low, high = (100 * each for each in (interval.estimate, interval.low, interval.high))
    return f"{mean:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"


def line(cells: tuple[str, ...]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=2500)
    parser.add_argument("--layers", default="20,7,5")
    parser.add_argument("--sizes", nargs="+", choices=["originals", "photos"], default=None)
    options = parser.parse_args()
    if "CATDATA_ORIGINALS" not in os.environ:
        print("CATDATA_ORIGINALS is not set: nothing measured")
        return 0
    layers = tuple(map(int, options.layers.split(",")))
    config = TrainConfig(layers=layers, iterations=options.iterations)
    settings = Settings(options.copies, options.seeds, config)
    photos = os.environ.get("CATDATA_PHOTOS")
    sizes = {"originals": None, **({"photos": Path(photos)} if photos else {})}
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for name in options.sizes or sizes:
            comparison = compare(workspace(Path(folder) / name, sizes[name]), settings)
            test_set = comparison.test_sets[0]
            print(
                f"\n{settings.copies} copies of each train image, hidden layers {options.layers}, "
                f"{options.iterations:,} iterations, seeds 1 to {settings.seeds}, judged on "
                f"{test_set.images} test images (always {test_set.baseline_class}: "
                f"{test_set.baseline_accuracy:.1%}; {comparison.seconds:.0f} s)\n"
            )
            print(line(HEAD), line(("---",) * len(HEAD)), sep="\n")
            print(*map(line, rows(comparison)), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
