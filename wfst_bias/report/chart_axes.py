"""Axes of charts: where figures stand in the drawing, in its units.

- Tick: a mark of an axis.
- Scale: maps figures to places.
- percent_axis: a scale for rates in %, with its ticks.
- columns, side_by_side: places of what has no figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 440.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 16.0, 14.0, 52.0
APART = 11.0  # marks that do not touch


@dataclass(frozen=True)
class Tick:
    """Hold a mark of an axis: where it is, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Scale:
    """Map figures from `low` to `high` to a stretch of the drawing."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a figure, within the stretch."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.begin + (self.end - self.begin) * min(1.0, max(0.0, share)), 1)


def percent_axis(
    bounds: tuple[float, float], begin: float, end: float
) -> tuple[Scale, tuple[Tick, ...]]:
    """Return a scale that has the bounds on it, with ticks at round figures."""
    step = 20 if bounds[1] - bounds[0] > 50 else 10 if bounds[1] - bounds[0] > 20 else 5
    low = max(0, math.floor(bounds[0] / step) * step)
    high = min(100, max(math.ceil(bounds[1] / step) * step, low + step))
    low = min(low, high - step)
    scale = Scale(low, high, begin, end)
    return scale, tuple(Tick(scale(tick), str(tick)) for tick in range(low, high + 1, step))


def columns(count: int) -> list[float]:
    """Return the middles of so many columns."""
    width = _column_width(count)
    return [round(LEFT + width * (column + 0.5), 1) for column in range(count)]


def side_by_side(names: Sequence[str], n_columns: int) -> dict[str, float]:
    """Return how far from the middle of a column marks stand that share it, by name."""
    step = min(APART, 0.85 * _column_width(n_columns) / max(1, len(names)))
    middle = (len(names) - 1) / 2
    return {name: round((place - middle) * step, 1) for place, name in enumerate(names)}


def _column_width(count: int) -> float:
    return (WIDTH - LEFT - RIGHT) / count
