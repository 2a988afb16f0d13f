"""Words and names in columns: each asked for once, in the phones of the table, faults told."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Sequence

import pytest
from spoken import TABLE, by_letters

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import PHONES, phone_table
from wfst_bias.phones.lexicon import BLANK, PhoneLexicon, PhoneTable
from wfst_bias.phones.names import Name, NamePronouncer
from wfst_bias.phones.reading import EspeakReader, Readings
from wfst_bias.sound.pronounce import Pronouncer

LEXICON = PhoneLexicon({"ab": (("A", "B"), ("B",)), "k": (("K",),)})


def installed(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(EspeakReader, "is_installed", staticmethod(lambda: there))


def reading(monkeypatch: pytest.MonkeyPatch, *phones: str) -> None:
    """Let espeak-ng say every word so."""
    installed(monkeypatch, True)
    monkeypatch.setattr(
        EspeakReader,
        "__call__",
        lambda self, words, language: Readings(dict.fromkeys(words, (phones,))),
    )


def test_a_word_is_asked_for_once_and_words_at_once():
    asked: list[tuple[str, ...]] = []

    def read(words: Sequence[str], language: str) -> Readings:
        asked.append(tuple(words))
        return Readings({"ab": (("A", "B"), ("A", "B"))})

    pronouncer = Pronouncer(TABLE, NamePronouncer(read=read))
    pronouncer.learn(["ab", "none", "ab"])
    assert pronouncer("ab") == ((1, 2),)
    assert pronouncer("none") == ()
    assert pronouncer("missing") == ()
    name = Name("Ab None")
    pronouncer.learn(names=[name, name])
    assert pronouncer.words_of(name) == (((1, 2),), ())
    assert pronouncer.whole(name, 3) == ()
    assert asked == [("ab", "none"), ("missing",), ("ab", "none")]


def test_a_lexicon_comes_first_and_what_it_lacks_is_read(monkeypatch):
    reading(monkeypatch, "K", "AY")
    table = phone_table()
    lexicons = [PhoneLexicon({"ab": (("AE1", "B"), ("B",))}), PhoneLexicon({"ab": (("T",),)})]
    pronouncer = Pronouncer.of(table, lexicons)
    assert pronouncer("ab") == (tuple(table.ids_of(("AE", "B"))), tuple(table.ids_of("B")))
    assert pronouncer("other") == (tuple(table.ids_of(("K", "AY"))),)
    assert pronouncer.words_of(Name("Ab-Other")) == (pronouncer("ab"), pronouncer("other"))


def test_names_that_the_project_ships_are_no_ordinary_words(monkeypatch):
    reading(monkeypatch, "K", "AY")
    table = phone_table()
    pronouncer = Pronouncer.of(table)
    read = tuple(table.ids_of(("K", "AY")))
    assert pronouncer("aachen") == (read,)
    assert pronouncer.words_of(Name("Aachen")) != (pronouncer("aachen"),)
    assert read in pronouncer.words_of(Name("Aachen", "pl"))[0]


def test_without_g2p_a_lexicon_is_needed(monkeypatch, caplog):
    installed(monkeypatch, False)
    with pytest.raises(InputError, match=r"nothing says.*wfst-bias\[g2p\]"):
        Pronouncer.of(phone_table())
    pronouncer = Pronouncer.of(TABLE, [LEXICON])
    assert pronouncer("k") == ((3,),)
    with caplog.at_level(logging.WARNING):
        assert pronouncer("zoe") == ()
    assert "1 words without a pronunciation" in caplog.text
    assert Pronouncer.of(phone_table(), [PhoneLexicon({"a": (("EY",),)})]).words_of(Name("Aachen"))[
        0
    ]


def test_what_is_read_is_not_asked_for_other_phones_than_its_own(monkeypatch):
    reading(monkeypatch, "OW")
    with pytest.raises(InputError, match="in the phones of this table; give a lexicon"):
        Pronouncer.of(TABLE)
    assert Pronouncer.of(TABLE, [LEXICON])("zoe") == ()


def test_a_table_without_the_reduced_vowel_says_the_full_one(monkeypatch):
    reading(monkeypatch, "AX", "K")
    table = PhoneTable((BLANK, *sorted(PHONES.keys() - {"AX"})))
    assert Pronouncer.of(table)("about") == ((table.ids["AH"], table.ids["K"]),)


def test_phones_of_another_table_are_refused(monkeypatch):
    installed(monkeypatch, False)
    with pytest.raises(InputError, match="a phone that the phone table lacks: 'K'"):
        Pronouncer.of(PhoneTable((BLANK, "A", "B")), [LEXICON])

    def read(words: Sequence[str], language: str) -> Readings:
        return Readings(dict.fromkeys(words, (("X",),)))

    with pytest.raises(InputError, match="a phone that the phone table lacks: 'X'"):
        Pronouncer(TABLE, NamePronouncer(read=read))("x")


def test_a_name_that_cannot_be_said_says_why():
    pronouncer = by_letters()
    assert list(pronouncer.faults(Name("Abba Kab"))) == []
    first, second = pronouncer.faults(Name("Abba 2"))
    assert first == "'2' is not read as en-us: not in letters of en-us"
    assert second.startswith("'2' cannot be pronounced, so the name is not found by its sound")


def test_workers_are_sent_what_is_known():
    known = Pronouncer.of(TABLE, [LEXICON])
    known.learn(["ab"], [Name("K")])
    sent = pickle.loads(pickle.dumps(known))
    assert sent("ab") == known("ab")
    assert sent.words_of(Name("K")) == known.words_of(Name("K"))


def test_words_that_espeak_cannot_say_are_left_out_and_the_others_said():
    pytest.importorskip("phonemizer", reason="the extra g2p is not installed")
    pytest.importorskip("espeakng_loader", reason="the extra g2p is not installed")
    table = phone_table()
    pronouncer = Pronouncer.of(table)
    pronouncer.learn(["anna", "Ωμέγα", "boat", "—", "the"])
    assert [table.symbols[c] for c in pronouncer("boat")[0]] == ["B", "OW", "T"]
    assert [table.symbols[c] for c in pronouncer("the")[0]] == ["DH", "AX"]
    assert pronouncer("anna")
    assert pronouncer("Ωμέγα") == ()
    assert pronouncer("—") == ()
    faults = list(pronouncer.faults(Name("Ωμέγα")))
    assert "'ωμέγα' is not read as en-us: a character of 'ωμέγα' that cannot be" in faults[0]
