"""Marks of a chart, and what is written beside them where there is room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

MIDDLE = 330.0  # a mark further to the right has its text on the left
LETTER, LINE = 7.0, 12.0  # width and height of text, about
GAP = 9.0  # from the middle of a mark to its text


@dataclass(frozen=True)
class Mark:
    """Hold a figure.

    Attributes:
      x, y: its place.
      style: its colour and shape.
      text: what is written beside it.
      title: what is said of it when it is pointed at.
      low_y, high_y: the ends of its interval.
    """

    x: float
    y: float
    style: int
    text: str
    title: str
    low_y: float
    high_y: float

    @property
    def text_is_left(self) -> bool:
        """Say on which side the text is."""
        return self.x > MIDDLE

    @property
    def text_x(self) -> float:
        """Return where the text begins, or on the left ends."""
        return self.x - GAP if self.text_is_left else self.x + GAP

    def hides(self, other: Mark) -> bool:
        """Say whether its text would run into that of another mark."""
        low, high = self._text_span()
        other_low, other_high = other._text_span()
        return abs(self.y - other.y) < LINE and low < other_high and other_low < high

    def _text_span(self) -> tuple[float, float]:
        ends = self.text_x, self.text_x + LETTER * len(self.text) * (-1 if self.text_is_left else 1)
        return min(ends), max(ends)


def readable(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks without the texts that would run into those of marks before them."""
    kept: list[Mark] = []
    for mark in marks:
        is_hidden = any(mark.hides(other) for other in kept if other.text)
        kept.append(replace(mark, text="") if is_hidden else mark)
    return tuple(kept)
