"""The form in which words are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.score.comparison import comparison_words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Łukasz Kohut", "lukasz kohut"),
        ("Jean-Claude  Juncker", "jean claude juncker"),
        ("O’Brien's", "o'brien's"),
        ("Straße, St. Pölten", "strasse st polten"),
        ("J.K. Rowling (UK)", "jk rowling uk"),
        ("İstanbul ŒUVRE", "istanbul oeuvre"),
        ("e\u0301tat", "etat"),
        ("wait…what", "wait what"),
        ("Ελλάδα 2", "ελλαδα 2"),
        ("", ""),
    ],
)
def test_examples(written: str, words: str) -> None:
    assert comparison_words(written) == tuple(words.split())


@given(st.text(max_size=20))
def test_comparing_twice_changes_nothing(text: str) -> None:
    words = comparison_words(text)
    assert comparison_words(" ".join(words)) == words


@given(st.text(alphabet="abcxyz' ", max_size=20))
def test_what_a_recognizer_of_plain_letters_writes_stays(text: str) -> None:
    assert comparison_words(text) == tuple(text.split())
