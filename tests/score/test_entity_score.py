"""Entities found, missed and made up."""

from __future__ import annotations

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.score.entity_score import Entity, EntityCounts, EntityIndex, count_entities
from wfst_bias.score.wer import align

sentences = st.lists(st.sampled_from("abc"), max_size=8)
entities = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), max_size=4)


def entity(text: str) -> Entity:
    return tuple(text.split())


def count(
    reference: str, hypothesis: str, listed: list[str], targets: list[str] | None = None
) -> EntityCounts:
    index = EntityIndex.of(map(entity, listed))
    wanted = None if targets is None else frozenset(map(entity, targets))
    return count_entities(align(reference.split(), hypothesis.split()), index, wanted)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("in new york city today", "in new york city today", EntityCounts(1, 0, 0)),
        ("in new york city today", "in new pork city today", EntityCounts(0, 1, 0)),
        ("in new york city today", "in new york today", EntityCounts(0, 1, 1)),
        ("in the city today", "in new york today", EntityCounts(0, 0, 1)),
        ("york and york", "york and pork", EntityCounts(1, 1, 0)),
        ("york", "york york", EntityCounts(1, 0, 1)),
        ("york", "", EntityCounts(0, 1, 0)),
        ("", "york", EntityCounts(0, 0, 1)),
        ("", "", EntityCounts(0, 0, 0)),
    ],
)
def test_counts_by_hand(reference: str, hypothesis: str, expected: EntityCounts) -> None:
    assert count(reference, hypothesis, ["new york", "new york city", "york"]) == expected


def test_an_entity_in_the_wrong_place_is_a_miss_and_a_false_alarm() -> None:
    assert count("york is far away", "it is far york", ["york"]) == EntityCounts(0, 1, 1)


def test_a_word_between_the_words_of_an_entity_breaks_it() -> None:
    assert count("new york", "new old york", ["new york"]) == EntityCounts(0, 1, 0)


def test_a_distractor_counts_only_as_a_false_alarm() -> None:
    listed, targets = ["ann", "bob"], ["ann"]
    assert count("ann bob", "ann bob", listed, targets) == EntityCounts(1, 0, 0)
    assert count("ann bob", "ann", listed, targets) == EntityCounts(1, 0, 0)
    assert count("ann", "bob", listed, targets) == EntityCounts(0, 1, 1)


def test_occurrences_are_leftmost_longest_and_never_overlap() -> None:
    index = EntityIndex.of([("a", "b"), ("b", "c", "a"), ("a",), ("b", "c")])
    found = [
        (o.first_word, o.entity) for o in index.occurrences("abcabca".replace("", " ").split())
    ]
    assert found == [(0, ("a", "b")), (3, ("a", "b")), (6, ("a",))]


def test_figures() -> None:
    counts = EntityCounts(hits=3, misses=1, false_alarms=2)
    assert (counts.precision, counts.recall, counts.f1) == (3 / 5, 3 / 4, 6 / 9)
    nothing = EntityCounts()
    assert all(map(math.isnan, (nothing.precision, nothing.recall, nothing.f1)))


@given(sentences, entities)
def test_a_perfect_hypothesis_hits_every_entity(words: list[str], listed: list[Entity]) -> None:
    index = EntityIndex.of(listed)
    expected = len(index.occurrences(words))
    assert count_entities(align(words, words), index) == EntityCounts(hits=expected)


@given(sentences, sentences, entities)
def test_hits_and_misses_are_the_entities_spoken(
    reference: list[str], hypothesis: list[str], listed: list[Entity]
) -> None:
    index = EntityIndex.of(listed)
    counts = count_entities(align(reference, hypothesis), index)
    assert counts.hits + counts.misses == len(index.occurrences(reference))
    assert counts.hits + counts.false_alarms == len(index.occurrences(hypothesis))


@given(sentences, sentences, entities, st.randoms(use_true_random=False))
def test_the_order_of_a_list_and_duplicates_change_nothing(
    reference: list[str], hypothesis: list[str], listed: list[Entity], rng: random.Random
) -> None:
    shuffled = listed * 2
    rng.shuffle(shuffled)
    pairs = align(reference, hypothesis)
    assert count_entities(pairs, EntityIndex.of(listed)) == count_entities(
        pairs, EntityIndex.of(shuffled)
    )


@given(sentences, entities)
def test_occurrences_agree_with_trying_every_entity(words: list[str], listed: list[Entity]) -> None:
    found, position = [], 0
    while position < len(words):
        here = [e for e in listed if tuple(words[position : position + len(e)]) == e]
        longest = max(here, key=len, default=())
        found += [(position, longest)] if longest else []
        position += len(longest) or 1
    assert [(o.first_word, o.entity) for o in EntityIndex.of(listed).occurrences(words)] == found


def test_ten_thousand_entities_with_one_first_word_cost_no_scan() -> None:
    index = EntityIndex.of(("de", str(number)) for number in range(10_000))
    words = ["de", "9999", "x"] * 1_000
    start = time.perf_counter()
    assert len(index.occurrences(words)) == 1_000
    assert time.perf_counter() - start < 1.0
