"""The file of the trials: cut off anywhere, it comes to the same when the search goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.decode.options import DecodeOptions
from wfst_bias.errors import InputError
from wfst_bias.tune.objective import Counts, Weights
from wfst_bias.tune.search import Plan, Trial
from wfst_bias.tune.space import Range
from wfst_bias.tune.trace import open_trace

NAME = "scales.lm_scale"
PLAN = Plan(DecodeOptions(), {NAME: Range(0.0, 1.0)})
INPUTS = {"--lm": "1a", "--tokens": "2b"}


def trial(number: int) -> Trial:
    """Return what a search would come to; the third trial has values that exclude each other."""
    made = {"none": Counts(100, 9 - number, number, hits=1), "list": Counts(100, 1, false_alarms=2)}
    conditions = {} if number == 2 else made
    return Trial(number, {NAME: number / 7}, conditions, PLAN.weights.objective(conditions))


TRIALS = [trial(number) for number in range(5)]


def write(path: Path, n_trials: int) -> list[Trial]:
    """Go on with a search until it has so many trials; return those found in the file."""
    with open_trace(path, PLAN, INPUTS) as trace:
        found = list(trace.trials)
        for made in TRIALS[len(found) : n_trials]:
            trace.add(made)
        return found


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    assert write(path, 2) == []
    assert write(path, 5) == TRIALS[:2]
    assert write(path, 5) == TRIALS
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[0]["search"] == {NAME: [0.0, 1.0]}
    assert rows[0]["inputs"] == INPUTS
    assert [row["trial"] for row in rows[1:]] == [0, 1, 2, 3, 4]
    assert [row["objective"] for row in rows[1:]] == [
        None if t.number == 2 else round(t.objective, 6) for t in TRIALS
    ]
    lowest = min(TRIALS, key=lambda t: t.objective).number
    assert rows[1]["lowest"]
    assert rows[1 + lowest]["lowest"]
    assert not rows[3]["lowest"]


@given(st.data())
def test_a_file_cut_off_anywhere_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "t.jsonl"
    write(path, 5)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    assert write(path, 5) == TRIALS[: max(0, whole[:cut].count(b"\n") - 1)]
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("plan", "inputs", "named"),
    [
        (replace(PLAN, seed=3), INPUTS, "(seed)"),
        (replace(PLAN, weights=Weights(b_weight=2.0)), INPUTS, "(weights)"),
        (replace(PLAN, space={NAME: Range(0.0, 2.0)}), INPUTS, "(search)"),
        (PLAN, {**INPUTS, "--lm": "3c"}, "(--lm)"),
        (PLAN, {**INPUTS, "--ref a": "4d"}, "(--ref a)"),
        (PLAN, {"--lm": "1a"}, "(--tokens)"),
    ],
)
def test_trials_of_another_search_are_refused(
    tmp_path: Path, plan: Plan, inputs: Mapping[str, str], named: str
) -> None:
    path = tmp_path / "t.jsonl"
    write(path, 2)
    before = path.read_bytes()
    with (
        pytest.raises(InputError, match="of another search") as error,
        open_trace(path, plan, inputs),
    ):
        pass
    assert named in str(error.value)
    assert path.read_bytes() == before


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with open_trace(path, PLAN, INPUTS), pytest.raises(InputError, match="another run writes it"):
        write(path, 1)
    assert write(path, 1) == []


def altered(row: dict[str, object], **changes: object) -> str:
    return json.dumps({**row, **changes})


def test_broken_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write(path, 2)
    header, first, second = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(second)
    none = row["conditions"]["none"]
    cases = [
        ([header, first[:-5], second], 2, "expected a JSON object"),
        ([header, "[]", second], 2, "expected a JSON object"),
        ([header, first, first], 3, "no trial 1"),
        ([header, second], 2, "no trial 0"),
        ([header, first, altered(row, options={})], 3, "no trial 1"),
        ([header, first, altered(row, options={NAME: "1"})], 3, "no trial 1"),
        ([header, first, altered(row, options=None)], 3, "no trial 1"),
        ([header, first, altered(row, conditions=[])], 3, "no trial 1"),
        ([header, first, altered(row, conditions={"none": {**none, "hits": -1}})], 3, "no trial 1"),
        ([header, first, altered(row, conditions={"none": {}})], 3, "no trial 1"),
        ([first, second], 1, "no trace of `tune`"),
        (["[scales]", "lm_scale = 1"], 1, "expected a JSON object"),
    ]
    for lines, number, message in cases:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        with pytest.raises(InputError) as error:
            write(path, 2)
        assert str(error.value).startswith(f"{path}:{number}: {message}")


def test_a_file_that_is_no_trace_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("my notes", encoding="utf-8")
    with pytest.raises(InputError, match="no trace"):
        write(path, 1)
    assert path.read_text(encoding="utf-8") == "my notes"
