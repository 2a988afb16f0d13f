"""Counts and shares of causes, as a table and as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.misses.causes import MEANINGS, Cause, Miss
from wfst_bias.misses.explain import MissOptions
from wfst_bias.misses.report import MissReport, read_misses

MISSES = st.lists(
    st.builds(Miss, st.just("u"), st.just("a b"), st.integers(0, 9), st.sampled_from(Cause)),
    max_size=8,
).map(tuple)


@given(MISSES, st.integers(0, 5))
def test_shares_add_up_and_json_has_the_same(misses: tuple[Miss, ...], found: int) -> None:
    report = MissReport(found, misses, MissOptions())
    assert sum(report.counts.values()) == len(misses)
    read = json.loads(report.to_json())
    assert (read["entities"], read["missed"]) == (found + len(misses), len(misses))
    assert len(read["misses"]) == len(misses)
    if misses:
        assert sum(map(report.share, Cause)) == pytest.approx(1)
        assert read["causes"]["pruned"]["share"] == report.share(Cause.PRUNED)
    else:
        assert math.isnan(report.share(Cause.PRUNED))
        assert read["causes"]["pruned"] == {"misses": 0, "share": None}


def test_a_table() -> None:
    misses = (
        Miss("u", "a", 0, Cause.OUTRANKED, rank=2),
        Miss("u", "b", 1, Cause.NOT_HEARD, lost_nats=math.inf),
        Miss("v", "b", 1, Cause.NOT_HEARD, lost_nats=31.23456),
        Miss("w", "č", 1, Cause.PRUNED, behind_nats=math.inf, lost_nats=-0.5),
    )
    report = MissReport(6, misses, MissOptions())
    lines = report.to_table().splitlines()
    assert lines[0].split() == ["cause", "misses", "%", "meaning"]
    assert [line.split("  ")[0] for line in lines[1:5]] == [
        "outranked", "in the lattice", "pruned", "not heard",
    ]  # fmt: skip
    assert lines[4].split()[2:4] == ["2", "50.0"]
    assert lines[5] == "4 of 10 entities missed"
    first, second, third, fourth = json.loads(report.to_json())["misses"]
    assert first == {
        "utterance": "u", "entity": "a", "first_word": 0, "cause": "outranked", "rank": 2,
    }  # fmt: skip
    assert (second["lost_nats"], third["lost_nats"]) == (None, 31.235)
    assert (fourth["entity"], fourth["behind_nats"], fourth["lost_nats"]) == ("č", None, -0.5)
    assert "behind_nats" not in third


def test_no_misses_at_all() -> None:
    table = MissReport(3, (), MissOptions()).to_table()
    assert table.endswith("0 of 3 entities missed\n")
    assert "nan" not in table


def test_every_cause_has_a_meaning() -> None:
    assert list(MEANINGS) == list(Cause)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    misses = (
        Miss("u", "a", 0, Cause.OUTRANKED, rank=2),
        Miss("v", "č", 1, Cause.PRUNED, behind_nats=math.inf, lost_nats=-0.5),
        Miss("v", "d", 2, Cause.UNKNOWN),
    )
    report = MissReport(6, misses, MissOptions(12.5))
    path = tmp_path / "misses.json"
    path.write_text(report.to_json(), encoding="utf-8")
    assert read_misses(path) == report


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"found": 1, "reach_nats": 2, "misses": [{"cause": "bad luck"}]}']
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "misses.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"misses\.json: expected what `misses --json` writes"):
        read_misses(path)
