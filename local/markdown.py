"""Rows of a table of Markdown, and a rate as it stands there."""

from __future__ import annotations

import math

from wfst_bias.score.scores import Score


def rate(score: Score) -> str:
    """Return a rate in %, with its interval; `-` where it is unknown."""
    if math.isnan(score.rate):
        return "-"
    low, high = score.interval
    return f"{100 * score.rate:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def row(*cells: object) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def rule(width: int) -> str:
    """Return what stands under the first row."""
    return row(*["---"] * width)
