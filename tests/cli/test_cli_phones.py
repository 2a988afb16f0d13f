"""The command `phones`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_calls import Called
from test_main import call_without

from wfst_bias.phones.lexicon import PhoneLexicon, PhoneTable

Call = Callable[..., Called]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("two\n\nzoë\none\ntwo\n", encoding="utf-8")
    return path


def test_words_and_text_become_one_sorted_lexicon(call: Call, words: Path, tmp_path: Path) -> None:
    pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
    text, out, table = tmp_path / "text", tmp_path / "new/lexicon.txt", tmp_path / "phones.txt"
    text.write_text("three two\none four\n")
    called = call("phones", "--words", words, "--text", text, "--out", out, "--table", table)
    assert (called.status, called.err) == (0, "")
    lexicon = PhoneLexicon.read(out)
    assert list(lexicon.pronunciations) == ["four", "one", "three", "two", "zoë"]
    assert called.out == f"5 words, {len(lexicon.phones)} phones\n"
    assert PhoneTable.read(table).ids.keys() > lexicon.phones


def test_the_language_is_that_of_the_flag(call: Call, words: Path, tmp_path: Path) -> None:
    pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
    words.write_text("north\n")
    out = tmp_path / "lexicon.txt"
    assert call("phones", "--words", words, "--language", "en-gb", "--out", out).status == 0
    assert out.read_text() == "north  N AO TH\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("one\ntwo three\n", "words.txt:2: expected one word a line: 'two three'"),
        ("\n\n", "words.txt: no words in the file"),
    ],
)
def test_what_is_no_list_of_words_is_refused(
    call: Call, words: Path, tmp_path: Path, text: str, complaint: str
) -> None:
    words.write_text(text)
    out = tmp_path / "lexicon.txt"
    assert complaint in call("phones", "--words", words, "--out", out).complaint
    assert not out.exists()


def test_text_without_words_is_refused(call: Call, words: Path, tmp_path: Path) -> None:
    words.write_text(" \n")
    called = call("phones", "--text", words, "--out", tmp_path / "lexicon.txt")
    assert "words.txt: no words in the file" in called.complaint


def test_a_call_without_words_is_refused(call: Call, tmp_path: Path) -> None:
    complaint = call("phones", "--out", tmp_path / "lexicon.txt").complaint
    assert complaint == "Missing option '--words' or '--text'; see wfst-bias phones --help"


@pytest.mark.parametrize("package", ["phonemizer", "espeakng_loader"])
def test_a_missing_package_is_named_with_its_extra(
    words: Path, tmp_path: Path, package: str
) -> None:
    pytest.importorskip("phonemizer", reason="needs the extra `g2p`")
    arguments = ["phones", "--words", str(words), "--out", str(tmp_path / "lexicon.txt")]
    found = call_without([package], arguments)
    assert found.returncode == 2
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"wfst-bias: {package} is needed ")
    assert line.endswith("pip install 'wfst-bias[g2p]'")
