"""The figures of a condition, as `wfst-bias score --json` and the count of false alarms tell them.

- read_figures: the rates, each with its interval and counts.
- read_alarms: false alarms per hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines

WORD_METRICS = ("WER", "U-WER", "B-WER")
ENTITY_METRICS = ("precision", "recall", "F1")
REMEDY = "run stage 8 of run.sh again"


@dataclass(frozen=True)
class Figure:
    """Hold a rate as a fraction of 1 with its interval, None where unknown, and its counts."""

    rate: float | None
    low: float | None
    high: float | None
    counts: Mapping[str, int]

    @property
    def word_errors(self) -> int:
        """Return the errors of all three kinds, of a rate of word errors."""
        return sum(self.counts[kind] for kind in ("substitutions", "deletions", "insertions"))


@dataclass(frozen=True)
class Alarms:
    """Hold the false alarms in utterances that say no name; rates per hour, None if unknown."""

    per_hour: float | None
    low: float | None
    high: float | None
    false_alarms: int
    hours: float


def read_figures(path: Path) -> dict[str, Figure]:
    """Read the rates of a condition by name.

    Raises:
      InputError: a file that cannot be read, or not what `score --json` writes.
    """
    try:
        metrics = _read_json(path)["metrics"]
        figures = {name: _figure(metrics[name]) for name in (*WORD_METRICS, *ENTITY_METRICS)}
        for name in WORD_METRICS:
            _ = figures[name].word_errors, figures[name].counts["reference_words"]
        for count in ("hits", "misses", "false_alarms"):
            _ = figures["F1"].counts[count]
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"expected what `score --json` writes ({error!r})", path=path, remedy=REMEDY
        ) from error
    return figures


def read_alarms(path: Path) -> Alarms:
    """Read the false alarms per hour of a condition.

    Raises:
      InputError: a file that cannot be read, or of another form.
    """
    try:
        fields = _read_json(path)["false_alarms"]
        low, high = map(_number, fields["interval"])
        counts = int(fields["count"]), float(fields["of"])
        return Alarms(_number(fields["rate"]), low, high, *counts)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"expected false alarms per hour ({error!r})", path=path, remedy=REMEDY
        ) from error


def _figure(fields: Mapping[str, Any]) -> Figure:
    low, high = map(_number, fields["interval"])
    counts = {str(name): int(count) for name, count in fields["counts"].items()}
    return Figure(_number(fields["rate"]), low, high, counts)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _read_json(path: Path) -> dict[str, Any]:
    read = json.loads("\n".join(read_lines(path)))
    if not isinstance(read, dict):
        raise TypeError("no JSON object")
    return read
