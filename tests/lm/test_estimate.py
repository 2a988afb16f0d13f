"""Kneser-Ney estimates against a hand-computed example, a slow oracle and KenLM."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm, write_arpa
from wfst_bias.lm.estimate import LmOptions, estimate_lm
from wfst_bias.lm.score import NgramScorer

Ngram = tuple[str, ...]

SENTENCES = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=8
)
OPTIONS = st.builds(
    LmOptions,
    order=st.integers(1, 4),
    vocab_size=st.integers(1, 4),
    min_word_count=st.integers(1, 2),
    min_counts=st.sampled_from([(1,), (1, 1, 2), (1, 2), (1, 1, 2, 3), (2,)]),
    word_counts_weight=st.sampled_from([0.0, 0.3, 0.9]),
    class_history=st.sampled_from(["short", "full"]),
)
WORD_COUNTS = st.none() | st.dictionaries(
    st.sampled_from("bcdxyz"), st.integers(1, 50), min_size=1, max_size=6
)


def random_sentences(count: int, seed: int = 0) -> list[str]:
    """Return sentences over ten words of very different frequency."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 9, count)
    return [" ".join(f"w{min(i, 10)}" for i in random.zipf(1.5, n)) for n in lengths]


class SlowKneserNey:
    """Compute the same estimate from the formulas, one probability at a time, in plain Python."""

    def __init__(self, sentences: Sequence[str], lm: NgramLm, options: LmOptions) -> None:
        self.options = options
        self.words = [word for word in lm.words if word != "<s>"]
        self.barriers = {"<s>", "<unk>"} if options.class_history == "short" else {"<s>"}
        counts = Counter(" ".join(sentences).split())
        known = {w for w in lm.words if counts[w] >= options.min_word_count}
        self.counts: Counter[Ngram] = Counter()
        for sentence in sentences:
            words = [w if w in known else "<unk>" for w in sentence.split()]
            self._count(("<s>", *words, "</s>"))
        self.adjusted = {ngram: self._adjust(ngram) for ngram in self.counts}
        self.discounts = [self._discounts(n) for n in range(1, options.order + 1)]

    def prob(self, history: Ngram, word: str) -> float:
        lower = self.prob(history[1:], word) if history else 1 / len(self.words)
        followers = [g for g in self.adjusted if g[:-1] == history and g != ("<s>",)]
        total = sum(self.adjusted[g] for g in followers)
        if not total:
            return lower
        mass = {g: self._own_mass(g) for g in followers}
        leftover = total - sum(mass.values())
        return (mass.get((*history, word), 0.0) + leftover * lower) / total

    def _count(self, words: Ngram) -> None:
        for end in range(1, len(words) + 1):
            for n in range(1, min(self.options.order, end) + 1):
                ngram = words[end - n : end]
                if not self.barriers & set(ngram[1:-1]):
                    self.counts[ngram] += 1

    def _adjust(self, ngram: Ngram) -> int:
        complete = len(ngram) > 1 and ngram[0] in self.barriers
        if len(ngram) == self.options.order or complete:
            return self.counts[ngram]
        return sum(longer[1:] == ngram for longer in self.counts)

    def _discounts(self, order: int) -> list[float]:
        adjusted = [c for g, c in self.adjusted.items() if len(g) == order and g != ("<s>",)]
        n = [adjusted.count(i) for i in range(5)]
        if all(n[1:]):
            y = n[1] / (n[1] + 2 * n[2])
            found = [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
            if all(0 < d <= i for i, d in enumerate(found, start=1)):
                return found
        return [0.5, 1.0, 1.5]

    def _own_mass(self, ngram: Ngram) -> float:
        order = len(ngram)
        pruned = order > 1 and self.counts[ngram] < self.options.min_count(order)
        count = self.adjusted[ngram]
        return 0.0 if pruned else count - self.discounts[order - 1][min(count, 3) - 1]


def all_histories(words: Sequence[str], longest: int) -> list[Ngram]:
    inner = [word for word in words if word != "</s>"]
    return [h for n in range(longest + 1) for h in itertools.product(inner, repeat=n)]


def test_hand_computed_bigrams() -> None:
    lm = estimate_lm(["a b", "a b", "a c"], LmOptions(order=2, min_word_count=1))
    assert lm.words == ("<unk>", "<s>", "</s>", "a", "b", "c")
    scorer = NgramScorer(lm)
    # Unigrams by what precedes them: a 1, b 1, c 1, </s> 2; discounts 0.5 and 1; five words.
    unigrams = {"<unk>": 0.1, "</s>": 0.3, "a": 0.2, "b": 0.2, "c": 0.2}
    for word, prob in unigrams.items():
        assert math.exp(scorer.log_prob((), word)) == pytest.approx(prob)
    # a is followed by b twice and c once: (2 - 1)/3, (1 - 0.5)/3, and 1.5/3 is left to unigrams.
    assert math.exp(scorer.log_prob(("a",), "b")) == pytest.approx(1 / 3 + 0.5 * 0.2)
    assert math.exp(scorer.log_prob(("a",), "c")) == pytest.approx(0.5 / 3 + 0.5 * 0.2)
    assert math.exp(scorer.log_prob(("a",), "</s>")) == pytest.approx(0.5 * 0.3)
    assert math.exp(scorer.log_prob(("<s>",), "a")) == pytest.approx(1.5 / 3 + 0.5 * 0.2)


def test_hand_computed_mixture_with_word_counts() -> None:
    options = LmOptions(order=1, min_word_count=1, vocab_size=2, word_counts_weight=0.5)
    lm = estimate_lm(["a a a b b", "b"], options, {"a": 3, "z": 1})
    assert lm.words[3:] == ("a", "b")
    scorer = NgramScorer(lm)
    # Text: a 3, b 3, </s> 2 of 8, discounts 1.5, 1.5, 1, left 4/8, over four words.
    eos = (2 - 1) / 8 + 0.5 / 4
    a = (3 - 1.5) / 8 + 0.5 / 4
    assert math.exp(scorer.log_prob((), "</s>")) == pytest.approx(eos)
    assert math.exp(scorer.log_prob((), "a")) == pytest.approx(0.5 * a + 0.5 * (1 - eos) * 3 / 4)
    unknown = 0.5 * 0.5 / 4 + 0.5 * (1 - eos) * 1 / 4
    assert math.exp(scorer.log_prob((), "z")) == pytest.approx(unknown)


@settings(max_examples=60, deadline=None)
@given(sentences=SENTENCES, options=OPTIONS)
def test_equals_the_oracle(sentences: list[str], options: LmOptions) -> None:
    lm = estimate_lm(sentences, options)
    scorer, oracle = NgramScorer(lm), SlowKneserNey(sentences, lm, options)
    for history in all_histories(lm.words, min(2, options.order - 1)):
        for word in oracle.words:
            expected = oracle.prob(history, word)
            assert math.exp(scorer.log_prob(history, word)) == pytest.approx(expected)


@pytest.mark.parametrize("class_history", ["short", "full"])
def test_equals_the_oracle_with_estimated_discounts(class_history: str) -> None:
    sentences = random_sentences(120)
    options = LmOptions(order=3, vocab_size=6, min_counts=(1, 1, 2), class_history=class_history)
    lm = estimate_lm(sentences, options)
    scorer, oracle = NgramScorer(lm), SlowKneserNey(sentences, lm, options)
    assert all(discounts != [0.5, 1.0, 1.5] for discounts in oracle.discounts[1:])
    for history in [(), ("w1",), ("<s>", "w1"), ("w2", "<unk>"), ("<unk>", "w1"), ("w1", "w1")]:
        for word in oracle.words:
            expected = oracle.prob(history, word)
            assert math.exp(scorer.log_prob(history, word)) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(sentences=SENTENCES, options=OPTIONS, word_counts=WORD_COUNTS)
def test_every_distribution_sums_to_one(
    sentences: list[str], options: LmOptions, word_counts: dict[str, int] | None
) -> None:
    lm = estimate_lm(sentences, options, word_counts)
    scorer = NgramScorer(lm)
    for history in all_histories(lm.words, min(2, options.order - 1)):
        total = sum(math.exp(scorer.log_prob(history, word)) for word in lm.words)
        assert total == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(sentences=SENTENCES, options=OPTIONS)
def test_history_and_suffix_of_every_ngram_are_ngrams(
    sentences: list[str], options: LmOptions
) -> None:
    lm = estimate_lm(sentences, options)
    for lower, higher in itertools.pairwise(lm.ngrams):
        shorter = set(map(tuple, lower.ids.tolist()))
        for ngram in map(tuple, higher.ids.tolist()):
            assert ngram[:-1] in shorter
            assert ngram[1:] in shorter


@settings(max_examples=40, deadline=None)
@given(sentences=SENTENCES, order=st.integers(3, 5))
def test_short_class_history_ends_at_the_class(sentences: list[str], order: int) -> None:
    lm = estimate_lm(sentences, LmOptions(order=order, min_counts=(1,)))
    class_id = lm.word_ids["<unk>"]
    for table in lm.ngrams[2:]:
        assert not (table.ids[:, 1:-1] == class_id).any()
    scorer = NgramScorer(lm)
    for word in lm.words:
        short = scorer.log_prob(("<unk>",), word)
        assert scorer.log_prob(("a", "<unk>"), word) == pytest.approx(short)


def test_rare_words_of_the_text_count_as_the_class_even_where_known() -> None:
    lm = estimate_lm(["dear ann", "dear bob", "dear eve"], None, {"ann": 5, "dear": 2})
    assert set(lm.words) == {"<unk>", "<s>", "</s>", "ann", "dear"}
    scorer = NgramScorer(lm)
    assert scorer.log_prob(("dear",), "zoe") > scorer.log_prob(("dear",), "ann") > -math.inf


def test_empty_lines_and_spacing_change_nothing() -> None:
    plain = estimate_lm(["a b", "b a"])
    spaced = estimate_lm(["", " a \t b ", "   ", "b a", ""])
    assert plain.words == spaced.words
    for one, other in zip(plain.ngrams, spaced.ngrams, strict=True):
        np.testing.assert_array_equal(one.log_probs, other.log_probs)


@pytest.mark.parametrize(
    ("sentences", "word_counts", "message"),
    [
        ([], None, "no words in the text"),
        (["", " "], None, "no words in the text"),
        (["a <s> b"], None, "a reserved word in the text: '<s>'"),
        (["a [unk] b"], None, "a reserved word in the text"),
        (["a b"], {}, "no words in the word counts"),
        (["a b"], {"<OOV>": 3}, "a reserved word in the word counts"),
    ],
)
def test_text_that_cannot_be_used(
    sentences: list[str], word_counts: dict[str, int] | None, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        estimate_lm(sentences, None, word_counts)
    assert message in str(caught.value)


def test_a_text_may_name_the_class_itself() -> None:
    lm = estimate_lm(["dear <unk>", "dear <unk>"], None, {"<unk>": 1, "dear": 1})
    assert lm.words == ("<unk>", "<s>", "</s>", "dear")


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": 0},
        {"order": 6},
        {"vocab_size": 0},
        {"min_word_count": 0},
        {"min_counts": ()},
        {"min_counts": (1, 2, 1)},
        {"min_counts": (0,)},
        {"word_counts_weight": 1.0},
        {"word_counts_weight": -0.1},
        {"word_counts_weight": math.nan},
        {"class_word": "name"},
        {"class_history": "long"},
    ],
)
def test_options_are_validated(wrong: dict) -> None:
    with pytest.raises(InputError, match=r"expected|one of|short"):
        LmOptions(**wrong)


@pytest.mark.parametrize("class_history", ["short", "full"])
@pytest.mark.parametrize("order", [2, 3, 5])
def test_kenlm_gives_equal_scores(tmp_path: Path, order: int, class_history: str) -> None:
    kenlm = pytest.importorskip("kenlm", reason="kenlm is part of the extra `benchmarks`")
    options = LmOptions(order=order, vocab_size=7, class_history=class_history)
    lm = estimate_lm(random_sentences(300), options, {"w1": 5, "x": 5, "y": 1})
    write_arpa(lm, tmp_path / "lm.arpa")
    model = kenlm.Model(str(tmp_path / "lm.arpa"))
    assert model.order == order
    scorer = NgramScorer(lm)
    for sentence in [*random_sentences(50, seed=1), "never seen", "w1 never w1 w1"]:
        expected = model.score(sentence, bos=True, eos=True) * math.log(10)
        assert scorer.sentence_log_prob(sentence) == pytest.approx(expected, abs=1e-4)
