"""ARPA files: what is written is read back, and what is broken is named with its line."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm, NgramTable, read_arpa, read_vocabulary, write_arpa

GOLDEN = """\
a comment before the header

\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-99\t<s>\t-0.5
-1\t</s>
-0.30103\té\t0.2
-2\t<unk>

\\2-grams:
-0.1\t<s> é
-0.4\té </s>

\\end\\
"""


def write_lines(folder: Path, text: str, name: str = "lm.arpa") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def make_table(order: int, rows: list[tuple[tuple[int, ...], float, float]]) -> NgramTable:
    ids = np.array([row[0] for row in rows], dtype=np.int32).reshape(-1, order)
    return NgramTable(ids, np.array([r[1] for r in rows]), np.array([r[2] for r in rows]))


@st.composite
def models(draw: st.DrawFn) -> NgramLm:
    words = ("<s>", "</s>", *draw(st.sampled_from([("a",), ("a", "é"), ("a", "b", "<OOV>")])))
    log_prob = st.just(-math.inf) | st.floats(-200.0, 0.0)
    order = draw(st.integers(1, 4))
    tables = []
    for n in range(1, order + 1):
        backoff = st.floats(-20.0, 20.0) if n < order else st.just(0.0)
        chosen = st.lists(st.tuples(*[st.integers(0, len(words) - 1)] * n), unique=True)
        ngrams = draw(chosen) if n > 1 else [(i,) for i in range(len(words))]
        tables.append(make_table(n, [(g, draw(log_prob), draw(backoff)) for g in ngrams]))
    return NgramLm(words, tuple(tables))


@settings(max_examples=60, deadline=None)
@given(lm=models(), name=st.sampled_from(["lm.arpa", "lm.arpa.gz"]))
def test_what_is_written_is_read_back(
    lm: NgramLm, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("arpa") / name
    write_arpa(lm, path)
    again = read_arpa(path)
    assert again.words == lm.words
    assert again.order == lm.order
    for table, expected in zip(again.ngrams, lm.ngrams, strict=True):
        np.testing.assert_array_equal(table.ids, expected.ids)
        np.testing.assert_allclose(table.log_probs, expected.log_probs, rtol=1e-7, atol=1e-6)
        np.testing.assert_allclose(table.backoffs, expected.backoffs, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("name", ["lm.arpa", "lm.arpa.gz"])
def test_equal_models_give_equal_bytes(tmp_path: Path, name: str) -> None:
    lm = read_arpa(write_lines(tmp_path, GOLDEN))
    write_arpa(lm, tmp_path / "first" / name)
    write_arpa(lm, tmp_path / "second" / name)
    assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_values_become_nats_and_minus_99_never(tmp_path: Path) -> None:
    lm = read_arpa(write_lines(tmp_path, GOLDEN))
    assert lm.words == ("<s>", "</s>", "é", "<unk>")
    unigrams, bigrams = lm.ngrams
    assert unigrams.log_probs[0] == -math.inf
    assert unigrams.log_probs[2] == pytest.approx(math.log(0.5), abs=1e-5)
    assert unigrams.backoffs.tolist() == pytest.approx(
        [-0.5 * math.log(10), 0.0, 0.2 * math.log(10), 0.0]
    )
    assert bigrams.ids.tolist() == [[0, 2], [2, 1]]
    assert not bigrams.backoffs.any()


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_and_byte_order_mark_do_not_matter(tmp_path: Path, ending: str) -> None:
    plain = read_arpa(write_lines(tmp_path, GOLDEN))
    body = GOLDEN[GOLDEN.index("\\data") :].replace("\n", ending)
    other = read_arpa(write_lines(tmp_path, "\ufeff" + body, "other.arpa"))
    assert other.words == plain.words
    assert other.ngrams[1].log_probs.tolist() == plain.ngrams[1].log_probs.tolist()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("<s>", "</s>", "a"), None),
        (("<s>", "</s>", "<OOV>"), "<OOV>"),
        (("<s>", "</s>", "<unk>", "<BOOST>"), "<BOOST>"),
    ],
)
def test_class_word(words: tuple[str, ...], expected: str | None) -> None:
    assert NgramLm(words, ()).class_word == expected


BROKEN = {
    "not an ARPA file": ("\\data\\", "data", None),
    "the header names no n-grams": ("ngram 1=4\nngram 2=2\n", "", 3),
    "expected `ngram 2=COUNT`": ("ngram 2=2", "ngram 3=2", 5),
    "the header says 5 1-grams, the section has: 4": ("ngram 1=4", "ngram 1=5", 7),
    "the header says 1 2-grams, the section has: 2": ("ngram 2=2", "ngram 2=1", 13),
    "expected `\\2-grams:`": ("\\2-grams:", "\\3-grams:", 13),
    "cut off before `\\end\\`": ("\\end\\\n", "", 17),
    "cut off before `\\2-grams:`": (GOLDEN[GOLDEN.index("<unk>\n") :], "", 11),
    "expected a line of a 2-gram": ("-0.1\t<s> é", "-0.1\té", 14),
    "expected numbers: 'x\\té </s>'": ("-0.4\té", "x\té", 15),
    "expected numbers: '-99\\t<s>\\tx'": ("<s>\t-0.5", "<s>\tx", 8),
    "expected finite numbers": ("-0.4\té", "nan\té", 15),
    "a probability above 1": ("-0.4\té", "0.4\té", 15),
    "a word that is not among the unigrams: 'e'": ("<s> é", "<s> e", 14),
    "a word given twice: '</s>'": ("<unk>", "</s>", 11),
    "an n-gram given twice": ("é </s>", "<s> é", 15),
    "<s> is not among the unigrams": ("<s>", "<b>", None),
    "</s> is not among the unigrams": ("</s>", "</b>", None),
}


@pytest.mark.parametrize(("message", "change"), BROKEN.items())
def test_broken_files_are_named_with_their_line(
    tmp_path: Path, message: str, change: tuple[str, str, int | None]
) -> None:
    old, new, line = change
    assert old in GOLDEN
    path = write_lines(tmp_path, GOLDEN.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_arpa(path)
    place = f"{path}: " if line is None else f"{path}:{line}: "
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    path.write_bytes(GOLDEN.encode("latin-1"))
    with pytest.raises(InputError, match=r"lm\.arpa:10: not UTF-8"):
        read_arpa(path)


@pytest.mark.parametrize("kept", [0.4, 0.9])
def test_compressed_file_cut_off(tmp_path: Path, kept: float) -> None:
    whole = gzip.compress(GOLDEN.encode())
    path = tmp_path / "lm.arpa.gz"
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(InputError, match="cut off"):
        read_arpa(path)


def test_name_in_gz_without_compression(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not gzip"):
        read_arpa(write_lines(tmp_path, GOLDEN, "lm.arpa.gz"))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_arpa(tmp_path / "none.arpa")


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(GOLDEN) - 1))
def test_a_file_cut_anywhere_is_an_input_error(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write_lines(tmp_path_factory.mktemp("cut"), GOLDEN[:cut])
    if GOLDEN[:cut].rstrip("\n").endswith("\\end\\"):
        assert read_arpa(path).order == 2
    else:
        with pytest.raises(InputError, match=r"lm\.arpa"):
            read_arpa(path)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("<s>", "</s>", "a"), ()),
        (("<person>", "<s>", "</s>", "<unk>", "a", "<place>"), ("<unk>", "<person>", "<place>")),
        (("<s>", "</s>", "<place>"), ("<place>",)),
        (("<unk>", "<BOOST>", "a<b>", "<>", "<", "[unk]"), ("<BOOST>", "<unk>", "[unk]")),
    ],
)
def test_class_words(words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert NgramLm(words, ()).class_words == expected


@settings(max_examples=30, deadline=None)
@given(lm=models())
def test_the_words_alone(lm: NgramLm, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("lm") / "lm.arpa.gz"
    write_arpa(lm, path)
    assert read_vocabulary(path) == tuple(word for word in lm.words if word[0] != "<")


def test_longer_ngrams_are_not_looked_at_for_the_words(tmp_path: Path) -> None:
    assert read_vocabulary(write_lines(tmp_path, GOLDEN.replace("-0.4\té", "x\ty"))) == ("é",)
    with pytest.raises(InputError, match=r"lm\.arpa:11: .*given twice"):
        read_vocabulary(write_lines(tmp_path, GOLDEN.replace("é\t0.2", "<unk>\t0.2")))
