"""Entities that took the place of words for what they sound like: how many of them are right.

- read_replacements: those that the entity spans of `decode` tell of.
- count_replacements: what came of them in one utterance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wfst_bias.errors import InputError
from wfst_bias.files import read_lines
from wfst_bias.formats.outputs import LEXICON_LOOKUP
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.wer import NO_WORD, align


@dataclass(frozen=True)
class Replaced:
    """Hold words of a hypothesis that took the place of others.

    Attributes:
      first_word: their place in the hypothesis, an index.
      words: what is written.
      before: what the search had found.
      line: where the file of spans says so.
    """

    first_word: int
    words: tuple[str, ...]
    before: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class ReplacementCounts:
    """Count replacements; counts of several utterances add up.

    Attributes:
      right: those that were said at their place.
      false: the others.
      harmful: those of the others that took the place of words that were right.
    """

    right: int = 0
    false: int = 0
    harmful: int = 0

    def __add__(self, other: ReplacementCounts) -> ReplacementCounts:
        return ReplacementCounts(
            self.right + other.right, self.false + other.false, self.harmful + other.harmful
        )


def read_replacements(path: Path | str) -> dict[str, list[Replaced]]:
    """Read the replacements of `entities.jsonl` by utterance, in the order of the file.

    Raises:
      InputError: a file that cannot be read, or a line that `decode` does not write.
    """
    found: dict[str, list[Replaced]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        try:
            span = json.loads(line)
            if span.get("source") == LEXICON_LOOKUP:
                found.setdefault(span["utterance"], []).append(_replaced(span, number))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "expected an entity span as `decode` writes it", path=path, line=number, value=line
            ) from error
    return found


def _replaced(span: Mapping[str, object], line: int) -> Replaced:
    first, words, before = span["first_word"], span["words"], span["replaced"]
    if not (isinstance(first, int) and isinstance(words, list) and isinstance(before, list)):
        raise TypeError("of another type")
    return Replaced(first, _split(words), _split(before), line)


def _split(texts: Sequence[object]) -> tuple[str, ...]:
    return tuple(" ".join(map(str, texts)).split())


def count_replacements(
    reference: str, hypothesis: str, replaced: Sequence[Replaced], path: Path | str
) -> ReplacementCounts:
    """Count what came of the replacements of an utterance.

    Args:
      reference: what was said.
      hypothesis: what is written, replacements made.
      replaced: in the order of their places.
      path: the file of spans, for the error.

    Raises:
      InputError: the hypothesis does not have them.
    """
    after = hypothesis.split()
    before: list[str] = []
    places = []  # of the words before, in the text before
    at = 0
    for each in replaced:
        end = each.first_word + len(each.words)
        if each.first_word < at or tuple(after[each.first_word : end]) != each.words:
            raise InputError(
                "the hypothesis has other words there, expected those of this span",
                path=path,
                line=each.line,
                value=" ".join(each.words),
                remedy="give the spans that were written with the hypotheses",
            )
        before += after[at : each.first_word]
        places.append(len(before))
        before += each.before
        at = end
    before += after[at:]
    counts = ReplacementCounts()
    for each, place in zip(replaced, places, strict=True):
        if _is_right(reference, after, each.first_word, len(each.words)):
            counts += ReplacementCounts(right=1)
        else:
            harmful = _is_right(reference, before, place, len(each.before))
            counts += ReplacementCounts(false=1, harmful=int(harmful))
    return counts


def _is_right(reference: str, words: Sequence[str], first: int, n_words: int) -> bool:
    """Say whether words of a text are those of the reference at their place."""
    begin = len(comparison_words(" ".join(words[:first])))
    end = len(comparison_words(" ".join(words[: first + n_words])))
    pairs = align(comparison_words(reference), comparison_words(" ".join(words)))
    written = [said == word for said, word in pairs if word != NO_WORD]
    return begin < end and all(written[begin:end])
