"""Arrays, Pynini and k2 hold the same FSTs; only the sign of the weights differs."""

from __future__ import annotations

import math

import k2
import numpy as np
import pynini
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.graph.bridge import Acceptor, from_pynini, to_pynini


def total_score(acceptor: Acceptor, labels: np.ndarray) -> float:
    """Return the best score of a label sequence, -inf if it is not accepted."""
    best = {acceptor.start: 0.0}
    for label in labels:
        reached: dict[int, float] = {}
        for state, score in best.items():
            arcs = np.flatnonzero((acceptor.source == state) & (acceptor.label == label))
            for arc in arcs:
                target = int(acceptor.target[arc])
                total = score + float(acceptor.score[arc])
                reached[target] = max(total, reached.get(target, -np.inf))
        best = reached
    return max((s + float(acceptor.final_score[q]) for q, s in best.items()), default=-np.inf)


@st.composite
def acceptors(draw) -> Acceptor:
    """Draw acyclic acceptors, states in topological order, arcs grouped by source."""
    n_states = draw(st.integers(1, 6))
    pairs = [(s, t) for s in range(n_states) for t in range(s + 1, n_states)]
    arcs = st.tuples(st.sampled_from(pairs), st.integers(1, 3), st.floats(-9, 9, width=16))
    rows = sorted(draw(st.lists(arcs, max_size=12))) if pairs else []
    final = draw(
        st.lists(
            st.floats(-9, 9, width=16) | st.just(-math.inf), min_size=n_states, max_size=n_states
        )
    )
    return Acceptor(
        np.array([s for (s, _), _, _ in rows], np.int32),
        np.array([t for (_, t), _, _ in rows], np.int32),
        np.array([label for _, label, _ in rows], np.int32),
        np.array([score for *_, score in rows], np.float32),
        np.array(final, np.float32),
        0,
    )


LABELS = st.lists(st.integers(1, 3), max_size=5).map(np.array)


@given(acceptors())
def test_there_and_back(acceptor):
    back = from_pynini(to_pynini(acceptor))
    for name in ("source", "target", "label", "score", "final_score"):
        assert np.array_equal(getattr(back, name), getattr(acceptor, name)), name
        assert getattr(back, name).dtype == getattr(acceptor, name).dtype, name
    assert (back.start, back.n_states) == (acceptor.start, acceptor.n_states)


@given(acceptors())
def test_scores_are_costs_in_pynini(acceptor):
    fst = to_pynini(acceptor)
    costs = [float(arc.weight) for state in fst.states() for arc in fst.arcs(state)]
    assert costs == pytest.approx([-score for score in acceptor.score.tolist()])
    finals = [float(fst.final(state)) for state in fst.states()]
    assert finals == pytest.approx([-score for score in acceptor.final_score.tolist()])


@given(acceptors(), LABELS)
def test_a_sequence_scores_the_same_in_pynini(acceptor, labels):
    fst = to_pynini(acceptor)
    sequence = Acceptor(
        np.arange(len(labels), dtype=np.int32),
        np.arange(1, len(labels) + 1, dtype=np.int32),
        labels.astype(np.int32),
        np.zeros(len(labels), np.float32),
        np.where(np.arange(len(labels) + 1) == len(labels), 0, -np.inf).astype(np.float32),
        0,
    )
    both = pynini.intersect(to_pynini(sequence), fst.arcsort())
    cost = float(pynini.shortestdistance(both, reverse=True)[0]) if both.num_states() else math.inf
    assert -cost == pytest.approx(total_score(acceptor, labels), abs=1e-4)


@settings(deadline=None)
@given(acceptors(), LABELS.filter(len))
def test_a_sequence_scores_the_same_in_k2(acceptor, labels):
    final = acceptor.n_states
    rows = list(zip(acceptor.source, acceptor.target, acceptor.label, acceptor.score, strict=True))
    ends = np.flatnonzero(np.isfinite(acceptor.final_score))
    rows += [(state, final, -1, acceptor.final_score[state]) for state in ends]
    lines = [f"{s} {t} {label} {score}" for s, t, label, score in sorted(rows)]
    fsa = k2.connect(k2.Fsa.from_str("\n".join([*lines, str(final)])))
    expected = total_score(acceptor, labels)
    if fsa.num_arcs < 2:  # no path but the empty one: k2's algorithms fail on a single arc
        assert expected == -math.inf
        return
    both = k2.connect(k2.intersect(k2.arc_sort(fsa), k2.linear_fsa(labels.tolist())))
    found = -math.inf
    if both.num_arcs:
        best = k2.create_fsa_vec([k2.top_sort(both)])
        found = float(best.get_tot_scores(use_double_scores=True, log_semiring=False))
    assert found == pytest.approx(expected, abs=1e-4)


def test_output_labels_can_be_given():
    acceptor = Acceptor(*(np.array(c, np.int32) for c in ([0], [1], [5])),
                        np.array([1.5], np.float32),
                        np.array([-np.inf, 0], np.float32), 0)  # fmt: skip
    (arc,) = to_pynini(acceptor, np.array([7], np.int32)).arcs(0)
    assert (arc.ilabel, arc.olabel, float(arc.weight)) == (5, 7, -1.5)


def test_an_empty_fst():
    none = np.zeros(0, np.int32)
    empty = Acceptor(none, none, none, none.astype(np.float32), np.full(1, -np.inf, np.float32), 0)
    assert from_pynini(to_pynini(empty)).n_states == 1
    assert total_score(empty, np.zeros(0, np.int64)) == -math.inf
