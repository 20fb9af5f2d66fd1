"""Every engine trains the same networks to the bit, whoever is killed meanwhile."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from builds import course_arm
from drawn import drawn

from catdata import h5file
from catdata.engine import EXECUTORS, UNLIMITED, Engine, shared
from catdata.errors import ConfigRefused, EngineFailed
from catdata.learning.comparison import Arm
from catdata.learning.doubt import DoubtConfig, label_probabilities
from catdata.learning.experiments import compare
from catdata.learning.growth import learning_curve
from catdata.learning.learningcurve import CurveOptions
from catdata.learning.sweep import Grid, sweep
from catdata.learning.training import Run, TrainConfig, fit_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN, TESTS = drawn(30), {"test": drawn(12, seed=1)}
# Two stacks of two with each engine: 160 rows are multiplied at once.
GRAM = TrainConfig(layers=(80, 4), iterations=60, record_every=20, form="gram")
DIRECT = TrainConfig(layers=(6,), iterations=40, batch_size=8, center=True, form="direct")
EARLY = replace(DIRECT, early_stop=0.2, l2=0.1, dropout=0.2)
ELSEWHERE = [name for name in EXECUTORS if name != "inline"]


def engine_of(name: str, request: pytest.FixtureRequest) -> Engine:
    if name == "dask":
        return Engine("dask", 2, request.getfixturevalue("scheduler"))
    return Engine(name, 2)


def trained(engine: Engine, config: TrainConfig, **options: Any) -> tuple[Run, ...]:
    return fit_seeds(TRAIN, config, range(4), tests=TESTS, jobs=engine, **options)


def numbers(runs: tuple[Run, ...]) -> list[object]:
    """Return all that a run says, its arrays as bytes."""
    return [
        (
            {**run.to_json(), "seconds": None},
            [array.tobytes() for array in (*run.parameters.weights, *run.parameters.biases)],
            [each.probabilities.tobytes() for each in (run.train, *run.tests.values())],
        )
        for run in runs
    ]


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize(
    "config",
    [
        pytest.param(GRAM, id="gram"),
        pytest.param(DIRECT, id="direct"),
        pytest.param(EARLY, id="early stop"),
    ],
)
def test_every_engine_trains_the_same_networks_to_the_bit(
    name: str, config: TrainConfig, request: pytest.FixtureRequest
) -> None:
    found = trained(engine_of(name, request), config)
    assert numbers(found) == numbers(trained(Engine("inline"), config))


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> list[Arm]:
    folder = tmp_path_factory.mktemp("arms")
    return [
        course_arm(folder / "original", range(30), range(100, 120)),
        course_arm(folder / "enlarged", range(50), range(100, 120)),
    ]


def answers(engine: Engine, arms: list[Arm]) -> list[dict[str, Any]]:
    """Return what experiments and doubts of labels say, but for the time they took."""
    config = TrainConfig(layers=(3,), iterations=30)
    grid = Grid(layers=((3,), ()), iterations=(20,), folds=2, seeds=(1, 2))
    curve = CurveOptions(sizes=(8, 12, 20, 30), draws=2, seeds=2)
    found = [
        compare(arms, layers=[(3,)], seeds=[1, 2], config=config, folds=2, jobs=engine),
        sweep(arms[0], grid, config, jobs=engine),
        learning_curve(arms[0], curve, config, jobs=engine),
    ]
    doubts = DoubtConfig(config, folds=2, repeats=1, seeds=(1, 2))
    believed = label_probabilities(arms[0].pair.train, doubts, jobs=engine)
    return [
        *({**each.to_json(), "seconds": None} for each in found),
        {"believed": believed.tolist()},
    ]


@pytest.fixture(scope="module")
def answers_inline(arms: list[Arm]) -> list[dict[str, Any]]:
    found = answers(Engine("inline"), arms)
    assert found[0]["worlds"]
    assert found[0]["folds"]
    return found


@pytest.mark.parametrize("name", ELSEWHERE)
def test_every_engine_gives_the_same_answers(
    name: str,
    arms: list[Arm],
    answers_inline: list[dict[str, Any]],
    request: pytest.FixtureRequest,
) -> None:
    assert answers(engine_of(name, request), arms) == answers_inline


def test_progress_is_told_whenever_a_stack_is_done() -> None:
    calls: list[tuple[int, int]] = []
    trained(Engine("processes", 2), GRAM, on_progress=lambda *call: calls.append(call))
    assert calls == [(120, 240), (240, 240)]


@dataclass
class KillsItsWorker:
    """Leaves images as they are; kills its process, at most so often."""

    folder: Path
    times: int

    def __call__(
        self, images: NDArray[np.uint8], _rows: NDArray[np.intp], epoch: int
    ) -> NDArray[np.uint8]:
        killed = len(list(self.folder.iterdir()))
        if epoch == 2 and killed < self.times:
            (self.folder / str(killed)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return images


def test_a_worker_killed_in_the_middle_is_tried_again(tmp_path: Path) -> None:
    config = replace(DIRECT, form="auto")
    killer = KillsItsWorker(tmp_path, times=1)
    runs = trained(Engine("processes", 2), config, augment=killer)
    assert [path.name for path in tmp_path.iterdir()] == ["0"]
    assert numbers(runs) == numbers(trained(Engine("inline"), config, augment=killer))


def test_a_training_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    killer = KillsItsWorker(tmp_path, times=100)
    with pytest.raises(EngineFailed, match="died three times") as raised:
        trained(Engine("processes", 1), replace(DIRECT, form="auto"), augment=killer)
    assert raised.value.hint == "Try fewer at once, such as --jobs 1, or --engine threads."


def test_a_dask_worker_killed_in_the_middle_costs_nothing(
    start_worker: Callable[[str], subprocess.Popen[str]], scheduler: str
) -> None:
    doomed = start_worker(scheduler)

    def kill(done: int, _total: int) -> None:
        if done == DIRECT.iterations:
            doomed.kill()

    engine = Engine("dask", scheduler=scheduler)
    seeds = range(24)
    found = fit_seeds(TRAIN, DIRECT, seeds, tests=TESTS, jobs=engine, on_progress=kill)
    assert doomed.wait() == -signal.SIGKILL
    assert numbers(found) == numbers(fit_seeds(TRAIN, DIRECT, seeds, tests=TESTS, jobs=1))


def test_what_is_shared_with_a_cluster_stands_for_itself_in_calls(scheduler: str) -> None:
    with Engine("dask", scheduler=scheduler).executor() as pool:
        handle = shared(pool, TRAIN.labels)
        assert [pool.submit(np.sum, handle).result() for _ in range(2)] == [12, 12]


def test_training_has_no_limit_of_memory() -> None:
    with Engine("processes", 1).executor(limits=UNLIMITED) as pool:
        limit = pool.submit(resource.getrlimit, resource.RLIMIT_AS).result()
    assert limit == resource.getrlimit(resource.RLIMIT_AS)


def test_images_in_an_open_file_are_not_sent(pair: dict[str, Path]) -> None:
    with (
        h5file.open_split(pair["train"], "train") as opened,
        pytest.raises(ConfigRefused, match="read from an open file") as raised,
    ):
        fit_seeds(opened, DIRECT, [1, 2], jobs=Engine("processes", 2))
    assert raised.value.hint == "Train in threads, or read the whole build into memory first."
