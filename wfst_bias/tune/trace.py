"""The trials as a file, from which a search that was cut off goes on.

A line of JSON each: first what the search is of, then the trials. A line is written when its trial
is done, so that a run that is killed loses the trial it was at and no other.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from wfst_bias.errors import InputError
from wfst_bias.tune.objective import Counts
from wfst_bias.tune.search import Plan, Trial, best_of

FORMAT = 1
NO_TRACE = "no trace of `tune`"

Json = Mapping[str, Any]


@dataclass
class Trace:
    """Hold the trials of a search, and the open file that they are written to."""

    plan: Plan
    trials: list[Trial]
    _stream: IO[bytes]

    @property
    def best(self) -> Trial:
        """Return the trial with the lowest objective so far."""
        return best_of(self.trials)

    def add(self, trial: Trial) -> None:
        """Write a trial, so that it survives whatever comes."""
        self.trials.append(trial)
        _write_line(self._stream, row_of(trial, is_lowest=self.best is trial))


@contextmanager
def open_trace(path: Path, plan: Plan, inputs: Mapping[str, str]) -> Iterator[Trace]:
    """Give the trace in a file with the trials that it has, or a new one.

    A last line that was cut off is dropped.

    Args:
      path: the file.
      plan: the search.
      inputs: digests of what is decoded with, by name.

    Raises:
      InputError: a file that is no trace or belongs to another search, or that another run writes.
    """
    header = _header(plan, inputs)
    with path.open("ab+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError("another run writes it", path=path) from error
        lines = _whole_lines(stream, header, path)
        rows = [_parse(line, path, number) for number, line in enumerate(lines, start=1)]
        if rows:
            _check_header(rows[0], header, path)
        trials = [_trial(row, n, plan, path) for n, row in enumerate(rows[1:])]
        stream.truncate(sum(map(len, lines)))
        if not rows:
            _write_line(stream, header)
        yield Trace(plan, trials, stream)


def row_of(trial: Trial, *, is_lowest: bool) -> Json:
    """Return a trial as it is written; the objective is null where there is none."""
    conditions = {name: asdict(counts) for name, counts in trial.conditions.items()}
    return {
        "trial": trial.number,
        "objective": round(trial.objective, 6) if conditions else None,
        "lowest": is_lowest,
        "options": dict(trial.values),
        "conditions": conditions,
    }


def _header(plan: Plan, inputs: Mapping[str, str]) -> Json:
    made = {
        "format": FORMAT,
        "seed": plan.seed,
        "weights": asdict(plan.weights),
        "search": {name: [ends.low, ends.high] for name, ends in plan.space.items()},
        "start": asdict(plan.start),
        "inputs": dict(inputs),
    }
    found: Json = json.loads(json.dumps(made))
    return found


def _check_header(found: Json, expected: Json, path: Path) -> None:
    if found.get("format") != FORMAT:
        raise InputError(NO_TRACE, path=path, line=1)
    before, now = _flat(found), _flat(expected)
    other = [name for name in before | now if before.get(name) != now.get(name)]
    if other:
        raise InputError(
            f"the trials in it are of another search ({', '.join(other)})",
            path=path,
            remedy="name another --out, or remove it",
        )


def _flat(header: Json) -> dict[str, Any]:
    """Return a header with each input beside what else is in it."""
    inputs = header.get("inputs")
    named = inputs if isinstance(inputs, dict) else {}
    return {**{name: value for name, value in header.items() if name != "inputs"}, **named}


def _whole_lines(stream: IO[bytes], header: Json, path: Path) -> list[bytes]:
    stream.seek(0)
    content = stream.read()
    if b"\n" not in content and not _line(header).startswith(content):
        raise InputError(NO_TRACE, path=path, line=1)
    return [line for line in content.splitlines(keepends=True) if line.endswith(b"\n")]


def _line(row: Json) -> bytes:
    return json.dumps(row).encode() + b"\n"


def _write_line(stream: IO[bytes], row: Json) -> None:
    stream.write(_line(row))
    stream.flush()
    os.fsync(stream.fileno())


def _parse(line: bytes, path: Path, number: int) -> Json:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        text = line.decode("utf-8", "replace").rstrip("\n")
        raise InputError("expected a JSON object", path=path, line=number, value=text)
    return row


def _trial(row: Json, number: int, plan: Plan, path: Path) -> Trial:
    try:
        return _read_trial(row, number, plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"no trial {number}", path=path, line=number + 2, value=row) from error


def _read_trial(row: Json, number: int, plan: Plan) -> Trial:
    values = {name: row["options"][name] for name in plan.space}
    conditions = {
        name: Counts(*(_whole(own[f.name]) for f in fields(Counts)))
        for name, own in row["conditions"].items()
    }
    if row["trial"] != number or not all(map(_is_number, values.values())):
        raise ValueError(number)
    return Trial(number, values, conditions, plan.weights.objective(conditions))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value
