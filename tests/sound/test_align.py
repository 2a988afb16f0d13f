"""Forced alignment in k2 is the best of all alignments, for many texts at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import (
    ANYTHING,
    N_COLUMNS,
    TEXTS,
    best_alignment,
    lasting,
    log_probs,
    one_way,
    saying,
    word,
)

from wfst_bias.sound import align as align_module
from wfst_bias.sound.align import Alignment, Utterance, WordFrames, align
from wfst_bias.sound.heard import LOWEST


def check(alignment: Alignment | None, text, scores) -> None:
    expected = best_alignment(text, scores)
    if expected is None or not len(scores):
        assert alignment is None
        return
    assert alignment is not None
    score, paths = expected
    free = scores.max(axis=1).sum(dtype=np.float64)
    assert alignment.cost_nats == pytest.approx(free - score, abs=1e-3)
    assert alignment.cost_nats >= 0
    words = [(w.unit, w.word, w.begin, w.end) for w in alignment.words]
    costs = [w.cost_nats for w in alignment.words]
    assert any(
        words == lasting(said, path)
        and alignment.n_phones == sum(phone != ANYTHING for phone, _ in said)
        and costs == pytest.approx(costs_of(said, path, scores), abs=1e-3)
        for said, path in paths
    )


def costs_of(said, path, scores) -> list[float]:
    """Return by word what its frames cost, from first to last phone."""
    columns = [said[at][0] if at >= 0 else 0 for at in path]
    free = scores.max(axis=1)
    lost = [
        0.0 if column == ANYTHING else float(best - row[column])
        for column, best, row in zip(columns, free, scores, strict=True)
    ]
    return [sum(lost[begin:end]) for _, _, begin, end in lasting(said, path)]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.lists(TEXTS, max_size=3), st.integers(0, 7)), max_size=3),
    st.integers(0, 1000),
)
def test_texts_of_a_batch_are_aligned_as_by_enumeration(utterances, seed):
    heard = [log_probs(seed + i, n) for i, (_, n) in enumerate(utterances)]
    found = align([Utterance(p, texts) for p, (texts, _) in zip(heard, utterances, strict=True)])
    assert len(found) == len(utterances)
    for own, (texts, _), scores in zip(found, utterances, heard, strict=True):
        assert len(own) == len(texts)
        for alignment, text in zip(own, texts, strict=True):
            check(alignment, text, scores)


def test_what_is_planted_is_found_with_its_times():
    frames = [0, 1, 1, 0, 2, 0, 0, 3, 3, 3, 0]
    text = [word((1, 2)), word((2, 1), (3,))]
    ((alignment,),) = align([Utterance(saying(frames, N_COLUMNS), [text])])
    assert alignment == Alignment(
        0.0, (WordFrames(0, 0, 1, 5, 0.0, 2), WordFrames(1, 0, 7, 10, 0.0, 1))
    )


def test_of_equal_phones_in_a_row_each_needs_a_blank_between():
    text = [word((1,)), word((1,))]
    ((none,), (some,)) = align(
        [
            Utterance(saying([1, 1], N_COLUMNS), [text]),
            Utterance(saying([1, 0, 1], N_COLUMNS), [text]),
        ]
    )
    assert none is None
    assert some is not None
    assert some.cost_nats == 0


def test_a_phrase_of_several_words_has_a_time_for_each():
    unit = (one_way((1,), (2, 3)), one_way((3, 3)))
    ((alignment,),) = align([Utterance(saying([1, 0, 2, 3], N_COLUMNS), [[unit]])])
    assert alignment is not None
    assert [(w.unit, w.word, w.begin, w.end) for w in alignment.words] == [
        (0, 0, 0, 1),
        (0, 1, 2, 4),
    ]


def test_a_word_that_nobody_can_say_may_sound_like_anything():
    text = [word((1,)), word(), word((3,))]
    ((alignment,),) = align([Utterance(saying([1, 2, 0, 2, 3], N_COLUMNS), [text])])
    assert alignment is not None
    assert alignment.cost_nats == 0
    assert alignment.n_phones == 2


def test_what_is_impossible_costs_much_and_is_possible():
    scores = np.full((3, N_COLUMNS), -np.inf, np.float32)
    scores[:, 0] = 0.0
    ((alignment, empty),) = align([Utterance(scores, [[word((1,))], []])])
    assert alignment is not None
    assert alignment.cost_nats == pytest.approx(-LOWEST)
    assert empty == Alignment(0.0, ())


def test_nothing_heard_and_nothing_to_align():
    assert align([]) == []
    empty = np.zeros((0, N_COLUMNS), np.float32)
    assert align([Utterance(empty, [[word((1,))], []]), Utterance(log_probs(0, 3), [])]) == [
        [None, None],
        [],
    ]


def test_how_the_work_is_divided_changes_nothing(monkeypatch):
    utterances = [
        Utterance(log_probs(n, n), [[word((1, 2)), word((3,))], [word((2,), (3, 1))]])
        for n in (4, 9, 2, 6)
    ]
    whole = align(utterances)
    monkeypatch.setattr(align_module, "MOST_WORK", 1)
    assert align(utterances) == whole
