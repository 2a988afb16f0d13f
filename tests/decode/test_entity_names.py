"""What entities are called, and what the report of a list tells of their sound."""

from __future__ import annotations

from dataclasses import replace

from factories import LETTERS, token_table
from spoken import TABLE, by_letters

from wfst_bias.decode.entity_names import names_of, with_sounds
from wfst_bias.entities.entity_list import ACCEPTED, CHANGED, EntityList, entities_from_strings
from wfst_bias.entities.normalize import Normalizer
from wfst_bias.phones.names import Name

NORMALIZER = Normalizer(token_table(LETTERS))


def read(*lines: str) -> EntityList:
    return entities_from_strings(lines, NORMALIZER, "auto")


def names(line: str) -> list[Name]:
    (entity,) = read(line).entities
    return list(names_of(entity, NORMALIZER))


def test_a_name_is_said_as_it_is_written_with_its_language():
    assert names("Łukasz Łoś <lang:pl>") == [Name("Łukasz Łoś", "pl", "lukasz los")]
    assert names("Anna-Ida") == [Name("Anna-Ida", "", "anna ida")]


def test_spoken_forms_are_said_as_they_stand():
    assert names("Zoë 2 ~zoe two") == [Name("zoe two")]
    assert names("jos @José") == [Name("jos")]
    assert names("jose @José") == [Name("José", "", "jose")]
    assert names("Zoë ~zoe ~zo <lang:fr>") == [Name("zo", "fr"), Name("Zoë", "fr", "zoe")]


def test_the_report_tells_of_names_that_cannot_be_said_and_of_no_others():
    entities = read("Abba", "Bad", "Kab ~kab ~cab", "Bad", "♥")
    told = with_sounds(entities, by_letters(TABLE), NORMALIZER)
    assert told.entities == entities.entities
    statuses = [entry.status for entry in told.report]
    assert statuses == [ACCEPTED, CHANGED, CHANGED, CHANGED, "rejected"]
    reasons = [entry.reason for entry in told.report]
    assert "'bad' cannot be pronounced, so the name is not found by its sound" in reasons[1]
    assert "'cab' cannot be pronounced" in reasons[2]
    assert reasons[3].startswith("same as line 2; ")
    assert "pronounced" not in reasons[0] + reasons[4]
    assert with_sounds(told, by_letters(TABLE), NORMALIZER) == told
    assert with_sounds(told, by_letters(TABLE), NORMALIZER).report == told.report


def test_a_list_without_a_report_stays_as_it_is():
    entities = replace(read("Bad"), report=())
    assert with_sounds(entities, by_letters(TABLE), NORMALIZER) is entities
