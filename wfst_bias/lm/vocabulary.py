"""Which words a language model knows; every other word becomes its class word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.lm.arpa import BOS, EOS


def count_words(sentences: Iterable[str]) -> dict[str, int]:
    """Count the whitespace-separated words of sentences."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(sentence.split())
    return dict(counts)


def read_word_counts(path: Path | str) -> dict[str, int]:
    """Read a table of `WORD<TAB>COUNT` lines; blank lines are skipped.

    Raises:
      InputError: a malformed line, a word given twice, `<s>` or `</s>`, or no counts at all.
    """
    counts: dict[str, int] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            word, count = _parse_count(line, path, number)
            if word in counts:
                raise InputError("a word given twice", path=path, line=number, value=word)
            counts[word] = count
    if not any(counts.values()):
        raise InputError("no words with a count above 0", path=path)
    return counts


def choose_vocabulary(
    text_counts: Mapping[str, int],
    word_counts: Mapping[str, int] | None,
    size: int,
    min_count: int = 2,
) -> tuple[str, ...]:
    """Choose the most frequent words, from the text and from outside counts together.

    A word is ranked by the sum of its relative frequencies in the two sources, so that neither's
    mere size decides: two occurrences in a text of 200,000 words weigh as much as 100 among
    10 million. A word that the text has fewer than `min_count` times has frequency 0 there: it
    enters by its outside count only. These words are what the class is learnt from.

    Args:
      text_counts: counts of the text that the model is estimated from.
      word_counts: counts from elsewhere, or None.
      size: the most words to choose.
      min_count: the fewest occurrences by which the text itself vouches for a word.

    Returns:
      The words, most frequent first, ties in the order of their code points.
    """
    frequencies: dict[str, float] = {}
    for counts, fewest in ((text_counts, min_count), (word_counts or {}, 1)):
        total = sum(counts.values())
        for word, count in counts.items():
            if count >= fewest:
                frequencies[word] = frequencies.get(word, 0.0) + count / total
    ranked = sorted(frequencies, key=lambda word: (-frequencies[word], word))
    return tuple(ranked[:size])


def _parse_count(line: str, path: Path | str, number: int) -> tuple[str, int]:
    word, tab, count = line.partition("\t")
    well_formed = tab and word.split() == [word] and count.isascii() and count.isdecimal()
    if not well_formed:
        raise InputError("expected `WORD<TAB>COUNT`", path=path, line=number, value=line)
    if word in (BOS, EOS):
        raise InputError("a sentence mark is not a word", path=path, line=number, value=word)
    return word, int(count)
