"""Charts: figures in their places, within the drawing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wfst_bias.report.charts import (
    HEIGHT,
    WIDTH,
    Chart,
    Scale,
    f1_by_list_size,
    precision_and_recall,
)
from wfst_bias.report.experiment import DecodedSet, Experiment


@pytest.fixture
def first(exp: Path) -> DecodedSet:
    return Experiment.read(exp).sets[0]


def test_a_scale_keeps_within_its_stretch() -> None:
    scale = Scale(20, 80, 300, 0)
    assert [scale(value) for value in (20, 50, 80, 0, 99)] == [300, 150, 0, 300, 0]


def test_f1_by_list_size(first: DecodedSet) -> None:
    chart = f1_by_list_size(first)
    assert chart is not None
    assert [tick.text for tick in chart.x_ticks] == ["no list", "100", "1,000", "shared list"]
    columns = {tick.text: tick.at for tick in chart.x_ticks}
    marks = {mark.title.split(":")[0]: mark for mark in chart.marks}
    assert marks["list of 1,000"].x == columns["1,000"]
    assert marks["adapter, list of 100"].x == columns["100"]
    assert marks["adapter, list of 100"].style != marks["list of 100"].style
    assert marks["adapter, list of 100"].y < marks["list of 100"].y  # higher up
    assert [name for name, _ in chart.legend] == ["decoder alone", "adapter"]
    (line,) = chart.lines  # the adapter has one point
    assert line.points.startswith(f"{marks['list of 100'].x:g},{marks['list of 100'].y:g} ")
    assert "F1 85.7 %, precision 100.0 %, recall 75.0 %" in marks["list of 100"].title


def test_precision_and_recall(first: DecodedSet) -> None:
    chart = precision_and_recall(first)
    assert chart is not None
    marks = {mark.title.split(":")[0]: mark for mark in chart.marks}
    assert marks["no list"].x < marks["list of 100"].x < marks["adapter, list of 100"].x
    assert {mark.text for mark in chart.marks} == {"no list", "100", "1,000", "shared"}
    assert chart.curves


def test_everything_lies_within_the_drawing(first: DecodedSet) -> None:
    charts = [f1_by_list_size(first), precision_and_recall(first)]
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
    assert precision_and_recall(first) is None
