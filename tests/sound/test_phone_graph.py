"""Graphs of pronunciations: what they accept, and what k2 is promised of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from spoken import ANYTHING, N_COLUMNS, TEXTS, sayings, word

from wfst_bias.sound.phone_graph import FINAL, CtcGraphs, PhoneArcs, ctc_graphs, phone_arcs


def accepted(arcs: PhoneArcs, text: int) -> list[tuple[int, ...]]:
    """Return the phones of every path of an acceptor."""
    rows = range(arcs.first_arc[text], arcs.first_arc[text + 1])

    def from_state(state: int) -> list[tuple[int, ...]]:
        ends = [()] if state == arcs.final[text] else []
        return ends + [
            (int(arcs.label[row]), *rest)
            for row in rows
            if arcs.source[row] == state
            for rest in from_state(int(arcs.target[row]))
        ]

    return from_state(int(arcs.first_state[text]))


def arcs_of(graphs: CtcGraphs, text: int) -> slice:
    end = int(graphs.arcs_of[: text + 1].sum())
    return slice(end - int(graphs.arcs_of[text]), end)


@given(st.lists(TEXTS, max_size=3))
def test_an_acceptor_has_a_path_for_each_way_of_saying_a_text(texts):
    arcs = phone_arcs(texts, N_COLUMNS)
    for number, text in enumerate(texts):
        expected = [tuple(phone for phone, _ in said) for said in sayings(text)]
        assert sorted(accepted(arcs, number)) == sorted(expected)


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_what_k2_is_promised_holds(texts):
    graphs = ctc_graphs(phone_arcs(texts, N_COLUMNS))
    assert graphs.arcs_of.sum() == len(graphs.label)
    for text in range(len(texts)):
        rows = arcs_of(graphs, text)
        source, target, label = graphs.source[rows], graphs.target[rows], graphs.label[rows]
        final = graphs.states_of[text] - 1
        # Every state leads somewhere, all but the start are led to, and no arc leaves the end.
        assert set(source) == set(range(final))
        assert {0, *target} == set(range(final + 1))
        assert np.array_equal(label == FINAL, target == final)
        keys = list(zip(source, label % (1 << 32), strict=True))
        assert keys == sorted(keys)
        assert label.max() <= ANYTHING


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_texts_are_the_same_alone_and_in_a_batch(texts):
    batch = ctc_graphs(phone_arcs(texts, N_COLUMNS))
    for number, text in enumerate(texts):
        alone = ctc_graphs(phone_arcs([text], N_COLUMNS))
        rows = arcs_of(batch, number)
        for name in ("source", "target", "label", "begins"):
            assert np.array_equal(getattr(batch, name)[rows], getattr(alone, name))


def test_the_graph_of_one_phone_can_be_written_down():
    graphs = ctc_graphs(phone_arcs([[word((2,))]], N_COLUMNS))
    # States: before and after the phone with a blank last, the phone last, the end.
    arcs = zip(graphs.source, graphs.target, graphs.label, graphs.begins, strict=True)
    assert [tuple(map(int, arc)) for arc in arcs] == [
        (0, 0, 0, 0), (0, 2, 2, 1), (1, 1, 0, 0), (1, 3, -1, 0),
        (2, 1, 0, 0), (2, 2, 2, 0), (2, 3, -1, 0),
    ]  # fmt: skip
