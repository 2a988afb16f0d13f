"""Outlook, pruning and dead ends, against all paths of small lattices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lattices import NO_PATHS, best_texts, lattices, paths

from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.paths import connected, lookback, outlook, prune

WEIGHTS = Weights(0.5, -0.2)


@given(lattices())
def test_the_best_path_is_seen_from_both_ends(arcs: LatticeArcs) -> None:
    score = WEIGHTS.total(arcs)
    best = max(best_texts(arcs, score).values())
    assert outlook(arcs, score)[0] == pytest.approx(best)
    assert lookback(arcs, score)[-1] == pytest.approx(best)


@given(lattices(), st.floats(0, 12))
def test_pruning_keeps_the_paths_within_the_beam(arcs: LatticeArcs, beam: float) -> None:
    score = WEIGHTS.total(arcs)
    before = {p.arcs: float(score[list(p.arcs)].sum()) for p in paths(arcs)}
    best = max(before.values())
    kept = {arc for path, total in before.items() if total >= best - beam - 1e-7 for arc in path}
    sure = {arc for path, total in before.items() if total >= best - beam + 1e-7 for arc in path}
    pruned = prune(arcs, score, beam)
    assert len(sure) <= len(pruned) <= len(kept)
    texts = best_texts(arcs, score)
    after = best_texts(pruned, WEIGHTS.total(pruned))
    assert after.items() <= {t: pytest.approx(s) for t, s in texts.items()}.items()
    assert all(text in after for text, total in texts.items() if total >= best - beam + 1e-7)


def test_pruning_nothing() -> None:
    assert len(prune(NO_PATHS, np.zeros(0), 1.0)) == 0


def test_dead_ends_are_found() -> None:
    source, target = np.array([10, 10, 20, 30]), np.array([20, 30, 99, 40])
    final = np.array([False, False, True, False])
    assert connected(source, target, final).tolist() == [True, False, True, False]
