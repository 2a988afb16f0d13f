"""Pronunciations by espeak-ng."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import LANGUAGES, PHONES, WEAK_FORMS

pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
pytest.importorskip("espeakng_loader", reason="needs the extra `g2p`")

from wfst_bias.phones.g2p import pronounce

LETTERS = "abcdefghijklmnopqrstuvwxyzáčéęğıłñöøßșźảÅÐŞŉſ'’-"
WORDS = st.text(LETTERS, min_size=1, max_size=8).filter(lambda word: word.strip("'’-"))


@settings(deadline=None, max_examples=25)
@given(words=st.lists(WORDS, max_size=20))
def test_every_word_gets_a_pronunciation_of_its_own(words: list[str]) -> None:
    lexicon = pronounce(words)
    assert list(lexicon.pronunciations) == list(dict.fromkeys(words))
    assert lexicon.phones <= PHONES.keys()
    for word in words[:2]:
        assert pronounce([word]).pronunciations[word] == lexicon.pronunciations[word]


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("parliament", "P AA R L AX M AX N T"),
        ("little", "L IH T AX L"),
        ("church", "CH ER CH"),
        ("judge's", "JH AH JH IH Z"),
        ("vision", "V IH ZH AX N"),
        ("mri", "EH M AA R AY"),
        ("loch", "L AA K"),
        ("zoë", "Z OW IY"),
        ("ștefan", "S T EH F AX N"),
        ("o’brien", "OW B R AY AX N"),
    ],
)
def test_words(word: str, phones: str) -> None:
    assert pronounce([word]).phones_of([word]) == phones.split()


@pytest.mark.parametrize("word", sorted(WEAK_FORMS))
def test_a_word_that_is_mostly_unstressed_has_that_form_first(word: str) -> None:
    first, *others = pronounce([word]).pronunciations[word]
    assert first == WEAK_FORMS[word][0]
    assert first not in others


def test_all_languages_are_pronounced_in_the_same_phones() -> None:
    words = ["near", "square", "cure", "fire", "power", "bird", "north", "goat", "bath", "lot"]
    said = {language: pronounce(words, language) for language in LANGUAGES}
    assert all(lexicon.phones <= PHONES.keys() for lexicon in said.values())
    assert said["en-us"].phones_of(["near"]) == ["N", "IH", "R"]
    assert said["en-gb"].phones_of(["near"]) == ["N", "IY", "AX"]


@pytest.mark.parametrize("word", ["東京", "Əliyev", "café–bar"])
def test_a_character_that_is_not_read_is_named(word: str) -> None:
    with pytest.raises(InputError, match=f"a character of '{word}' that cannot be pronounced"):
        pronounce(["yes", word])


@pytest.mark.parametrize("word", ["-", "'", "...", "", "?!"])
def test_a_word_that_says_nothing_is_named(word: str) -> None:
    with pytest.raises(InputError, match="a word without letters"):
        pronounce(["yes", word])


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(InputError, match="expected one of en-us, en-gb: 'xx'"):
        pronounce(["yes"], "xx")


@pytest.mark.slow
def test_25000_words_take_seconds() -> None:
    syllables = [c + v + e for c in "bdfgklmnpr" for v in "aeiou" for e in "nrst"]
    words = [first + last for first in syllables for last in syllables[:125]]
    begin = time.perf_counter()
    assert len(pronounce(words).pronunciations) == len(words) == 25000
    assert time.perf_counter() - begin < 30
