"""sweep, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catdata.cli.sweeping import NumbersType

FEW = "--layers 3 --iterations 20 --folds 2 --seeds 1"


def test_sweep_tells_of_every_setting_and_of_the_best_as_json(run_json, here: Path) -> None:
    record = run_json(f"sweep original {FEW} --learning-rates 0.005,1e6 --l2 0,1")
    assert [(one["learning_rate"], one["l2"]) for one in record["candidates"]] == [
        (0.005, 0.0),
        (1e6, 0.0),
        (0.005, 1.0),
        (1e6, 1.0),
    ]
    assert record["best"] in record["candidates"]
    assert set(record["test"]["accuracy"]) == {"mean", "low", "high"}


def test_sweep_shows_a_table_and_draws_a_figure(run, here: Path) -> None:
    result = run(f"sweep original {FEW} --learning-rates 0.005,1e6 --plot s.png")
    words = " ".join(result.stdout.split())
    assert "2-fold cross-validation inside train over 1 seed; * the best of those that" in words
    assert "The best, trained on all of train" in result.stdout
    assert "all: layers 3, iterations 20, l2 0, dropout 0" in result.stdout
    assert "dropout" not in result.stdout.splitlines()[0]
    assert (here / "s.png").stat().st_size > 5000


def test_sweep_takes_what_it_has_judged_before_from_the_workspace(run_json, here: Path) -> None:
    first = run_json(f"sweep original {FEW} --learning-rates 0.005")
    kept = here / "data" / ".sweeps.jsonl"
    before = kept.read_bytes()
    again = run_json(f"sweep original {FEW} --learning-rates 0.005")
    assert kept.read_bytes() == before
    assert again["candidates"] == first["candidates"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("0.01,0.03", (0.01, 0.03), id="list"),
        pytest.param("0.0075:0.6:x3", (0.0075, 0.0225, 0.0675, 0.2025), id="steps"),
        pytest.param("0.1:0.8:x2", (0.1, 0.2, 0.4, 0.8), id="steps that end on the end"),
    ],
)
def test_lists_of_numbers(text: str, numbers: tuple[float, ...]) -> None:
    assert NumbersType().convert(text, None, None) == numbers


@pytest.mark.parametrize(
    "text", ["fast", "0.1:0.2", "0:1:x3", "0.1:1:x1", "0.1:1:3", "1e-300:1:x2"]
)
def test_what_is_no_list_of_numbers_is_wrong_usage(run, here: Path, text: str) -> None:
    assert "is not like 0.01,0.03" in run(f"sweep --learning-rates {text}", status=2).stderr
