"""curve, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import save

FEW = "--layers 3 --iterations 20 --draws 2 --seeds 1"


def test_curve_tells_its_points_the_law_and_the_answer_as_json(run_json, here: Path) -> None:
    record = run_json(f"curve original {FEW} --sizes 4,6,8,12 --target 0.95")
    assert [point["images"] for point in record["points"]] == [4, 6, 8, 12]
    assert set(record["points"][0]["test_accuracy"]) == {"mean", "low", "high"}
    assert record["target"]["accuracy"] == 0.95
    assert record["target"]["state"] in {"reached", "range", "at-least", "not-reachable"}
    assert (record["build"], record["from"], record["draws"]) == ("original", None, 2)


def test_curve_shows_a_table_and_the_answer_and_draws_a_figure(run, here: Path) -> None:
    result = run(f"curve original {FEW} --sizes 4,6,9,12 --target 0.1 --plot c.png")
    assert "2 draws of 1 seed each, judged on the" in result.stdout
    assert "always non-cat:" in result.stdout or "always cat:" in result.stdout
    assert "10 % is reached: the 12 images there are bring" in " ".join(result.stdout.split())
    assert (here / "c.png").stat().st_size > 5000


def test_curve_begins_with_the_images_of_another_build(run_json, here: Path) -> None:
    (here / "photos").mkdir()
    for seed in range(200, 208):
        save(here / "photos" / f"{seed}.jpg", seed)
    run_json("add photos --label cat --split train")
    run_json("build-h5")
    record = run_json(f"curve {FEW} --from original")
    points = [point["images"] for point in record["points"]]
    assert (record["build"], record["from"]) == ("enlarged", "original")
    assert points[-1] == points[0] + 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("--target 1.5", "the target must be an accuracy above 0", id="target"),
        pytest.param("--sizes 4,8,12,999", "a size of 999 images is not possible", id="size"),
        pytest.param("--from nothing", "nothing", id="base"),
    ],
)
def test_what_cannot_be_drawn_is_refused(run, here: Path, options: str, message: str) -> None:
    result = run(f"curve original {FEW} {options}", status=1)
    assert message in result.stderr
    assert result.stdout == ""


def test_one_draw_is_wrong_usage(run, here: Path) -> None:
    assert "--draws" in run("curve original --draws 1", status=2).stderr
