"""The best path that writes an entity, by enumeration of all paths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattices import NO_PATHS, ONE_WORD, SYMBOLS, WEIGHTS, lattices, paths

from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.misses.lattice_words import WordLattice
from wfst_bias.score.comparison import comparison_words

PLAIN = Weights(1.0, 0.0)


def of(arcs: LatticeArcs, weights: Weights = PLAIN) -> WordLattice:
    return WordLattice(arcs, weights.total(arcs), SYMBOLS, 8.0)


def written(words: tuple[str, ...], entity: list[str]) -> int:
    """Count an entity in words from the left, each time behind the last."""
    count = at = 0
    while at + len(entity) <= len(words):
        if list(words[at : at + len(entity)]) == entity:
            count, at = count + 1, at + len(entity)
        else:
            at += 1
    return count


@settings(max_examples=200)
@given(
    lattices(),
    WEIGHTS,
    st.lists(st.sampled_from(["a", "b", "ab", "x", "aa"]), min_size=1, max_size=3),
    st.integers(1, 2),
)
def test_it_is_the_best_of_all_paths(
    arcs: LatticeArcs, weights: Weights, entity: list[str], times: int
) -> None:
    lattice = of(arcs, weights)
    scores = {path: float(lattice.score[list(path.arcs)].sum()) for path in paths(arcs)}
    having = [
        score
        for path, score in scores.items()
        if written(comparison_words(path.text), entity) >= times
    ]
    expected = max(scores.values()) - max(having, default=-math.inf)
    assert lattice.behind_nats(entity, times) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("entity", "times", "behind"),
    [(("a",), 1, 0.0), (("a",), 2, math.inf), (("b",), 1, math.inf), (("a", "a"), 1, math.inf)],
)
def test_one_word(entity: tuple[str, ...], times: int, behind: float) -> None:
    assert of(ONE_WORD).behind_nats(entity, times) == behind


def test_a_lattice_without_paths_writes_nothing() -> None:
    assert of(NO_PATHS).behind_nats(("a",)) == math.inf


def test_what_is_in_the_beam_was_kept_on_purpose() -> None:
    lattice = of(ONE_WORD)
    assert lattice.has(8.0)
    assert not lattice.has(8.1)
    assert not lattice.has(math.inf)


def test_words_spelled_in_ever_so_many_ways_are_no_work() -> None:
    """40 places in a row, each with an a or, 3 nats behind, a b: 2^40 words."""
    source = np.array([place for place in range(40) for _ in "ab"] + [40], np.int64)
    written = np.array([SYMBOLS.index(s) for _ in range(40) for s in ("##a", "##b")] + [-1])
    zeros = np.zeros(len(source))
    whole = [np.zeros_like(source), np.ones_like(source)]
    arcs = LatticeArcs(
        source, source + 1, written, written, *whole, *[zeros] * 4, np.arange(len(source))
    )
    score = np.where(written == SYMBOLS.index("##b"), -3.0, 0.0)
    lattice = WordLattice(arcs, score, SYMBOLS, 8.0)
    assert lattice.behind_nats(("ab" * 20,)) == 60.0
    assert lattice.behind_nats(("ab" * 19,)) == math.inf
