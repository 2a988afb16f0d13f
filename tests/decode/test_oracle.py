"""The decoder against enumeration of every path and reading, with and without lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from factories import (
    CHARACTERS,
    PIECES,
    SCALES,
    decoder,
    entity_line,
    entity_list,
    never_unknown,
    planted_log_probs,
    random_log_probs,
    small_lm,
    spoken,
    token_table,
    without_unknown,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Oracle, Texts, ranked

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.entities.list_file import ListLine
from wfst_bias.formats.results import Result
from wfst_bias.graph.scales import Scales
from wfst_bias.lm.arpa import NgramLm

TABLES = st.sampled_from([CHARACTERS, PIECES])
FRAMES = {CHARACTERS: 6, PIECES: 5}
WORDS = st.text("ab", min_size=1, max_size=3)
# The last sentence makes sure that the model knows a word.
SENTENCES = st.lists(
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6
).map(lambda sentences: [*sentences, "a b a"])
LMS = st.builds(small_lm, SENTENCES, order=st.integers(1, 3), min_word_count=st.integers(1, 2))
SCALED = st.builds(
    Scales,
    lm_scale=st.sampled_from([0.0, 0.5, 1.0, 1.7]),
    spelling_nats=st.sampled_from([-2.0, 0.0, 0.5]),
    class_nats=st.sampled_from([-2.0, 0.0, 0.5]),
    word_nats=st.sampled_from([-1.0, 0.0, 0.7]),
)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
ENTITIES = st.dictionaries(PHRASES, st.floats(0, 9, width=16), max_size=5).map(
    lambda scores: [entity_line(p, s, written=p.title()) for p, s in scores.items()]
)
ADAPTIVE = st.builds(
    AdaptiveOptions,
    gap_scale=st.floats(0.125, 1, width=16),
    most_nats=st.sampled_from([0.5, 4.0]),
    best_tokens=st.integers(1, 9),
    least_log_prob=st.sampled_from([-3.0, -12.0]),
)
CLASSES = st.dictionaries(
    st.sampled_from(["<person>", "<place>"]), st.lists(PHRASES, max_size=3), min_size=1
)
# Most sentences say a class, so that a few of them tell where it stands. The last but one makes it
# likely that something follows a word of the class of unknown ones.
SLOTTED = st.lists(
    st.lists(WORDS | st.sampled_from(["<person>", "<place>"]), min_size=1, max_size=4),
    min_size=1,
    max_size=6,
).map(lambda sentences: [*map(" ".join, sentences), "abb a", "a b <person> <place> a"])
CLASS_LMS = st.builds(
    lambda sentences, phrases, **options: small_lm(
        sentences, classes={"<person>": [], "<place>": [], **phrases}, **options
    ),
    SLOTTED,
    CLASSES,
    order=st.integers(1, 3),
    min_word_count=st.integers(1, 2),
)
CLASSED = st.dictionaries(
    PHRASES,
    st.tuples(
        st.floats(0, 9, width=16), st.sets(st.sampled_from(["<person>", "<place>", "<drug>"]))
    ),
    max_size=5,
).map(
    lambda found: [
        entity_line(p, score, written=p.title(), classes=classes)
        for p, (score, classes) in found.items()
    ]
)
N_BEST = 10


def agree(result: Result, expected: Texts, n_best: int = N_BEST) -> None:
    """Assert that a result holds the best texts with their scores."""
    best = ranked(expected)[:n_best]
    assert [e.score for e in result.nbest] == pytest.approx([s for _, s in best], abs=1e-3)
    found = {entry.words: entry.score for entry in result.nbest}
    assert len(found) == len(result.nbest), "texts are distinct"
    assert found == pytest.approx({t: expected[t] for t in found}, abs=1e-3)
    assert tuple(" ".join(w.text for w in result.words).split()) == result.nbest[0].words
    assert result.score == result.nbest[0].score


def check(
    symbols: Sequence[str],
    lm: NgramLm,
    scales: Scales,
    lines: list[ListLine] | None,
    seed: int,
    n_best: int = N_BEST,
    adaptive: AdaptiveOptions | None = None,
) -> None:
    """Assert that decoder and oracle agree on random log-probabilities of every length."""
    d = decoder(symbols, lm, scales, n_best=n_best, adaptive=adaptive)
    names = None if lines is None else entity_list(d, lines)
    oracle = Oracle(token_table(symbols), lm, scales, lines or (), adaptive)
    inputs = {str(n): random_log_probs(seed + n, n, len(symbols)) for n in range(FRAMES[symbols])}
    for result in d.decode(inputs, names):
        agree(result, oracle.texts(inputs[result.utterance_id]), n_best)


@settings(max_examples=15, deadline=None)
@given(TABLES, LMS, SCALED, st.integers(0, 10_000))
def test_search_finds_the_best_texts(symbols, lm, scales, seed):
    check(symbols, lm, scales, None, seed)


@settings(max_examples=25, deadline=None)
@given(TABLES, LMS, SCALED, ENTITIES, st.integers(0, 10_000), st.integers(1, N_BEST))
def test_search_finds_the_best_texts_with_a_list(symbols, lm, scales, lines, seed, n_best):
    check(symbols, lm, scales, lines, seed, n_best)


@settings(max_examples=25, deadline=None)
@given(TABLES, LMS, SCALED, ENTITIES, st.integers(0, 10_000), ADAPTIVE)
def test_search_finds_the_best_texts_with_adaptive_boost(
    symbols, lm, scales, lines, seed, adaptive
):
    check(symbols, lm, scales, lines, seed, adaptive=adaptive)


@settings(max_examples=40, deadline=None)
@given(TABLES, CLASS_LMS, SCALED, CLASSED, st.integers(0, 10_000))
def test_search_finds_the_best_texts_with_classes(symbols, lm, scales, lines, seed):
    check(symbols, lm, scales, lines, seed)


@settings(max_examples=10, deadline=None)
@given(TABLES, CLASS_LMS, SCALED, CLASSED, st.integers(0, 10_000), ADAPTIVE)
def test_search_finds_the_best_texts_with_classes_and_adaptive_boost(
    symbols, lm, scales, lines, seed, adaptive
):
    check(symbols, lm, scales, lines, seed, adaptive=adaptive)


@pytest.mark.parametrize("order", [2, 3])
def test_a_class_begins_where_the_history_says_nothing_of_it(order):
    sentences = ["a a b", "b a b a", "a b", "b <person> a", "<person> <place> b"] * 2
    lm = small_lm([*sentences, "ba a"], order, classes={"<person>": [], "<place>": []})
    lines = [
        entity_line("a", 3.0, "A", classes=["<person>"]),
        entity_line("b", 2.0, "B", classes=["<place>"]),
    ]
    d = decoder(lm=lm)
    oracle = Oracle(token_table(), lm, SCALES, lines)
    for text in ("a a", "b b", "a b"):
        log_probs = planted_log_probs(token_table(), spoken(text))
        (result,) = d.decode({"u": log_probs}, entity_list(d, lines))
        agree(result, oracle.texts(log_probs))


def test_utterances_with_lists_of_different_classes():
    lm = small_lm(["a <person> b", "b <place> a", "a a"], classes={"<person>": [], "<place>": []})
    lists = {
        "none": [],
        "one": [entity_line("a", 3.0, "A", classes=["<person>"])],
        "two": [entity_line("a", 3.0, "X", classes=["<place>"]), entity_line("b a", 2.0, "Y")],
    }
    d = decoder(PIECES, lm)
    inputs = {name: random_log_probs(7, 5, len(PIECES)) for name in lists}
    names = {name: entity_list(d, lines) for name, lines in lists.items() if lines}
    for result in d.decode(inputs, names):
        oracle = Oracle(token_table(PIECES), lm, SCALES, lists[result.utterance_id])
        agree(result, oracle.texts(inputs[result.utterance_id]))


@settings(max_examples=15, deadline=None)
@given(TABLES, LMS, SCALED, CLASSED, st.integers(0, 10_000), st.booleans())
def test_search_finds_the_best_texts_of_an_lm_without_a_class(
    symbols, lm, scales, lines, seed, never
):
    check(symbols, (never_unknown if never else without_unknown)(lm), scales, lines, seed)


def test_segmentations_that_meet_after_the_first_token():
    """`▁ab a` and `▁a b a` have the same rest; only the first enters it by its first token."""
    check(PIECES, small_lm(), SCALES, [entity_line("aba", 3.0)], seed=0)


def test_one_token_entities_beside_longer_ones():
    lines = [entity_line("a", 1.0), entity_line("ab", 2.0), entity_line("ab a", 5.0)]
    check(PIECES, small_lm(), SCALES, lines, seed=3)


def test_longest_inputs():
    lines = [entity_line("ab", 3.0), entity_line("a b", 2.0, "A-B"), entity_line("bb", -2.0)]
    for symbols in (CHARACTERS, PIECES):
        d = decoder(symbols, n_best=200)
        log_probs = random_log_probs(5, FRAMES[symbols], len(symbols))
        (result,) = d.decode({"u": log_probs}, entity_list(d, lines))
        expected = Oracle(token_table(symbols), small_lm(), SCALES, lines).texts(log_probs)
        agree(result, expected, n_best=200)
