"""Interpolated modified Kneser-Ney estimation with a class for unknown words, and named classes.

`estimate_lm` maps phrases and rare words to class words, counts (`counting`), smooths order by
order (`smoothing`), and shapes the unigrams by word counts from elsewhere. Every distribution sums
to one, because what discounts and pruning take from the n-grams of a history is exactly its
back-off weight.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import BOS, CLASS_WORDS, EOS, NgramLm, NgramTable, is_class_word
from wfst_bias.lm.classes import ClassPhrases
from wfst_bias.lm.counting import NgramCounts, count_ngrams
from wfst_bias.lm.smoothing import Floats, adjust_counts, smooth_ngrams, smooth_unigrams
from wfst_bias.lm.vocabulary import choose_vocabulary, count_words

LONGEST_ORDER = 5

_CLASS_ID, _BOS_ID, _EOS_ID, _FIRST_NAMED_ID = 0, 1, 2, 3


@dataclass(frozen=True)
class LmOptions:
    """Choose how a language model is estimated."""

    order: int = field(default=3, metadata={"help": "length of the longest n-grams, 1 to 5"})
    vocab_size: int = field(default=20000, metadata={"help": "most words that the model knows"})
    min_word_count: int = field(
        default=2,
        metadata={"help": "fewest occurrences in the text of a word not counted as the class"},
    )
    min_counts: tuple[int, ...] = field(
        default=(1,),
        metadata={"help": "fewest occurrences of a kept n-gram, by order; the last holds on"},
    )
    word_counts_weight: float = field(
        default=0.5, metadata={"help": "share of the unigrams taken from the word counts, 0 to 1"}
    )
    class_word: str = field(
        default="<unk>", metadata={"help": "word that stands for all words not known"}
    )
    class_history: Literal["short", "full"] = field(
        default="short",
        metadata={"help": "short: no history looks back beyond a class word; full: it does"},
    )

    def __post_init__(self) -> None:
        _check(1 <= self.order <= LONGEST_ORDER, "order from 1 to 5", self.order)
        _check(self.vocab_size >= 1, "vocab_size of 1 or more", self.vocab_size)
        _check(self.min_word_count >= 1, "min_word_count of 1 or more", self.min_word_count)
        rising = all(low <= high for low, high in pairwise((1, *self.min_counts)))
        _check(bool(self.min_counts) and rising, "min_counts that rise from 1", self.min_counts)
        _check(
            0 <= self.word_counts_weight < 1,
            "word_counts_weight from 0 to below 1",
            self.word_counts_weight,
        )
        _check(self.class_word in CLASS_WORDS, f"one of {CLASS_WORDS}", self.class_word)
        _check(self.class_history in ("short", "full"), "short or full", self.class_history)

    def min_count(self, order: int) -> int:
        """Return the fewest occurrences of a kept n-gram of an order."""
        return self.min_counts[min(order, len(self.min_counts)) - 1]


def estimate_lm(
    sentences: Iterable[str],
    options: LmOptions | None = None,
    word_counts: Mapping[str, int] | None = None,
    classes: ClassPhrases | None = None,
) -> NgramLm:
    """Estimate an n-gram model by interpolated modified Kneser-Ney smoothing.

    After Chen and Goodman, "An empirical study of smoothing techniques for language modeling",
    1998, section 3. N-grams that begin with `<s>` have their plain counts in every order. With
    `class_history="short"` so have those that begin with a class word, for it cuts the history
    off as `<s>` does.

    Args:
      sentences: whitespace-separated words; those without words are skipped.
      options: how to estimate; None for the defaults.
      word_counts: counts from elsewhere. They decide the vocabulary together with the text's, and
        are mixed into the unigrams; those of words outside the vocabulary go to the class word.
        Like ends of sentences, named classes keep the unigrams that the text gives them.
      classes: phrases that are counted as words of a named class. What the vocabulary holds does
        not depend on them: a word of a phrase may be known, though it is never counted.

    Returns:
      A model whose first words are the class word, `<s>`, `</s>` and the named classes.

    Raises:
      InputError: no words at all, or a reserved word such as `<s>`, in the text or in the counts.
    """
    options, classes = options or LmOptions(), classes or ClassPhrases()
    sentences = [sentence for sentence in sentences if sentence.strip()]
    text_counts = count_words(sentences)
    _check_counts(text_counts, "the text", (options.class_word, *classes.words))
    if word_counts is not None:
        _check_counts(word_counts, "the word counts", (options.class_word,))
    words = _choose_words(text_counts, word_counts, options, classes.words)
    named = range(_FIRST_NAMED_ID, _FIRST_NAMED_ID + len(classes.words))
    barriers = (_BOS_ID, _CLASS_ID, *named) if options.class_history == "short" else (_BOS_ID,)
    marked = [classes.mark(sentence) for sentence in sentences]
    tokens = _number_words(marked, own_word_ids(words, count_words(marked), options))
    tables = count_ngrams(tokens, len(words), options.order, barriers)
    outside = None if word_counts is None else _restrict_counts(word_counts, words)
    return NgramLm(words, _smooth_orders(tables, barriers, options, outside, named))


def own_word_ids(
    words: Sequence[str], marked_counts: Mapping[str, int], options: LmOptions
) -> dict[str, int]:
    """Map the words that are counted as themselves to their ids; all others count as the class.

    A word that the text has fewer than `min_word_count` times tells little about itself and much
    about where rare words occur. It counts as the class even where the model knows it.

    Args:
      words: those of the model.
      marked_counts: of the text's words, phrases of named classes counted as their class words.
      options: how the model is estimated.
    """
    own = ((i, w) for i, w in enumerate(words) if i not in (_CLASS_ID, _BOS_ID, _EOS_ID))
    return {
        w: i
        for i, w in own
        if is_class_word(w) or marked_counts.get(w, 0) >= options.min_word_count
    }


def is_reserved(word: str, class_words: Collection[str]) -> bool:
    """Say whether a word is or looks like a mark, as `<s>` does, and is not a class word."""
    marked = word in CLASS_WORDS or (word.startswith("<") and word.endswith(">"))
    return marked and word not in class_words


def _check(holds: bool, expected: str, value: object) -> None:
    if not holds:
        raise InputError(f"expected {expected}", value=value)


def _check_counts(counts: Mapping[str, int], source: str, class_words: Collection[str]) -> None:
    if not any(counts.values()):
        raise InputError(f"no words in {source}")
    for word in counts:
        if is_reserved(word, class_words):
            raise InputError(f"a reserved word in {source}", value=word, remedy="take it out")


def _choose_words(
    text_counts: Mapping[str, int],
    word_counts: Mapping[str, int] | None,
    options: LmOptions,
    named: Sequence[str],
) -> tuple[str, ...]:
    class_words = (options.class_word, *named)
    size = options.vocab_size + len(class_words)  # these may be among the counted ones
    ranked = choose_vocabulary(text_counts, word_counts, size, options.min_word_count)
    known = [word for word in ranked if word not in class_words][: options.vocab_size]
    return (options.class_word, BOS, EOS, *named, *known)


def _number_words(sentences: Sequence[str], own_ids: Mapping[str, int]) -> NDArray[np.int32]:
    tokens: list[int] = []
    for sentence in sentences:
        tokens.append(_BOS_ID)
        tokens.extend([own_ids.get(word, _CLASS_ID) for word in sentence.split()])
        tokens.append(_EOS_ID)
    return np.array(tokens, dtype=np.int32)


def _restrict_counts(word_counts: Mapping[str, int], words: Sequence[str]) -> Floats:
    """Return the distribution of the outside counts over the model's words, shape (V,)."""
    counts = np.array([word_counts.get(word, 0) for word in words], dtype=np.float64)
    total = sum(word_counts.values())
    counts[_CLASS_ID] += total - counts.sum()
    return counts / total


def _smooth_orders(
    tables: Sequence[NgramCounts],
    barriers: Sequence[int],
    options: LmOptions,
    outside: Floats | None,
    named: Sequence[int],
) -> tuple[NgramTable, ...]:
    adjusted = adjust_counts(tables, barriers)
    probs = _unigram_probs(adjusted[0], outside, options.word_counts_weight, [_EOS_ID, *named])
    kept = np.ones(len(probs), dtype=np.bool_)
    ngrams = []
    for order, (table, higher) in enumerate(pairwise(tables), start=2):
        kept_higher = higher.counts >= options.min_count(order)
        smoothed = smooth_ngrams(higher, adjusted[order - 1], kept_higher, probs)
        ngrams.append(_keep(table, kept, probs, smoothed.backoffs))
        probs, kept = smoothed.probs, kept_higher
    ngrams.append(_keep(tables[-1], kept, probs, np.ones(len(probs))))
    return tuple(ngrams)


def _unigram_probs(
    adjusted: NDArray[np.int64], outside: Floats | None, outside_weight: float, inside: list[int]
) -> Floats:
    """Mix the text's unigrams with the outside distribution, which knows not those `inside`."""
    uniform = np.full(len(adjusted), 1 / (len(adjusted) - 1))
    uniform[_BOS_ID] = 0.0
    probs = smooth_unigrams(adjusted, uniform)
    if outside is None:
        return probs
    outside_share = outside_weight * (1 - probs[inside].sum())
    mixed: Floats = (1 - outside_weight) * probs + outside_share * outside
    mixed[inside] = probs[inside]
    return mixed


def _keep(
    table: NgramCounts, kept: NDArray[np.bool_], probs: Floats, backoffs: Floats
) -> NgramTable:
    with np.errstate(divide="ignore"):  # `<s>` is never predicted
        return NgramTable(table.ids[kept], np.log(probs[kept]), np.log(backoffs[kept]))
