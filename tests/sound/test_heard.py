"""The phones that the phone head itself recognizes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from spoken import N_COLUMNS, log_probs, saying

from wfst_bias.sound.heard import heard_phones


@given(st.integers(0, 12), st.integers(0, 1000))
def test_they_are_the_best_columns_without_repetitions_and_blanks(n_frames, seed):
    scores = log_probs(seed, n_frames)
    heard = heard_phones(scores)
    best = [phone for phone, _ in itertools.groupby(scores.argmax(axis=1).tolist())]
    assert [phone.phone for phone in heard] == [phone for phone in best if phone]
    assert [phone.frame for phone in heard] == sorted({phone.frame for phone in heard})
    for phone in heard:
        assert phone.log_prob == scores[phone.frame].max() == scores[phone.frame, phone.phone]


def test_a_phone_has_the_frame_in_which_it_is_surest():
    scores = saying([1, 1, 1, 0, 1], N_COLUMNS)
    scores[1] = saying([1], N_COLUMNS, sure=0.99)
    assert [(phone.phone, phone.frame) for phone in heard_phones(scores)] == [(1, 1), (1, 4)]


def test_no_frames():
    assert heard_phones(np.zeros((0, N_COLUMNS), np.float32)) == []
