"""The pronunciations of a list, found by what was heard."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wfst_bias.phones.names import Name
from wfst_bias.sound.confusion import ConfusionCosts, Floats, Ints
from wfst_bias.sound.heard import Stretch
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
      begin, end: the places of the phones that were heard of it.
    """

    entity: str
    said: tuple[int, ...]
    cost: float
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class EntitySounds:
    """Hold the pronunciations of the entities of a list.

    Attributes:
      ways: pronunciation -> the written forms of those that are said so, sorted.
      padded: `(pronunciations, longest)` in the order of `ways`.
      lengths: `(pronunciations,)`.
      counts: `(pronunciations, P)`, of each phone.
      names: written form -> what the entity is called, of those that can be said.
    """

    ways: Mapping[tuple[int, ...], tuple[str, ...]]
    padded: Ints
    lengths: Ints
    counts: Floats
    names: Mapping[str, tuple[Name, ...]]

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
        is_said = np.arange(padded.shape[1]) < lengths[:, None]
        padded[is_said] = np.fromiter(itertools.chain.from_iterable(ways), np.int64, lengths.sum())
        counts = np.zeros((len(ways), pronouncer.table.size), np.float32)
        np.add.at(counts, (np.nonzero(is_said)[0], padded[is_said]), 1)
        heard_of = {written for of in ways.values() for written in of}
        called: dict[str, tuple[Name, ...]] = {}
        for written, own in known:
            if written in heard_of:
                called[written] = (*called.get(written, ()), *own)
        return cls(ways, padded, lengths, counts, called)

    def equal(self, heard: Stretch) -> Iterator[Match]:
        """Return the entities that are said exactly so."""
        for part in heard.parts():
            said = heard.columns[part.start : part.stop]
            for written in self.ways.get(said, ()):
                yield Match(written, said, 0.0, part.start, part.stop)

    def near(
        self, heard: Stretch, per_phone: float, costs: ConfusionCosts, most: int
    ) -> list[Match]:
        """Return the nearest entities within a cost of `per_phone` for each phone of theirs.

        Each comes once, as it is nearest, the nearest by cost per phone first.
        """
        allowed = per_phone * self.lengths + 1e-6
        rows = np.flatnonzero(self._least_costs(heard, costs) <= allowed)
        said, lengths = self.padded[rows], self.lengths[rows]
        distance = costs.distances(said, lengths, heard.columns, heard.n_before, heard.n_after)
        is_near = distance <= allowed[rows]
        rows, per = rows[is_near], (distance / np.maximum(lengths, 1))[is_near]
        found: dict[str, Match] = {}
        for row in rows[np.argsort(per, kind="stable")]:
            if len(found) >= most:
                break
            for match in self._best_matches(int(row), heard, costs):
                found.setdefault(match.entity, match)
        return list(found.values())[:most]

    def _least_costs(self, heard: Stretch, costs: ConfusionCosts) -> Floats:
        """Return `(pronunciations,)`, what each costs at least, by what phones it has alone."""
        size = len(costs.costs)
        every = np.bincount(heard.columns, minlength=size).astype(np.float32)
        inside = heard.columns[heard.n_before : len(heard.phones) - heard.n_after]
        sure = np.bincount(np.array(inside, np.int64), minlength=size).astype(np.float32)
        # A phone is lost, or heard as one of those that were heard.
        nearest = costs.costs[:, [0, *heard.columns]].min(axis=1)
        lost = self.counts @ nearest
        missing = np.maximum(self.counts - every, 0) @ costs.least_lost
        added = np.maximum(sure - self.counts, 0) @ costs.least_added
        return np.maximum(np.maximum(lost, missing), added)

    def _best_matches(self, row: int, heard: Stretch, costs: ConfusionCosts) -> Iterator[Match]:
        """Return the entities of a pronunciation with the phones that it is nearest to."""
        said = tuple(self.padded[row, : self.lengths[row]].tolist())
        cost, n_phones, begin = min(
            (costs.distance(said, heard.columns[part.start : part.stop]), -len(part), part.start)
            for part in heard.parts()
        )
        for written in self.ways[said]:
            yield Match(written, said, cost, begin, begin - n_phones)


NO_SOUNDS = EntitySounds(
    {}, np.zeros((0, 0), np.int64), np.zeros(0, np.int64), np.zeros((0, 1), np.float32), {}
)
