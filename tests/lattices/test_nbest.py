"""The n best texts are the best of all texts, each once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lattices import SYMBOLS, WEIGHTS, best_texts, lattices

from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.nbest import best_paths


@settings(max_examples=150)
@given(lattices(silent=False), WEIGHTS, st.integers(1, 8))
def test_the_best_texts(arcs: LatticeArcs, weights: Weights, n_best: int) -> None:
    score = weights.total(arcs)
    found = best_paths(arcs, score, n_best, SYMBOLS)
    expected = best_texts(arcs, score)
    assert len(found) == min(n_best, len(expected))
    best = sorted(expected.values(), reverse=True)[:n_best]
    assert [path.score for path in found] == pytest.approx(best)
    for path in found:
        assert path.score == pytest.approx(expected[" ".join(path.words)])
        assert path.score == pytest.approx(score[path.arcs].sum())
        assert (arcs.target[path.arcs[:-1]] == arcs.source[path.arcs[1:]]).all()
