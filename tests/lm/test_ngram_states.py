"""Steps through a model by arrays give what back-off gives word by word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import LM_WORDS, language_models

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm, NgramTable
from wfst_bias.lm.ngram_states import NgramStates
from wfst_bias.lm.score import NgramScorer

WORDS = st.sampled_from([w for w in LM_WORDS if not w.startswith("<")] + ["<unk>", "other"])


@settings(max_examples=150)
@given(language_models(), st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=4))
def test_sentences_score_as_by_back_off(lm: NgramLm, sentences: list[list[str]]) -> None:
    states, scorer = NgramStates.of(lm), NgramScorer(lm)
    longest = max(map(len, sentences))
    state = np.full(len(sentences), states.start)
    total = np.zeros(len(sentences))
    for place in range(longest + 1):
        going_on = np.array([place <= len(s) for s in sentences])
        words = [(*s, "</s>")[place] for s in sentences if place <= len(s)]
        ids = np.array([lm.word_ids.get(word, states.class_word) for word in words])
        log_prob, after = states.step(state[going_on], ids)
        total[going_on] += log_prob
        state[going_on] = after
    for sentence, found in zip(sentences, total, strict=True):
        assert found == pytest.approx(scorer.sentence_log_prob(" ".join(sentence)), abs=1e-6)


def test_histories_that_nothing_tells_apart_are_one_state() -> None:
    words = ("<s>", "</s>", "<unk>", "a", "b")
    unigrams = NgramTable(
        np.arange(5, dtype=np.int32)[:, None], np.full(5, -1.6), np.array([0, 0, 0, -0.5, 0.0])
    )
    bigrams = NgramTable(np.array([[3, 4]], np.int32), np.array([-0.1]), np.zeros(1))
    states = NgramStates.of(NgramLm(words, (unigrams, bigrams)))
    _, after = states.step(np.array([states.start] * 3), np.array([3, 4, 2]))
    assert after[0] != after[1]
    assert after[1] == after[2] == states.start == 0


def test_a_model_without_a_class_is_refused() -> None:
    unigrams = NgramTable(np.arange(2, dtype=np.int32)[:, None], np.zeros(2), np.zeros(2))
    with pytest.raises(InputError, match="no <unk>"):
        NgramStates.of(NgramLm(("<s>", "</s>"), (unigrams,)))
