"""Which words are replaced by which entities, and which are not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import TABLE, by_letters

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import EntitySounds
from wfst_bias.sound.heard import HeardPhone
from wfst_bias.sound.lookup import Lookup, TimedWord, chosen
from wfst_bias.sound.options import LexiconLookupOptions
from wfst_bias.sound.spotting import Spot

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


def found_in(
    of: Lookup, words: Sequence[TimedWord], phones: str, **losses: float
) -> list[tuple[int, int, str]]:
    """Return what is replaced, if the text loses so much by each entity, 0 by others."""
    candidates = of.candidates(words, heard(phones))
    written = chosen(candidates, [losses.get(c.entity, 0.0) for c in candidates])
    return [(r.first_word, r.n_words, r.entity) for r in written]


def test_a_rare_word_that_sounds_like_an_entity_becomes_it():
    words = timed("ab", "abab*", "ka")
    (found,) = lookup().candidates(words, heard("ababbaka"))
    assert (found.first_word, found.n_words, found.words, found.entity) == (1, 1, "abab", "Abba")
    assert [TABLE.symbols[p.phone] for p in found.heard] == list("ABBA")
    assert (found.said, found.cost, found.most_nats) == (letters("abba"), 0.0, 4.0)
    assert found.confidence == pytest.approx(0.904837, abs=1e-5)
    assert [r.loss_nats for r in chosen([found], [4.0])] == [4.0]
    assert chosen([found], [4.1]) == chosen([found], [None]) == []


def test_a_word_that_sounds_otherwise_stays():
    assert lookup().candidates(timed("ab", "abab*"), heard("ababab")) == []


def test_a_common_word_is_replaced_only_where_the_phones_clearly_say_so():
    of, words = lookup(lookup_margin=7.0), timed("ab", "kkkk")
    assert found_in(of, words, "ababba", Abba=-7.0) == [(1, 1, "Abba")]
    assert found_in(of, words, "ababba", Abba=-6.9) == []
    # What was heard much as it is written is not in doubt.
    assert of.candidates(timed("ab", "abbk"), heard("ababba")) == []


def test_what_is_written_as_an_entity_stays():
    assert found_in(lookup({"kab": "kab", "Qab": "kab"}), timed("kab*"), "kab") == []
    assert found_in(lookup({"Caab": "kab"}), timed("kab*"), "kab") == [(0, 1, "Caab")]
    assert found_in(lookup(), timed("abba*+"), "kabak") == []
    assert found_in(lookup(), timed("ka+", "bak*"), "kabak") == []


def test_what_is_near_is_tried_if_it_may_be():
    words, phones = timed("kkk*"), heard("abbk")[:3] + heard("   k")
    assert lookup(lookup_cost=0.0).candidates(words, phones) == []
    assert lookup(lookup_cost=0.2).candidates(words, phones) == []
    (found,) = lookup(lookup_cost=0.25).candidates(words, phones)
    assert (found.entity, found.cost) == ("Abba", 1.0)


def test_several_words_may_be_one_entity_and_one_word_an_entity_of_several():
    assert found_in(lookup(), timed("ka", "bak*"), "kabak") == [(0, 2, "Kabak")]
    assert found_in(lookup(), timed("bakabb*"), "bakabb") == [(0, 1, "Bak Abb")]
    assert found_in(lookup(lookup_words=1), timed("ka", "bak*"), "kabak") == []


def spot(entity: str, phones: str, begin: int, end: int, score: float = 15.0) -> Spot:
    return Spot((entity,), letters(phones), begin, end, score)


def test_a_spotted_entity_is_tried_in_the_place_of_the_words_that_share_its_frames():
    # "kabak" was heard otherwise, over the end of one word and most of another.
    of, words, phones = lookup(), timed("ab", "bbbb*", "kkk*"), heard("abbkakkkk")
    assert of.candidates(words, phones) == []
    (found,) = of.candidates(words, phones, [spot("Kabak", "kabak", 3, 8)])
    assert (found.first_word, found.n_words, found.words) == (1, 2, "bbbb kkk")
    assert (found.entity, found.said, found.most_nats) == ("Kabak", letters("kabak"), 4.0)
    assert [TABLE.symbols[p.phone] for p in found.heard] == list("KAKKK")
    assert found.cost == 2.0  # edits
    # Of a word, a spot that shares less than half of it and of the spot's frames says nothing.
    (short,) = of.candidates(words, phones, [spot("Kabak", "kabak", 5, 8)])
    assert short.words == "kkk"


@pytest.mark.parametrize(
    ("words", "spotted"),
    [
        (("ab", "bbbb*"), [spot("Kabak", "kabak", 2, 6, 14.9)]),  # the score is too low
        (("ab", "bbbb+"), [spot("Kabak", "kabak", 2, 6)]),  # the search has found an entity
        (("ab", "Kabak*"), [spot("Kabak", "kabak", 2, 7)]),  # it is written already
        (("a*", "b*", "a*", "k*"), [spot("Kabak", "kabak", 0, 4)]),  # too many words
        (("ab", "bbbb"), [spot("Kabak", "kabak", 2, 6)]),  # common, and heard as it is said
        (("ab", "bbbb*"), [spot("Kabak", "kabak", 9, 12)]),  # no words there
    ],
)
def test_where_a_spotted_entity_is_not_tried(words, spotted):
    phones = heard("".join(word.strip("*+") for word in words))
    assert lookup().candidates(timed(*words), phones, spotted) == []


def test_phones_between_two_words_may_be_of_either():
    words = timed("kk", "bb*", "kk", gap=2)  # frames 0-1, 4-5, 8-9
    assert found_in(lookup(), words, "kk abba kk") == [(1, 1, "Abba")]
    assert found_in(lookup(), words, "kk  bb  kk") == []
    # Those under a neighbour are not.
    assert found_in(lookup(), timed("kka", "bba*"), "kkabba") == []


def test_of_overlapping_ones_that_with_the_least_loss_and_then_the_longest_is_made():
    names = {"Abk": "abk", "Abkab": "abkab", "Kab": "kab"}
    words = timed("abk*", "ab*")
    assert found_in(lookup(names), words, "abkab") == [(0, 2, "Abkab")]
    assert found_in(lookup(names), words, "abkab", Abkab=1.0) == [(0, 1, "Abk")]
    words = timed("bbb*", "bbb*")
    found = found_in(lookup(names, lookup_cost=0.4), words, "abkkab", Abkab=1.0)
    assert found == [(0, 1, "Abk"), (1, 1, "Kab")]


def test_entities_that_sound_the_same_are_told_apart_by_their_spelling():
    names = {"Marsh": "abka", "Mahrsche": "abka"}
    words = [TimedWord("marche", 0, 4, (letters("abkb"),), True)]
    assert found_in(lookup(names), words, "abka") == [(0, 1, "Mahrsche")]


def test_words_that_nobody_can_say():
    rare = [TimedWord("2", 0, 4, (), True)]
    common = [TimedWord("2", 0, 4, (), False)]
    assert found_in(lookup(), rare, "abba") == [(0, 1, "Abba")]
    assert lookup(lookup_cost=0.3).candidates(common, heard("abba")) == []
    assert lookup().candidates(common, heard("abba")) == []


def test_nothing_to_look_up():
    assert lookup({}).candidates(timed("ab*"), heard("ab")) == []
    assert lookup().candidates([], []) == []
    assert lookup().candidates(timed("ab*"), []) == []


@given(
    st.lists(
        st.tuples(st.text("abk", min_size=1, max_size=4), st.sampled_from(["", "*", "+"])),
        max_size=5,
    ),
    st.text("abk ", max_size=16),
    st.sampled_from([0.0, 0.3, 0.6]),
    st.randoms(use_true_random=False),
)
def test_replacements_are_in_order_and_overlap_neither_each_other_nor_entities(
    spelled, phones, near, random
):
    words = timed(*(word + mark for word, mark in spelled))
    of = lookup(lookup_cost=near, lookup_margin=2.0)
    candidates = of.candidates(words, heard(phones))
    losses = [random.choice([None, -3.0, -1.0, 0.0, 5.0]) for _ in candidates]
    found = chosen(candidates, losses)
    ends = [0, *(r.first_word + r.n_words for r in found)]
    assert all(end <= r.first_word for end, r in zip(ends, found, strict=False))
    for r in candidates:
        replaced = words[r.first_word : r.first_word + r.n_words]
        assert not any(word.is_entity for word in replaced)
        assert r.cost == pytest.approx(COSTS.distance(r.said, [p.phone for p in r.heard]))
        assert r.cost <= near * len(r.said) + 1e-6
        assert letters(NAMES[r.entity]) == r.said
        assert r.most_nats == (4.0 if any(word.is_rare for word in replaced) else -2.0)
    assert all(r.loss_nats <= r.most_nats for r in found)
    # No other that may be made has a place beside them, or a smaller loss than all it overlaps.
    for r, loss in zip(candidates, losses, strict=True):
        if loss is not None and loss <= r.most_nats:
            places = range(r.first_word, r.first_word + r.n_words)
            beside = [k for k in found if k.first_word < places.stop
                      and places.start < k.first_word + k.n_words]  # fmt: skip
            assert beside
            assert min(k.loss_nats for k in beside) <= loss
