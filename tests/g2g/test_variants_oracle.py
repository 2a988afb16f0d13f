"""Variants against brute force: every way to apply the rules to a short word."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.g2g.derivation import derive
from wfst_bias.g2g.finder import Limits, VariantFinder
from wfst_bias.g2g.table import END, START, Rule, RuleKind, RuleTable, stepped

LETTERS = {"a": "a", "b": "b", "ć": "b", "h": ""}
MOST = 3.0
COSTS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.0])
WORDS = st.lists(st.text("abćh", min_size=1, max_size=4), min_size=1, max_size=5, unique=True)
SPELLED = st.lists(st.sampled_from("abćh"), min_size=1, max_size=2)
PHONES = st.lists(st.sampled_from(["AA", "B"]), min_size=1, max_size=2)
WRITTEN = st.lists(st.sampled_from("ab_"), max_size=2)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(list(RuleKind)))
    left = draw(SPELLED if kind is not RuleKind.WRITE else PHONES)
    right = draw(PHONES if kind is RuleKind.READ else WRITTEN)
    start, end = draw(st.booleans()), draw(st.integers(0, 3)) == 0
    return Rule(kind, tuple(left), tuple(right), draw(COSTS), "", start and not end, end)


TABLES = st.lists(
    rules(), min_size=1, max_size=8, unique_by=lambda r: (r.left_text, r.right_text)
).map(lambda found: RuleTable(tuple(found)))


def every_variant(word: str, table: RuleTable) -> dict[str, float]:
    """Return what the rules make of a word, with the least cost of each, by trying everything."""
    reading = [(r.anchored(r.left), r.anchored(r.right), stepped(r.cost))
               for r in table.rules if r.kind is not RuleKind.WRITE]  # fmt: skip
    writing = [(r.anchored(r.left), r.right, stepped(r.cost)) for r in table.of(RuleKind.WRITE)]
    reading += [((c,), tuple(plain), 0.0) for c, plain in {**LETTERS, "^": "^", "$": "$"}.items()]
    writing += [((c,), (c,), 0.0) for c in "ab_"] + [(("^",), (), 0.0), (("$",), (), 0.0)]
    found: dict[str, float] = {}
    for middle, cost in _apply((START, *word, END), tuple(reading)):
        for text, further in _apply(middle, tuple(writing)):
            spelled = " ".join("".join(text).split("_"))
            if cost + further <= MOST and spelled.strip():
                key = spelled
                found[key] = min(found.get(key, cost + further), cost + further)
    return found


@cache
def _apply(symbols: tuple[str, ...], chains: tuple) -> list[tuple[tuple[str, ...], float]]:
    if not symbols:
        return [((), 0.0)]
    return [
        ((*right, *rest), cost + more)
        for left, right, cost in chains
        if symbols[: len(left)] == left
        for rest, more in _apply(symbols[len(left) :], chains)
        if cost + more <= MOST
    ]


@settings(max_examples=80)
@given(WORDS, TABLES)
def test_all_variants_are_found_at_their_least_cost(words: list[str], table: RuleTable) -> None:
    finder = VariantFinder(table, LETTERS, Limits(10_000, MOST))
    found = finder(words)
    for word in words:
        own = "".join(LETTERS[c] for c in word)
        expected = {**every_variant(word, table), own: 0.0}
        assert dict(found[word]) == pytest.approx(expected, abs=1e-3)
        assert found[word][0] == (own, 0.0)
        assert [c for _, c in found[word]] == sorted(c for _, c in found[word])
        assert len({text for text, _ in found[word]}) == len(found[word])


@settings(max_examples=40)
@given(WORDS, TABLES, st.integers(1, 6))
def test_the_n_best_are_the_cheapest_whatever_the_other_words(
    words: list[str], table: RuleTable, n_best: int
) -> None:
    all_found = VariantFinder(table, LETTERS, Limits(10_000, MOST))(words)
    together = VariantFinder(table, LETTERS, Limits(n_best, MOST))(words)
    for word in words:
        alone = VariantFinder(table, LETTERS, Limits(n_best, MOST))([word])[word]
        assert together[word] == alone
        costs = [cost for _, cost in all_found[word]][:n_best]
        assert [cost for _, cost in alone] == pytest.approx(costs, abs=1e-3)
        assert set(alone) <= set(all_found[word])


@settings(max_examples=40)
@given(st.text("abćh", min_size=1, max_size=4), TABLES)
def test_the_derivation_of_a_variant_costs_what_the_variant_does(
    word: str, table: RuleTable
) -> None:
    for text, cost in VariantFinder(table, LETTERS, Limits(8, MOST))([word])[word]:
        found = derive(word, text.replace(" ", "_"), table, LETTERS, MOST)
        assert found is not None
        assert found.cost == pytest.approx(cost, abs=1e-3)
        assert sum(stepped(rule.cost) for rule in found.rules) == pytest.approx(cost, abs=1e-3)
    assert derive(word, "bbbbbbbbbbbbbbbbbbbbbbbb", table, LETTERS, MOST) is None
