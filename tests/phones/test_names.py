"""Pronunciations of names: languages guessed or given, lexicons first."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import PHONES
from wfst_bias.phones.lexicon import PhoneLexicon
from wfst_bias.phones.origin import LanguageGuesser

pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
pytest.importorskip("espeakng_loader", reason="needs the extra `g2p`")

from wfst_bias.phones.g2p import read_aloud
from wfst_bias.phones.names import Name, NamePronouncer, shipped_lexicon, whole_ways
from wfst_bias.phones.reading import EspeakReader, Readings

GUESSER = LanguageGuesser.read()
PRONOUNCER = NamePronouncer(read=EspeakReader(), guesser=GUESSER)


def said(name: str, language: str = "") -> list[str]:
    (ways,) = PRONOUNCER.names([Name(name, language)]).values()
    return [" ".join(p) for p in whole_ways(ways, PRONOUNCER.most)]


def test_every_language_has_a_voice_and_all_its_letters_become_phones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for language in sorted(GUESSER.languages):
        assert read_aloud(["ana"], language)
        examples = [e for e in GUESSER.evidence if e.language == language]
        names = [Name(f"an{e.pattern.strip('^$')}o", language) for e in examples]
        assert PRONOUNCER.words(names).phones <= PHONES.keys()
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "language", "phones"),
    [
        ("Łukasz", "", "W UW K AA SH"),
        ("Jiménez", "", "HH IY M EH N EH S"),
        ("Dvořák", "", "D V OW R ZH AA K"),
        ("Zeitz", "de", "T S AY T S"),
    ],
)
def test_names_are_read_in_their_language_and_in_english(
    name: str, language: str, phones: str
) -> None:
    ways = said(name, language)
    assert ways[0] == phones
    assert len(ways) == 2


def test_a_name_of_several_words_has_its_words_put_together() -> None:
    first, *others = said("Łukasz Łoś")
    assert first.startswith("W UW K AA SH ")
    assert 1 <= len(others) <= 3
    assert said("Anna-Ida") == said("Anna Ida")


def test_a_lexicon_goes_before_all_else() -> None:
    own = PhoneLexicon({"łukasz": (("L", "UW"), ("L", "AA"))})
    other = PhoneLexicon({"łukasz": (("T",),), "kohut": (("K",),)})
    shipped = PhoneLexicon({"kohut": (("B",),), "anna": (("AA",),)})
    pronouncer = NamePronouncer([own, other], EspeakReader(), shipped, GUESSER)
    found = pronouncer.words([Name("Łukasz Kohut"), Name("Anna")])
    assert found.pronunciations == {
        "łukasz": (("L", "UW"), ("L", "AA")),
        "kohut": (("K",),),
        "anna": (("AA",),),
    }
    assert ("AA",) not in pronouncer.words([Name("Anna", "pl")]).pronunciations["anna"]


def test_a_language_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected a language among .*: 'xx'"):
        PRONOUNCER.words([Name("Anna", "xx")])
    with pytest.raises(InputError, match="expected a language among en-us, en-gb: 'pl'"):
        NamePronouncer(english="pl")
    with pytest.raises(InputError, match="at least one pronunciation"):
        NamePronouncer(most=0)


def test_what_cannot_be_pronounced_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = PRONOUNCER.words([Name("Anna 東京")])
    assert list(found.pronunciations) == ["anna"]
    assert "東" in caplog.text
    assert "'東京' cannot be pronounced; a lexicon can say how" in caplog.text
    name = Name("Anna 東京")
    first, second = PRONOUNCER.names([name])[name]
    assert first
    assert second == ()
    assert any("'東京' is not read as en-us" in fault for fault in PRONOUNCER.faults(name))
    assert list(PRONOUNCER.faults(Name("Anna"))) == []


@settings(max_examples=25)
@given(st.lists(st.text("abczłżñöéßğ '-", min_size=1, max_size=8), max_size=4))
def test_any_names_are_pronounced_in_the_phones_of_the_inventory(names: list[str]) -> None:
    asked = [Name(name) for name in names]
    assert PRONOUNCER.words(asked).phones <= PHONES.keys()
    for words in PRONOUNCER.names(asked).values():
        assert all(len(set(ways)) == len(ways) <= PRONOUNCER.most for ways in words)
        wholes = whole_ways(words, 3)
        assert len(set(wholes)) == len(wholes) <= 3


def spoken_in(words: Sequence[str], language: str) -> Readings:
    """Read a word as its letters behind the name of the language."""
    return Readings({word: ((language, *word),) for word in words})


@given(st.lists(st.sampled_from(["Łoś", "Jan Łoś", "Ruiz", "Jan <pl>", "Jan"]), unique=True))
def test_how_a_name_is_said_depends_on_no_other(texts: list[str]) -> None:
    names = [Name(t.split(" <")[0], "pl" if "<pl>" in t else "") for t in texts]
    pronouncer = NamePronouncer(read=spoken_in, guesser=GUESSER)
    together = pronouncer.names(names)
    for name in names:
        alone = NamePronouncer(read=spoken_in, guesser=GUESSER).names([name])
        assert together[name] == alone[name]


def test_words_that_are_no_names_are_read_in_english_alone() -> None:
    shipped = PhoneLexicon({"łoś": (("B",),)})
    lexicon = PhoneLexicon({"SAID": (("S", "EH", "D"),), "said": (("S", "IH", "D"),)})
    pronouncer = NamePronouncer([lexicon], spoken_in, shipped, GUESSER)
    assert pronouncer.ordinary(["łoś", "Said"]) == {
        "łoś": (("en-us", *"łoś"),),
        "Said": (("S", "EH", "D"), ("S", "IH", "D")),
    }
    assert NamePronouncer([lexicon]).ordinary(["łoś"]) == {"łoś": ()}


def test_a_lexicon_may_have_a_name_as_it_is_written_or_in_the_letters_of_the_model() -> None:
    lexicon = PhoneLexicon({"lukasz": (("L",),), "ŁOŚ": (("W",),)})
    pronouncer = NamePronouncer([lexicon])
    name = Name("Łukasz Łoś", form="lukasz los")
    assert pronouncer.names([name])[name] == ((("L",),), (("W",),))
    other = Name("Łukasz", form="lu kasz")  # not the same words
    assert pronouncer.names([other])[other] == ((),)


def test_a_language_without_a_voice_is_told_and_the_name_read_as_it_is_spelled() -> None:
    pronouncer = NamePronouncer(read=spoken_in, guesser=GUESSER)
    name = Name("Łoś", "xx")
    assert pronouncer.names([name])[name] == pronouncer.names([Name("Łoś")])[Name("Łoś")]
    (fault,) = pronouncer.faults(name)
    assert fault == "no voice for 'xx', pronounced as its spelling suggests"


@given(st.lists(st.lists(st.text("ab", max_size=2).map(tuple), max_size=3), max_size=3))
def test_whole_ways_are_all_ways_the_usual_first(words: list[list[tuple[str, ...]]]) -> None:
    every = {sum(chosen, ()) for chosen in itertools.product(*words)} - {()}
    found = whole_ways(words, 10_000)
    assert set(found) == every
    assert len(found) == len(every)
    if words and all(words) and (usual := sum((ways[0] for ways in words), ())):
        assert found[0] == usual
    assert whole_ways(words, 2) == found[:2]


def test_the_shipped_names_are_pronounced_in_the_phones_of_the_inventory(repository: Path) -> None:
    lexicon = shipped_lexicon()
    assert lexicon.phones <= PHONES.keys()
    lines = (repository / "data/parliament/distractors.txt").read_text(encoding="utf-8")
    names = [Name(line.split("\t")[0]) for line in lines.splitlines()]
    lacking = {w for name in names for w in name.words} - lexicon.pronunciations.keys()
    assert not lacking
