"""Differences: every word of the hypothesis once, right where it is right."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from wfst_bias.report.differences import (
    ADDED,
    MISSING,
    OTHER,
    RIGHT,
    Text,
    aligned,
    differences,
)
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.wer import count_errors

TEXTS = st.lists(st.sampled_from(["a", "b", "B", "Ç-a", "&", "-", "a-b-c"]), max_size=6).map(
    " ".join
)


def compare(said: str, written: str) -> list[tuple[str, str, str]]:
    one, other = Text.of(said), Text.of(written)
    found = differences(one, other, aligned(one, other))
    return [(each.kind, each.written, each.said) for each in found]


@given(TEXTS)
@example("& &")
@example("- a -")
def test_pieces_have_all_of_a_text(text: str) -> None:
    cut = Text.of(text)
    assert " ".join(cut.pieces) == text
    assert cut.words == comparison_words(text)
    assert sum(cut.tokens) == len(text.split())
    assert [len(piece.split()) for piece in cut.pieces] == list(cut.tokens)
    if cut.words:
        assert all(cut.compared)


@given(TEXTS, TEXTS)
def test_every_piece_of_the_hypothesis_stands_there_once(said: str, written: str) -> None:
    found = compare(said, written)
    assert " ".join(text for _, text, _ in found if text) == written
    assert all((kind == MISSING) == (text == "") for kind, text, _ in found)
    assert all((kind == ADDED) == (text == "") for kind, _, text in found if kind != RIGHT)


@given(TEXTS, TEXTS)
def test_what_is_right_has_no_errors_and_what_has_none_is_right(said: str, written: str) -> None:
    one, other = Text.of(said), Text.of(written)
    has_errors = count_errors(aligned(one, other)).errors > 0
    found = differences(one, other, aligned(one, other))
    if one.words and other.words:
        assert any(each.kind != RIGHT for each in found) == has_errors


def test_examples() -> None:
    assert compare("we met Zoë", "we met zoe") == [
        (RIGHT, "we", "we"), (RIGHT, "met", "met"), (RIGHT, "zoe", "Zoë")
    ]  # fmt: skip
    assert compare("ask Lalucq now", "ask lana") == [
        (RIGHT, "ask", "ask"), (OTHER, "lana", "Lalucq"), (MISSING, "", "now")
    ]  # fmt: skip
    assert compare("it is", "it so is") == [
        (RIGHT, "it", "it"), (ADDED, "so", ""), (RIGHT, "is", "is")
    ]  # fmt: skip
    assert compare("Jean-Claude", "Jean Claude") == [
        (RIGHT, "Jean", "Jean-Claude"), (RIGHT, "Claude", "Jean-Claude")
    ]  # fmt: skip
    assert compare("Jean-Claude", "Jean") == [(OTHER, "Jean", "Jean-Claude")]
    assert compare("Marks & Spencer", "marks & spencer") == [
        (RIGHT, "marks", "Marks"), (RIGHT, "& spencer", "& Spencer")
    ]  # fmt: skip
    assert compare("yes", "") == [(MISSING, "", "yes")]
    assert compare("", "yes") == [(ADDED, "yes", "")]
    assert compare("yes", "&") == [(MISSING, "", "yes"), (ADDED, "&", "")]
