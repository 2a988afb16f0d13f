"""Outcomes of entities: as many of each as are counted, with what stands in the place of a miss."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.entities.list_file import UtteranceList
from wfst_bias.report.differences import Text
from wfst_bias.report.outcomes import (
    CONFUSED,
    FALSE_ALARM,
    FOUND,
    IN_PART,
    INSTEAD,
    NOTHING,
    OTHER_WORDS,
    EntityOutcome,
    Hypothesis,
    outcomes,
)
from wfst_bias.score.score_files import own_list, score_utterance

WORDS = st.lists(st.sampled_from("abc"), max_size=7).map(" ".join)
NAMES = st.lists(st.sampled_from(["a", "b c", "a b", "c c"]), max_size=3, unique=True)


def tell(
    said: str,
    written: str,
    rare: Sequence[str],
    others: Sequence[str] = (),
) -> list[EntityOutcome]:
    utterance = UtteranceList("u", said, tuple(rare), (*rare, *others))
    hypothesis = Hypothesis(Text.of(said), Text.of(written))
    return outcomes(hypothesis, own_list(utterance))


@given(WORDS, WORDS, NAMES, NAMES)
def test_outcomes_are_those_that_are_counted(
    said: str, written: str, rare: list[str], others: list[str]
) -> None:
    found = tell(said, written, rare, others)
    utterance = UtteranceList("u", said, tuple(rare), (*rare, *others))
    counts = score_utterance(utterance, written).entities
    kinds = [each.outcome for each in found]
    assert kinds.count(FOUND) == counts.hits
    assert sum(kind in INSTEAD for kind in kinds) == counts.misses
    assert kinds.count(FALSE_ALARM) == counts.false_alarms


@given(WORDS, WORDS, NAMES, NAMES)
def test_places_are_those_of_the_entity(
    said: str, written: str, rare: list[str], others: list[str]
) -> None:
    pieces = Text.of(written).pieces
    for each in tell(said, written, rare, others):
        covered = pieces[each.first_piece : each.first_piece + each.n_pieces]
        if each.outcome in (FOUND, FALSE_ALARM):
            assert tuple(covered) == each.entity
        else:
            assert not covered


@pytest.mark.parametrize(
    ("written", "outcome", "instead"),
    [
        ("we met anna kovac there", FOUND, "anna kovac"),
        ("we met Eva Novak there", CONFUSED, "Eva Novak"),
        ("we met Anna no there", IN_PART, "Anna no"),
        ("we met there", NOTHING, ""),
        ("we met a novak there", OTHER_WORDS, "a novak"),
        ("we met a no vak there", OTHER_WORDS, "a no vak"),
    ],
)
def test_what_stands_in_the_place_of_a_miss(written: str, outcome: str, instead: str) -> None:
    told = tell("we met Anna Kovač there", written, ["Anna Kovač"], ["Eva Novak"])
    found = told[0]
    assert (found.outcome, found.written, found.shown) == (outcome, instead, "Anna Kovač")
    assert sum(each.outcome == FALSE_ALARM for each in told) == (outcome == CONFUSED)
