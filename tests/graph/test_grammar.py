"""G scores what the ARPA says, whatever its tables look like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from factories import (
    SCALES,
    decoder,
    entity_line,
    entity_list,
    random_log_probs,
    small_lm,
    token_table,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Oracle, ranked

from wfst_bias.errors import InputError
from wfst_bias.graph.grammar import build_grammar
from wfst_bias.lm.arpa import NgramLm, NgramTable


def roughened(lm: NgramLm, seed: int) -> NgramLm:
    """Return the model with back-off weights changed at random, and some n-grams left out.

    Words without a continuation then have a weight too, as in files that others pruned.
    """
    chance = np.random.default_rng(seed)
    tables = [
        replace(
            t, backoffs=t.backoffs + chance.normal(0, 1, len(t)) * (chance.random(len(t)) < 0.5)
        )
        for t in lm.ngrams[:-1]
    ]
    longest = lm.ngrams[-1]
    kept = chance.random(len(longest)) < 0.6
    kept[0] = True
    last = NgramTable(longest.ids[kept], longest.log_probs[kept], longest.backoffs[kept])
    return NgramLm(lm.words, (*tables, last))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 4), st.integers(0, 10_000))
def test_any_back_off_weights_are_kept(order, seed):
    lm = roughened(small_lm(order=order), seed)
    d = decoder(lm=lm)
    lines = [entity_line("ab", 1.0), entity_line("bb a", 2.0)]
    log_probs = random_log_probs(seed, 6, 4)
    (result,) = d.decode({"u": log_probs}, entity_list(d, lines))
    expected = ranked(Oracle(token_table(), lm, SCALES, lines).texts(log_probs))[:10]
    assert [e.score for e in result.nbest] == pytest.approx([s for _, s in expected], abs=1e-3)


def test_after_the_class_word_the_history_is_the_class_word_alone():
    lm = small_lm(["a b a c", "b a b d", "a b a"] * 2 + ["x a", "a y"])
    g = build_grammar(lm)
    (class_word,) = g.class_words
    targets = set(g.target[g.word == class_word].tolist())
    assert len(targets) == 1


@pytest.mark.parametrize("word", ["<BOOST>", "<UNK>", "<oov>"])
def test_other_names_of_the_class_word(word):
    lm = small_lm()
    renamed = NgramLm(tuple(word if w == "<unk>" else w for w in lm.words), lm.ngrams)
    log_probs = {"u": random_log_probs(1, 6, 4)}
    assert decoder(lm=renamed).decode(log_probs) == decoder(lm=lm).decode(log_probs)


def test_no_class_word():
    lm = small_lm()
    renamed = NgramLm(tuple("q" if w == "<unk>" else w for w in lm.words), lm.ngrams)
    with pytest.raises(InputError, match="no place to attach"):
        build_grammar(renamed)
