"""Sets of sentences: written, read back, and broken ones refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.sentences import Sentence, read_sentences, word_sequences
from wfst_bias.errors import InputError

texts = st.text("abŠ'\"\\\\ ", max_size=9)
sentences = st.builds(
    Sentence,
    utterance_id=st.from_regex(r"[a-z]-[0-9]{4}", fullmatch=True),
    text=texts,
    spoken=texts,
    entities=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


@given(st.lists(sentences, min_size=1, max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, written: list[Sentence]
) -> None:
    path = tmp_path_factory.getbasetemp() / "set.tsv"
    path.write_text("".join(sentence.line() for sentence in written), "utf-8")
    assert read_sentences(path) == tuple(written)


BROKEN = ["a\tb\tc", "a\tb\tc\t{", 'a\tb\tc\t[{"text": "x"}]', "a\tb\tc\t3"]


@pytest.mark.parametrize("line", BROKEN)
def test_broken_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "test.tsv"
    path.write_text(f"a\tb\tb\t[]\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=r"test.tsv:2: expected id, text, spoken"):
        read_sentences(path)


def test_empty_set(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text("", "utf-8")
    with pytest.raises(InputError, match=r"test.tsv: no sentence"):
        read_sentences(path)


def test_word_sequences() -> None:
    assert set(word_sequences(["a", "b", "c"], 2)) == {
        ("a",), ("b",), ("c",), ("a", "b"), ("b", "c"),
    }  # fmt: skip
    assert list(word_sequences(["a"], 5)) == [("a",)]
    assert list(word_sequences([], 5)) == []
