from __future__ import annotations

from pathlib import Path

import pytest

from catdata.errors import ConfigRefused
from catdata.labeler.order import LabelOptions

FOLDER, ONE, TWO = Path("photos"), (Path("one"),), (Path("one"), Path("two"))


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        pytest.param(LabelOptions(FOLDER), "given", id="folder"),
        pytest.param(LabelOptions(FOLDER, ONE), "given", id="folder-with-model"),
        pytest.param(LabelOptions(), "doubtful", id="review"),
        pytest.param(LabelOptions(None, ONE), "disagreement", id="review-with-model"),
    ],
)
def test_each_work_has_its_natural_order(asked: LabelOptions, order: str) -> None:
    assert asked.order == order


@pytest.mark.parametrize(
    ("folder", "models", "order", "says"),
    [
        pytest.param(FOLDER, (), "uncertain", "needs a model", id="no-model"),
        pytest.param(FOLDER, ONE, "disagreement", "two models", id="one-model-cannot-disagree"),
        pytest.param(FOLDER, ONE, "doubtful", "can't be doubted", id="no-label-to-doubt"),
        pytest.param(None, (), "sideways", "must be one of", id="unknown"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    folder: Path | None, models: tuple[Path, ...], order: str, says: str
) -> None:
    with pytest.raises(ConfigRefused, match=says):
        LabelOptions(folder, models, order)


def test_the_most_uncertain_comes_first() -> None:
    rank = LabelOptions(FOLDER, ONE, "uncertain").rank
    assert sorted([0.1, 0.45, 0.9, 0.6], key=lambda p: rank([p], None)) == [0.45, 0.6, 0.1, 0.9]


def test_models_that_contradict_one_another_come_first() -> None:
    rank = LabelOptions(FOLDER, TWO, "disagreement").rank
    assert rank([0.1, 0.9], None) < rank([0.4, 0.6], None) < rank([0.5, 0.5], None)


def test_a_label_that_the_model_contradicts_comes_first() -> None:
    rank = LabelOptions(None, ONE, "disagreement").rank
    assert rank([0.1], 1) < rank([0.6], 1)
    assert rank([0.9], 0) < rank([0.6], 0)
