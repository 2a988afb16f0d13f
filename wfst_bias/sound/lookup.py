"""Words whose phones are those of an entity are replaced by it.

The forced alignment says which frames a word has; the phones that the head itself recognizes there
are what was heard. Phones heard between two words, where the alignment reads blanks, may belong to
either. A word that is rare or unknown to the language model is replaced by an entity that is said
exactly so, or nearly so and no farther from what was heard than the word itself; other words only
by an entity that is nearer by a margin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from wfst_bias.phones.names import whole_ways
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import MOST_WAYS, EntitySounds, Match
from wfst_bias.sound.heard import HeardPhone
from wfst_bias.sound.options import LexiconLookupOptions
from wfst_bias.sound.pronounce import Ways

# Phones before and after a span of words, heard between it and its neighbours, that may be its.
MOST_BETWEEN = 2


@dataclass(frozen=True)
class TimedWord:
    """Hold a word of a text, or an entity in it, with its place in time.

    Attributes:
      text: as it is written.
      begin, end: its frames, `end` not included.
      ways: of saying a word; none if nobody knows.
      is_rare: whether the language model hardly knows it, or does not.
      is_entity: whether it is from the list already, and so stays.
    """

    text: str
    begin: int
    end: int
    ways: Ways
    is_rare: bool
    is_entity: bool = False


@dataclass(frozen=True)
class Replacement:
    """Hold an entity that takes the place of words, and why.

    Attributes:
      first_word: the first of the words, an index.
      n_words: how many they are.
      entity: its written form.
      heard: what was heard of it.
      said: the columns of its pronunciation.
      cost: of the edits between the two.
    """

    first_word: int
    n_words: int
    entity: str
    heard: tuple[HeardPhone, ...]
    said: tuple[int, ...]
    cost: float

    @property
    def confidence(self) -> float:
        """Return the geometric mean of the probabilities of the phones heard."""
        return float(np.exp(np.mean([min(phone.log_prob, 0.0) for phone in self.heard])))


@dataclass(frozen=True, eq=False)
class Lookup:
    """Hold what words are looked up in, and how."""

    sounds: EntitySounds
    costs: ConfusionCosts
    options: LexiconLookupOptions

    def replacements(
        self, words: Sequence[TimedWord], heard: Sequence[HeardPhone]
    ) -> list[Replacement]:
        """Return what to write in place of which words, in their order; none overlap.

        Of replacements that would overlap, the one with the least cost per phone is made, and of
        several the one with the most phones. Entities that sound the same: the one that is spelled
        most like the words.

        Args:
          words: of a text, in the order of time.
          heard: the phones heard in the whole of it.
        """
        if not self.sounds.ways:
            return []
        found = [r for span in self._spans(words) if (r := self._best(words, span, heard))]
        found.sort(key=lambda r: (r.cost / len(r.said), -len(r.said), r.first_word, r.n_words))
        taken: set[int] = set()
        kept = []
        for replacement in found:
            places = range(replacement.first_word, replacement.first_word + replacement.n_words)
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(replacement)
        return sorted(kept, key=lambda r: r.first_word)

    def _spans(self, words: Sequence[TimedWord]) -> Iterator[range]:
        for first in range(len(words)):
            for end in range(first + 1, min(first + self.options.lookup_words, len(words)) + 1):
                if words[end - 1].is_entity:
                    break
                yield range(first, end)

    def _best(
        self, words: Sequence[TimedWord], span: range, heard: Sequence[HeardPhone]
    ) -> Replacement | None:
        """Return the best entity for a span of words, None if they should stay."""
        own = words[span.start : span.stop]
        text = " ".join(word.text for word in own)
        candidates = {tuple(p.phone for p in part): part for part in _heard_of(words, span, heard)}
        rare = any(word.is_rare for word in own)
        allowed = self._allowed(own, rare, list(candidates)) if self.options.lookup_cost else None
        matches = [
            (match, part)
            for phones, part in candidates.items()
            for match in self._matches(phones, allowed)
        ]
        if not matches:
            return None
        if allowed is None:
            allowed = self._allowed(own, rare, list(candidates))
        matches = [(match, part) for match, part in matches if match.cost <= allowed + 1e-6]
        if not matches:
            return None
        match, part = min(matches, key=lambda pair: _order(pair[0], pair[1], text))
        if match.entity == text:
            return None
        return Replacement(span.start, len(span), match.entity, part, match.said, match.cost)

    def _matches(self, phones: tuple[int, ...], allowed: float | None) -> Iterator[Match]:
        if allowed is not None and allowed < 0:
            return
        if self.options.lookup_cost:
            yield from self.sounds.near(phones, self.options.lookup_cost, self.costs)
        else:
            yield from self.sounds.equal(phones)

    def _allowed(
        self, own: Sequence[TimedWord], rare: bool, candidates: Sequence[tuple[int, ...]]
    ) -> float:
        """Return the most that an entity may cost: what the words do, less a margin."""
        margin = 0.0 if rare else self.options.lookup_margin
        if not all(word.ways for word in own):
            return float("inf") if rare else -margin
        flat = set(whole_ways([word.ways for word in own], MOST_WAYS))
        if not flat.isdisjoint(candidates):
            return -margin
        costs = (self.costs.distance(way, heard) for way in flat for heard in candidates)
        return min(costs, default=0.0) - margin


def _heard_of(
    words: Sequence[TimedWord], span: range, heard: Sequence[HeardPhone]
) -> Iterator[tuple[HeardPhone, ...]]:
    """Return what may have been heard of a span: with phones between it and its neighbours."""
    begin, end = words[span.start].begin, words[span.stop - 1].end
    before = words[span.start - 1].end if span.start else 0
    after = words[span.stop].begin if span.stop < len(words) else float("inf")
    inside = [phone for phone in heard if begin <= phone.frame < end]
    left = [phone for phone in heard if before <= phone.frame < begin][-MOST_BETWEEN:]
    right = [phone for phone in heard if end <= phone.frame < after][:MOST_BETWEEN]
    for first in range(len(left) + 1):
        for n_right in range(len(right) + 1):
            phones = (*left[first:], *inside, *right[:n_right])
            if phones:
                yield phones


def _order(
    match: Match, heard: Sequence[HeardPhone], text: str
) -> tuple[float, int, float, str, tuple[int, ...]]:
    """Sort the best match first."""
    alike = SequenceMatcher(None, match.entity.lower(), text.lower(), autojunk=False).ratio()
    return match.cost, -len(heard), -alike, match.entity, match.said
