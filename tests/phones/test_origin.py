"""The language of a name, and what symbols of other languages become."""

from __future__ import annotations

from pathlib import Path

import pytest

from wfst_bias.errors import InputError
from wfst_bias.phones.inventory import ESPEAK
from wfst_bias.phones.origin import LanguageGuesser
from wfst_bias.phones.symbols import SymbolTable

GUESSER = LanguageGuesser.read()


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Łukasz Kohut", "pl"), ("Sánchez Jiménez", "es"), ("Ursula Schröder", "de"),
        ("Jérôme Rousseau", "fr-fr"), ("Antonio Paolucci", "it"), ("Jiří Dvořák", "cs"),
        ("György Szabó", "hu"), ("Traian Băsescu", "ro"), ("João Gonçalves", "pt"),
        ("Åke Åkesson", "sv"), ("Sirpa Väyrynen", "fi"), ("Mehmet Çavuşoğlu", "tr"),
        ("ŁUKASZ", "pl"), ("W. Dvořák-Nováková", "cs"),
    ],
)  # fmt: skip
def test_the_spelling_tells_the_language(name: str, language: str) -> None:
    assert GUESSER.guess(name)[0] == language


@pytest.mark.parametrize("name", ["John Smith", "Mary Walker", "", "42", "aspirin"])
def test_an_english_name_is_from_nowhere_else(name: str) -> None:
    assert GUESSER.guess(name) == ()


@pytest.mark.parametrize("line", ["pl\tł\t4", "pl\t^\t4\tx", "pl\tł\tmuch\tx", "pl\tł\tnan\tx"])
def test_lines_of_evidence_that_are_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "languages.tsv"
    path.write_text(f"# x\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"languages.tsv:2: expected LANGUAGE"):
        LanguageGuesser.read(path)
    path.write_text("")
    with pytest.raises(InputError, match="no evidence"):
        LanguageGuesser.read(path)


def test_symbols_of_a_language_go_before_those_of_all(tmp_path: Path) -> None:
    path = tmp_path / "symbols.tsv"
    path.write_text("*\tx\tK\ta\nes\tx\tHH\tb\n*\tˀ\t-\tc\n", encoding="utf-8")
    table = SymbolTable.read(path)
    assert table.of("es")["x"] == ("HH",)
    assert table.of("pl")["x"] == ("K",)
    assert table.of("pl")["ˀ"] == ()
    assert table.of("en-us") == ESPEAK
    for text, complaint in (
        ("*\tx\tK\n", "symbols.tsv:1: expected LANGUAGE"),
        ("*\tx\tQ\ta\n", "symbols.tsv:1: no phone of phones.txt: 'Q'"),
        ("*\tx\tK\ta\n*\tx\tT\ta\n", "symbols.tsv:2: a symbol given twice: 'x'"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=complaint):
            SymbolTable.read(path)
