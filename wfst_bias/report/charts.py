"""Figures placed in charts: what the template draws as SVG, in units of the drawing.

- f1_by_list_size: a line for each system, and the other conditions as marks beside them.
- precision_and_recall: a mark for each condition, among curves of equal F1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wfst_bias.report.chart_axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    Tick,
    columns,
    percent_axis,
    side_by_side,
)
from wfst_bias.report.chart_marks import Mark, readable
from wfst_bias.report.conditions import Condition
from wfst_bias.report.experiment import DecodedSet
from wfst_bias.report.figures import Figure

N_STYLES = 16  # colours and shapes of marks, as the templates have them
MOST_TOGETHER = 3  # systems that a chart shows with several lists each
F1_CURVES = (20, 40, 60, 70, 80, 90, 95)  # %


@dataclass(frozen=True)
class Line:
    """Hold a line through points, `x,y x,y` as SVG has them."""

    points: str
    style: int = -1
    text: str = ""
    text_x: float = 0.0
    text_y: float = 0.0


@dataclass(frozen=True)
class Chart:
    """Hold a chart.

    Attributes:
      title, description: what it shows, and how to read it.
      x_label, y_label: of the axes.
      x_ticks, y_ticks: of the axes.
      lines: between marks.
      curves: behind them.
      marks: the figures.
      legend: the systems, with their styles.
    """

    title: str
    description: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    curves: tuple[Line, ...]
    marks: tuple[Mark, ...]
    legend: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Scored:
    """Hold a condition with its figures."""

    condition: Condition
    figures: dict[str, Figure]

    def percent(self, name: str) -> tuple[float, float, float] | None:
        """Return a rate in % with the ends of its interval; None where it is unknown."""
        figure = self.figures[name]
        if figure.rate is None:
            return None
        low = figure.rate if figure.low is None else figure.low
        high = figure.rate if figure.high is None else figure.high
        return 100 * figure.rate, 100 * low, 100 * high


def f1_by_list_size(decoded_set: DecodedSet) -> Chart | None:
    """Draw F1 against the number of distractors; None where no list has a known size."""
    scored = [each for each in _scored(decoded_set) if each.percent("F1") is not None]
    sized = [each for each in scored if each.condition.list_size]
    if not sized:
        return None
    sizes = sorted({each.condition.list_size or 0 for each in sized})
    others = [each for each in scored if not each.condition.list_size]
    without = [each.condition.list_label for each in others if not each.condition.list_name]
    shared = [each.condition.list_label for each in others if each.condition.list_name]
    names: list[str | int] = list(dict.fromkeys([*without, *sizes, *shared]))
    x = dict(zip(names, columns(len(names)), strict=True))
    y, y_ticks = percent_axis(_bounds(sized + others, "F1"), HEIGHT - BOTTOM, TOP)
    styles = _styles(scored)
    in_column: dict[str | int, list[str]] = {}
    for each in scored:
        in_column.setdefault(_column(each), []).append(each.condition.system)
    beside = {column: side_by_side(own, len(names)) for column, own in in_column.items()}

    def place(each: Scored) -> float:
        column = _column(each)
        return round(x[column] + beside[column][each.condition.system], 1)

    return Chart(
        title="F1 of entities against the size of the list",
        description="The more distractors a list has, the more there is to confuse. Bars are "
        "95 % intervals.",
        x_label="distractors in the list of an utterance",
        y_label="F1, %",
        x_ticks=tuple(Tick(x[n], f"{n:,}" if isinstance(n, int) else n) for n in names),
        y_ticks=y_ticks,
        lines=_lines_of_systems(sized, place, y, styles),
        curves=(),
        marks=tuple(_mark(each, place(each), "F1", y, styles) for each in scored),
        legend=_legend(scored, styles),
    )


def precision_and_recall(decoded_set: DecodedSet) -> tuple[Chart, ...]:
    """Draw precision against recall: all together, or where there are many systems by list.

    Many are more than MOST_TOGETHER. Then a chart for each list that several systems have shows
    these, and one more what is left and the plain decoder.
    """
    scored = [
        each
        for each in _scored(decoded_set)
        if each.percent("precision") and each.percent("recall")
    ]
    styles = _styles(_scored(decoded_set))
    if len(styles) <= MOST_TOGETHER:
        return _precisions("", scored, styles, by_list=True)
    lists: dict[str, list[Scored]] = {}
    for each in scored:
        lists.setdefault(each.condition.list_label, []).append(each)
    compared = {label: own for label, own in lists.items() if len(own) > 1}
    rest = [
        each
        for each in scored
        if not each.condition.system or each.condition.list_label not in compared
    ]
    charts = [*_precisions("", rest, styles, by_list=True)]
    for label, own in compared.items():
        charts += _precisions(f", {label}", own, styles, by_list=False)
    return tuple(charts)


def _precisions(
    of: str, scored: Sequence[Scored], styles: dict[str, int], *, by_list: bool
) -> tuple[Chart, ...]:
    """Draw precision against recall, with lists beside the marks or without; nothing of nothing."""
    if not scored:
        return ()
    x, x_ticks = percent_axis(_bounds(scored, "recall"), LEFT, WIDTH - RIGHT)
    y, y_ticks = percent_axis(_bounds(scored, "precision"), HEIGHT - BOTTOM, TOP)

    def mark(each: Scored) -> Mark:
        text = each.condition.short_list_label if by_list else ""
        return _mark(each, x(_rate(each, "recall")), "precision", y, styles, text)

    chart = Chart(
        title=f"Precision and recall of entities{of}",
        description="The upper right corner is best. Along a grey curve F1 is the same.",
        x_label="recall, %",
        y_label="precision, %",
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        lines=(),
        curves=tuple(curve for f1 in F1_CURVES if (curve := _f1_curve(f1, x, y)) is not None),
        marks=readable(map(mark, scored)),
        legend=_legend(scored, styles),
    )
    return (chart,)


def _column(each: Scored) -> str | int:
    return each.condition.list_size or each.condition.list_label


def _scored(decoded_set: DecodedSet) -> list[Scored]:
    return [
        Scored(each.condition, dict(each.figures))
        for each in decoded_set.decoded
        if each.figures is not None
    ]


def _styles(scored: Iterable[Scored]) -> dict[str, int]:
    systems = dict.fromkeys(each.condition.system for each in scored)
    return {system: number % N_STYLES for number, system in enumerate(systems)}


def _legend(scored: Iterable[Scored], styles: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Name the systems, where there is more than one."""
    systems = {each.condition.system: each.condition.system_label for each in scored}
    if len(systems) < 2:
        return ()
    return tuple((label, styles[system]) for system, label in systems.items())


def _bounds(scored: Sequence[Scored], name: str) -> tuple[float, float]:
    found = [figures for each in scored if (figures := each.percent(name)) is not None]
    return min(low for _, low, _ in found), max(high for *_, high in found)


def _lines_of_systems(
    sized: Sequence[Scored],
    place: Callable[[Scored], float],
    y: Scale,
    styles: dict[str, int],
) -> tuple[Line, ...]:
    points: dict[str, list[tuple[float, float]]] = {}
    for each in sized:
        point = place(each), y(_rate(each, "F1"))
        points.setdefault(each.condition.system, []).append(point)
    return tuple(
        Line(_points(sorted(own)), styles[system]) for system, own in points.items() if len(own) > 1
    )


def _mark(
    each: Scored, at: float, name: str, y: Scale, styles: dict[str, int], text: str = ""
) -> Mark:
    figures = each.percent(name)
    assert figures is not None
    rate, low, high = figures
    shown = ", ".join(
        f"{metric} {100 * figure.rate:.1f} %"
        for metric in ("F1", "precision", "recall")
        if (figure := each.figures[metric]).rate is not None
    )
    return Mark(
        x=at,
        y=y(rate),
        style=styles[each.condition.system],
        text=text,
        title=f"{each.condition.label}: {shown}",
        low_y=y(low),
        high_y=y(high),
    )


def _rate(each: Scored, name: str) -> float:
    figures = each.percent(name)
    assert figures is not None
    return figures[0]


def _f1_curve(f1: int, x: Scale, y: Scale) -> Line | None:
    """Draw precision over recall where F1 is the same; None where that is outside of the chart."""
    n_steps = 60
    points = []
    for step in range(n_steps + 1):
        recall = x.low + (x.high - x.low) * step / n_steps
        if 2 * recall <= f1:
            continue
        precision = f1 * recall / (2 * recall - f1)
        if y.low <= precision <= y.high:
            points.append((x(recall), y(precision)))
    if len(points) < 2:
        return None
    return Line(_points(points), text=f"F1 {f1}", text_x=points[-1][0], text_y=points[-1][1])


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
