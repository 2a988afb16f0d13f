"""Word errors: published definitions by hand, properties, and a brute-force oracle."""

from __future__ import annotations

import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.score.wer import NO_WORD, ErrorCounts, align, count_errors, count_errors_by_class

sentences = st.lists(st.sampled_from("abc"), max_size=7)
rare_sets = st.sets(st.sampled_from("abc"))


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("the cat sat", "the cat sat", ErrorCounts(0, 0, 0, 3)),
        ("the cat sat", "the bat sat", ErrorCounts(1, 0, 0, 3)),
        ("the cat sat", "the sat", ErrorCounts(0, 1, 0, 3)),
        ("the cat sat", "oh the cat sat", ErrorCounts(0, 0, 1, 3)),
        ("the cat", "", ErrorCounts(0, 2, 0, 2)),
        ("", "the cat", ErrorCounts(0, 0, 2, 0)),
        ("", "", ErrorCounts(0, 0, 0, 0)),
    ],
)
def test_counts_by_hand(reference: str, hypothesis: str, expected: ErrorCounts) -> None:
    assert count_errors(align(reference.split(), hypothesis.split())) == expected


def test_an_error_is_charged_to_its_reference_word_and_an_insertion_to_itself() -> None:
    rare = {"lubiana", "zelensky"}
    pairs = [
        ("visit", "visit"),
        ("lubiana", "banana"),  # substitution of a rare word: B
        ("with", "zelensky"),  # substitution by a rare word: still U
        ("zelensky", NO_WORD),  # B
        ("today", NO_WORD),  # U
        (NO_WORD, "lubiana"),  # a rare word inserted: B
        (NO_WORD, "now"),  # U
    ]
    counts = count_errors_by_class(pairs, rare)
    assert counts.biased == ErrorCounts(1, 1, 1, 2)
    assert counts.unbiased == ErrorCounts(1, 1, 1, 3)
    assert counts.all.rate == 6 / 5


def test_a_word_of_a_rare_phrase_is_rare_in_its_place_only() -> None:
    reference = ["of", "course", "port", "of", "spain"]
    pairs = align(reference, ["course", "port", "spain"])
    counts = count_errors_by_class(pairs, {"port", "of", "spain"}, {2, 3, 4})
    assert counts.unbiased == ErrorCounts(0, 1, 0, 2)
    assert counts.biased == ErrorCounts(0, 1, 0, 3)


@given(sentences, sentences, rare_sets)
def test_places_of_single_rare_words_change_nothing(
    reference: list[str], hypothesis: list[str], rare: set[str]
) -> None:
    pairs = align(reference, hypothesis)
    places = {place for place, word in enumerate(reference) if word in rare}
    assert count_errors_by_class(pairs, rare, places) == count_errors_by_class(pairs, rare)


def test_the_rate_without_reference_words_is_nan() -> None:
    assert math.isnan(ErrorCounts(insertions=2).rate)


def test_of_equally_many_errors_the_alignment_with_more_matches_wins() -> None:
    # Two substitutions are as many errors as a deletion and an insertion.
    assert ("b", "b") in align(["a", "b"], ["b", "c"])


@given(sentences, sentences, rare_sets)
def test_the_classes_add_up_to_all_errors(
    reference: list[str], hypothesis: list[str], rare: set[str]
) -> None:
    pairs = align(reference, hypothesis)
    assert count_errors_by_class(pairs, rare).all == count_errors(pairs)


@given(sentences)
def test_a_perfect_hypothesis_has_no_errors(reference: list[str]) -> None:
    assert count_errors(align(reference, reference)) == ErrorCounts(0, 0, 0, len(reference))


@given(sentences, sentences)
def test_an_alignment_keeps_both_sentences(reference: list[str], hypothesis: list[str]) -> None:
    pairs = align(reference, hypothesis)
    assert [r for r, _ in pairs if r != NO_WORD] == reference
    assert [h for _, h in pairs if h != NO_WORD] == hypothesis


@given(sentences, sentences)
def test_an_alignment_is_as_cheap_as_the_cheapest(
    reference: list[str], hypothesis: list[str]
) -> None:
    counts = count_errors(align(reference, hypothesis))
    cost = 3 * (counts.insertions + counts.deletions) + 4 * counts.substitutions
    assert cost == cheapest(tuple(reference), tuple(hypothesis))


@cache
def cheapest(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> int:
    if not reference or not hypothesis:
        return 3 * (len(reference) + len(hypothesis))
    return min(
        4 * (reference[0] != hypothesis[0]) + cheapest(reference[1:], hypothesis[1:]),
        3 + cheapest(reference[1:], hypothesis),
        3 + cheapest(reference, hypothesis[1:]),
    )
