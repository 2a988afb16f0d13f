"""Which words are replaced by which entities, and which are not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import TABLE, by_letters

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import EntitySounds
from wfst_bias.sound.heard import HeardPhone
from wfst_bias.sound.lookup import Lookup, Replacement, TimedWord
from wfst_bias.sound.options import LexiconLookupOptions

COSTS = ConfusionCosts.uniform(TABLE)
NAMES = {"Abba": "abba", "Kabak": "kabak", "Bak Abb": "bak abb"}


def letters(word: str) -> tuple[int, ...]:
    return tuple(TABLE.ids_of(word.upper().replace(" ", "")))


def lookup(names: dict[str, str] = NAMES, **options: float) -> Lookup:
    entities = [(written, (Name(form),)) for written, form in names.items()]
    chosen = LexiconLookupOptions(**{"lookup_words": 3, "lookup_phones": 2, **options})  # type: ignore[arg-type]
    return Lookup(EntitySounds.of(entities, by_letters(), chosen.lookup_phones), COSTS, chosen)


def timed(*words: str, gap: int = 0) -> list[TimedWord]:
    """Return words of a frame for each letter; `*` marks rare ones, `+` entities."""
    found, at = [], 0
    for word in words:
        text = word.strip("*+")
        found.append(
            TimedWord(text, at, at + len(text), (letters(text),), "*" in word, "+" in word)
        )
        at += len(text) + gap
    return found


def heard(phones: str) -> list[HeardPhone]:
    """Return phones heard in their frames; in those of a space nothing is."""
    return [
        HeardPhone(letters(phone)[0], frame, -0.1)
        for frame, phone in enumerate(phones)
        if phone != " "
    ]


def made(found: Sequence[Replacement]) -> list[tuple[int, int, str]]:
    return [(r.first_word, r.n_words, r.entity) for r in found]


def test_a_rare_word_that_sounds_like_an_entity_becomes_it():
    words = timed("ab", "abab*", "ka")
    (found,) = lookup().replacements(words, heard("ababbaka"))
    assert made([found]) == [(1, 1, "Abba")]
    assert [TABLE.symbols[p.phone] for p in found.heard] == list("ABBA")
    assert (found.said, found.cost) == (letters("abba"), 0.0)
    assert found.confidence == pytest.approx(0.904837, abs=1e-5)


def test_a_word_that_sounds_otherwise_stays():
    assert lookup().replacements(timed("ab", "abab*"), heard("ababab")) == []


def test_a_common_word_is_replaced_only_where_the_phones_clearly_say_so():
    words = timed("ab", "kkkk")
    phones = heard("ababba")  # 4 edits from what was written, none from Abba
    assert made(lookup(lookup_margin=4.0).replacements(words, phones)) == [(1, 1, "Abba")]
    assert lookup(lookup_margin=4.5).replacements(words, phones) == []
    # What was heard as it is written is never replaced.
    assert lookup(lookup_margin=0.5).replacements(timed("ab", "abba"), phones) == []


def test_a_rare_word_that_is_heard_as_it_is_written_becomes_an_equal_entity_only():
    words = timed("kab*")
    names = {"kab": "kab", "Qab": "kab"}  # written so already
    assert lookup(names).replacements(words, heard("kab")) == []
    (found,) = lookup({"Caab": "kab"}).replacements(words, heard("kab"))
    assert found.entity == "Caab"
    assert lookup({"Kaba": "kaba"}, lookup_cost=0.5).replacements(words, heard("kab")) == []


def test_what_is_near_is_found_if_it_may_be():
    words = timed("kkk*")
    phones = heard("abbk")[:3] + heard("   k")
    assert lookup(lookup_cost=0.0).replacements(words, phones) == []
    assert lookup(lookup_cost=0.2).replacements(words, phones) == []
    (found,) = lookup(lookup_cost=0.25).replacements(words, phones)
    assert (found.entity, found.cost) == ("Abba", 1.0)


def test_several_words_may_be_one_entity_and_one_word_an_entity_of_several():
    assert made(lookup().replacements(timed("ka", "bak*"), heard("kabak"))) == [(0, 2, "Kabak")]
    assert made(lookup().replacements(timed("bakabb*"), heard("bakabb"))) == [(0, 1, "Bak Abb")]
    assert lookup(lookup_words=1).replacements(timed("ka", "bak*"), heard("kabak")) == []


def test_what_is_an_entity_already_stays_and_is_not_part_of_another():
    assert lookup().replacements(timed("abba*+"), heard("kabak")) == []
    assert lookup().replacements(timed("ka+", "bak*"), heard("kabak")) == []


def test_phones_between_two_words_may_be_of_either():
    words = timed("kk", "bb*", "kk", gap=2)  # frames 0-1, 4-5, 8-9
    assert made(lookup().replacements(words, heard("kk abba kk"))) == [(1, 1, "Abba")]
    assert made(lookup().replacements(words, heard("kk  bb  kk"))) == []
    # Those under a neighbour are not.
    assert lookup().replacements(timed("kka", "bba*"), heard("kkabba")) == []


def test_of_overlapping_ones_the_nearest_and_then_the_longest_is_made():
    names = {"Abk": "abk", "Abkab": "abkab", "Kab": "kab"}
    assert made(lookup(names).replacements(timed("abk*", "ab*"), heard("abkab"))) == [
        (0, 2, "Abkab")
    ]
    words = timed("bbb*", "bbb*")
    found = lookup(names, lookup_cost=0.4).replacements(words, heard("abkkab"))
    assert made(found) == [(0, 1, "Abk"), (1, 1, "Kab")]


def test_entities_that_sound_the_same_are_told_apart_by_their_spelling():
    names = {"Marsh": "abka", "Mahrsche": "abka"}
    words = [TimedWord("marche", 0, 4, (letters("abkb"),), True)]
    assert made(lookup(names).replacements(words, heard("abka"))) == [(0, 1, "Mahrsche")]


def test_words_that_nobody_can_say():
    rare = [TimedWord("2", 0, 4, (), True)]
    common = [TimedWord("2", 0, 4, (), False)]
    assert made(lookup().replacements(rare, heard("abba"))) == [(0, 1, "Abba")]
    assert lookup(lookup_cost=0.3).replacements(common, heard("abba")) == []
    assert lookup().replacements(common, heard("abba")) == []


def test_nothing_to_look_up():
    assert lookup({}).replacements(timed("ab*"), heard("ab")) == []
    assert lookup().replacements([], []) == []
    assert lookup().replacements(timed("ab*"), []) == []


@given(
    st.lists(
        st.tuples(st.text("abk", min_size=1, max_size=4), st.sampled_from(["", "*", "+"])),
        max_size=5,
    ),
    st.text("abk ", max_size=16),
    st.sampled_from([0.0, 0.3, 0.6]),
    st.sampled_from([0.5, 2.0]),
)
def test_replacements_are_in_order_and_overlap_neither_each_other_nor_entities(
    spelled, phones, near, margin
):
    words = timed(*(word + mark for word, mark in spelled))
    found = lookup(lookup_cost=near, lookup_margin=margin).replacements(words, heard(phones))
    ends = [0, *(r.first_word + r.n_words for r in found)]
    assert all(end <= r.first_word for end, r in zip(ends, found, strict=False))
    for r in found:
        replaced = words[r.first_word : r.first_word + r.n_words]
        assert not any(word.is_entity for word in replaced)
        assert r.cost == pytest.approx(COSTS.distance(r.said, [p.phone for p in r.heard]))
        assert r.cost <= near * len(r.said) + 1e-6
        assert letters(NAMES[r.entity]) == r.said
        own = itertools.chain.from_iterable(word.ways[0] for word in replaced)
        gain = COSTS.distance(list(own), [p.phone for p in r.heard]) - r.cost
        assert gain >= (0 if any(w.is_rare for w in replaced) else margin) - 1e-6
