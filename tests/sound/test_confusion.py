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
from wfst_bias.phones.confusions import PhoneCosts, estimate_costs, every_pair
from wfst_bias.phones.inventory import PHONES as ALL_PHONES
from wfst_bias.phones.lexicon import BLANK, PhoneTable
from wfst_bias.sound.confusion import ConfusionCosts

PHONES = st.lists(st.integers(1, TABLE.size - 1), max_size=5).map(tuple)
ARPABET = PhoneTable((BLANK, *sorted(ALL_PHONES)))
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


@given(COSTS, PHONES, PHONES, st.integers(0, 2), st.integers(0, 2))
def test_the_ends_of_what_was_heard_may_be_left_out(costs, said, heard, n_before, n_after):
    np.fill_diagonal(costs, 0)
    n_before = min(n_before, len(heard))
    n_after = min(n_after, len(heard) - n_before)
    padded, lengths = np.array([said], np.int64).reshape(1, -1), np.array([len(said)])
    (found,) = ConfusionCosts(costs).distances(padded, lengths, heard, n_before, n_after)
    expected = min(
        by_recursion(costs, said, heard[begin:end])
        for begin in range(n_before + 1)
        for end in range(len(heard) - n_after, len(heard) + 1)
    )
    assert found == pytest.approx(expected, abs=1e-5)


@given(PHONES, PHONES)
def test_uniform_costs_count_edits(said, heard):
    costs = ConfusionCosts.uniform(TABLE)
    assert costs.distance(said, heard) == pytest.approx(costs.distance(heard, said))
    assert costs.distance(said, said) == 0
    assert costs.distance(said, ()) == pytest.approx(len(said))


def test_costs_of_a_file_are_in_edits(tmp_path: Path) -> None:
    path = tmp_path / "costs.tsv"
    said = ("AA", "B", "K")
    estimate_costs([(said, said), (said, ("AA", "P", "K")), (said, ("AA", "K"))]).write(path)
    costs = ConfusionCosts.read(path, ARPABET).costs
    assert costs.shape == (ARPABET.size, ARPABET.size)
    assert costs.sum() == pytest.approx(ARPABET.size * (ARPABET.size - 1), rel=1e-5)
    assert not costs.diagonal().any()
    b, k, p = ARPABET.ids_of(["B", "K", "P"])
    assert costs[b, p] == costs[b, 0] < costs[b, k]  # as often heard as P as not at all


def test_a_phone_without_costs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "costs.tsv"
    estimate_costs([(("B",), ("B",))]).write(path)
    with pytest.raises(
        InputError, match=r"costs\.tsv: no costs of a phone of the phone table: 'A'"
    ):
        ConfusionCosts.read(path, TABLE)


def test_costs_of_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.tsv"
    PhoneCosts(dict.fromkeys(every_pair(), 0.0), {}).write(path)
    with pytest.raises(InputError, match=r"costs\.tsv: no edit costs anything"):
        ConfusionCosts.read(path, ARPABET)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ConfusionCosts.read(tmp_path / "none", TABLE)
