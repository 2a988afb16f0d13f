"""Forced scoring: sums over all alignments, and the place of an entity in what was written."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from factories import LETTERS, planted_log_probs, random_log_probs, spoken, token_table
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.misses.forced import Forced, Forcing, ctc_log_prob
from wfst_bias.tokens import TokenTable

TABLE = token_table(LETTERS)
PIECES = TokenTable.from_symbols(dict(enumerate(["<blk>", "▁we", "▁met", "▁an", "▁a", "n", "na"])))
FORCING = Forcing(TABLE)


def by_enumeration(log_probs: np.ndarray, tokens: list[int], blank: int) -> float:
    """Sum over every sequence of frames that says the tokens."""
    total = 0.0
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        said = [column for column, _ in itertools.groupby(path) if column != blank]
        if said == tokens:
            total += math.exp(sum(log_probs[range(len(path)), list(path)].tolist()))
    return math.log(total) if total else -math.inf


@given(
    st.integers(0, 4),
    st.lists(st.integers(0, 1), max_size=3),
    st.integers(0, 2),
    st.integers(0, 10_000),
)
def test_all_alignments_are_summed(n_frames: int, said: list[int], blank: int, seed: int) -> None:
    columns = [column for column in range(3) if column != blank]
    tokens = [columns[each] for each in said]
    log_probs = random_log_probs(seed, n_frames, 3)
    expected = by_enumeration(log_probs, tokens, blank)
    assert ctc_log_prob(log_probs, tokens, blank) == pytest.approx(expected, abs=1e-4)


def test_impossible_frames_are_no_failure() -> None:
    log_probs = np.full((2, 3), -np.inf)
    assert ctc_log_prob(log_probs, [1], 0) == -math.inf


def forced(reference: str, written: str, entity: str, heard: str | None = None) -> Forced:
    """Force the first occurrence of an entity where a text is heard, by default the reference."""
    log_probs = planted_log_probs(TABLE, spoken(reference if heard is None else heard))
    words, own = reference.split(), entity.split()
    first = next(i for i in range(len(words)) if words[i : i + len(own)] == own)
    found = FORCING.force(log_probs, reference, written, range(first, first + len(own)))
    assert found is not None
    return found


def score(heard: str, text: str) -> float:
    tokens = [TABLE.ids[symbol] for symbol in spoken(text)]
    return ctc_log_prob(planted_log_probs(TABLE, spoken(heard)), tokens, TABLE.blank_id)


@pytest.mark.parametrize(
    "written",
    ["we met kovac yes", "we met cove ace yes", "we met yes", "we mad co vats yes", "", "kovats"],
)
def test_what_was_said_is_found_whatever_was_written(written: str) -> None:
    found = forced("we met kovac yes", written, "kovac")
    assert found.with_entity == pytest.approx(score("we met kovac yes", "we met kovac yes"))
    assert found.written == pytest.approx(score("we met kovac yes", written))


def test_other_errors_of_what_was_written_do_not_count() -> None:
    # `wee` was heard, and what the entity loses is its own letter alone.
    found = forced("we met kovac", "wee met kovas", "kovac", heard="wee met kovas")
    assert found.with_entity == pytest.approx(score("wee met kovas", "wee met kovac"))
    assert 3 < found.lost_nats < 10


@pytest.mark.parametrize("written", ["the cova ski said", "cova ski said", "co va ski said"])
def test_wrong_words_beside_the_entity_stay_or_go(written: str) -> None:
    found = forced("kovac said", written, "kovac", heard="kovac ski said")
    assert found.with_entity == pytest.approx(score("kovac ski said", "kovac ski said"))
    found = forced("kovac said", written, "kovac")
    assert found.with_entity == pytest.approx(score("kovac said", "kovac said"))


def test_right_words_beside_the_entity_stay() -> None:
    found = forced("we met kovac said", "we met cove said", "kovac", heard="kovac")
    assert found.with_entity == pytest.approx(score("kovac", "we met kovac said"))


def test_an_entity_of_several_words_loses_by_word() -> None:
    found = forced("we met anna kovac", "we met", "anna kovac", heard="we met")
    assert found.lost_nats == (found.written - found.with_entity) / 2
    assert found.lost_nats > 20


def test_an_entity_that_fits_into_no_frames_is_infinitely_far() -> None:
    log_probs = planted_log_probs(TABLE, spoken("a"))
    found = FORCING.force(log_probs, "kovac", "a", range(1))
    assert found is not None
    assert found.lost_nats == math.inf


def test_diacritics_and_case_are_those_of_the_model() -> None:
    log_probs = planted_log_probs(TABLE, spoken("we met kovac"))
    plain = FORCING.force(log_probs, "we met kovac", "we met", range(2, 3))
    assert FORCING.force(log_probs, "We met Kovač", "WE MET", range(2, 3)) == plain
    hyphen = FORCING.force(log_probs, "we-met Kovač", "we met", range(2, 3))
    assert hyphen == plain


def test_what_no_tokens_spell_is_left_out_or_told() -> None:
    log_probs = planted_log_probs(TABLE, spoken("we met"))
    assert FORCING.force(log_probs, "we met 42", "we met", range(2, 3)) is None
    plain = FORCING.force(log_probs, "we met", "we", range(1, 2))
    assert FORCING.force(log_probs, "we met 42", "we 42", range(1, 2)) == plain


def test_an_entity_is_spelled_in_each_way_that_pieces_allow() -> None:
    forcing = Forcing(PIECES)
    for pieces in (["▁an", "na"], ["▁a", "n", "na"]):
        log_probs = planted_log_probs(PIECES, ["▁we", "▁met", *pieces], probability=0.999)
        found = forcing.force(log_probs, "we met anna", "we met", range(2, 3))
        assert found is not None
        assert found.with_entity == pytest.approx(0, abs=0.05)
