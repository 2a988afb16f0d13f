"""A ratio kept as its two counts, so that those of several utterances can be summed."""

from __future__ import annotations

from typing import NamedTuple


class Fraction(NamedTuple):
    """Hold a numerator and a denominator, not reduced."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float:
        """Return the ratio; NaN where the denominator is zero."""
        return self.numerator / self.denominator if self.denominator else float("nan")
