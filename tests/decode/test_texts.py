"""The n best texts of small random lattices against enumeration of every path."""

from __future__ import annotations

import numpy as np
import pytest
from factories import PIECES, decoder, entity_line, entity_list
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.decode.lattice import Lattice
from wfst_bias.decode.path import Vocabulary
from wfst_bias.decode.texts import best_texts
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.join import ArcMeaning

VOCABULARY = Vocabulary(("ab", "b"), ("<blk>", "▁a", "▁b", "a"))
# What an arc may mean: reads, token, kind, output; and what it adds to a text.
MEANINGS = (
    ((False, 0, ArcKind.WORD, 0), ""),
    ((False, 0, ArcKind.WORD, 0), ""),
    ((True, 1, ArcKind.WORD, 0), ""),
    ((True, 3, ArcKind.WORD, 1), " ab"),
    ((True, 2, ArcKind.WORD, 2), " b"),
    ((True, 1, ArcKind.SLOT, 0), " a"),
    ((True, 2, ArcKind.SLOT, 0), " b"),
    ((True, 3, ArcKind.SPELLING, 0), "a"),
)
Arc = tuple[int, int, float, int]  # source, target, score, meaning


@st.composite
def lattices(draw) -> list[Arc]:
    """Draw the arcs of a lattice in which every state lies on a path."""
    n_states = draw(st.integers(2, 6))
    arcs = st.builds(
        lambda s, t, score, meaning: (s, t, score, meaning),
        st.integers(0, n_states - 2),
        st.integers(1, n_states - 1),
        st.floats(-8, 0, width=16),
        st.integers(0, len(MEANINGS) - 1),
    ).filter(lambda arc: arc[0] < arc[1])
    spine = [(s, s + 1, draw(st.floats(-8, 0, width=16)), draw(st.integers(0, 7)))
             for s in range(n_states - 1)]  # fmt: skip
    return sorted([*spine, *draw(st.lists(arcs, max_size=9))])


def make_lattice(arcs: list[Arc]) -> Lattice:
    source, target, score, meaning = zip(*arcs, strict=True)
    n_states = max(target) + 1
    columns = [MEANINGS[m][0] for m in meaning]
    reads, token, kind, output = (np.array(c) for c in zip(*columns, strict=True))
    none = np.zeros(len(arcs), np.int32)
    final = n_states  # k2's arc to the final state
    return Lattice(
        np.array([*source, n_states - 1]),
        np.array([*target, final]),
        np.array([*token, -1]),
        np.array([*score, 0.0]),
        ArcMeaning(
            np.append(reads, False),
            np.append(token, 0).astype(np.int32),
            np.append(kind, 0).astype(np.int32),
            np.append(output, 0).astype(np.int32),
            np.append(none, 0),
            np.zeros(len(arcs) + 1, np.float32),
            np.zeros(len(arcs) + 1, np.float32),
            np.append(none, 0),
        ),
    )


def enumerate_texts(arcs: list[Arc]) -> dict[str, float]:
    last = max(target for _, target, _, _ in arcs)
    best: dict[str, float] = {}
    stack = [(0, "", 0.0)]
    while stack:
        state, text, score = stack.pop()
        if state == last:
            best[text] = max(score, best.get(text, -np.inf))
        for source, target, arc_score, meaning in arcs:
            if source == state:
                stack.append((target, text + MEANINGS[meaning][1], score + arc_score))
    return best


@settings(max_examples=150, deadline=None)
@given(lattices(), st.integers(1, 8))
def test_the_best_texts_are_found(arcs, n_best):
    found = best_texts(make_lattice(arcs), n_best, VOCABULARY, None)
    expected = enumerate_texts(arcs)
    scores = sorted(expected.values(), reverse=True)[:n_best]
    assert [path.score for path in found] == pytest.approx(scores, abs=1e-3)
    assert len({path.text for path in found}) == len(found)
    for path in found:
        assert path.score == pytest.approx(expected[path.text], abs=1e-3)


@settings(max_examples=80, deadline=None)
@given(lattices())
def test_the_path_of_a_text_writes_it_with_its_score(arcs):
    lattice = make_lattice(arcs)
    (best,) = best_texts(lattice, 1, VOCABULARY, None)
    path = lattice.align(best.writings)
    assert (lattice.target[path[:-1]] == lattice.source[path[1:]]).all()
    assert (lattice.source[path[0]], lattice.target[path[-1]]) == (0, lattice.n_states - 1)
    assert lattice.score[path].sum() == pytest.approx(best.score, abs=1e-3)
    written = "".join(MEANINGS[arcs[at][3]][1] for at in path[:-1])
    assert written == best.text


def test_two_spellings_of_an_unfinished_entity_are_one_beginning():
    """Else they would take two places among the n best, and the second text would be lost."""
    of = decoder(PIECES)
    names = entity_list(of, [entity_line("abab", 1.0, "Abab")])
    slot, entity, word = ArcKind.SLOT, ArcKind.ENTITY, ArcKind.WORD
    rows = [  # source, target, score, token, kind, output, form
        (0, 1, -1.0, 2, word, 2, 0),
        (0, 2, 0.0, 1, slot, 0, 0),
        (0, 3, -0.1, 2, slot, 0, 0),
        (1, 2, 0.0, 1, slot, 0, 0),
        (2, 4, 0.0, 3, entity, 0, 0),
        (3, 4, 0.0, 3, entity, 0, 0),
        (4, 5, 0.0, 3, entity, 0, 1),
        (5, 6, 0.0, -1, word, 0, 0),
    ]
    source, target, score, token, kind, output, form = map(np.array, zip(*rows, strict=True))
    nothing = np.zeros(8, np.float32)
    meaning = ArcMeaning(token > 0, token, kind, output, form, nothing, nothing, nothing)
    lattice = Lattice(source, target, token, score, meaning)
    found = best_texts(lattice, 2, VOCABULARY, names)
    assert [(path.text, path.score) for path in found] == [
        (" Abab", pytest.approx(0.0)),
        (" b Abab", pytest.approx(-1.0)),
    ]


def test_a_lattice_without_paths_has_no_texts():
    none = np.zeros(0, np.int64)
    meaning = ArcMeaning(*(none for _ in range(8)))
    lattice = Lattice(none, none, none, none.astype(float), meaning)
    assert best_texts(lattice, 3, VOCABULARY, None) == []
