"""Distances between pronunciations, and tables of what is heard for what."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import TABLE

from wfst_bias.errors import InputError
from wfst_bias.sound.confusion import ConfusionCosts

PHONES = st.lists(st.integers(1, TABLE.size - 1), max_size=5).map(tuple)
COSTS = st.lists(st.floats(0, 2, width=16), min_size=TABLE.size**2, max_size=TABLE.size**2).map(
    lambda values: np.array(values, np.float32).reshape(TABLE.size, -1)
)


def by_recursion(costs: np.ndarray, said: tuple[int, ...], heard: tuple[int, ...]) -> float:
    """Return the least cost over all ways to edit, from the definition."""

    @cache
    def least(i: int, j: int) -> float:
        if i == len(said) and j == len(heard):
            return 0.0
        ways = []
        if i < len(said):
            ways.append(costs[said[i], 0] + least(i + 1, j))
        if j < len(heard):
            ways.append(costs[0, heard[j]] + least(i, j + 1))
        if i < len(said) and j < len(heard):
            ways.append(costs[said[i], heard[j]] + least(i + 1, j + 1))
        return float(min(ways))

    return least(0, 0)


@given(COSTS, st.lists(PHONES, min_size=1, max_size=4), PHONES)
def test_distances_are_the_least_over_all_edits(costs, said, heard):
    np.fill_diagonal(costs, 0)
    table = ConfusionCosts(costs)
    lengths = np.array([len(phones) for phones in said])
    padded = np.zeros((len(said), lengths.max(initial=0)), np.int64)
    for row, phones in zip(padded, said, strict=True):
        row[: len(phones)] = phones
    found = table.distances(padded, lengths, heard)
    expected = [by_recursion(costs, phones, heard) for phones in said]
    assert found == pytest.approx(expected, abs=1e-5)
    assert table.distance(said[0], heard) == pytest.approx(expected[0], abs=1e-5)


@given(PHONES, PHONES)
def test_uniform_costs_count_edits(said, heard):
    costs = ConfusionCosts.uniform(TABLE)
    assert costs.distance(said, heard) == pytest.approx(costs.distance(heard, said))
    assert costs.distance(said, said) == 0
    assert costs.distance(said, ()) == pytest.approx(len(said))


def test_a_table_is_read_and_what_it_leaves_out_costs_1(tmp_path: Path) -> None:
    path = tmp_path / "confusions.txt"
    path.write_text("# said heard cost\nA\tB\t0.25\n\n- K 0.5\nK - 2\n")
    costs = ConfusionCosts.read(path, TABLE).costs
    assert costs.tolist() == [
        [0, 1, 1, 0.5],
        [1, 0, 0.25, 1],
        [1, 1, 0, 1],
        [2, 1, 1, 0],
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A B\n", ":1: expected `SAID HEARD COST`"),
        ("A A 1\n", ":1: expected `SAID HEARD COST`, two phones that differ"),
        ("A B 1\nA X 1\n", ":2: a phone that the phone table lacks: 'X'"),
        ("A <blk> 1\n", ":1: a phone that the phone table lacks"),
        ("A B -1\n", ":1: expected a cost of at least 0: '-1'"),
        ("A B nan\n", ":1: expected a cost of at least 0"),
        ("A B one\n", ":1: expected a cost of at least 0"),
        ("A B 1\n\nA B 2\n", ":3: same pair as line 1"),
        ("# nothing\n", ": no costs in it"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "confusions.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"confusions\.txt") as caught:
        ConfusionCosts.read(path, TABLE)
    assert f"{path}{complaint}" in str(caught.value)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ConfusionCosts.read(tmp_path / "none", TABLE)
