"""A class of unknown words for models that have none: its probability, and nothing else changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from factories import never_unknown, small_lm, without_unknown

from wfst_bias.graph.unknown_class import with_unknown_class
from wfst_bias.lm.score import NgramScorer


def test_a_model_that_predicts_the_class_is_left_alone():
    lm = small_lm()
    assert with_unknown_class(lm) is lm


@pytest.mark.parametrize("lacking", [without_unknown, never_unknown])
def test_the_class_is_as_likely_as_the_rarest_tenth_together(lacking):
    sentences = ["a", *[" ".join("bcdefghijkl") * n for n in (1, 2, 3)]]
    lm = lacking(small_lm(sentences, min_word_count=1))
    found = with_unknown_class(lm)
    own = [w for w in lm.words if w not in ("<s>", "</s>", "<unk>")]
    before, after = NgramScorer(lm), NgramScorer(found)
    rarest = sorted(math.exp(before.log_prob((), w)) for w in own)
    expected = sum(rarest[: math.ceil(len(own) / 10)])
    assert math.exp(after.log_prob((), "<unk>")) == pytest.approx(expected)
    assert found.class_words == ("<unk>",)


@pytest.mark.parametrize("lacking", [without_unknown, never_unknown])
def test_what_the_model_says_of_its_own_words_remains(lacking):
    lm = lacking(small_lm())
    before, after = NgramScorer(lm), NgramScorer(with_unknown_class(lm))
    for history in [(), ("a",), ("a", "b"), ("<s>",)]:
        for word in ("a", "ab", "b", "</s>"):
            assert after.log_prob(history, word) == before.log_prob(history, word)


def test_named_classes_are_no_rare_words():
    lm = small_lm(["a b <x>", "b a <x>", "a b"], classes={"<x>": [], "<never>": []})
    found = with_unknown_class(without_unknown(lm))
    assert found.class_words == ("<unk>", "<x>", "<never>")
    rarest = min(NgramScorer(lm).log_prob((), word) for word in "ab")
    assert NgramScorer(found).log_prob((), "<unk>") == pytest.approx(rarest)
    assert np.isfinite(found.ngrams[0].log_probs[-1])
