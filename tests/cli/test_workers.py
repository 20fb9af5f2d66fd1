"""Where networks are trained, as a user chooses it: the numbers are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pictures import save

FEW = "--layers 3 --iterations 20"
COMMANDS = [
    pytest.param(f"compare original enlarged {FEW} --seeds 3", id="compare"),
    pytest.param(f"sweep original {FEW} --folds 2 --seeds 1 --learning-rates 0.01", id="sweep"),
    pytest.param(f"compare original enlarged {FEW} --seeds 1 --folds 2", id="compare folds"),
    pytest.param("check", id="check"),
    pytest.param(f"curve original {FEW} --draws 2 --seeds 2 --sizes 4,6,8,12", id="curve"),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("workers", ["--jobs 1", "--engine processes --jobs 2", "--engine inline"])
def test_every_engine_gives_the_same_answer(
    run_json, here: Path, command: str, workers: str
) -> None:
    save(here / "cat.jpg", 300)
    run_json("add cat.jpg --label cat --split train")
    run_json("build-h5")
    given = timeless(run_json(command))
    (here / "data" / ".sweeps.jsonl").unlink(missing_ok=True)
    assert timeless(run_json(f"{command} {workers}")) == given


def timeless(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "seconds": None}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_cluster_that_is_not_there_is_named(
    run, here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("catdata.engine.cluster.PATIENCE", "1s")
    run("build-h5")
    result = run(f"{command} --scheduler tcp://127.0.0.1:9", status=1)
    assert "no Dask scheduler at tcp://127.0.0.1:9" in result.stderr
