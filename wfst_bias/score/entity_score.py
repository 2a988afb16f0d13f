"""Entities found, missed and made up: precision, recall and F1 of multi-word entities.

- EntityIndex: a list of entities, ready to be looked for in word sequences.
- match_entities: which entities of one aligned utterance are found, missed and made up.
- count_entities: hits, misses and false alarms of one aligned utterance.
- count_match: the same of a match, perhaps of a group of entities alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wfst_bias.score.fraction import Fraction
from wfst_bias.score.wer import NO_WORD, Pair

Entity = tuple[str, ...]
IsOfGroup = Callable[[Entity], bool]


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
class EntityMatch:
    """Hold the entities of one aligned utterance, each in the order of its places.

    Attributes:
      hits: entities of the reference that the hypothesis has at their place; places in the
        reference.
      misses: the other entities of the reference; places in the reference.
      false_alarms: entities of the hypothesis that are not in the reference at that place;
        places in the hypothesis.
      written: the hits again, with their places in the hypothesis.
    """

    hits: tuple[Occurrence, ...]
    misses: tuple[Occurrence, ...]
    false_alarms: tuple[Occurrence, ...]
    written: tuple[Occurrence, ...]


def match_entities(pairs: Sequence[Pair], index: EntityIndex) -> EntityMatch:
    """Tell which entities of one utterance are found, missed and made up.

    An entity of the hypothesis is right when each of its words is aligned with the same word of
    one occurrence of the same entity in the reference. A right one is a hit, any other a false
    alarm.

    Args:
      pairs: the alignment, as `align` gives it.
      index: all entities of the list, distractors among them.
    """
    spoken = index.occurrences([reference for reference, _ in pairs if reference != NO_WORD])
    written = index.occurrences([hypothesis for _, hypothesis in pairs if hypothesis != NO_WORD])
    place_in_reference = _matched_places(pairs)
    places = set(spoken)
    moved = {each: _in_reference(each, place_in_reference) for each in written}
    right = {reference: each for each, reference in moved.items() if reference in places}
    return EntityMatch(
        hits=tuple(each for each in spoken if each in right),
        misses=tuple(each for each in spoken if each not in right),
        false_alarms=tuple(each for each in written if moved[each] not in places),
        written=tuple(right[each] for each in spoken if each in right),
    )


def count_entities(
    pairs: Sequence[Pair], index: EntityIndex, targets: Collection[Entity] | None = None
) -> EntityCounts:
    """Count the hits, misses and false alarms of one utterance, as `match_entities` tells them.

    Args:
      pairs: the alignment, as `align` gives it.
      index: all entities of the list, distractors among them.
      targets: the entities whose hits and misses count, all where None. Any other entity counts
        only where it is a false alarm.
    """
    return count_match(match_entities(pairs, index), targets)


def count_match(
    match: EntityMatch,
    targets: Collection[Entity] | None = None,
    is_of_group: IsOfGroup | None = None,
) -> EntityCounts:
    """Count hits, misses and false alarms, perhaps of the entities of a group alone.

    Args:
      match: of one utterance, with all entities of the list.
      targets: as for `count_entities`.
      is_of_group: tells which entities count; all where None.
    """

    def count(found: Iterable[Occurrence], of: Collection[Entity] | None) -> int:
        return sum(
            (of is None or each.entity in of) and (is_of_group is None or is_of_group(each.entity))
            for each in found
        )

    return EntityCounts(
        hits=count(match.hits, targets),
        misses=count(match.misses, targets),
        false_alarms=count(match.false_alarms, None),
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
