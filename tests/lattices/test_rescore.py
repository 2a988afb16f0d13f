"""Rescoring a lattice against every path of it, scored from the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from factories import CHARACTERS, token_table
from hypothesis import given, settings
from small_lattices import ONE_WORD, SYMBOLS, WEIGHTS, best_texts, lattices, new_list, paths
from small_models import language_models

from wfst_bias.entities.entity_list import entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.errors import InputError
from wfst_bias.graph.scales import Scales
from wfst_bias.lattices.arcs import LatticeArcs, Weights
from wfst_bias.lattices.compose import LatticeLm
from wfst_bias.lattices.rescore import RescoreOptions, Rescorer
from wfst_bias.lm.arpa import NgramLm, NgramTable
from wfst_bias.lm.ngram_states import NgramStates
from wfst_bias.lm.score import NgramScorer

MANY = RescoreOptions(n_best=1000)


@settings(max_examples=150)
@given(lattices(), language_models(), WEIGHTS)
def test_another_model_takes_the_place_of_the_first(
    arcs: LatticeArcs, lm: NgramLm, weights: Weights
) -> None:
    scorer = NgramScorer(lm)
    beside = weights.total_beside_lm(arcs)
    expected: dict[str, float] = {}
    for path in paths(arcs):
        log_prob = scorer.sentence_log_prob(" ".join(path.asked))
        if log_prob > -math.inf:
            total = float(beside[list(path.arcs)].sum()) + weights.lm_scale * log_prob
            expected[path.text] = max(total, expected.get(path.text, -math.inf))
    model = LatticeLm.of(NgramStates.of(lm), lm.word_ids, SYMBOLS)
    found = Rescorer(SYMBOLS, weights, MANY, model).rescore("utt", arcs)
    texts = {" ".join(entry.words): entry.score for entry in found.result.nbest}
    assert texts == pytest.approx(expected, abs=1e-5)
    assert (found.result.error is None) == bool(expected)


@given(lattices(), WEIGHTS)
def test_other_scales(arcs: LatticeArcs, weights: Weights) -> None:
    found = Rescorer(SYMBOLS, weights, MANY).rescore("utt", arcs)
    texts = {" ".join(entry.words): entry.score for entry in found.result.nbest}
    assert texts == pytest.approx(best_texts(arcs, weights.total(arcs)))
    scores = [entry.score for entry in found.result.nbest]
    assert scores == sorted(scores, reverse=True)
    assert found.result.score == scores[0]


@given(lattices(), WEIGHTS)
def test_pruning_keeps_the_best_text(arcs: LatticeArcs, weights: Weights) -> None:
    whole = Rescorer(SYMBOLS, weights, RescoreOptions()).rescore("utt", arcs, "a b")
    options = RescoreOptions(prune_nats=0.5)
    pruned = Rescorer(SYMBOLS, weights, options).rescore("utt", arcs, "a b")
    assert [w.text for w in pruned.result.words] == [w.text for w in whole.result.words]
    assert pruned.result.nbest == whole.result.nbest
    assert pruned.before == whole.before
    assert pruned.after.arcs <= whole.after.arcs
    assert whole.oracle is not None
    assert pruned.oracle is not None
    assert pruned.oracle >= whole.oracle


def test_boosts_and_penalties_of_a_new_list_are_told_apart() -> None:
    normalizer = Normalizer(token_table(CHARACTERS))
    plain = Rescorer(SYMBOLS, Weights(1.0, 0.0, boost_scale=2.0), MANY)
    for line, words, gain in (("a :3 @Anna", ("Anna",), 6.0), ("a :-2", ("a",), -2.0)):
        entities = entities_from_strings([line], normalizer, "sherpa")
        names = new_list(entities)
        biased = Rescorer(names.symbols, plain.weights, MANY, new_list=names)
        best = biased.rescore("utt", ONE_WORD).result.nbest[0]
        assert (best.words, best.boost_nats) == (words, pytest.approx(gain))
        assert best.score == pytest.approx(plain.rescore("utt", ONE_WORD).result.score + gain)


def test_what_is_left_open_is_as_in_decoding() -> None:
    scales = Scales(lm_scale=0.3, word_nats=1.5)
    assert RescoreOptions().weights(scales) == Weights(0.3, 1.5)
    options = RescoreOptions(lm_scale=0.0, word_nats=-1.0, acoustic_scale=2.0, boost_scale=0.0)
    assert options.weights(scales) == Weights(0.0, -1.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_best", 0), ("prune_nats", -1.0), ("lm_scale", -1.0), ("acoustic_scale", math.inf)],
)
def test_options_that_cannot_be_are_named(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        RescoreOptions(**{name: value})


def test_a_lattice_that_the_model_makes_impossible_has_failed() -> None:
    words = ("<s>", "</s>", "<unk>", "a")
    log_probs = np.array([-np.inf, -1.0, -1.0, -np.inf])
    table = NgramTable(np.arange(4, dtype=np.int32)[:, None], log_probs, np.zeros(4))
    lm = NgramLm(words, (table,))
    model = LatticeLm.of(NgramStates.of(lm), lm.word_ids, SYMBOLS)
    found = Rescorer(SYMBOLS, Weights(1.0, 0.0), MANY, model).rescore("utt", ONE_WORD, "a")
    assert found.result.error is not None
    assert "impossible" in found.result.error
    assert (len(found.lattice), found.oracle) == (0, 1)
