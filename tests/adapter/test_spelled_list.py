"""A list as the adapter reads it."""

from __future__ import annotations

from factories import LETTERS, token_table
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.adapter.entity_list import SpelledList
from wfst_bias.entities.entity_list import entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Speller

TABLE = token_table(LETTERS)
SPELLER = Speller(TABLE)


def spelled(phrases: list[str], form: str = "plain") -> SpelledList:
    return SpelledList.of(entities_from_strings(phrases, Normalizer(TABLE), form), SPELLER)


@given(
    phrases=st.lists(st.text("abz ", min_size=1, max_size=6).filter(str.strip)),
    choice=st.randoms(use_true_random=False),
)
def test_neither_order_nor_duplicates_change_it(phrases: list[str], choice) -> None:
    other = [*phrases, *phrases[:2]]
    choice.shuffle(other)
    assert spelled(other) == spelled(phrases)
    assert spelled(other).digest == spelled(phrases).digest


def test_all_forms_of_an_entity_are_in_it() -> None:
    found = spelled(["jos @José ~ho ze"], "sherpa")
    assert len(found.forms) == len(found.tokens) > 0
    assert "ho ze" in found.forms


def test_what_is_to_be_penalized_is_not_raised() -> None:
    assert spelled(["anna :-5", "zoe :5", "kim"], "sherpa").forms == ("kim", "zoe")


def test_other_entities_have_another_digest() -> None:
    digests = {spelled(phrases).digest for phrases in ([], ["ab"], ["a b"], ["a", "b"], ["ba"])}
    assert len(digests) == 5
