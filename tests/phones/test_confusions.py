"""The costs of taking one phone for another."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.phones.confusions import (
    NO_PHONE,
    PhoneCosts,
    estimate_costs,
    every_pair,
    read_phone_pairs,
)
from wfst_bias.phones.inventory import PHONES

PHONE = st.sampled_from(["AA", "B", "T"])
PAIRS = st.lists(
    st.tuples(st.lists(PHONE, min_size=1, max_size=5), st.lists(PHONE, max_size=5)),
    min_size=1,
    max_size=5,
)


@given(PAIRS)
def test_of_each_phone_all_outcomes_have_probability_one(pairs) -> None:
    costs = estimate_costs(pairs)
    for phone in PHONES:
        outcomes = [costs.nats[phone, other] for other in (*PHONES, NO_PHONE)]
        assert sum(math.exp(-cost) for cost in outcomes) == pytest.approx(1.0)
    put_in = sum(math.exp(-costs.nats[NO_PHONE, phone]) for phone in PHONES)
    assert 0 < put_in < 1
    assert all(costs.edit_nats(phone, phone) == 0 for phone in PHONES)
    assert all(costs.edit_nats(*pair) >= 0 for pair in every_pair())


def test_costs_are_counts_with_one_added() -> None:
    said = ("B", "AA", "T")
    costs = estimate_costs([(said, said), (said, ("P", "AA", "T")), (said, ("AA", "T", "T", "T"))])
    assert costs.counts["B", "P"] == 1
    assert costs.nats["B", "P"] == pytest.approx(-math.log(2 / (3 + 41)))
    assert costs.nats["AA", "AA"] == pytest.approx(-math.log(4 / (3 + 41)))
    assert costs.nats["AA", "ZH"] == pytest.approx(-math.log(1 / (3 + 41)))
    assert costs.edit_nats("AA", "ZH") == pytest.approx(math.log(4))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "costs.tsv"
    costs = estimate_costs([(("B", "T"), ("P", "T"))])
    costs.write(path, ["dev"])
    read = PhoneCosts.read(path)
    assert read.counts == costs.counts
    assert dict(read.nats) == pytest.approx(dict(costs.nats), abs=1e-4)
    assert path.read_text().splitlines()[:2] == ["# dev", "# REFERENCE\tRECOGNISED\tCOST\tCOUNT"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("B\tP\t1", "expected REFERENCE"),
        ("B P 1 2", "expected REFERENCE"),
        ("B\tP\tx\t2", "expected REFERENCE"),
        ("B\tP\t1\tx", "expected REFERENCE"),
        ("B\tX\t1\t2", "no pair of phones"),
        ("-\t-\t1\t2", "no pair of phones"),
        ("B\tP\t1\t2", "a pair given twice: 'B P'"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "costs.tsv"
    path.write_text(f"B\tP\t1\t2\n{line}\n")
    with pytest.raises(InputError, match=f"costs.tsv:2: {complaint}"):
        PhoneCosts.read(path)


def test_a_file_that_is_cut_off_and_costs_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "costs.tsv"
    estimate_costs([(("B",), ("B",))]).write(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match=r"costs.tsv: a pair of phones without a cost: 'ZH ZH'"):
        PhoneCosts.read(path)
    path.write_text("\n".join([*lines[:-1], "ZH\tZH\tnan\t0"]))
    with pytest.raises(InputError, match="a cost is a number"):
        PhoneCosts.read(path)


def test_pairs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("# dev\nB AA\tP AA\n\nT\t\n")
    assert read_phone_pairs(path) == [(("B", "AA"), ("P", "AA")), (("T",), ())]
    for text, complaint in (
        ("B AA\n", "expected REFERENCE PHONES"),
        ("B\tQQ\n", "no phone of data/phones/phones.txt: 'QQ'"),
        ("\n", "no pair"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=complaint):
            read_phone_pairs(path)


def test_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="no reference phone"):
        estimate_costs([((), ("B",))])
    with pytest.raises(InputError, match="no phone of"):
        estimate_costs([(("b",), ("B",))])
