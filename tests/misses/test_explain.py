"""A planted case for each cause of a miss."""

from __future__ import annotations

import math

import numpy as np
import pytest
from factories import LETTERS, planted_log_probs, spoken, token_table
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.errors import InputError
from wfst_bias.lattices.arcs import LatticeArcs
from wfst_bias.misses.causes import Cause, Miss
from wfst_bias.misses.explain import Decoded, Explainer, MissOptions, entities_said
from wfst_bias.misses.forced import Forcing, LogProbs
from wfst_bias.misses.lattice_words import WordLattice
from wfst_bias.score.score_files import own_list, score_utterance

TABLE = token_table(LETTERS)
EXPLAINER = Explainer(MissOptions(), Forcing(TABLE))


def lattice(*texts: str, beam_nats: float = 8.0) -> WordLattice:
    """Return a lattice with a path for each text, the first the best, each other 1 nat behind."""
    symbols = ["<eps>", *dict.fromkeys(word for text in texts for word in text.split())]
    rows: list[tuple[int, int, int, float]] = []
    last = 1 + sum(max(0, len(text.split()) - 1) for text in texts)
    state = 1
    for behind, text in enumerate(texts):
        words = text.split()
        at = 0
        for word in words[:-1]:
            rows.append((at, state, symbols.index(word), 0.0))
            at, state = state, state + 1
        rows.append((at, last, symbols.index(words[-1]), -float(behind)))
    rows = [*sorted(rows), (last, last + 1, -1, 0.0)]
    *columns, score = zip(*rows, strict=True)
    source, target, written = (np.array(column, np.int64) for column in columns)
    zeros = np.zeros(len(rows))
    lm_word = np.maximum(written, 0)
    frames, origin = np.ones_like(source), np.arange(len(rows))
    arcs = LatticeArcs(
        source, target, written, written, lm_word, frames, zeros, zeros, zeros, zeros, origin
    )
    return WordLattice(arcs, np.array(score), tuple(symbols), beam_nats)


def reference(text: str, rare: list[str], others: tuple[str, ...] = ()) -> UtteranceList:
    return UtteranceList("u", text, tuple(rare), (*rare, *others))


def heard(text: str) -> LogProbs:
    return planted_log_probs(TABLE, spoken(text))


def explain(of: UtteranceList, decoded: Decoded, explainer: Explainer = EXPLAINER) -> list[Miss]:
    scored = own_list(of)
    return explainer.explain(of, scored, entities_said(of, scored, decoded.written), decoded)


KOVAC = reference("we met kovac", ["Kovač"], ("sol",))
WRONG = ("we met cove ack", "we met sol")


def test_a_miss_that_another_text_has_is_outranked() -> None:
    (miss,) = explain(KOVAC, Decoded((*WRONG, "we mad kovac", "we met kovac"), lattice(*WRONG)))
    assert miss == Miss("u", "kovac", 2, Cause.OUTRANKED, rank=3)


def test_a_miss_that_only_the_lattice_has() -> None:
    (miss,) = explain(KOVAC, Decoded(WRONG, lattice(*WRONG, "they met Kovač"), heard("we")))
    assert miss == Miss("u", "kovac", 2, Cause.IN_LATTICE, behind_nats=2.0)


def test_a_path_beyond_the_beam_was_not_kept_on_purpose() -> None:
    narrow = lattice(*WRONG, "they met Kovač", beam_nats=1.5)
    (miss,) = explain(KOVAC, Decoded(WRONG, narrow, heard("we met kovac")))
    assert (miss.cause, miss.behind_nats) == (Cause.PRUNED, 2.0)


def test_a_miss_whose_letters_were_heard_and_that_no_path_has_was_pruned() -> None:
    (miss,) = explain(KOVAC, Decoded(WRONG, lattice(*WRONG), heard("we met kovac")))
    assert (miss.cause, miss.rank) == (Cause.PRUNED, None)
    assert miss.lost_nats is not None
    assert miss.lost_nats < 0


def test_a_miss_whose_letters_were_not_heard() -> None:
    (miss,) = explain(KOVAC, Decoded(["we met said no"], lattice(*WRONG), heard("we met said no")))
    assert miss.cause == Cause.NOT_HEARD
    assert miss.lost_nats is not None
    assert MissOptions().reach_nats < miss.lost_nats < math.inf


def test_the_reach_decides_between_the_last_two() -> None:
    decoded = Decoded(("we met kovas",), lattice("we met kovas"), heard("we met kovas"))
    (near,) = explain(KOVAC, decoded)
    assert near.cause == Cause.PRUNED
    lost = near.lost_nats
    assert lost is not None
    for reach, cause in ((lost, Cause.PRUNED), (lost - 0.01, Cause.NOT_HEARD)):
        strict = Explainer(MissOptions(reach), Forcing(TABLE))
        assert explain(KOVAC, decoded, strict)[0].cause == cause


def test_a_miss_that_no_tokens_spell() -> None:
    of = reference("we met 42", ["42"])
    (miss,) = explain(of, Decoded(("we met",), lattice("we met"), heard("we met")))
    assert miss.cause == Cause.NOT_SPELLED


@pytest.mark.parametrize("decoded", [Decoded(WRONG), Decoded(WRONG, lattice(*WRONG)), Decoded(())])
def test_what_there_is_no_more_to_look_at_for_is_unknown(decoded: Decoded) -> None:
    assert [miss.cause for miss in explain(KOVAC, decoded, Explainer(MissOptions()))] == [
        Cause.UNKNOWN
    ]


def test_an_utterance_that_was_lost_is_judged_by_its_log_probabilities() -> None:
    (miss,) = explain(KOVAC, Decoded((), None, heard("we met kovac")))
    assert miss.cause == Cause.PRUNED


def test_what_was_said_twice_must_be_written_twice() -> None:
    of = reference("kovac met kovac", ["kovac"])
    best = ("kovac met cove",)
    (once,) = explain(of, Decoded(best, lattice("kovac met cove", "cove met kovac")))
    assert (once.first_word, once.cause) == (2, Cause.UNKNOWN)
    (twice,) = explain(of, Decoded(best, lattice("kovac met cove", "kovac kovac met")))
    assert twice.cause == Cause.IN_LATTICE


def test_distractors_and_what_was_found_are_no_misses() -> None:
    said = entities_said(KOVAC, own_list(KOVAC), "we met kovac sol")
    assert (said.found, said.missed) == (1, ())
    assert explain(KOVAC, Decoded(("we met kovac",))) == []
    listed = reference("we met sol", [], ("sol",))
    assert explain(listed, Decoded(("we",))) == []


WORDS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=5).map(" ".join)


@given(
    WORDS, st.lists(WORDS, max_size=3), st.lists(st.sampled_from(["a", "b a", "ab"]), max_size=2)
)
def test_misses_are_those_that_the_score_counts(
    said: str, texts: list[str], rare: list[str]
) -> None:
    of = reference(said, rare, ("b",))
    counts = score_utterance(of, texts[0] if texts else "").entities
    decoded = Decoded(texts)
    assert len(explain(of, decoded)) == counts.misses
    assert entities_said(of, own_list(of), decoded.written).found == counts.hits


@pytest.mark.parametrize("reach", [math.nan, math.inf])
def test_a_reach_is_a_number(reach: float) -> None:
    with pytest.raises(InputError, match="reach_nats must be a finite number"):
        MissOptions(reach)
