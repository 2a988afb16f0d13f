"""Groups of entities: what is of which, and that counts of the groups add up to all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.score.entity_groups import by_length, by_vocabulary
from wfst_bias.score.entity_score import (
    Entity,
    EntityCounts,
    EntityIndex,
    count_match,
    match_entities,
)
from wfst_bias.score.wer import align

sentences = st.lists(st.sampled_from("abc"), max_size=8)
entities = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), max_size=4)


@pytest.mark.parametrize(
    ("entity", "groups"),
    [
        (("bled",), ("one word", "known words")),
        (("kovac",), ("one word", "an unknown word")),
        (("bled", "jean"), ("several words", "known words")),
        (("lake", "bled"), ("several words", "an unknown word")),
    ],
)
def test_the_groups_of_an_entity(entity: Entity, groups: tuple[str, ...]) -> None:
    every = by_length() | by_vocabulary(["Bléd", "Jean-Claude"])
    assert tuple(name for name, is_of in every.items() if is_of(entity)) == groups


@given(sentences, sentences, entities, st.lists(st.sampled_from("abc")))
def test_counts_of_groups_add_up_to_all(
    reference: list[str], hypothesis: list[str], listed: list[Entity], known: list[str]
) -> None:
    match = match_entities(align(reference, hypothesis), EntityIndex.of(listed))
    targets = frozenset(listed[::2])
    for groups in (by_length(), by_vocabulary(known)):
        apart = (count_match(match, targets, is_of) for is_of in groups.values())
        assert sum(apart, EntityCounts()) == count_match(match, targets)
