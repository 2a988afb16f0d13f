"""Entities put in place of words: right ones, false ones, harmful ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.formats.outputs import write_outputs
from wfst_bias.formats.results import EntitySpan, LookedUp, Result, Word
from wfst_bias.score.replacements import (
    Replaced,
    ReplacementCounts,
    count_replacements,
    read_replacements,
)
from wfst_bias.score.score_files import score_replacements

RIGHT, FALSE = ReplacementCounts(right=1), ReplacementCounts(false=1)
HARMFUL = ReplacementCounts(false=1, harmful=1)


def count(reference: str, hypothesis: str, *replaced: tuple[int, str, str]) -> ReplacementCounts:
    """Count replacements, each a place, the words there, and those before."""
    made = [
        Replaced(first, tuple(words.split()), tuple(before.split()), line)
        for line, (first, words, before) in enumerate(replaced, start=1)
    ]
    return count_replacements(reference, hypothesis, made, "spans")


def test_right_false_and_harmful_ones():
    said = "we met zoe kim at bled"
    assert count(said, "we met Zoë Kim at bled", (2, "Zoë Kim", "so he")) == RIGHT
    assert count(said, "we met Zola at bled", (2, "Zola", "so he")) == FALSE
    assert count(said, "we met zoe kim at Blet", (5, "Blet", "bled")) == HARMFUL
    assert count(said, "we met Zoë Kim at Blet", (2, "Zoë Kim", "so"), (5, "Blet", "bled")) == (
        RIGHT + HARMFUL
    )
    assert count(said, said) == ReplacementCounts()


def test_a_word_that_is_right_elsewhere_is_false():
    assert count("bled is here", "Bled is Bled", (2, "Bled", "hear")) == FALSE


def test_hyphens_make_words_and_change_no_place():
    said = "jean claude met zoe"
    assert count(said, "Jean-Claude met Zoë", (2, "Zoë", "so")) == RIGHT
    assert count(said, "Jean-Claude met Zoë", (0, "Jean-Claude", "john"), (2, "Zoë", "so")) == (
        RIGHT + RIGHT
    )


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.data())
def test_undoing_right_ones_never_helps(words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    before = data.draw(st.sampled_from("abc"))
    text = " ".join(words)
    assert count(text, text, (first, words[first], before)) == RIGHT


@pytest.mark.parametrize("replaced", [(2, "zoe", "x"), (9, "Zola", "x"), (-1, "Zola", "x")])
def test_spans_of_other_hypotheses_are_refused(replaced):
    with pytest.raises(InputError, match="spans:1: the hypothesis has other words there"):
        count("we met zoe", "we met Zola", replaced)


def test_what_decode_writes_is_read(tmp_path: Path) -> None:
    why = LookedUp(("so", "he"), ("S", "OW"), ("Z", "OW"), 1.0, 2.5)
    spans = (
        EntitySpan("Ann Lee", 0.0, 1.0, 0.9, 11.0, 0, 1),
        EntitySpan("Zoë", 2.0, 3.0, 0.9, 0.0, 2, 1, looked_up=why),
    )
    words = tuple(Word(text, i, i + 1.0, 0.9) for i, text in enumerate(("Ann Lee", "met", "Zoë")))
    write_outputs([Result("u", words, spans)], tmp_path)
    found = read_replacements(tmp_path / "entities.jsonl")
    assert found == {"u": [Replaced(3, ("Zoë",), ("so", "he"), 2)]}
    (_, line) = (tmp_path / "entities.jsonl").read_text().splitlines()
    written = json.loads(line)
    assert written["source"] == "lexicon-lookup"
    assert (written["heard_phones"], written["entity_phones"]) == ("S OW", "Z OW")
    assert (written["phone_cost"], written["phone_loss_nats"]) == (1.0, 2.5)
    (tmp_path / "ref.tsv").write_text("u\tann lee met zoe\t[]\t[]\n")
    files = [tmp_path / name for name in ("ref.tsv", "text", "entities.jsonl")]
    assert score_replacements(*files) == RIGHT
    (tmp_path / "text").write_text("v ann\n")
    with pytest.raises(InputError, match="no utterance 'u'"):
        score_replacements(*files)


@pytest.mark.parametrize(
    "line",
    [
        "no json", "[]", "3", '{"source": "lexicon-lookup"}',
        '{"source": "lexicon-lookup", "utterance": "u", "first_word": "x", "words": [], '
        '"replaced": []}',
    ],
)  # fmt: skip
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text('{"utterance": "u", "entity": "x"}\n' + line + "\n")
    with pytest.raises(InputError, match=r"spans\.jsonl:2: expected an entity span"):
        read_replacements(path)
