"""E accepts every spelling with exactly its form's boost, nothing else, and is minimal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.graph.entity_fst import (
    MOST_EARLY_NATS,
    MOST_LATE_NATS,
    EntityFst,
    SpelledForms,
    compile_entity_fst,
)

N_TOKENS = 4  # 0 is the blank; tokens have 0 to 2 letters
LETTERS = np.array([0, 0, 1, 2])
SPELLINGS = (
    st.lists(st.integers(1, N_TOKENS - 1), min_size=1, max_size=5)
    .filter(lambda spelling: LETTERS[spelling].any())
    .map(tuple)
)
FORMS = st.lists(
    st.tuples(
        st.lists(SPELLINGS, min_size=1, max_size=3, unique=True),
        st.floats(0, 50).map(lambda nats: round(nats, 3)) | st.sampled_from([0.0, 5.0, 1000.0]),
    ),
    max_size=8,
)


def spelled_forms(forms: list[tuple[list[tuple[int, ...]], float]]) -> SpelledForms:
    spellings = [s for found, _ in forms for s in found]
    owners = [f for f, (found, _) in enumerate(forms) for _ in found]
    return SpelledForms(
        np.array(list(itertools.chain.from_iterable(spellings)), np.int64),
        np.cumsum([0, *map(len, spellings)]),
        np.array(owners, np.int64),
        np.array([boost for _, boost in forms], np.float64),
        LETTERS,
    )


def paths(fst: EntityFst) -> dict[tuple[tuple[int, ...], int], list[float]]:
    """Return (tokens, form) -> the total scores of all paths that read them."""
    found: dict[tuple[tuple[int, ...], int], list[float]] = {}
    stack: list[tuple[int, tuple[int, ...], float]] = [(0, (), 0.0)]
    while stack:
        state, tokens, score = stack.pop()
        for at in np.flatnonzero(fst.exit_state == state):
            key = (tokens, int(fst.exit_form[at]))
            found.setdefault(key, []).append(score + float(fst.exit_score[at]))
        for arc in np.flatnonzero(fst.source == state):
            token, target = int(fst.token[arc]), int(fst.target[arc])
            stack.append((target, (*tokens, token), score + float(fst.score[arc])))
    return found


@settings(max_examples=150, deadline=None)
@given(FORMS)
def test_every_spelling_gains_the_declared_boost_and_nothing_else_is_accepted(forms):
    found = paths(compile_entity_fst(spelled_forms(forms), N_TOKENS + 1))
    expected = {(s, f): boost for f, (spellings, boost) in enumerate(forms) for s in spellings}
    assert found.keys() == expected.keys()
    for key, totals in found.items():
        assert totals == [pytest.approx(expected[key], abs=2e-4)]


@settings(max_examples=100, deadline=None)
@given(FORMS)
def test_deterministic_minimal_and_in_order(forms):
    fst = compile_entity_fst(spelled_forms(forms), N_TOKENS + 1)
    arcs = list(zip(fst.source.tolist(), fst.token.tolist(), strict=True))
    assert len(set(arcs)) == len(arcs)
    assert (np.diff(fst.source) >= 0).all()
    assert (np.diff(fst.exit_state) >= 0).all()
    assert (fst.source < fst.target).all()
    futures: dict[int, object] = {}
    for state in reversed(range(fst.n_states)):
        rows = np.flatnonzero(fst.source == state)
        going_on = [
            (int(fst.token[a]), round(float(fst.score[a]), 4), futures[int(fst.target[a])])
            for a in rows
        ]
        exits = [
            (int(fst.exit_form[e]), round(float(fst.exit_score[e]), 4))
            for e in np.flatnonzero(fst.exit_state == state)
        ]
        futures[state] = (frozenset(going_on), frozenset(exits))
    assert len(set(futures.values())) >= fst.n_states - 1, "two states with the same future"


@settings(max_examples=50, deadline=None)
@given(FORMS, st.randoms(use_true_random=False))
def test_the_order_of_the_spellings_changes_nothing(forms, chance):
    shuffled = [(chance.sample(spellings, len(spellings)), boost) for spellings, boost in forms]
    one, other = (
        paths(compile_entity_fst(spelled_forms(f), N_TOKENS + 1)) for f in (forms, shuffled)
    )
    assert one.keys() == other.keys()
    for key in one:
        assert one[key] == pytest.approx(other[key], abs=2e-4)


def test_an_empty_list():
    fst = compile_entity_fst(spelled_forms([]), N_TOKENS + 1)
    assert (fst.n_states, len(fst.source), len(fst.exit_state)) == (1, 0, 0)


def test_shared_ends_are_shared_and_boost_grows_with_letters():
    fst = compile_entity_fst(spelled_forms([([(3, 2, 2), (2, 2, 2, 2)], 4.0)]), N_TOKENS + 1)
    ways = [p for p, _ in paths(fst)]
    assert sorted(ways) == [(2, 2, 2, 2), (3, 2, 2)]
    assert len(fst.source) < 7
    assert fst.score[(fst.source == 0) & (fst.token == 3)] == pytest.approx(2.0)


@pytest.mark.parametrize("boost", [4.0, 4 * MOST_EARLY_NATS + MOST_LATE_NATS, 100.0])
def test_part_of_a_boost_waits_for_the_end_but_no_more_than_a_beam(boost):
    fst = compile_entity_fst(spelled_forms([([(2, 2, 3)], boost)]), N_TOKENS + 1)
    late = float(fst.exit_score[0])
    assert fst.score.sum() + late == pytest.approx(boost)
    assert late == pytest.approx(min(max(0.0, boost - 4 * MOST_EARLY_NATS), MOST_LATE_NATS))
