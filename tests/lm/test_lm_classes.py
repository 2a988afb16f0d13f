"""Phrases of a text that are counted as words of a named class."""

from __future__ import annotations

import itertools
import logging
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import read_arpa
from wfst_bias.lm.classes import ClassPhrases, NamedClass, read_class_phrases
from wfst_bias.lm.command import estimate_from_files
from wfst_bias.lm.estimate import LmOptions, estimate_lm
from wfst_bias.lm.score import NgramScorer

WORDS = st.sampled_from("abcd")
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
CLASSES = st.dictionaries(st.sampled_from(["<x>", "<y>"]), st.lists(PHRASES, max_size=4))
TEXT = [
    "we met mister ann lee in bled",
    "we met mister bo in bled",
    "mister ann lee met bo",
    "ann met us in green park",
]


def phrases(**classes: str) -> ClassPhrases:
    """Return classes from phrases with commas between."""
    return ClassPhrases.of(
        {f"<{name}>": [tuple(p.split()) for p in said.split(",")] for name, said in classes.items()}
    )


@given(CLASSES, st.lists(WORDS, max_size=8))
def test_the_longest_phrase_is_marked_from_the_left(
    classes: dict[str, list[tuple[str, ...]]], words: list[str]
) -> None:
    owner = {p: word for word, said in reversed(classes.items()) for p in reversed(said)}
    expected, rest = [], tuple(words)
    while rest:
        longest = max((n for n in range(1, 4) if rest[:n] in owner), default=0)
        expected.append(owner[rest[:longest]] if longest else rest[0])
        rest = rest[max(1, longest) :]
    assert ClassPhrases.of(classes).mark(" ".join(words)).split() == expected


def test_phrases_are_whole_words() -> None:
    marked = phrases(person="ann,ann lee").mark("annie ann lee annleee ann ann leex")
    assert marked == "annie <person> annleee <person> <person> leex"


@pytest.mark.parametrize("class_history", ["short", "full"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_phrases_count_as_the_class_word_in_the_text(class_history: str, order: int) -> None:
    options = LmOptions(order=order, class_history=class_history)
    found = phrases(person="ann lee,bo,ann", place="bled,green park")
    marked = [found.mark(sentence) for sentence in TEXT]
    lm = estimate_lm(marked, options, classes=ClassPhrases.of({"<person>": [], "<place>": []}))
    by_phrases = estimate_lm(TEXT, options, classes=found)
    assert lm.words[3:5] == by_phrases.words[3:5] == ("<person>", "<place>")
    assert lm.class_words == ("<unk>", "<person>", "<place>")
    scorer, other = NgramScorer(lm), NgramScorer(by_phrases)
    for history in [(), ("mister",), ("<person>",), ("in",), ("met", "<person>")]:
        for word in ("<person>", "<place>"):
            assert math.isfinite(scorer.log_prob(history, word))
    if order > 1:
        assert other.log_prob(("mister",), "<person>") > other.log_prob(("mister",), "<place>")
        assert other.log_prob(("in",), "<place>") > other.log_prob(("in",), "<person>")


@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_distribution_sums_to_one(order: int) -> None:
    found = phrases(person="ann lee,bo", place="bled", drug="aspirin")
    lm = estimate_lm(TEXT, LmOptions(order=order), {"in": 9, "bled": 2, "q": 4}, found)
    scorer = NgramScorer(lm)
    inner = [word for word in lm.words if word != "</s>"]
    for history in [(), *itertools.product(inner, repeat=min(1, order - 1))]:
        total = sum(math.exp(scorer.log_prob(history, word)) for word in lm.words)
        assert total == pytest.approx(1.0, abs=1e-9)


def test_short_history_ends_at_every_class() -> None:
    found = phrases(person="ann lee,bo", place="bled")
    lm = estimate_lm(TEXT, LmOptions(order=3), classes=found)
    for table in lm.ngrams[2:]:
        inside = {lm.words[i] for i in table.ids[:, 1:-1].ravel()}
        assert not inside & set(lm.class_words)


def test_words_of_phrases_may_be_known() -> None:
    counts = {"bled": 50, "met": 5}
    lm = estimate_lm(TEXT, LmOptions(order=2), counts, phrases(place="bled"))
    scorer = NgramScorer(lm)
    assert "bled" in lm.words
    assert scorer.log_prob(("in",), "<place>") > scorer.log_prob(("in",), "bled") > -math.inf


def test_classes_without_phrases_change_nothing() -> None:
    plain, other = estimate_lm(TEXT), estimate_lm(TEXT, classes=ClassPhrases())
    assert plain.words == other.words
    for one, same in zip(plain.ngrams, other.ngrams, strict=True):
        assert (one.log_probs == same.log_probs).all()
        assert (one.backoffs == same.backoffs).all()


@pytest.mark.parametrize(
    ("given", "word", "path"),
    [
        ("person", "<person>", None),
        ("person=a/b.txt", "<person>", Path("a/b.txt")),
        ("first-name=x=y", "<first-name>", Path("x=y")),
    ],
)
def test_a_class_is_named(given: str, word: str, path: Path | None) -> None:
    assert NamedClass.parse(given) == NamedClass(word, path)


@pytest.mark.parametrize("given", ["", "=x", "a b", "<person>", "person=", "s", "unk=x", "BOOST"])
def test_names_that_cannot_be_used(given: str) -> None:
    with pytest.raises(InputError, match=r"expected a class|reserved word"):
        NamedClass.parse(given)


def test_phrases_are_read_in_the_letters_of_the_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "people.txt"
    path.write_text("# people\nÁnn-Lee :3\nQX-19 ~bo\nBled <place>\nRoom 51\n", encoding="utf-8")
    named = [NamedClass("<person>", path), NamedClass("<place>")]
    with caplog.at_level(logging.WARNING):
        found = read_class_phrases(named, TEXT)
    assert found.mark("ann lee and bo in bled") == "<person> and <person> in <place>"
    assert "people.txt:5: letters that the text lacks" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ann :abc\n", r"people\.txt:1: expected a number as score"),
        ("Ann <place>\n", "a phrase of a class that is not declared: '<place>'"),
    ],
)
def test_files_of_phrases_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "people.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_class_phrases([NamedClass("<person>", path)], TEXT)
    with pytest.raises(InputError, match="cannot be read"):
        read_class_phrases([NamedClass("<person>", tmp_path / "none.txt")], TEXT)


def test_from_files_to_a_file(tmp_path: Path) -> None:
    text, people = tmp_path / "text.txt", tmp_path / "people.txt"
    text.write_text("\n".join([*TEXT, "we met <drug>"]), encoding="utf-8")
    people.write_text("Ann Lee\nBo\n", encoding="utf-8")
    named = [NamedClass("<person>", people), NamedClass("<drug>")]
    out = tmp_path / "lm.arpa"
    report = estimate_from_files([text], None, LmOptions(order=2), out, named)
    lm = read_arpa(out)
    assert lm.class_words == ("<unk>", "<person>", "<drug>")
    assert report.named == (("<person>", 4), ("<drug>", 1))
    assert report.vocabulary == len(lm.words) - 5
    with pytest.raises(InputError, match=r"text\.txt:5: a reserved word in the text: '<drug>'"):
        estimate_from_files([text], None, LmOptions(order=2), out, named[:1])
