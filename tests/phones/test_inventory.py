"""The phones of English and the symbols of espeak-ng."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import ESPEAK, PHONES, fitted, phone_table, to_phones
from wfst_bias.phones.lexicon import PhoneTable

SYMBOLS = st.lists(st.sampled_from(sorted(ESPEAK)), max_size=6)


def test_the_symbols_stand_for_all_phones_and_no_others() -> None:
    assert {phone for phones in ESPEAK.values() for phone in phones} == PHONES.keys()
    assert 40 <= len(PHONES) <= 48
    assert all(ESPEAK.values())


@given(symbols=SYMBOLS)
def test_nothing_is_dropped_but_an_r_that_is_heard_already(symbols: list[str]) -> None:
    whole = [phone for symbol in symbols for phone in ESPEAK[symbol]]
    kept = list(to_phones(symbols))
    for phone in whole:
        if kept and phone == kept[0]:
            last = kept.pop(0)
        else:
            assert phone == "R"
            assert last in ("ER", "R")
    assert not kept


@given(symbols=SYMBOLS)
def test_a_symbol_of_several_others_says_at_least_one_phone_of_each_end(symbols: list[str]) -> None:
    run_together = to_phones(["".join(symbols)])
    assert bool(run_together) == bool(symbols)
    assert set(run_together) <= PHONES.keys()


@pytest.mark.parametrize(
    ("symbols", "phones"),
    [
        ("tʃ ɜː tʃ", "CH ER CH"),
        ("l ɪ ɾ əl", "L IH T AX L"),
        ("b ʌ ʔ n̩", "B AH T AX N"),
        ("h ɜː ɹ i", "HH ER IY"),
        ("dʒ ʊɹ ɹ i", "JH UH R IY"),
        ("k æ ɹ i", "K AE R IY"),
        ("f aɪɚ", "F AY ER"),
        ("ææ", "AE AE"),
        ("b l ɑ̃ k", "B L AA N K"),
        ("", ""),
    ],
)
def test_words(symbols: str, phones: str) -> None:
    assert to_phones(symbols.split()) == tuple(phones.split())


@pytest.mark.parametrize("symbol", ["ǃ", "ɑǃ", "(fr)", "ˈɑ"])
def test_a_symbol_that_stands_for_no_phone_is_named(symbol: str) -> None:
    with pytest.raises(InputError, match="stands for no phone"):
        to_phones(["t", symbol])


@pytest.mark.parametrize(
    ("phone", "found"),
    [("AH0", "AX"), ("AH1", "AH"), ("AX0", "AX"), ("EY2", "EY"), ("K", "K"), ("AX", "AX")],
)
def test_phones_of_the_cmu_dictionary_are_those_of_the_table(phone: str, found: str) -> None:
    assert fitted(phone, phone_table()) == found


def test_a_table_without_the_reduced_vowel_has_the_full_one_for_it() -> None:
    table = PhoneTable(("<blk>", "AH", "K1"))
    assert [fitted(phone, table) for phone in ("AX", "AH0", "AH2", "K1")] == ["AH"] * 3 + ["K1"]


@pytest.mark.parametrize("phone", ["K1", "EH3", "X", "eh", "<blk>", "", "AH01"])
def test_a_phone_that_the_table_lacks_is_refused(phone: str) -> None:
    with pytest.raises(InputError, match="a phone that the phone table lacks"):
        fitted(phone, phone_table())


def test_the_committed_table_is_the_one_made_here(repository: Path) -> None:
    assert PhoneTable.read(repository / "data/phones/phones.txt") == phone_table()


def test_the_documentation_gives_every_phone_and_symbol(repository: Path) -> None:
    lines = (repository / "data/phones/README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    examples = {row[0]: row[1] for row in rows if row[0] in PHONES}
    assert examples == PHONES
    documented = {
        symbol: tuple(row[0].split())
        for row in rows
        if set(row[0].split()) <= PHONES.keys()
        for symbol in row[2].split()
    }
    assert {s.replace("◌", ""): phones for s, phones in documented.items()} == ESPEAK
