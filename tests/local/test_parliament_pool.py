"""What the sources of the parliament corpus hold, and what may become a line of its pool."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.parliament.make_pool import (
    HERE,
    MOST_PER_FAMILY_NAME,
    is_place_name,
    is_writable,
    written_place,
)
from local.synthetic.entities import KNOWN, POOL, read_entities, spoken_form
from local.synthetic.grammar import Grammar

KINDS = ("person", "place")
ENTITIES = read_entities(HERE / "entities.tsv")


@given(st.text(alphabet="aB éŞł'-Яβ1.", max_size=8))
def test_a_writable_name_can_be_spoken(name: str) -> None:
    if is_writable(name):
        assert spoken_form(name)


@pytest.mark.parametrize("name", ["Łódź", "L'Aquila", "Clermont-Ferrand", "Târgu Mureș"])
def test_european_names_are_places(name: str) -> None:
    assert is_place_name(name)


@pytest.mark.parametrize(
    "name", ["Пловдив", "St. Gallen", "Sector 3", "Bo", "Cauldon Village", "Distretto VIII", "bar"]
)
def test_other_names_are_no_places(name: str) -> None:
    assert not is_place_name(name)


def test_romanian_places_have_commas_below() -> None:
    assert written_place("Ploieşti", "RO") == "Ploiești"
    assert written_place("Eskişehir", "TR") == "Eskişehir"


def test_no_two_entities_sound_alike() -> None:
    spoken = Counter(spoken_form(entity.written) for entity in ENTITIES)
    assert [name for name, count in spoken.items() if count > 1] == []


def test_a_made_up_family_name_is_not_used_often() -> None:
    families = Counter(
        spoken_form(each.short) for each in ENTITIES if each.use == POOL and each.short
    )
    assert max(families.values()) <= MOST_PER_FAMILY_NAME


def test_no_entity_is_a_word_of_the_templates() -> None:
    words = Grammar.read(HERE / "templates.txt", KINDS).words()
    assert [each.written for each in ENTITIES if words.intersection(each.spoken_forms)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_entities(kind: str) -> None:
    n_of_use = Counter(entity.use for entity in ENTITIES if entity.kind == kind)
    assert n_of_use[KNOWN] >= 500
    assert n_of_use[POOL] >= 3500


def test_there_are_enough_templates_and_words() -> None:
    grammar = Grammar.read(HERE / "templates.txt", KINDS)
    assert len(grammar.templates) >= 500
    assert len(grammar.words()) >= 3500
    assert sum(map(grammar.has_slots, grammar.templates)) / len(grammar.templates) > 0.5
