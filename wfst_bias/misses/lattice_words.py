"""How far behind the best path of a lattice is the best one that writes an entity.

A lattice is pruned arc by arc: an arc stays for the one path through it that is within the beam.
Where words are spelled, arcs that stayed for different words make paths together that no search
would have kept, and that write whatever one likes. So it counts what a path scores, not that there
is one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wfst_bias.lattices.arcs import Doubles, LatticeArcs
from wfst_bias.lattices.nbest import appended
from wfst_bias.lattices.paths import outlook
from wfst_bias.score.comparison import comparable

# The letters of the last word, which may go on; how many words of the entity stand before it; and
# how often the whole entity does.
_Place = tuple[str, int, int]
# The score of the best way to each place.
_Begun = dict[_Place, float]

_NO_WORD_OF_IT = " "  # stands for the letters of a word that is none of the entity's
_ROUNDING_NATS = 1e-3  # of scores that are kept in single precision


@dataclass(frozen=True)
class WordLattice:
    """Hold a lattice of words.

    Attributes:
      arcs: the lattice.
      score: `(arcs,)`, in nats.
      symbols: what the numbers of words are written as.
      beam_nats: how far behind the best a path may be that the search kept on purpose.
    """

    arcs: LatticeArcs
    score: Doubles
    symbols: tuple[str, ...]
    beam_nats: float

    def has(self, behind_nats: float) -> bool:
        """Say whether a path that is so far behind the best was kept on purpose."""
        return behind_nats <= self.beam_nats + _ROUNDING_NATS

    def behind_nats(self, entity: Sequence[str], times: int = 1) -> float:
        """Return how far behind the best path is the best that writes an entity so often.

        Words are whole and compared as `score` does; occurrences do not overlap. Of words that no
        word of the entity begins with it is forgotten how they are spelled, so that the work grows
        with the arcs of the lattice, however many words they spell.

        Args:
          entity: its words, as `comparison_words` gives them; at least one.
          times: how often at least.

        Returns:
          nats, 0 where the best path writes it; infinite where none does.
        """
        arcs = self.arcs
        if not len(arcs):
            return math.inf
        counter = _Counter(entity, times)
        reached: list[_Begun] = [{} for _ in range(arcs.n_states)]
        reached[0] = {("", 0, 0): 0.0}
        columns = (arcs.source, arcs.target, arcs.written, self.score)
        state = 0
        for source, target, number, gain in zip(*(c.tolist() for c in columns), strict=True):
            if source != state:
                reached[state] = {}  # all that leaves it is done
                state = source
            added = appended(self.symbols[number]) if number > 0 else ""
            counter.follow(reached[source], added, gain, reached[target])
        whole = [s for place, s in reached[-1].items() if counter.go_on(place, " ")[2] == times]
        best = float(outlook(arcs, self.score)[0])
        return max(0.0, best - max(whole, default=-math.inf))


class _Counter:
    """Count an entity in words that come one by one, as Knuth, Morris and Pratt do."""

    def __init__(self, entity: Sequence[str], times: int) -> None:
        self.entity, self.times = tuple(entity), times
        self.beginnings = {word[:end] for word in self.entity for end in range(len(word) + 1)}
        self.known: dict[tuple[_Place, str], _Place] = {}
        self.shorter = [0] * len(self.entity)
        for end in range(1, len(self.entity)):
            self.shorter[end] = self._longest(self.shorter[end - 1], self.entity[end])

    def _longest(self, so_far: int, word: str) -> int:
        """Return how many first words of the entity a text ends in when a word is added."""
        while so_far and self.entity[so_far] != word:
            so_far = self.shorter[so_far - 1]
        return so_far + (self.entity[so_far] == word)

    def follow(self, begun: _Begun, added: str, gain: float, onto: _Begun) -> None:
        """Add letters, and words where a space is in front, to what is begun in a state."""
        for place, score in begun.items():
            if (place, added) not in self.known:
                self.known[place, added] = self.go_on(place, added)
            after = self.known[place, added]
            onto[after] = max(score + gain, onto.get(after, -math.inf))

    def go_on(self, place: _Place, added: str) -> _Place:
        """Return where a text comes to from a place; it is not counted beyond `times`."""
        letters, so_far, count = place
        before, *words = re.split(r"\s", comparable(added))
        letters = self._kept(letters + before)
        for word in words:
            so_far = self._longest(so_far, letters) if letters else so_far
            if so_far == len(self.entity):
                so_far, count = 0, min(count + 1, self.times)
            letters = self._kept(word)
        return letters, so_far, count

    def _kept(self, letters: str) -> str:
        return letters if letters in self.beginnings else _NO_WORD_OF_IT
