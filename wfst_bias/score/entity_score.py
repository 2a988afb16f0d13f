"""Entities found, missed and made up: precision, recall and F1 of multi-word entities.

- EntityIndex: a list of entities, ready to be looked for in word sequences.
- match_entities: which entities of one aligned utterance were said, and which of these found.
- count_entities: hits, misses and false alarms of one aligned utterance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wfst_bias.score.fraction import Fraction
from wfst_bias.score.wer import NO_WORD, Pair

Entity = tuple[str, ...]


@dataclass(frozen=True)
class EntityCounts:
    """Count what became of entities; counts of several utterances add up.

    Attributes:
      hits: entities of the reference that the hypothesis has at their place.
      misses: entities of the reference that it has not.
      false_alarms: entities of the hypothesis that are not in the reference at that place.
    """

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0

    @property
    def precision_fraction(self) -> Fraction:
        """Return the entities written that are right, of all written."""
        return Fraction(self.hits, self.hits + self.false_alarms)

    @property
    def recall_fraction(self) -> Fraction:
        """Return the entities spoken that are found, of all spoken."""
        return Fraction(self.hits, self.hits + self.misses)

    @property
    def f1_fraction(self) -> Fraction:
        """Return the harmonic mean of precision and recall as a ratio of counts."""
        return Fraction(2 * self.hits, 2 * self.hits + self.misses + self.false_alarms)

    @property
    def precision(self) -> float:
        """Return the precision; NaN where no entity is written."""
        return self.precision_fraction.value

    @property
    def recall(self) -> float:
        """Return the recall; NaN where no entity is spoken."""
        return self.recall_fraction.value

    @property
    def f1(self) -> float:
        """Return F1; NaN where no entity is spoken or written."""
        return self.f1_fraction.value

    def __add__(self, other: EntityCounts) -> EntityCounts:
        return EntityCounts(
            self.hits + other.hits,
            self.misses + other.misses,
            self.false_alarms + other.false_alarms,
        )


@dataclass(frozen=True)
class Occurrence:
    """Place an entity in a word sequence: the index of its first word, and its words."""

    first_word: int
    entity: Entity

    @property
    def places(self) -> range:
        """Return the indices of its words."""
        return range(self.first_word, self.first_word + len(self.entity))


@dataclass(frozen=True)
class EntityIndex:
    """Hold a list of entities by first word; made once per list, with `EntityIndex.of`."""

    entities: frozenset[Entity]
    lengths_by_first_word: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, entities: Iterable[Entity]) -> EntityIndex:
        """Index entities; order and duplicates mean nothing, an entity of no words is dropped."""
        distinct = frozenset(entity for entity in entities if entity)
        lengths: dict[str, set[int]] = {}
        for entity in distinct:
            lengths.setdefault(entity[0], set()).add(len(entity))
        return cls(distinct, {word: sorted(found)[::-1] for word, found in lengths.items()})

    def occurrences(self, words: Sequence[str]) -> list[Occurrence]:
        """Find the entities in a word sequence: leftmost, then longest, never overlapping."""
        found: list[Occurrence] = []
        position = 0
        while position < len(words):
            entity = self._longest_at(words, position)
            if entity:
                found.append(Occurrence(position, entity))
            position += max(len(entity), 1)
        return found

    def _longest_at(self, words: Sequence[str], position: int) -> Entity:
        for length in self.lengths_by_first_word.get(words[position], ()):
            candidate = tuple(words[position : position + length])
            if candidate in self.entities:
                return candidate
        return ()


@dataclass(frozen=True)
class EntityMatches:
    """Hold the entities of an utterance.

    Attributes:
      spoken: those of the reference.
      right: those of them that the hypothesis has at their place.
      n_written: how many the hypothesis has.
    """

    spoken: frozenset[Occurrence]
    right: frozenset[Occurrence]
    n_written: int


def match_entities(pairs: Sequence[Pair], index: EntityIndex) -> EntityMatches:
    """Match the entities of hypothesis and reference.

    An entity of the hypothesis is right when each of its words is aligned with the same word of
    one occurrence of the same entity in the reference.

    Args:
      pairs: the alignment, as `align` gives it.
      index: all entities of the list, distractors among them.
    """
    spoken = index.occurrences([reference for reference, _ in pairs if reference != NO_WORD])
    written = index.occurrences([hypothesis for _, hypothesis in pairs if hypothesis != NO_WORD])
    place_in_reference = _matched_places(pairs)
    moved = {_in_reference(occurrence, place_in_reference) for occurrence in written}
    return EntityMatches(frozenset(spoken), frozenset(spoken) & moved, len(written))


def count_entities(
    pairs: Sequence[Pair], index: EntityIndex, targets: Collection[Entity] | None = None
) -> EntityCounts:
    """Count the hits, misses and false alarms of one utterance; see `match_entities`.

    A right entity of the hypothesis is a hit, any other a false alarm.

    Args:
      pairs: the alignment, as `align` gives it.
      index: all entities of the list, distractors among them.
      targets: the entities whose hits and misses count, all where None. Any other entity counts
        only where it is a false alarm.
    """
    found = match_entities(pairs, index)
    return EntityCounts(
        hits=_count_targets(found.right, targets),
        misses=_count_targets(found.spoken - found.right, targets),
        false_alarms=found.n_written - len(found.right),
    )


def _matched_places(pairs: Iterable[Pair]) -> dict[int, int]:
    """Map the index of each hypothesis word that is right to the index of its reference word."""
    places: dict[int, int] = {}
    in_reference = in_hypothesis = 0
    for reference, hypothesis in pairs:
        if reference == hypothesis:
            places[in_hypothesis] = in_reference
        in_reference += reference != NO_WORD
        in_hypothesis += hypothesis != NO_WORD
    return places


def _in_reference(occurrence: Occurrence, places: Mapping[int, int]) -> Occurrence | None:
    matched = [places.get(word) for word in occurrence.places]
    first = matched[0]
    if first is None or matched != list(range(first, first + len(matched))):
        return None
    return Occurrence(first, occurrence.entity)


def _count_targets(found: Iterable[Occurrence], targets: Collection[Entity] | None) -> int:
    return sum(targets is None or occurrence.entity in targets for occurrence in found)
