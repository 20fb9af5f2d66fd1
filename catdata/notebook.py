"""The library's main functions as a notebook calls them: their results show themselves.

A result is the library's own record, with one method more, by which a notebook shows it as a table
and a curve. Rooms below know no HTML and no figures, so the method is added here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from catdata.dataset import build as building
from catdata.dataset import ingest
from catdata.dataset.augment import augmenter
from catdata.dataset.build import BuildReport
from catdata.dataset.ingest import AddReport
from catdata.dataset.workspace import ENLARGED
from catdata.h5file import CLASS_NAMES, SPLITS
from catdata.learning import experiments, growth, training
from catdata.learning import sweep as sweeping
from catdata.learning.comparison import Comparison
from catdata.learning.config import TrainConfig
from catdata.learning.diagnosis import diagnose
from catdata.learning.learningcurve import LearningCurve
from catdata.learning.records import Run

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from catdata.dataset.contents import Recipe
    from catdata.dataset.labels import Entry
    from catdata.dataset.workspace import Workspace
    from catdata.engine import Jobs
    from catdata.learning.comparison import Arm
    from catdata.learning.learningcurve import CurveOptions
    from catdata.learning.records import LabelledImages
    from catdata.learning.sources import Gram

__all__ = [
    "ShownAddReport",
    "ShownBuildReport",
    "ShownComparison",
    "ShownCurve",
    "ShownRun",
    "ShownSweep",
    "add",
    "build",
    "compare",
    "curve",
    "fit",
    "sweep",
]


class _Shown:
    """What turns a record into one that is shown; the record stays what it is."""

    __slots__ = ()

    @classmethod
    def of(cls, record: Any) -> Self:
        """Return a record with the values of *record*."""
        return cls(**{field.name: getattr(record, field.name) for field in fields(record)})


class ShownAddReport(_Shown, AddReport):
    """What became of files, which a notebook shows as counts and what needs attention."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self._counted()}>"

    def _counted(self) -> str:
        return f"{len(self.added)} added, {len(self.skipped)} skipped, {len(self.refused)} refused"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        places = [(added.label, added.split) for added in self.added]
        rows = [
            (name, *(str(places.count((name, split))) for split in SPLITS)) for name in CLASS_NAMES
        ]
        warnings = [f"{one.file}: {text}" for one in self.added for text in one.warnings]
        refused = [f"{one.file}: {one.reason}" for one in self.refused]
        skipped = [f"{one.file}: {one.reason}" for one in self.skipped]
        return notebook.table_html(
            [f"{self._counted()}.", *_some([*refused, *warnings, *skipped])],
            ("added", *SPLITS),
            rows,
        )


class ShownBuildReport(_Shown, BuildReport):
    """A build that a notebook shows as a table of its rows."""

    __slots__ = ()

    def __repr__(self) -> str:
        images = ", ".join(f"{counts.images} {split}" for split, counts in self.splits.items())
        return f"<build {self.build}: {images} images>"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        rows = [
            (split, *map(str, (one.images, one.cat, one.original, one.added, one.augmented)))
            for split, one in self.splits.items()
        ]
        left_out = [
            f"{one.ref} is left out of train: it shows the same as {one.because}."
            for one in self.left_out
        ]
        head = ("", "images", "cats", "original", "added", "augmented")
        return notebook.table_html([f"Wrote {self.folder}.", *_some(left_out)], head, rows)


def _some(sentences: list[str]) -> list[str]:
    """Return the first sentences, and how many more there are."""
    more = len(sentences) - _MOST_SENTENCES
    return [*sentences[:_MOST_SENTENCES], *([f"And {more} more."] if more > 0 else [])]


_MOST_SENTENCES = 20


class ShownRun(_Shown, Run):
    """A run that a notebook shows as a table and its cost by iteration."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<run: {diagnose(self).message}>"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        return notebook.run_html(self)


class ShownComparison(_Shown, Comparison):
    """A comparison that a notebook shows as tables, verdicts and curves."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<comparison: {' '.join(change.sentence for change in self.changes)}>"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        return notebook.comparison_html(self)


class ShownSweep(_Shown, sweeping.Sweep):
    """A sweep that a notebook shows as a table and its figure."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<sweep of {len(self.candidates)} settings, the best {self.best.to_json()}>"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        return notebook.sweep_html(self)


class ShownCurve(_Shown, LearningCurve):
    """A learning curve that a notebook shows as its answer, a table and its figure."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<learning curve: {self.answer.sentence}>"

    def _repr_html_(self) -> str:
        from catdata.report import notebook

        return notebook.curve_html(self)


def add(
    workspace: Workspace,
    files: Iterable[Entry],
    *,
    jobs: Jobs = None,
    in_place: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> ShownAddReport:
    """Add photos to a workspace, and report on all together.

    Takes and refuses what :func:`catdata.dataset.ingest.add` does.
    """
    report = ingest.add(workspace, files, jobs=jobs, in_place=in_place, on_progress=on_progress)
    return ShownAddReport.of(report)


def build(
    workspace: Workspace,
    name: str = ENLARGED,
    recipe: Recipe | None = None,
    *,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownBuildReport:
    """Write a build, in place of the one of that name before it.

    Takes and refuses what :func:`catdata.dataset.build.build` does.
    """
    report = building.build(workspace, name, recipe, jobs=jobs, on_progress=on_progress)
    return ShownBuildReport.of(report)


def fit(
    train: LabelledImages,
    config: TrainConfig | None = None,
    *,
    tests: Mapping[str, LabelledImages] | None = None,
    gram: Gram | None = None,
    augment: str | Sequence[str] | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownRun:
    """Train one network.

    Args:
        train: The images to learn from.
        config: What to train and how; the course's settings if None.
        tests: Sets of images to judge the network on, by name; nothing is learnt from them.
        gram: The products of exactly these arrays of images, where they have been made before.
        augment: Such as ``"standard"`` or ``["flip", "rotate=15@0.5"]``: every mini-batch is of
            altered copies, fresh ones in each epoch, drawn from the configuration's seed.
        stop: Once set, from any thread, training ends soon and the run is what was reached.
        on_progress: Called now and then with the iterations done and their total.

    Raises:
        ConfigRefused: If the images cannot be trained on, or the network would not fit in memory.
    """
    config = config or TrainConfig()
    run = training.fit(
        train,
        config,
        tests=tests,
        gram=gram,
        augment=augmenter(augment, seed=config.seed) if augment else None,
        stop=stop,
        on_progress=on_progress,
    )
    return ShownRun.of(run)


def compare(
    arms: Sequence[Arm],
    *,
    layers: Sequence[tuple[int, ...]] = experiments.DEFAULT_LAYERS,
    seeds: Sequence[int] = experiments.DEFAULT_SEEDS,
    config: TrainConfig | None = None,
    control: bool = False,
    folds: int = 0,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownComparison:
    """Train builds with the same seeds and tell what differs.

    Takes and refuses what :func:`catdata.learning.experiments.compare` does.
    """
    comparison = experiments.compare(
        arms,
        layers=layers,
        seeds=seeds,
        config=config,
        control=control,
        folds=folds,
        jobs=jobs,
        on_progress=on_progress,
    )
    return ShownComparison.of(comparison)


def sweep(
    arm: Arm,
    grid: sweeping.Grid,
    config: TrainConfig | None = None,
    *,
    kept: Path | None = None,
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownSweep:
    """Judge every setting by cross-validation inside train, and show the best the test set.

    Takes and refuses what :func:`catdata.learning.sweep.sweep` does.
    """
    judged = sweeping.sweep(arm, grid, config, kept=kept, jobs=jobs, on_progress=on_progress)
    return ShownSweep.of(judged)


def curve(
    arm: Arm,
    options: CurveOptions | None = None,
    config: TrainConfig | None = None,
    *,
    base: Arm | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownCurve:
    """Train on ever larger parts of a build, and tell how many images an accuracy would take.

    Takes and refuses what :func:`catdata.learning.growth.learning_curve` does.
    """
    measured = growth.learning_curve(arm, options, config, base=base, on_progress=on_progress)
    return ShownCurve.of(measured)
