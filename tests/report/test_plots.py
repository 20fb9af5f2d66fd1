"""Figures show the numbers of their records, and the same figure is the same file."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builds import course_arm
from drawn import drawn
from matplotlib.text import Text
from PIL import Image

from catdata.errors import ConfigRefused
from catdata.learning.experiments import compare
from catdata.learning.training import Run, TrainConfig, fit
from catdata.report import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catdata.learning.comparison import Comparison

QUICK = TrainConfig(layers=(4,), learning_rate=0.02, iterations=30, record_every=10)


@pytest.fixture(scope="module")
def run() -> Run:
    return fit(drawn(30), QUICK, tests={"test": drawn(12, seed=1)})


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("builds")
    arms = [course_arm(folder / "original"), course_arm(folder / "enlarged", range(20))]
    return compare(arms, layers=[(4,)], seeds=range(1, 4), config=QUICK)


def lines(axes: Axes, colour: str) -> list[tuple[list[float], list[float]]]:
    return [
        (list(line.get_xdata()), list(line.get_ydata()))
        for line in axes.lines
        if line.get_color() == plots.COLOURS[colour]
    ]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_costs_are_drawn_as_the_course_does_with_the_learning_rate_in_the_title(run: Run) -> None:
    axes, _ = plots.costs_figure(run).axes
    assert axes.get_title() == "Learning rate = 0.02"
    assert axes.get_xlabel() == "iteration"
    assert axes.get_ylabel() == "cost (cross-entropy, nats)"
    assert lines(axes, "cost") == [([0, 10, 20, 29], list(run.history.costs))]


def test_train_and_test_accuracy_stand_beside_the_baseline(run: Run) -> None:
    _, axes = plots.costs_figure(run).axes
    history, test = run.history, run.tests["test"]
    assert axes.get_title() == "Hidden layers 4, seed 1"
    assert axes.get_ylabel() == "accuracy"
    updates = [0, 10, 20, 29, 30]
    assert lines(axes, "train") == [(updates, [*history.train_accuracy, run.train.accuracy])]
    assert lines(axes, "test") == [(updates, [*history.test_accuracy["test"], test.accuracy])]
    ((_, baseline),) = lines(axes, "baseline")
    assert baseline == [test.baseline_accuracy] * 2
    assert sorted(texts(axes)) == sorted(
        [
            f"train {100 * run.train.accuracy:.1f} %",
            f"test {100 * test.accuracy:.1f} %",
            f"majority class\n{100 * test.baseline_accuracy:.1f} %",
        ]
    )


def test_several_test_sets_differ_by_their_line_and_name() -> None:
    tests = {"original": drawn(12, seed=1), "wider": drawn(20, seed=2, cats=0.7)}
    run = fit(drawn(30), QUICK, tests=tests)
    _, axes = plots.costs_figure(run).axes
    styles = {line.get_linestyle() for line in axes.lines if line.get_color() == "#D55E00"}
    assert len(styles) == 2
    assert "majority of wider\n70.0 %" in texts(axes)


def test_the_cost_of_a_diverged_run_ends_where_training_did() -> None:
    run = fit(drawn(30), replace(QUICK, learning_rate=1e200))
    assert run.history.diverged_at is not None
    cost, accuracy = plots.costs_figure(run).axes
    last = max(run.history.iterations[-1], 1)
    assert cost.get_xlim() == accuracy.get_xlim() == (0, last)


def test_before_and_after_are_two_panels_on_one_scale(comparison: Comparison) -> None:
    before, after = plots.comparison_figure(comparison).axes
    assert before.get_title() == "Before: original\n12 training images, layers 4"
    assert after.get_title() == "After: enlarged\n20 training images, layers 4"
    assert before.get_ylim() == after.get_ylim()
    assert before.get_xlabel() == after.get_xlabel() == "iteration"
    assert before.get_ylabel() == "accuracy"
    assert before.yaxis.get_major_formatter()(0.66) == "66 %"


def test_a_panel_shows_the_curves_their_bands_and_the_gap(comparison: Comparison) -> None:
    arm = comparison.arms[1]
    judgement = arm.judgements["original"]
    axes = plots.comparison_figure(comparison).axes[1]
    for role, curve in (("train", arm.curve), ("test", judgement.curve)):
        assert lines(axes, role) == [(list(curve.iterations), list(curve.mean))]
    for band, curve in zip(axes.collections, (arm.curve, judgement.curve), strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert (heights.min(), heights.max()) == (curve.low.min(), curve.high.max())
    gap = judgement.gap
    assert (
        f"gap {100 * gap.estimate:.1f} points\n({100 * gap.low:.1f} to {100 * gap.high:.1f})"
        in texts(axes)
    )
    assert "always non-cat\n50.0 %" in texts(axes)


def test_the_figure_says_what_it_shows_and_what_follows(comparison: Comparison) -> None:
    figure = plots.comparison_figure(comparison)
    assert figure.get_suptitle().replace("\n", " ") == (
        "Accuracy by iteration on train and on the 8 test images of original;"
        " mean of 3 seeds, band: the middle 80 % of them"
    )
    assert figure.get_supxlabel().replace("\n", " ") == comparison.changes[0].sentence


def test_further_builds_and_shapes_get_panels_of_their_own(comparison: Comparison) -> None:
    first, second = comparison.arms
    arms = (first, second, second, *(replace(arm, layers=()) for arm in (first, second, second)))
    figure = plots.comparison_figure(replace(comparison, arms=arms, changes=()))
    assert [axes.get_title().partition("\n")[2] for axes in figure.axes] == [
        "12 training images, layers 4",
        "20 training images, layers 4",
        "20 training images, layers 4",
        "12 training images, layers none",
        "20 training images, layers none",
        "20 training images, layers none",
    ]
    assert figure.get_supxlabel() == ""


def test_a_control_is_neither_before_nor_after(comparison: Comparison) -> None:
    first, second = comparison.arms
    control = replace(first, build="original x1.7 (control)", control=True)
    figure = plots.comparison_figure(replace(comparison, arms=(first, second, control)))
    titles = [axes.get_title().partition("\n")[0] for axes in figure.axes]
    assert titles == ["Before: original", "After: enlarged", "original x1.7 (control)"]


def texts_beyond_the_edge(figure: Figure) -> list[str]:
    """Return the texts of a figure that are not wholly inside it."""
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    boxes = {
        text.get_text(): text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible()
    }
    return [
        text
        for text, box in boxes.items()
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]


@pytest.mark.parametrize("arms", [2, 3, 4])
def test_no_text_of_a_comparison_is_cut_off(comparison: Comparison, arms: int) -> None:
    first, *others = comparison.arms
    several = replace(comparison, arms=(first, *(others * arms)[: arms - 1]))
    assert texts_beyond_the_edge(plots.comparison_figure(several)) == []


def test_a_test_set_that_was_not_judged_on_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ConfigRefused, match="no test set enlarged: original"):
        plots.comparison_figure(comparison, "enlarged")


def test_a_name_is_text_and_no_formula(comparison: Comparison, tmp_path: Path) -> None:
    named = replace(comparison.arms[0], build="a$b$ \u732b <script>\n")
    figure = plots.comparison_figure(replace(comparison, arms=(named,)))
    assert figure.axes[0].get_title().startswith("Before: a$b$ ? <script>\\n\n12 training images")
    plots.save(figure, tmp_path / "figure.png")


@pytest.fixture
def figure(comparison: Comparison) -> Figure:
    return plots.comparison_figure(comparison)


def test_a_png_is_1200_by_600_pixels(figure: Figure, tmp_path: Path) -> None:
    plots.save(figure, tmp_path / "figure.PNG")
    with Image.open(tmp_path / "figure.PNG") as image:
        assert (image.format, image.size) == ("PNG", (1200, 600))


@pytest.mark.parametrize("name", ["figure.png", "figure.svg"])
def test_the_same_record_gives_the_same_bytes(
    comparison: Comparison, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    plots.save(plots.comparison_figure(comparison), path)
    first = path.read_bytes()
    plots.save(plots.comparison_figure(comparison), path)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["figure.pdf", "figure", "figure.png.txt"])
def test_another_ending_is_refused(figure: Figure, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        plots.save(figure, tmp_path / name)
    assert refused.value.message == f"{tmp_path / name}: a figure is written as .png or .svg"
    assert refused.value.hint.endswith(".png.")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"<svg>my own drawing</svg>"])
def test_a_file_that_is_not_ours_is_not_replaced(
    figure: Figure, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "mine.svg"
    path.write_bytes(content)
    with pytest.raises(ConfigRefused, match=r"mine\.svg is there already and is not a figure"):
        plots.save(figure, path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="there is no folder .*nowhere"):
        plots.save(figure, tmp_path / "nowhere" / "figure.png")


def test_drawing_leaves_no_global_state() -> None:
    code = "import sys, catdata.report.plots; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
