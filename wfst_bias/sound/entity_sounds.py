"""The pronunciations of a list, found by what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts, Ints
from wfst_bias.sound.pronounce import Pronouncer

# Pronunciations of an entity of several words: each word has its own ways of being said.
MOST_WAYS = 32


@dataclass(frozen=True)
class Match:
    """Hold a pronunciation of an entity that is near to what was heard.

    Attributes:
      entity: its written form.
      said: the columns of the pronunciation.
      cost: of the edits between the two.
    """

    entity: str
    said: tuple[int, ...]
    cost: float


@dataclass(frozen=True, eq=False)
class EntitySounds:
    """Hold the pronunciations of the entities of a list.

    Attributes:
      ways: pronunciation -> the written forms of those that are said so, sorted.
      padded: `(pronunciations, longest)` in the order of `ways`.
      lengths: `(pronunciations,)`.
    """

    ways: Mapping[tuple[int, ...], tuple[str, ...]]
    padded: Ints
    lengths: Ints

    @classmethod
    def of(
        cls, entities: Iterable[tuple[str, Sequence[Name]]], pronouncer: Pronouncer, least: int
    ) -> EntitySounds:
        """Say the entities of a list.

        Args:
          entities: written form, and what it is called, once for each form.
          pronouncer: says names; one with a word that it cannot say is left out.
          least: fewest phones of a pronunciation that is kept.
        """
        known = list(entities)
        pronouncer.learn(names=(name for _, names in known for name in names))
        found: dict[tuple[int, ...], set[str]] = {}
        for written, names in known:
            for way in (way for name in names for way in pronouncer.whole(name, MOST_WAYS)):
                if len(way) >= least:
                    found.setdefault(way, set()).add(written)
        ways = {way: tuple(sorted(found[way])) for way in sorted(found)}
        lengths = np.fromiter(map(len, ways), np.int64, len(ways))
        padded = np.zeros((len(ways), lengths.max(initial=0)), np.int64)
        for row, way in zip(padded, ways, strict=True):
            row[: len(way)] = way
        return cls(ways, padded, lengths)

    def equal(self, heard: tuple[int, ...]) -> Iterator[Match]:
        """Return the entities that are said exactly so."""
        for written in self.ways.get(heard, ()):
            yield Match(written, heard, 0.0)

    def near(self, heard: tuple[int, ...], per_phone: float, costs: ConfusionCosts) -> list[Match]:
        """Return the entities within a cost of `per_phone` for each phone of theirs."""
        allowed = per_phone * self.lengths + 1e-6
        least_edit = float(costs.costs[0, 1:].min(initial=np.inf))
        least_edit = min(least_edit, float(costs.costs[1:, 0].min(initial=np.inf)))
        rows = np.flatnonzero(np.abs(self.lengths - len(heard)) * least_edit <= allowed)
        if not len(rows):
            return []
        distance = costs.distances(self.padded[rows], self.lengths[rows], heard)
        every = list(self.ways)
        return [
            Match(written, every[rows[i]], float(distance[i]))
            for i in np.flatnonzero(distance <= allowed[rows])
            for written in self.ways[every[rows[i]]]
        ]
