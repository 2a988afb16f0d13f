"""The pronunciation lexicon and the phone table as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import fitted, phone_table
from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable

PHONES = st.sampled_from(("AA", "B", "K", "AX"))
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=6
).filter(lambda w: w.split() == [w] and not w.startswith((";;;", "\ufeff")) and ")" not in w)
VARIANTS = st.lists(
    st.lists(PHONES, min_size=1, max_size=4).map(tuple), min_size=1, max_size=3, unique=True
).map(tuple)


@given(entries=st.dictionaries(WORDS, VARIANTS, min_size=1))
def test_what_is_written_is_read_back(
    entries: dict[str, tuple[tuple[str, ...], ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lexicon") / "lexicon.txt"
    PhoneLexicon(entries).write(path)
    read = PhoneLexicon.read(path)
    assert read.pronunciations == entries
    assert list(read.pronunciations) == list(entries)


@given(entries=st.dictionaries(WORDS, VARIANTS, min_size=1), choose=st.data())
def test_words_are_said_one_after_the_other_in_the_usual_way(
    entries: dict[str, tuple[tuple[str, ...], ...]], choose: st.DataObject
) -> None:
    lexicon = PhoneLexicon(entries)
    words = choose.draw(st.lists(st.sampled_from(sorted(entries))))
    assert lexicon.phones_of(words) == [p for word in words for p in entries[word][0]]
    assert set(lexicon.phones_of(entries)) <= lexicon.phones


def read(tmp_path: Path, text: str) -> PhoneLexicon:
    path = tmp_path / "lexicon.txt"
    path.write_text(text, encoding="utf-8")
    return PhoneLexicon.read(path)


def test_a_dictionary_in_all_its_forms(tmp_path: Path) -> None:
    text = ";;; a comment\n\ntomato  T AX M EY T OW\nTOMATO  T\ntomato T AX M AA T OW\n"
    text += "tomato(3)\tT AX M\ntomato(4)  T AX M EY T OW\n(sic)  S IH K\nživ  ZH IH V\n"
    lexicon = read(tmp_path, text)
    said = {w: [" ".join(p) for p in v] for w, v in lexicon.pronunciations.items()}
    assert said == {
        "tomato": ["T AX M EY T OW", "T AX M AA T OW", "T AX M"],
        "TOMATO": ["T"],
        "(sic)": ["S IH K"],
        "živ": ["ZH IH V"],
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a  AX\nb\n", "lexicon.txt:2: expected `WORD  PHONE PHONE ...`: 'b'"),
        ("a(2)(3)  AX\n", "lexicon.txt:1: expected one (2) at most: 'a(2)(3)'"),
        ("\n", "lexicon.txt: no word in the pronunciation lexicon"),
        ("", "lexicon.txt: no word in the pronunciation lexicon"),
    ],
)
def test_a_line_that_says_nothing_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, text)
    assert complaint in str(raised.value)


def test_entries_of_the_cmu_dictionary_are_brought_into_the_table(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_text(";;; CMU\nAALBORG  AO1 L B AO0 R G # place, danish\nA(1)  EY1\nA  AH0\n")
    lexicon = PhoneLexicon.read(path, partial(fitted, table=phone_table()))
    assert lexicon.pronunciations == {
        "AALBORG": (("AO", "L", "B", "AO", "R", "G"),),
        "A": (("EY",), ("AX",)),
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a  AX\nb  K XX\n", "lexicon.txt:2: a phone that the phone table lacks: 'XX'"),
        ("a  # AX\n", "lexicon.txt:1: expected `WORD  PHONE PHONE ...`"),
        ("a  B AH3\n", "lexicon.txt:1: a phone that the phone table lacks: 'AH3'"),
    ],
)
def test_a_line_with_a_phone_of_another_inventory_is_named(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        PhoneLexicon.read(path, partial(fitted, table=phone_table()))
    assert complaint in str(raised.value)


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_bytes(b"a  AX\n\xe9t\xe9  EY\n")
    with pytest.raises(InputError, match=r"lexicon\.txt:2: not UTF-8"):
        PhoneLexicon.read(path)


def test_an_unknown_word_is_named() -> None:
    lexicon = PhoneLexicon({"a": (("AX",),)})
    with pytest.raises(InputError, match=r"lexicon lacks: 'zoë'; add it: wfst-bias phones"):
        lexicon.phones_of(["a", "zoë"])


@pytest.mark.parametrize("word", ["", "a b", "a\u00a0b", "a(2)", ";;;a", " a"])
def test_a_word_that_no_line_can_hold(word: str) -> None:
    with pytest.raises(InputError, match="cannot hold"):
        PhoneLexicon({word: (("AX",),)})


@pytest.mark.parametrize("variants", [(), ((),), (("AX",), ())])
def test_a_word_without_phones(variants: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(InputError, match="a word without a pronunciation: 'a'"):
        PhoneLexicon({"a": variants})


@pytest.mark.parametrize("phone", ["", "A B", "#A"])
def test_a_phone_that_no_line_can_hold(phone: str) -> None:
    with pytest.raises(InputError, match="a phone of 'a'"):
        PhoneLexicon({"a": ((phone,),)})


@given(phones=st.lists(WORDS.filter(lambda w: w != "<blk>"), min_size=1, unique=True))
def test_a_table_is_read_back_and_numbers_its_phones(
    phones: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("table") / "phones.txt"
    table = PhoneTable(("<blk>", *phones))
    table.write(path)
    assert PhoneTable.read(path) == table
    assert table.size == len(phones) + 1
    assert table.ids_of(phones) == list(range(1, table.size))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "phones.txt: expected <blk> as the first symbol: ()"),
        ("AA 0\n<blk> 1\n", "phones.txt: expected <blk> as the first symbol: ('AA',)"),
        ("<blk> 0\n", "phones.txt: no phone beside <blk>"),
        ("<blk> 0\nAA 2\n", "phones.txt:2: expected `SYMBOL 1`: 'AA 2'"),
        ("<blk> 0\nAA one\n", "phones.txt:2: expected `SYMBOL 1`: 'AA one'"),
        ("<blk> 0\nAA\n", "phones.txt:2: expected `SYMBOL 1`: 'AA'"),
        ("<blk> 0\nAA 1\nAA 2\n", "phones.txt: a symbol given twice: 'AA'"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "phones.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        PhoneTable.read(path)
    assert str(raised.value).endswith(complaint)


@pytest.mark.parametrize("phone", ["B", "<blk>"])
def test_a_phone_without_a_column_is_named(phone: str) -> None:
    with pytest.raises(InputError, match=f"the phone table lacks: '{phone}'"):
        PhoneTable(("<blk>", "AA")).ids_of(["AA", phone])


@pytest.mark.parametrize("symbol", ["", "A A"])
def test_a_symbol_that_no_line_can_hold(symbol: str) -> None:
    with pytest.raises(InputError, match="white space"):
        PhoneTable(("<blk>", symbol))
