"""An entity that was hardly heard is not written, unless the list gives it a score."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import LETTERS, decoder, planted_log_probs, small_lm, spoken, token_table

from wfst_bias.decode.decoder import Decoder
from wfst_bias.decode.options import DecodeOptions
from wfst_bias.graph.boost import BoostOptions
from wfst_bias.graph.load import compile_graph

LM = small_lm(["we met sol", "we met kim", "they met sol"], order=2, min_word_count=1)
SAID = {"u": planted_log_probs(token_table(LETTERS), spoken("we met kim and zoe"))}


def greedy_decoder(least_confidence: float) -> Decoder:
    """Return a decoder whose default boost finds names where others were said."""
    boost = BoostOptions(per_word_nats=20.0, rival_scale=0.0, least_confidence=least_confidence)
    options = replace(decoder().options, boost=boost)
    return Decoder(compile_graph(token_table(LETTERS), LM), options)


def text(of: Decoder, phrases: list[str]) -> str:
    (result,) = of.decode(SAID, of.compile_list(phrases))
    return " ".join(word.text for word in result.words)


def test_a_doubtful_entity_is_not_written_and_the_others_are():
    assert "Tim" in text(greedy_decoder(0.0), ["Tim", "Zoe :8"])
    assert text(greedy_decoder(0.5), ["Tim", "Zoe :8"]) == "we met kim and Zoe"


def test_a_score_of_its_own_is_the_users_word():
    assert "Tim" in text(greedy_decoder(0.5), ["Tim :20", "Zoe :8"])


def test_scores_stay_as_they_were():
    of = greedy_decoder(0.5)
    whole = of.compile_list(["Tim", "Zoe", "Sol :3", "kim :-2"])
    part = of.compiler.restrict(whole, {"Zoe"})
    assert [part.entity(form).written for form in range(len(part.form_entity))] == ["Zoe"]
    boosts = {whole.entity(form).written: nats for form, nats in enumerate(whole.form_boost_nats)}
    assert part.form_boost_nats.tolist() == [boosts["Zoe"]]
    assert part.penalties.forms == whole.penalties.forms


@pytest.mark.parametrize(("n_entities", "less"), [(1, 0.0), (100, 0.0), (1000, 4.605)])
def test_long_lists_take_from_the_boost(n_entities, less):
    options = DecodeOptions().boost
    alone = options.default_boost("zelensky", float("-inf"), 1)
    assert alone - options.default_boost("zelensky", float("-inf"), n_entities) == pytest.approx(
        less, abs=1e-3
    )


def test_a_frequent_neighbour_takes_from_the_boost_down_to_zero():
    options = DecodeOptions().boost
    boosts = [options.default_boost("shoud", log_prob, 1) for log_prob in (-13, -11, -9, 0)]
    assert boosts[0] > boosts[1] > boosts[2] > boosts[3] == 0
