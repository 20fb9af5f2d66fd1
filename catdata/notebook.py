"""The library's main functions as a notebook calls them: their results show themselves.

A result is the library's own record, with one method more, by which a notebook shows it as a table
and a curve. Rooms below know no HTML and no figures, so the method is added here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from catdata.dataset.augment import augmenter
from catdata.learning import experiments, training
from catdata.learning import sweep as sweeping
from catdata.learning.comparison import Comparison
from catdata.learning.config import TrainConfig
from catdata.learning.diagnosis import diagnose
from catdata.learning.records import Run

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from catdata.engine import Jobs
    from catdata.learning.comparison import Arm
    from catdata.learning.records import LabelledImages
    from catdata.learning.sources import Gram

__all__ = ["ShownComparison", "ShownRun", "ShownSweep", "compare", "fit", "sweep"]


class _Shown:
    """What turns a record into one that is shown; the record stays what it is."""

    __slots__ = ()

    @classmethod
    def of(cls, record: Any) -> Self:
        """Return a record with the values of *record*."""
        return cls(**{field.name: getattr(record, field.name) for field in fields(record)})


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
    jobs: Jobs = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ShownComparison:
    """Train builds with the same seeds and tell what differs.

    Takes and refuses what :func:`catdata.learning.experiments.compare` does.
    """
    comparison = experiments.compare(
        arms, layers=layers, seeds=seeds, config=config, jobs=jobs, on_progress=on_progress
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
