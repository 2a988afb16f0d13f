"""Entities found by their pronunciations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import TABLE, by_letters

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import MOST_WAYS, EntitySounds, Match

COSTS = ConfusionCosts.uniform(TABLE)
WORDS = st.text("abk", min_size=1, max_size=4)
ENTITIES = st.lists(
    st.tuples(WORDS.map(str.title), st.lists(WORDS, min_size=1, max_size=2).map(tuple)), max_size=5
)
HEARD = st.lists(st.integers(1, 3), max_size=5).map(tuple)


def sounds(entities, least=1) -> EntitySounds:
    named = [(written, [Name(form) for form in forms]) for written, forms in entities]
    return EntitySounds.of(named, by_letters(doubled_once=True), least)


def expected(entities, heard, per_phone) -> set[tuple[str, tuple[int, ...], float]]:
    """Look through all pronunciations of all entities, one by one."""
    pronouncer = by_letters(doubled_once=True)
    found = set()
    for written, forms in entities:
        for way in (way for form in forms for way in pronouncer.whole(Name(form), MOST_WAYS)):
            cost = COSTS.distance(way, heard)
            if cost <= per_phone * len(way) + 1e-6:
                found.add((written, way, round(cost, 4)))
    return found


def as_set(matches) -> set[tuple[str, tuple[int, ...], float]]:
    return {(m.entity, m.said, round(m.cost, 4)) for m in matches}


@given(ENTITIES, HEARD, st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_what_is_near_is_what_a_search_of_everything_finds(entities, heard, per_phone):
    of = sounds(entities)
    assert as_set(of.near(heard, per_phone, COSTS)) == expected(entities, heard, per_phone)


@given(ENTITIES, HEARD)
def test_what_is_equal_is_what_is_near_by_nothing(entities, heard):
    of = sounds(entities)
    assert as_set(of.equal(heard)) == as_set(of.near(heard, 0.0, COSTS))


@given(ENTITIES)
def test_order_and_duplicates_mean_nothing(entities):
    assert sounds(entities).ways == sounds([*entities[::-1], *entities]).ways


def test_an_entity_of_several_words_is_said_in_all_their_ways():
    of = sounds([("Aa B", ("aa b",)), ("Ab!", ("ab",))])
    assert of.ways == {(1, 1, 2): ("Aa B",), (1, 2): ("Aa B", "Ab!")}
    assert list(of.equal((1, 2))) == [Match("Aa B", (1, 2), 0.0), Match("Ab!", (1, 2), 0.0)]


def test_short_ones_and_those_that_cannot_be_said_are_left_out():
    of = sounds([("Kb", ("kb",)), ("K", ("k",)), ("K 2", ("k 2",))], least=2)
    assert list(of.ways.values()) == [("Kb",)]


@pytest.mark.parametrize("heard", [(), (1,), (1, 2)])
def test_a_list_without_entities(heard):
    of = sounds([])
    assert not list(of.equal(heard))
    assert of.near(heard, 0.5, COSTS) == []
