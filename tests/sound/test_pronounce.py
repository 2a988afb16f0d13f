"""Pronunciations in columns: from a lexicon, from what guesses, from neither."""

from __future__ import annotations

import logging

import pytest
from spoken import TABLE

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import phone_table
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable
from wfst_bias.sound import pronounce
from wfst_bias.sound.pronounce import Pronouncer

LEXICON = PhoneLexicon({"ab": (("A", "B"), ("B",)), "k": (("K",),)})


def test_a_word_is_asked_for_once_and_words_at_once():
    asked = []

    def source(words):
        asked.append(tuple(words))
        return {"ab": (("A", "B"), ("A", "B")), "none": ()}

    pronouncer = Pronouncer(TABLE, source)
    pronouncer.learn(["ab", "none", "ab"])
    assert pronouncer("ab") == ((1, 2),)
    assert pronouncer("none") == ()
    assert pronouncer("missing") == ()
    assert asked == [("ab", "none"), ("missing",)]


def test_a_lexicon_comes_first_and_what_it_lacks_is_guessed(monkeypatch):
    monkeypatch.setattr(pronounce, "find_spec", lambda name: object())
    monkeypatch.setattr(pronounce, "guess", lambda words: dict.fromkeys(words, (("K", "AY"),)))
    table = phone_table()
    lexicon = PhoneLexicon({"ab": (("AE", "B"), ("B",))})
    pronouncer = Pronouncer.of(table, lexicon)
    assert pronouncer("ab") == (tuple(table.ids_of(("AE", "B"))), tuple(table.ids_of("B")))
    assert pronouncer("other") == (tuple(table.ids_of(("K", "AY"))),)


def test_without_g2p_a_lexicon_is_needed(monkeypatch, caplog):
    monkeypatch.setattr(pronounce, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"nothing says.*wfst-bias\[g2p\]"):
        Pronouncer.of(phone_table())
    pronouncer = Pronouncer.of(TABLE, LEXICON)
    assert pronouncer("k") == ((3,),)
    with caplog.at_level(logging.WARNING):
        assert pronouncer("zoe") == ()
    assert "1 words without a pronunciation" in caplog.text


def test_what_guesses_is_not_asked_for_other_phones_than_its_own(monkeypatch):
    monkeypatch.setattr(pronounce, "find_spec", lambda name: object())
    monkeypatch.setattr(pronounce, "guess", lambda words: dict.fromkeys(words, (("OW",),)))
    with pytest.raises(InputError, match="in the phones of this table; give a lexicon"):
        Pronouncer.of(TABLE)
    assert Pronouncer.of(TABLE, LEXICON)("zoe") == ()


def test_phones_of_another_table_are_refused(monkeypatch):
    monkeypatch.setattr(pronounce, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="a phone that the phone table lacks: 'K'"):
        Pronouncer.of(PhoneTable(("<blk>", "A", "B")), LEXICON)
    with pytest.raises(InputError, match="a phone that the phone table lacks: 'X'"):
        Pronouncer(TABLE, lambda words: dict.fromkeys(words, (("X",),)))("x")


def test_words_that_espeak_cannot_say_are_left_out_and_the_others_said():
    pytest.importorskip("phonemizer", reason="the extra g2p is not installed")
    pytest.importorskip("espeakng_loader", reason="the extra g2p is not installed")
    pronouncer = Pronouncer.of(phone_table())
    pronouncer.learn(["anna", "Ωμέγα", "boat", "—"])
    table = phone_table()
    assert [table.symbols[c] for c in pronouncer("boat")[0]] == ["B", "OW", "T"]
    assert pronouncer("anna")
    assert pronouncer("Ωμέγα") == ()
    assert pronouncer("—") == ()
