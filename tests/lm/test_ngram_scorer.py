"""Scores by back-off, on a model small enough to compute by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wfst_bias.lm.arpa import NgramLm, NgramTable
from wfst_bias.lm.score import NgramScorer


def make_lm(*words: str) -> NgramLm:
    """Return a bigram model with p = 1/4 for every word, a half left by a, and p(b | a) = 3/4."""
    size = len(words)
    unigrams = NgramTable(
        np.arange(size, dtype=np.int32)[:, None],
        np.full(size, math.log(0.25)),
        np.where(np.array(words) == "a", math.log(0.5), 0.0),
    )
    pair = np.array([[words.index("a"), words.index("b")]], dtype=np.int32)
    return NgramLm(words, (unigrams, NgramTable(pair, np.log([0.75]), np.zeros(1))))


def test_backs_off_to_shorter_histories() -> None:
    scorer = NgramScorer(make_lm("<s>", "</s>", "a", "b"))
    assert math.exp(scorer.log_prob(("a",), "b")) == pytest.approx(0.75)
    assert math.exp(scorer.log_prob(("b", "a"), "b")) == pytest.approx(0.75)
    assert math.exp(scorer.log_prob(("a",), "a")) == pytest.approx(0.125)
    assert math.exp(scorer.log_prob(("b",), "a")) == pytest.approx(0.25)


def test_unknown_words_are_the_class_or_never() -> None:
    assert NgramScorer(make_lm("<s>", "</s>", "a", "b")).log_prob((), "zoe") == -math.inf
    with_class = NgramScorer(make_lm("<s>", "</s>", "a", "b", "<unk>"))
    assert math.exp(with_class.log_prob(("a",), "zoe")) == pytest.approx(0.125)


def test_perplexity_counts_ends_of_sentences_and_class_words() -> None:
    scorer = NgramScorer(make_lm("<s>", "</s>", "a", "b", "<unk>"))
    result = scorer.perplexity(["a b", "zoe"])
    probs = [0.25, 0.75, 0.25, 0.25, 0.25]
    assert result.perplexity == pytest.approx(math.prod(probs) ** (-1 / 5))
    assert (result.n_words, result.n_class) == (3, 1)


def test_perplexity_without_a_class() -> None:
    scorer = NgramScorer(make_lm("<s>", "</s>", "a", "b"))
    assert scorer.perplexity(["a zoe"]).perplexity == math.inf
    assert scorer.perplexity(["a zoe"]).n_class == 1
    assert math.isnan(scorer.perplexity([]).perplexity)
