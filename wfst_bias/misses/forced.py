"""What a text with a missed entity costs in the acoustics, by forced scoring.

A text scores the logarithm of the total probability of all its alignments in the CTC topology:
no language model, no list, no beam. The entity is put where it was said, into the text that was
written; what the text loses by that says whether its letters were heard.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.entities.normalize import Normalizer
from wfst_bias.entities.spelling import Segmentation, Speller
from wfst_bias.score.comparison import comparison_words
from wfst_bias.score.wer import NO_WORD, align
from wfst_bias.tokens import TokenTable

LogProbs = NDArray[np.floating[Any]]
# Words in front of the entity and behind it.
_Around = tuple[tuple[str, ...], tuple[str, ...]]
# Wrong words on each side of those aligned with an entity that may have come of it too.
_MOST_BESIDE = 2


@dataclass(frozen=True)
class Forced:
    """Hold what two texts of an utterance score, in nats.

    Attributes:
      written: the text that was written.
      with_entity: the most probable text that has the entity in its place.
      n_words: of the entity.
    """

    written: float
    with_entity: float
    n_words: int

    @property
    def lost_nats(self) -> float:
        """Return what the entity loses for each of its words, infinite if it is impossible."""
        if self.with_entity == -math.inf:
            return math.inf
        return (self.written - self.with_entity) / self.n_words


class Forcing:
    """Score texts with a token table.

    Words are spelled as the model spells them best, the entity in its best place in each way that
    it may be. Other words that no tokens spell are left out of every text.
    """

    def __init__(self, tokens: TokenTable) -> None:
        self.tokens = tokens
        self.normalizer, self.speller = Normalizer(tokens), Speller(tokens)

    def force(
        self, log_probs: LogProbs, reference: str, written: str, places: range
    ) -> Forced | None:
        """Score what was written, and that with an entity of the reference in its place.

        It takes the place of any of the wrong words that are aligned with it or stand beside these.
        The whole reference is a text with the entity too.

        Args:
          log_probs: `(T, V)`, natural logarithms.
          reference, written: the two texts.
          places: which words of the reference are the entity, as `comparison_words` counts them.

        Returns:
          The scores, None if no tokens spell the entity.
        """
        said = _words_as_written(reference)
        form = self.normalizer.normalize(" ".join(said[places.start : places.stop]))
        spelled = () if form.unspeakable else self.speller.segmentations(form.form)
        if not spelled:
            return None
        place = _Place.of(reference, written, places)
        around = {(said[: places.start], said[places.stop :]), *place.around()}
        sides = {(self._spell(before), self._spell(after)) for before, after in around}
        scored = [(self._score(log_probs, (*b, *spelled[0], *a)), b, a) for b, a in sides]
        best, before, after = max(scored)
        others = [self._score(log_probs, (*before, *way, *after)) for way in spelled[1:]]
        own = self._score(log_probs, self._spell(place.words))
        return Forced(own, max((best, *others)), len(places))

    def _spell(self, words: Sequence[str]) -> Segmentation:
        """Return the tokens of words, without those that cannot be spelled."""
        found: list[int] = []
        for word in words:
            normalized = self.normalizer.normalize(word)
            for part in () if normalized.unspeakable else normalized.form.split():
                found += next(iter(self.speller.word_segmentations(part)), ())
        return tuple(found)

    def _score(self, log_probs: LogProbs, tokens: Segmentation) -> float:
        # A space is between words: none is heard in front of the first.
        begins = bool(tokens) and tokens[0] == self.tokens.separator_id
        return ctc_log_prob(log_probs, tokens[begins:], self.tokens.blank_id)


def ctc_log_prob(log_probs: LogProbs, tokens: Sequence[int], blank: int) -> float:
    """Return the log-probability of a token sequence: the sum over all its alignments.

    Source: Graves et al., "Connectionist Temporal Classification", ICML 2006, equations 6 to 8.

    Args:
      log_probs: `(T, V)`, natural logarithms.
      tokens: columns, none of them the blank.
      blank: the column of the blank.
    """
    if not len(log_probs):
        return -math.inf if tokens else 0.0
    labels = np.full(2 * len(tokens) + 1, blank)  # (L,)
    labels[1::2] = tokens
    may_skip = np.zeros(len(labels), bool)
    may_skip[2:] = (labels[2:] != blank) & (labels[2:] != labels[:-2])
    scores = log_probs[:, labels].astype(np.float64)  # (T, L)
    alpha = np.full(len(labels), -np.inf)
    alpha[:2] = scores[0, :2]
    for frame in scores[1:]:
        before = alpha.copy()
        alpha[1:] = np.logaddexp(alpha[1:], before[:-1])
        skipping = np.where(may_skip[2:], before[:-2], -np.inf)
        alpha[2:] = np.logaddexp(alpha[2:], skipping)
        alpha += frame
    return float(np.logaddexp.reduce(alpha[-2:]))


def _words_as_written(text: str) -> tuple[str, ...]:
    """Return as many words as `comparison_words` does, with their diacritics where they have any.

    A word that is compared as several stands as these.
    """
    found: list[str] = []
    for word in text.split():
        compared = comparison_words(word)
        found.extend((word,) if len(compared) == 1 else compared)
    return tuple(found)


@dataclass(frozen=True)
class _Place:
    """Hold what was written, and the wrong words of it that stand about the place of an entity.

    Attributes:
      words: all of it.
      wrong: indices of those words; where none was written, the place itself.
    """

    words: tuple[str, ...]
    wrong: range

    def around(self) -> Iterator[_Around]:
        """Return the words on both sides of the entity, in the place of any run of wrong ones."""
        for begin in range(self.wrong.start, self.wrong.stop + 1):
            for end in range(begin, self.wrong.stop + 1):
                yield self.words[:begin], self.words[end:]

    @classmethod
    def of(cls, reference: str, written: str, places: range) -> _Place:
        """Find the words aligned with an entity, and some wrong ones beside them."""
        pairs = align(comparison_words(reference), comparison_words(written))
        is_right = [said == heard for said, heard in pairs if heard != NO_WORD]
        begin = end = 0
        place = -1
        for said, heard in pairs:
            place += said != NO_WORD
            if heard != NO_WORD:
                begin += place < places.start
                end += place < places.stop
        for _ in range(_MOST_BESIDE):
            begin -= begin > 0 and not is_right[begin - 1]
            end += end < len(is_right) and not is_right[end]
        return cls(_words_as_written(written), range(begin, end))
