"""Which words the model knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.lm.vocabulary import choose_vocabulary, count_words, read_word_counts

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 9))


def test_count_words_keeps_case() -> None:
    assert count_words(["a  b", "", "A b"]) == {"a": 1, "b": 2, "A": 1}


def test_read_word_counts(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("the\t12\n\nzürich\t3\n")
    assert read_word_counts(path) == {"the": 12, "zürich": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\t1\nb 2\n", "2: expected `WORD<TAB>COUNT`: 'b 2'"),
        ("a\t1\nb c\t2\n", "2: expected `WORD<TAB>COUNT`"),
        ("a\t1\nb\t-2\n", "2: expected `WORD<TAB>COUNT`"),
        ("a\t1\n\t2\n", "2: expected `WORD<TAB>COUNT`"),
        ("a\t1\na\t2\n", "2: a word given twice: 'a'"),
        ("a\t1\n<s>\t2\n", "2: a sentence mark is not a word"),
        ("a\t0\n", " no words with a count above 0"),
        ("", " no words with a count above 0"),
    ],
)
def test_broken_word_counts(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_word_counts(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_a_single_occurrence_does_not_make_a_word_known() -> None:
    assert choose_vocabulary({"a": 5, "b": 2, "c": 1}, None, 10) == ("a", "b")
    assert choose_vocabulary({"a": 5, "b": 2, "c": 1}, {"c": 1}, 10) == ("c", "a", "b")


def test_the_text_is_not_crowded_out_by_a_large_collection() -> None:
    text = {"the": 198, "zelensky": 2}
    outside = {"the": 500_000} | {f"word{i}": 900 for i in range(500)}
    assert choose_vocabulary(text, outside, 3) == ("the", "zelensky", "word0")


@given(text=COUNTS, outside=st.none() | COUNTS, size=st.integers(1, 10))
def test_smaller_vocabularies_are_prefixes(
    text: dict[str, int], outside: dict[str, int] | None, size: int
) -> None:
    everything = choose_vocabulary(text, outside, 100)
    assert choose_vocabulary(text, outside, size) == everything[:size]
    assert set(everything) == {w for w, c in text.items() if c >= 2} | {
        w for w, c in (outside or {}).items() if c
    }


@given(text=COUNTS, outside=COUNTS)
def test_the_order_of_the_counts_changes_nothing(
    text: dict[str, int], outside: dict[str, int]
) -> None:
    reversed_text = dict(reversed(text.items()))
    reversed_outside = dict(reversed(outside.items()))
    assert choose_vocabulary(text, outside, 5) == choose_vocabulary(
        reversed_text, reversed_outside, 5
    )
