"""Words that sound like an entity are replaced by it.

Entities that are said as the phone head heard some words, or nearly so, are candidates for their
place; phones heard between two words may belong to either. So are those that were spotted there.
Then the whole text is aligned with a candidate in it: what the phones find it less probable than
the text as it was decides. For words that are rare or unknown to the language model it may be
somewhat less, since the recognizer spells what it does not know by its sound; other words are
replaced where it is clearly more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from wfst_bias.phones.names import whole_ways
from wfst_bias.sound.confusion import ConfusionCosts
from wfst_bias.sound.entity_sounds import MOST_WAYS, EntitySounds, Match
from wfst_bias.sound.heard import HeardPhone, Stretch
from wfst_bias.sound.options import LexiconLookupOptions
from wfst_bias.sound.pronounce import Ways
from wfst_bias.sound.spotting import Spot

# Phones before and after a span of words, heard between it and its neighbours, that may be its.
MOST_BETWEEN = 2
# Entities that are tried in the place of a span.
MOST_CANDIDATES = 5
# Edits from what was heard to how ordinary words are said, below which they are not in doubt.
DOUBTFUL_EDITS = 2.0


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
    """Hold an entity that may take the place of words, and why.

    Attributes:
      first_word: the first of the words, an index.
      n_words: how many they are.
      words: as they are written.
      entity: its written form.
      heard: what was heard of it.
      said: the columns of its pronunciation.
      cost: of the edits between the two.
      most_nats: what the text may lose by it, negative where it has to gain.
      loss_nats: what it loses, once that is known.
    """

    first_word: int
    n_words: int
    words: str
    entity: str
    heard: tuple[HeardPhone, ...]
    said: tuple[int, ...]
    cost: float
    most_nats: float
    loss_nats: float = 0.0

    @property
    def confidence(self) -> float:
        """Return the geometric mean of the probabilities of the phones heard."""
        return float(np.exp(np.mean([min(phone.log_prob, 0.0) for phone in self.heard])))

    @property
    def _order(self) -> tuple[float, int, float, float, int, str]:
        """Sort the best first: the least loss, the most phones, the nearest in sound, spelling."""
        return (
            round(self.loss_nats, 3),
            -len(self.said),
            round(self.cost / len(self.said), 6),
            _unlikeness(self.entity, self.words),
            self.first_word,
            self.entity,
        )


@dataclass(frozen=True, eq=False)
class Lookup:
    """Hold what words are looked up in, and how."""

    sounds: EntitySounds
    costs: ConfusionCosts
    options: LexiconLookupOptions

    def candidates(
        self,
        words: Sequence[TimedWord],
        heard: Sequence[HeardPhone],
        spots: Sequence[Spot] = (),
    ) -> list[Replacement]:
        """Return the entities that sound like words, the nearest for each span.

        Args:
          words: of a text, in the order of time.
          heard: the phones heard in the whole of it.
          spots: where entities of the list may be heard.
        """
        if not self.sounds.ways:
            return []
        settled = self._settled(words)
        return [
            *self._nearest(words, heard, settled),
            *self._spotted(words, heard, settled, spots),
        ]

    def _nearest(
        self, words: Sequence[TimedWord], heard: Sequence[HeardPhone], settled: Collection[int]
    ) -> Iterator[Replacement]:
        """Yield entities whose phones are near to those heard of words."""
        for span in self._spans(words):
            stretch = _stretch(words, span, heard)
            limit = self._limit(words, span, settled, stretch)
            if limit is None:
                continue
            for match in self._matches(stretch, text := _text(words, span)):
                phones = stretch.phones[match.begin : match.end]
                yield Replacement(
                    span.start, len(span), text, match.entity, phones, match.said, match.cost, limit
                )

    def _spotted(
        self,
        words: Sequence[TimedWord],
        heard: Sequence[HeardPhone],
        settled: Collection[int],
        spots: Sequence[Spot],
    ) -> Iterator[Replacement]:
        """Yield entities that were spotted, in the place of the words that share their frames.

        These may begin and end elsewhere, as where two words are written as one.
        """
        for spot in spots:
            span = _under(words, spot)
            if spot.score < self.options.lookup_spot_nats or span not in self._spans(words):
                continue
            stretch = Stretch(tuple(p for p in heard if spot.begin <= p.frame < spot.end))
            limit = self._limit(words, span, settled, stretch)
            if limit is None:
                continue
            cost = self.costs.distance(spot.said, stretch.columns)
            text = _text(words, span)
            for entity in spot.entities:
                yield Replacement(
                    span.start, len(span), text, entity, stretch.phones, spot.said, cost, limit
                )

    def _spans(self, words: Sequence[TimedWord]) -> Iterator[range]:
        for first in range(len(words)):
            for end in range(first + 1, min(first + self.options.lookup_words, len(words)) + 1):
                if words[end - 1].is_entity:
                    break
                yield range(first, end)

    def _settled(self, words: Sequence[TimedWord]) -> set[int]:
        """Return the places of words that are written as an entity is."""
        names = self.sounds.names
        return {at for span in self._spans(words) if _text(words, span) in names for at in span}

    def _limit(
        self, words: Sequence[TimedWord], span: range, settled: Collection[int], stretch: Stretch
    ) -> float | None:
        """Return what a text may lose by an entity in the place of words, None for no entity."""
        own = words[span.start : span.stop]
        if not stretch.phones or any(at in settled for at in span):
            return None
        if any(word.is_rare for word in own):
            return self.options.lookup_nats
        if not all(word.ways for word in own):
            return None
        inside = stretch.columns[stretch.n_before : len(stretch.phones) - stretch.n_after]
        flat = whole_ways([word.ways for word in own], MOST_WAYS)
        edits = min(self.costs.distance(way, inside) for way in flat)
        return -self.options.lookup_margin if edits >= DOUBTFUL_EDITS else None

    def _matches(self, stretch: Stretch, text: str) -> list[Match]:
        if self.options.lookup_cost:
            limit = self.options.lookup_cost
            return self.sounds.near(stretch, limit, self.costs, MOST_CANDIDATES)
        found = list(self.sounds.equal(stretch))
        found.sort(key=lambda match: _unlikeness(match.entity, text))
        return found[:MOST_CANDIDATES]


def chosen(candidates: Sequence[Replacement], losses: Sequence[float | None]) -> list[Replacement]:
    """Return which candidates to write, in the order of their words; none overlap.

    Of those that would overlap, the one by which the text loses least is written.

    Args:
      candidates: what `Lookup.candidates` found in one text.
      losses: what the text loses by each, in nats; None where it does not fit.
    """
    both = zip(candidates, losses, strict=True)
    lost = [replace(each, loss_nats=loss) for each, loss in both if loss is not None]
    taken: set[int] = set()
    kept = []
    for each in sorted((r for r in lost if r.loss_nats <= r.most_nats), key=lambda r: r._order):
        places = range(each.first_word, each.first_word + each.n_words)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(each)
    return sorted(kept, key=lambda r: r.first_word)


def _unlikeness(entity: str, text: str) -> float:
    return -SequenceMatcher(None, entity.lower(), text.lower(), autojunk=False).ratio()


def _text(words: Sequence[TimedWord], span: range) -> str:
    return " ".join(word.text for word in words[span.start : span.stop])


def _under(words: Sequence[TimedWord], spot: Spot) -> range:
    """Return the words that share more than half of their frames, or of the spot's."""
    under = [
        at
        for at, word in enumerate(words)
        if 2 * (min(word.end, spot.end) - max(word.begin, spot.begin))
        > min(word.end - word.begin, spot.end - spot.begin)
    ]
    return range(under[0], under[-1] + 1) if under else range(0)


def _stretch(words: Sequence[TimedWord], span: range, heard: Sequence[HeardPhone]) -> Stretch:
    """Return what may have been heard of a span: with phones between it and its neighbours."""
    begin, end = words[span.start].begin, words[span.stop - 1].end
    before = words[span.start - 1].end if span.start else 0
    after = words[span.stop].begin if span.stop < len(words) else float("inf")
    inside = [phone for phone in heard if begin <= phone.frame < end]
    left = [phone for phone in heard if before <= phone.frame < begin][-MOST_BETWEEN:]
    right = [phone for phone in heard if end <= phone.frame < after][:MOST_BETWEEN]
    return Stretch((*left, *inside, *right), len(left), len(right))
