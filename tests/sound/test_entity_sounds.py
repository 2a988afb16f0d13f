"""Entities found by their pronunciations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import TABLE, by_letters

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import MOST_WAYS, EntitySounds, Match
from wfst_bias.sound.heard import HeardPhone, Stretch

COSTS = ConfusionCosts.uniform(TABLE)
WORDS = st.text("abk", min_size=1, max_size=4)
ENTITIES = st.lists(
    st.tuples(WORDS.map(str.title), st.lists(WORDS, min_size=1, max_size=2).map(tuple)), max_size=5
)
HEARD = st.builds(
    lambda phones, n_before, n_after: stretch(phones, n_before, n_after),
    st.lists(st.integers(1, 3), max_size=5),
    st.integers(0, 2),
    st.integers(0, 2),
)
LOPSIDED = ConfusionCosts(
    np.array([[0, 0.2, 1, 2], [1.5, 0, 0.3, 1], [1, 0.1, 0, 1], [0.5, 1, 0.7, 0]], np.float32)
)


def stretch(phones: Sequence[int], n_before: int = 0, n_after: int = 0) -> Stretch:
    n_before = min(n_before, len(phones))
    heard = tuple(HeardPhone(phone, frame, -0.1) for frame, phone in enumerate(phones))
    return Stretch(heard, n_before, min(n_after, len(phones) - n_before))


def sounds(entities, least=1) -> EntitySounds:
    named = [(written, [Name(form) for form in forms]) for written, forms in entities]
    return EntitySounds.of(named, by_letters(doubled_once=True), least)


def expected(entities, heard, per_phone, costs) -> dict[str, float]:
    """Look through all pronunciations of all entities and all parts of what was heard."""
    pronouncer = by_letters(doubled_once=True)
    found: dict[str, float] = {}
    for written, forms in entities:
        for way in (way for form in forms for way in pronouncer.whole(Name(form), MOST_WAYS)):
            for part in heard.parts():
                cost = costs.distance(way, heard.columns[part.start : part.stop]) / len(way)
                if cost <= per_phone + 1e-6:
                    found[written] = min(cost, found.get(written, np.inf))
    return found


def per_phone_of(matches: Sequence[Match]) -> dict[str, float]:
    assert len({match.entity for match in matches}) == len(matches)
    return {match.entity: match.cost / len(match.said) for match in matches}


@given(ENTITIES, HEARD, st.sampled_from([0.0, 0.25, 0.5, 0.9]), st.sampled_from([COSTS, LOPSIDED]))
def test_what_is_near_is_what_a_search_of_everything_finds(entities, heard, per_phone, costs):
    of = sounds(entities)
    found = of.near(heard, per_phone, costs, 100)
    assert per_phone_of(found) == pytest.approx(
        expected(entities, heard, per_phone, costs), abs=1e-5
    )
    for match in found:
        part = heard.columns[match.begin : match.end]
        assert match.cost == pytest.approx(costs.distance(match.said, part), abs=1e-5)
    order = [match.cost / len(match.said) for match in found]
    assert order == pytest.approx(sorted(order))
    assert of.near(heard, per_phone, costs, 2) == found[:2]


@given(ENTITIES, HEARD)
def test_what_is_equal_is_what_is_near_by_nothing(entities, heard):
    of = sounds(entities)
    assert {m.entity for m in of.equal(heard)} == {m.entity for m in of.near(heard, 0.0, COSTS, 99)}


@given(ENTITIES)
def test_order_and_duplicates_mean_nothing(entities):
    assert sounds(entities).ways == sounds([*entities[::-1], *entities]).ways


def test_an_entity_of_several_words_is_said_in_all_their_ways():
    of = sounds([("Aa B", ("aa b",)), ("Ab!", ("ab",))])
    assert of.ways == {(1, 1, 2): ("Aa B",), (1, 2): ("Aa B", "Ab!")}
    names = [(match.entity, match.said) for match in of.equal(stretch((1, 2)))]
    assert names == [("Aa B", (1, 2)), ("Ab!", (1, 2))]
    assert of.names == {"Aa B": (Name("aa b"),), "Ab!": (Name("ab"),)}


def test_short_ones_and_those_that_cannot_be_said_are_left_out():
    of = sounds([("Kb", ("kb",)), ("K", ("k",)), ("K 2", ("k 2",))], least=2)
    assert list(of.ways.values()) == [("Kb",)]
    assert list(of.names) == ["Kb"]


@pytest.mark.parametrize("heard", [(), (1,), (1, 2)])
def test_a_list_without_entities(heard):
    of = sounds([])
    assert not list(of.equal(stretch(heard)))
    assert of.near(stretch(heard), 0.5, COSTS, 5) == []
