"""The public names are there, documented, and loaded only when they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

import catdata
from catdata.dataset import labels


@pytest.mark.parametrize("name", catdata.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(catdata, name).__doc__


def test_another_name_is_none_of_ours() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vars(catdata)["__getattr__"]("nothing")


def test_the_main_job_can_be_done_from_python(tmp_path: Path, pair: dict[str, Path]) -> None:
    catdata.init(tmp_path / "cats", pair)
    workspace = catdata.Workspace(tmp_path / "cats")
    report = catdata.add(workspace, labels.with_label([tmp_path / "gone.jpg"], 1))
    assert len(report.refused) == 1
    built = catdata.read_pair(catdata.build(workspace).folder)
    config = catdata.TrainConfig(layers=(3,), iterations=5)
    run = catdata.fit(built.train, config, tests={"test": built.test})
    assert run.tests["test"].images == 6
