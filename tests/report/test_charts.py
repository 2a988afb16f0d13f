"""Charts: figures in their places, within the drawing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.files import write_text
from wfst_bias.report.chart_axes import HEIGHT, WIDTH, Scale, columns, percent_axis, side_by_side
from wfst_bias.report.chart_marks import Mark, readable
from wfst_bias.report.charts import MOST_TOGETHER, Chart, f1_by_list_size, precision_and_recall
from wfst_bias.report.experiment import DecodedSet, Experiment


@pytest.fixture
def first(exp: Path) -> DecodedSet:
    return Experiment.read(exp).sets[0]


def test_a_scale_keeps_within_its_stretch() -> None:
    scale = Scale(20, 80, 300, 0)
    assert [scale(value) for value in (20, 50, 80, 0, 99)] == [300, 150, 0, 300, 0]


@pytest.mark.parametrize(
    ("bounds", "texts"),
    [((0, 97), ["0", "20", "40", "60", "80", "100"]), ((100, 100), ["95", "100"])],
)
def test_round_figures_on_an_axis(bounds: tuple[float, float], texts: list[str]) -> None:
    scale, ticks = percent_axis(bounds, 300, 0)
    assert [tick.text for tick in ticks] == texts
    assert (ticks[0].at, ticks[-1].at) == (300, 0)
    assert scale(bounds[1]) >= 0


@given(st.integers(1, 30), st.integers(1, 12))
def test_marks_that_share_a_column_stand_apart_in_it(n_names: int, n_columns: int) -> None:
    found = list(side_by_side([str(n) for n in range(n_names)], n_columns).values())
    assert found == sorted(set(found))
    assert sum(found) == pytest.approx(0, abs=0.1 * n_names)
    places = columns(n_columns)
    width = WIDTH if n_columns == 1 else places[1] - places[0]
    assert found[-1] - found[0] < width


def test_f1_by_list_size(first: DecodedSet) -> None:
    chart = f1_by_list_size(first)
    assert chart is not None
    assert [tick.text for tick in chart.x_ticks] == ["no list", "100", "1,000", "shared list"]
    columns = {tick.text: tick.at for tick in chart.x_ticks}
    marks = {mark.title.split(":")[0]: mark for mark in chart.marks}
    assert marks["list of 1,000"].x == columns["1,000"]  # alone there
    assert marks["no list"].x == columns["no list"]
    assert marks["list of 100"].x < columns["100"] < marks["adapter, list of 100"].x
    assert marks["adapter, list of 100"].style != marks["list of 100"].style
    assert marks["adapter, list of 100"].y < marks["list of 100"].y  # higher up
    assert [name for name, _ in chart.legend] == ["default", "adapter"]
    (line,) = chart.lines  # the adapter has one point
    assert line.points.startswith(f"{marks['list of 100'].x:g},{marks['list of 100'].y:g} ")
    assert "F1 85.7 %, precision 100.0 %, recall 75.0 %" in marks["list of 100"].title


def test_precision_and_recall(first: DecodedSet) -> None:
    (chart,) = precision_and_recall(first)
    marks = {mark.title.split(":")[0]: mark for mark in chart.marks}
    assert marks["no list"].x < marks["list of 100"].x < marks["adapter, list of 100"].x
    assert {mark.text for mark in chart.marks} == {"no list", "100", "1,000", ""}
    assert marks["shared list"].text == ""  # it would run into another
    assert chart.curves


def test_everything_lies_within_the_drawing(first: DecodedSet) -> None:
    charts = [f1_by_list_size(first), *precision_and_recall(first)]
    for chart in charts:
        assert isinstance(chart, Chart)
        for x, y in [(mark.x, mark.y) for mark in chart.marks] + points(chart):
            assert 0 < x < WIDTH
            assert 0 < y < HEIGHT
        for mark in chart.marks:
            assert mark.high_y <= mark.y <= mark.low_y


def points(chart: Chart) -> list[tuple[float, float]]:
    lines = " ".join(line.points for line in (*chart.lines, *chart.curves))
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", lines)]


def test_nothing_to_draw(own_exp: Path) -> None:
    for path in (own_exp / "score").glob("first.*"):
        path.unlink()
    first = Experiment.read(own_exp).sets[0]
    assert f1_by_list_size(first) is None
    assert precision_and_recall(first) == ()


def test_many_systems_are_compared_list_by_list(own_exp: Path) -> None:
    systems = [f"system{number}" for number in range(9)]
    for system in systems:
        for kind in ("decode/first.{}", "score/first.{}.json"):
            source = own_exp / kind.format("adapter.list100")
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, own_exp / kind.format(f"{system}.list100"))
    titles = {"": "all", "adapter": "the adapter", "system3": "the third"}
    lines = "".join(f'"{name}" = "{title}"\n' for name, title in titles.items())
    write_text(own_exp / "systems/titles.toml", lines)
    first = Experiment.read(own_exp).sets[0]
    assert len(systems) > MOST_TOGETHER
    rest, compared = precision_and_recall(first)
    labels = [mark.title.split(":")[0] for mark in rest.marks]
    assert labels == ["no list", "list of 100", "list of 1,000", "shared list"]
    assert rest.legend == ()
    assert compared.title == "Precision and recall of entities, list of 100"
    assert len(compared.marks) == 11
    names = [name for name, _ in compared.legend]
    assert {"all", "the adapter", "the third"} < set(names)
    assert len({style for _, style in compared.legend}) == 11
    sizes = f1_by_list_size(first)
    assert sizes is not None
    of_list = [mark.x for mark in sizes.marks if "list of 100" in mark.title]
    assert len(set(of_list)) == 11
    (own_exp / "systems/titles.toml").write_text("adapter = 3\n")
    with pytest.raises(InputError, match=r"titles\.toml: expected a title"):
        Experiment.read(own_exp)


def mark_at(x: float, y: float, text: str) -> Mark:
    return Mark(x, y, 0, text, text, y, y)


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (mark_at(100, 50, "100"), ""),  # in the same place
        (mark_at(120, 55, "100"), ""),  # within the text of the first
        (mark_at(175, 50, "100"), "100"),  # beside it
        (mark_at(100, 65, "100"), "100"),  # below it
        (mark_at(340, 50, "long enough to reach it from the right"), ""),
        (mark_at(340, 50, "100"), "100"),
    ],
)
def test_texts_do_not_run_into_each_other(second: Mark, text: str) -> None:
    kept = readable([mark_at(100, 50, "shared"), second])
    assert [mark.text for mark in kept] == ["shared", text]
    assert kept[1].title == second.title
