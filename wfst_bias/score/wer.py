"""Word errors, counted over aligned pairs of reference and hypothesis words.

- align: pair the words of a reference with those of a hypothesis.
- count_errors: count the errors of an alignment.
- count_errors_by_class: the same, apart for the utterance's rare words and for all others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import kaldialign

from wfst_bias.score.fraction import Fraction

NO_WORD = ""
Pair = tuple[str, str]


@dataclass(frozen=True)
class ErrorCounts:
    """Count the errors of a hypothesis; counts of several utterances add up."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference_words: int = 0

    @property
    def errors(self) -> int:
        """Return the errors of all three kinds."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate_fraction(self) -> Fraction:
        """Return errors per reference word."""
        return Fraction(self.errors, self.reference_words)

    @property
    def rate(self) -> float:
        """Return errors per reference word; NaN where there is no reference word."""
        return self.rate_fraction.value

    def __add__(self, other: ErrorCounts) -> ErrorCounts:
        return ErrorCounts(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_words + other.reference_words,
        )


@dataclass(frozen=True)
class ClassCounts:
    """Hold the errors charged to the rare words (biased) and to all others (unbiased)."""

    unbiased: ErrorCounts = ErrorCounts()
    biased: ErrorCounts = ErrorCounts()

    def __add__(self, other: ClassCounts) -> ClassCounts:
        return ClassCounts(self.unbiased + other.unbiased, self.biased + other.biased)

    @property
    def all(self) -> ErrorCounts:
        """Return the errors of both classes, which are those of the whole utterance."""
        return self.unbiased + self.biased


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Pair]:
    """Align two word sequences at the costs of the published score and of sclite.

    An insertion or a deletion costs 3 and a substitution 4, so that of two alignments with as
    many errors the one that matches more words wins; among equal costs, kaldialign's choice.

    Returns:
      pairs (reference word, hypothesis word); NO_WORD stands on the side that has none.
    """
    pairs: list[Pair] = kaldialign.align(reference, hypothesis, NO_WORD, sclite_mode=True)
    return pairs


def count_errors(pairs: Iterable[Pair]) -> ErrorCounts:
    """Count the errors of aligned pairs."""
    substitutions = deletions = insertions = reference_words = 0
    for reference, hypothesis in pairs:
        reference_words += reference != NO_WORD
        insertions += reference == NO_WORD
        deletions += hypothesis == NO_WORD
        substitutions += NO_WORD != reference != hypothesis != NO_WORD
    return ErrorCounts(substitutions, deletions, insertions, reference_words)


def count_errors_by_class(
    pairs: Iterable[Pair], rare_words: Collection[str], rare_places: Collection[int] | None = None
) -> ClassCounts:
    """Count errors apart for rare and other words, as U-WER and B-WER are defined.

    A pair belongs to the class of its reference word; an inserted word, to its own class.

    Args:
      pairs: the alignment, as `align` gives it.
      rare_words: the words that are rare, or stand in rare phrases.
      rare_places: which words of the reference stand there as rare ones, by index, so that the
        `of` of a rare phrase is not rare elsewhere; None stands for all `rare_words`.

    Source: Le et al., "Contextualized Streaming End-to-End Speech Recognition with Trie-Based
    Deep Biasing and Shallow Fusion", Interspeech 2021, and the score published with it.
    """
    biased: list[Pair] = []
    unbiased: list[Pair] = []
    place = -1
    for reference, hypothesis in pairs:
        place += reference != NO_WORD
        if reference == NO_WORD or rare_places is None:
            is_rare = (reference or hypothesis) in rare_words
        else:
            is_rare = place in rare_places
        (biased if is_rare else unbiased).append((reference, hypothesis))
    return ClassCounts(count_errors(unbiased), count_errors(biased))
