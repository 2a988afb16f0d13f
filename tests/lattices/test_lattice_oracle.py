"""The oracle's errors are the fewest of all texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattices import NO_PATHS, SYMBOLS, lattices, paths

from wfst_bias.lattices.arcs import LatticeArcs
from wfst_bias.lattices.oracle import oracle_errors


def distance(first: list[str], second: list[str]) -> int:
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        before, row = row, [i]
        for j, b in enumerate(second, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
    return row[-1]


@settings(max_examples=150)
@given(lattices(), st.lists(st.sampled_from(["a", "b", "ab", "x", "aab", "Bä"]), max_size=4))
def test_the_fewest_errors_of_all_texts(arcs: LatticeArcs, words: list[str]) -> None:
    reference = " ".join(words)
    plain = reference.lower().replace("ä", "a").split()
    expected = min(distance(path.text.lower().split(), plain) for path in paths(arcs))
    assert oracle_errors(arcs, reference, SYMBOLS) == expected


def test_a_lattice_without_paths_misses_every_word() -> None:
    assert oracle_errors(NO_PATHS, "a b", SYMBOLS) == 2
