"""Train the networks of one arm of a comparison, and keep what the results need of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from catdata.errors import shown
from catdata.learning.comparison import Curve
from catdata.learning.diagnosis import diagnose
from catdata.learning.stats import Scores
from catdata.learning.training import fit_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catdata.engine import Jobs
    from catdata.learning.comparison import Arm
    from catdata.learning.config import TrainConfig
    from catdata.learning.network import Floats
    from catdata.learning.records import Evaluation, History, LabelledImages, Run
    from catdata.learning.training import Progress


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The networks of one arm and shape, reduced to what the results need.

    Attributes:
        arm: The build.
        config: How they were trained.
        scores: What they got right, by test set.
        probabilities: Of a cat, for each image of a test set the mean over seeds, shape (images,).
        train_curve: Train accuracy by iteration.
        test_curves: Test accuracy by iteration, by test set.
        warning: Which of them did not learn, or "".
    """

    arm: Arm
    config: TrainConfig
    scores: dict[str, Scores]
    probabilities: dict[str, Floats]
    train_curve: Curve
    test_curves: dict[str, Curve]
    warning: str

    @property
    def any_scores(self) -> Scores:
        """The scores on the first test set; those on train are the same in all."""
        return next(iter(self.scores.values()))


def train_arm(
    arm: Arm,
    judges: Mapping[str, LabelledImages],
    config: TrainConfig,
    seeds: Sequence[int],
    on_progress: Progress | None,
    jobs: Jobs = None,
) -> Trained:
    """Train one build's networks, one for each seed, and judge them.

    Args:
        arm: The build.
        judges: The test images as this build prepares them, by the test set's name.
        config: How to train; its seed is not used.
        seeds: One for each network.
        on_progress: Called with the iterations done and their total.
        jobs: Where networks are trained side by side.
    """
    # In a refusal training calls each set by its key, which must not be that of something else.
    keys = {name: f"test images of {shown(name)}" for name in judges}
    runs = fit_seeds(
        arm.pair.train,
        config,
        seeds,
        tests={key: judges[name] for name, key in keys.items()},
        jobs=jobs,
        on_progress=on_progress,
    )
    train_correct = np.stack([run.train.correct for run in runs])
    return Trained(
        arm=arm,
        config=config,
        scores={
            name: Scores(train_correct, np.stack([run.tests[key].correct for run in runs]))
            for name, key in keys.items()
        },
        probabilities={
            name: np.mean([run.tests[key].probabilities for run in runs], axis=0)
            for name, key in keys.items()
        },
        train_curve=_curve(
            [(run.history, run.history.train_accuracy, run.train) for run in runs], config
        ),
        test_curves={
            name: _curve(
                [(run.history, run.history.test_accuracy[key], run.tests[key]) for run in runs],
                config,
            )
            for name, key in keys.items()
        },
        warning=_not_learning(arm, runs),
    )


def _curve(lines: Sequence[tuple[History, Floats, Evaluation]], config: TrainConfig) -> Curve:
    """Sum up how an accuracy went in each run and where it ended.

    A run that diverged stays as it was last.
    """
    recorded = {*range(0, config.iterations, config.record_every), config.iterations - 1}
    updates = np.array(sorted(recorded))
    rows = [
        [*values[np.searchsorted(history.iterations, updates, side="right") - 1], final.accuracy]
        for history, values, final in lines
    ]
    return Curve.over_seeds(np.append(updates, config.iterations), np.array(rows))


def _not_learning(arm: Arm, runs: Sequence[Run]) -> str:
    states = [(run.config.seed, diagnose(run).state) for run in runs]
    stuck = [f"{seed} ({state})" for seed, state in states if state != "learning"]
    if not stuck:
        return ""
    return (
        f"{shown(arm.name)}, layers {listed(runs[0].config.layers) or 'none'}: {len(stuck)} of"
        f" {len(runs)} networks did not learn; their seeds: {listed(stuck)}"
    )


def listed(values: Iterable[object]) -> str:
    """Return values as text with commas between."""
    return ", ".join(map(str, values))
