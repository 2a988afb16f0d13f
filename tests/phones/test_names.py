"""Pronunciations of names: languages guessed or given, lexicons first."""

from __future__ import annotations

import logging
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
from wfst_bias.phones.names import Name, NamePronouncer, shipped_lexicon

GUESSER = LanguageGuesser.read()
PRONOUNCER = NamePronouncer(guesser=GUESSER)


def said(name: str, language: str = "") -> list[str]:
    return [" ".join(p) for p in PRONOUNCER.phrases([Name(name, language)])[name]]


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
    pronouncer = NamePronouncer([own, other], shipped, GUESSER)
    found = pronouncer.words([Name("Łukasz Kohut"), Name("Anna")])
    assert found.pronunciations == {
        "łukasz": (("L", "UW"), ("L", "AA")),
        "kohut": (("K",),),
        "anna": (("AA",),),
    }
    assert ("AA",) not in pronouncer.words([Name("Anna", "pl")]).pronunciations["anna"]


def test_a_language_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected a language among .*: 'xx'"):
        said("Anna", "xx")
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
    assert PRONOUNCER.phrases([Name("Anna 東京")]) == {"Anna 東京": ()}


@settings(max_examples=25)
@given(st.lists(st.text("abczłżñöéßğ '-", min_size=1, max_size=8), max_size=4))
def test_any_names_are_pronounced_in_the_phones_of_the_inventory(names: list[str]) -> None:
    asked = [Name(name) for name in names]
    assert PRONOUNCER.words(asked).phones <= PHONES.keys()
    for ways in PRONOUNCER.phrases(asked).values():
        assert len(set(ways)) == len(ways) <= PRONOUNCER.most


def test_the_shipped_names_are_pronounced_in_the_phones_of_the_inventory(repository: Path) -> None:
    lexicon = shipped_lexicon()
    assert lexicon.phones <= PHONES.keys()
    lines = (repository / "data/parliament/distractors.txt").read_text(encoding="utf-8")
    names = [Name(line.split("\t")[0]) for line in lines.splitlines()]
    lacking = {w for name in names for w in name.words} - lexicon.pronunciations.keys()
    assert not lacking
