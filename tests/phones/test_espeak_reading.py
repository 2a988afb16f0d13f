"""Words read by espeak-ng, as far as it can say them in phones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
pytest.importorskip("espeakng_loader", reason="needs the extra `g2p`")

from wfst_bias.phones.g2p import pronounce
from wfst_bias.phones.inventory import PHONES
from wfst_bias.phones.reading import EspeakReader
from wfst_bias.phones.symbols import SymbolTable

READ = EspeakReader()


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.text("abcłżñöéß'-東Ω2", min_size=1, max_size=6), max_size=5, unique=True),
    st.sampled_from(["en-us", "en-gb", "pl", "es"]),
)
def test_a_word_is_read_or_the_reason_is_given(words: list[str], language: str) -> None:
    found = READ(words, language)
    assert found.ways.keys() | found.faults.keys() == set(words)
    assert not found.ways.keys() & found.faults.keys()
    assert {p for ways in found.ways.values() for way in ways for p in way} <= PHONES.keys()
    assert all(ways and all(ways) for ways in found.ways.values())
    assert all(found.faults.values())


def test_english_is_read_as_for_a_lexicon_of_training() -> None:
    words = ["the", "of", "talk", "zelensky"]
    assert READ(words, "en-us").ways == pronounce(words).pronunciations
    assert len(READ(["of"], "pl").ways["of"]) == 1


def test_a_symbol_that_no_phone_stands_for_is_a_fault() -> None:
    assert not READ(["gnocchi"], "it").faults
    found = EspeakReader(SymbolTable({}))(["gnocchi", "ana"], "it")
    assert "ana" in found.ways
    assert "stands for no phone" in found.faults["gnocchi"]
