"""Reduce a lattice of frames to one of words, whose arcs write something each.

Between two states of the word lattice there is one arc for what is written and asked of the
language model: the best way through the frames. All pairs of an origin and a state that it reaches
without writing are taken a frame at a time, for all paths at once. The parts of the scores are
summed along the way, which no library's removal of epsilons does.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from wfst_bias.lattices.arcs import Array, Doubles, LatticeArcs, renumbered

_SUMMED = ("frames", "acoustic", "lm_score", "boost_nats", "other_nats")


def to_words(arcs: LatticeArcs, score: Doubles) -> LatticeArcs:
    """Return the lattice of words.

    Args:
      arcs: of frames or already of words; every path ends in a final arc.
      score: `(arcs,)`, by which the best of several ways is chosen.

    Returns:
      Each arc of it writes something or asks the language model, and has what is written as its
      label. For every text, its best path has the score of the best path through the frames.
    """
    if not arcs.is_silent.any():
        return arcs
    return _Reduction(arcs, score).run()


@dataclass(frozen=True)
class _Reached:
    """Hold pairs of a state of the word lattice and a state it reaches, `(pairs,)` each.

    Attributes:
      origin, state: of each pair.
      score: of the best way between them.
      parts: `(pairs, 5)`, the sums along it.
    """

    origin: Array
    state: Array
    score: Doubles
    parts: Doubles

    @staticmethod
    def begun(states: Array) -> _Reached:
        n = len(states)
        return _Reached(states, states, np.zeros(n), np.zeros((n, len(_SUMMED))))

    @staticmethod
    def best_of(several: list[_Reached]) -> _Reached:
        """Return each pair once, with its best way, the first of equals."""
        all_ = _Reached(*(np.concatenate([getattr(r, f.name) for r in several])
                          for f in fields(_Reached)))  # fmt: skip
        return all_.take(_first_best(all_.score, all_.state, all_.origin))

    def take(self, index: Array) -> _Reached:
        return _Reached(*(getattr(self, f.name)[index] for f in fields(self)))


class _Reduction:
    def __init__(self, arcs: LatticeArcs, score: Doubles) -> None:
        self.arcs, self.score = arcs, score
        self.parts = np.stack([getattr(arcs, name) for name in _SUMMED], axis=1).astype(np.float64)
        self.silent = arcs.is_silent
        self.first = arcs.first_arcs()
        self.level = arcs.levels()
        self.pending: list[list[_Reached]] = [[] for _ in range(int(self.level.max()) + 1)]
        self.is_origin = np.zeros(arcs.n_states, bool)
        self.found: list[tuple[Array, _Reached]] = []  # writing arcs, and the ways that they end

    def run(self) -> LatticeArcs:
        self._begin(np.zeros(1, np.int64))
        for level, waiting in enumerate(self.pending):
            if waiting:
                self._go_on(_Reached.best_of(waiting))
            self.pending[level] = []
        return self._words()

    def _begin(self, states: Array) -> None:
        new = np.unique(states[~self.is_origin[states]])
        self.is_origin[new] = True
        self._wait(_Reached.begun(new))

    def _wait(self, reached: _Reached) -> None:
        if not len(reached.state):
            return
        level = self.level[reached.state]
        lowest, highest = int(level.min()), int(level.max())
        if lowest == highest:  # as it is where every arc reads one frame
            self.pending[lowest].append(reached)
            return
        for each in np.unique(level):
            self.pending[each].append(reached.take(np.flatnonzero(level == each)))

    def _go_on(self, reached: _Reached) -> None:
        """Follow all arcs that leave the states of these pairs."""
        pair, arc = leaving(self.first, reached.state)
        ways = _Reached(
            reached.origin[pair],
            self.arcs.target[arc],
            reached.score[pair] + self.score[arc],
            reached.parts[pair] + self.parts[arc],
        )
        writes = ~self.silent[arc]
        self._wait(ways.take(np.flatnonzero(~writes)))
        if writes.any():
            ending = ways.take(np.flatnonzero(writes))
            self.found.append((arc[writes], ending))
            self._begin(ending.state[~self.arcs.is_final[arc[writes]]])

    def _words(self) -> LatticeArcs:
        arc = np.concatenate([arcs for arcs, _ in self.found])
        ways = [ending for _, ending in self.found]
        score, parts = (np.concatenate([getattr(w, n) for w in ways]) for n in ("score", "parts"))
        origin = np.concatenate([w.origin for w in ways])
        arcs = self.arcs.take(arc)
        best = _first_best(score, arcs.lm_word, arcs.written, arcs.target, origin)
        arcs = arcs.take(best)
        frames, acoustic, lm_score, boost_nats, other_nats = parts[best].T
        words = LatticeArcs(
            arcs.source, arcs.target, arcs.written, arcs.written, arcs.lm_word,
            frames.astype(np.int64), acoustic, lm_score, boost_nats, other_nats, arcs.origin,
        )  # fmt: skip
        return renumbered(words, origin[best], arcs.target)


def leaving(first: Array, states: Array) -> tuple[Array, Array]:
    """Return every (index into `states`, arc that leaves the state).

    Args:
      first: `(states + 1,)`, where the arcs of each state begin.
      states: some of them, any number of times.
    """
    begin = first[states]
    counts = first[states + 1] - begin
    index = np.repeat(np.arange(len(states)), counts)
    rank = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    return index, begin[index] + rank


def _first_best(score: Doubles, *keys: Array) -> Array:
    """Return the position of the best score for each combination of keys, the last key first."""
    order = np.lexsort((-score, *keys))
    is_first = np.zeros(len(order), bool)
    is_first[:1] = True
    for key in keys:
        ordered = key[order]
        is_first[1:] |= ordered[1:] != ordered[:-1]
    found: Array = order[is_first]
    return found
