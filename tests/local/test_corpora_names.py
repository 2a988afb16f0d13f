"""What a downloaded corpus has for lists: names where case is kept, rare words elsewhere."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("lhotse", reason="lhotse is an optional extra: pip install wfst-bias[corpora]")

from hypothesis import given
from hypothesis import strategies as st
from lhotse import SupervisionSegment, SupervisionSet

from local.corpora.names import (
    NAME,
    RARE_WORD,
    entities,
    frequent_words,
    names,
    write_names,
    written_words,
)
from local.synthetic.sentences import read_sentences
from wfst_bias.errors import InputError
from wfst_bias.score.comparison import comparison_words

FREQUENT = frozenset(["mr", "president", "the", "i", "thank", "commissioner", "and", "of"])
texts = st.lists(
    st.lists(st.sampled_from("abcdefgh"), max_size=8).map(" ".join), min_size=1, max_size=8
)


def utterance(text: str, original: str | None = None, name: str = "u") -> SupervisionSegment:
    custom = {} if original is None else {"orig_text": original}
    return SupervisionSegment(name, "r", 0.0, 1.0, text=text, custom=custom)


@given(texts, st.integers(0, 8))
def test_frequent_words_are_said_at_least_as_often_as_others(said: list[str], most: int) -> None:
    words = " ".join(said).split()
    frequent = frequent_words(said, most)
    others = set(words) - frequent
    assert len(frequent) <= most
    assert all(words.count(word) > 1 for word in frequent)
    if len(frequent) == most and frequent and others:
        assert min(map(words.count, frequent)) >= max(map(words.count, others))
    elif len(frequent) < most:
        assert all(words.count(word) == 1 for word in others)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mr President, I thank Mr Juncker.", ["Juncker"]),
        ("I thank Commissioner Jean-Claude Juncker and Ursula von der Leyen.",
         ["Jean-Claude Juncker", "Ursula", "Leyen"]),
        ("Juncker spoke. Barroso did not.", []),  # the first word says nothing
        ("Yes: Barroso did.", []),
        ("the Commissioner of Łódź, Kraków (Poland) and the “Rhône”",
         ["Łódź", "Kraków", "Poland", "Rhône"]),
        ("I thank the rapporteur", []),
        ("thank you, Mr President of the Council of Ministers of the Union",
         ["Council", "Ministers", "Union"]),
        ("", []),
    ],
)  # fmt: skip
def test_names_in_a_text_with_case(text: str, found: list[str]) -> None:
    assert list(names(text, FREQUENT)) == found


@given(st.text("Ab .,-(", max_size=20))
def test_written_words_are_those_compared(text: str) -> None:
    written = [word for each in written_words(text) for word in comparison_words(each.word)]
    assert written == list(comparison_words(text))


def test_entities_are_said_in_the_text() -> None:
    original = "We met Mr Juncker in 2009, with A7, and Juncker again."
    said = "we met mr juncker in two thousand and nine with a seven and juncker again"
    assert entities(utterance(said, original), FREQUENT) == (("Juncker", NAME),)


def test_without_case_entities_are_rare_words() -> None:
    found = entities(utterance("i thank the cardiologist and the registrar and"), FREQUENT)
    assert found == (("cardiologist", RARE_WORD), ("registrar", RARE_WORD))


def test_files(tmp_path) -> None:
    sets = {
        "train": [utterance("i take i take aspirin or ibuprofen")],
        "test": [utterance("i take warfarin", name="t-1"), utterance("i take", name="t-2")],
        "dev": [],
    }
    for name, utterances in sets.items():
        path = tmp_path / f"clinic_supervisions_{name}.jsonl.gz"
        SupervisionSet.from_segments(utterances).to_file(path)
    write_names(tmp_path / "clinic", "test", tmp_path)
    assert (tmp_path / "text.txt").read_text() == "i take i take aspirin or ibuprofen\n"
    pool = (tmp_path / "distractors.txt").read_text().splitlines()
    assert pool == [f"{word}\t{RARE_WORD}" for word in ("aspirin", "ibuprofen", "or")]
    first, second = read_sentences(tmp_path / "test.tsv")
    assert (first.utterance_id, first.entities) == ("t-1", (("warfarin", RARE_WORD),))
    assert second.entities == ()
    assert json.loads(second.line().split("\t")[3]) == []
    with pytest.raises(InputError, match=r"clinic_supervisions_dev\.jsonl\.gz: no utterance"):
        write_names(tmp_path / "clinic", "dev", tmp_path)
