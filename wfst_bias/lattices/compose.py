"""Score a word lattice by another language model: its composition with G, exactly.

A state of the result is a state of the lattice with a history of the model, so that every path of
the lattice is one path of the result, scored as the model scores its words. Back-off is followed as
it is defined, never where a longer n-gram exists. All states at the same distance from the start
are taken at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wfst_bias.lattices.arcs import NOTHING, Array, LatticeArcs, renumbered
from wfst_bias.lattices.paths import connected
from wfst_bias.lattices.word_lattice import leaving
from wfst_bias.lm.ngram_states import EMPTY, NgramStates


@dataclass(frozen=True)
class LatticeLm:
    """Hold a language model for lattices.

    Attributes:
      states: the model.
      ids: `(words,)`, the model's id of each word that lattices ask for; its class word's for
        those that it does not know.
    """

    states: NgramStates
    ids: Array

    @staticmethod
    def of(states: NgramStates, word_ids: dict[str, int], symbols: tuple[str, ...]) -> LatticeLm:
        """Map the words of lattices, in the order of their numbers, to those of a model."""
        ids = [word_ids.get(symbol, states.class_word) for symbol in symbols]
        return LatticeLm(states, np.array(ids, np.int64))


def compose(lattice: LatticeArcs, lm: LatticeLm) -> LatticeArcs:
    """Return the lattice with the scores of the model in the place of its own.

    Each path is scored as one sentence, its end included. Paths that the model makes impossible are
    left out; where all are, the result has no arcs.

    Args:
      lattice: of words.
      lm: the model.
    """
    expansion = _Expansion(lattice, lm)
    source, target, arc, log_prob = expansion.run()
    arcs = replace(lattice.take(arc), lm_score=log_prob)
    keep = connected(source, target, arcs.is_final)
    if not keep.any():
        return arcs.take(keep)
    return renumbered(arcs.take(keep), source[keep], target[keep])


class _Expansion:
    """Follow histories through a lattice; a state with its history is `state · width + history`."""

    def __init__(self, lattice: LatticeArcs, lm: LatticeLm) -> None:
        self.lattice, self.lm = lattice, lm
        self.width = lm.states.n_states
        self.first = lattice.first_arcs()
        self.level = lattice.levels()
        self.asked = lm.ids[lattice.lm_word]
        self.asked[lattice.is_final] = lm.states.end_word
        self.asks = (lattice.lm_word != NOTHING) | lattice.is_final

    def run(self) -> tuple[Array, Array, Array, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Return source and target of the result's arcs, the lattice's arcs, log-probabilities."""
        n_levels = int(self.level.max(initial=0)) + 1
        pending: list[list[Array]] = [[] for _ in range(n_levels)]
        pending[0].append(np.array([self.lm.states.start], np.int64))
        found = []
        for waiting in pending:
            if waiting:
                source, target, arc, log_prob = self._leaving(np.unique(np.concatenate(waiting)))
                found.append((source, target, arc, log_prob))
                level = self.level[target // self.width]
                for each in np.unique(level):
                    pending[each].append(target[level == each])
        source, target, arc, log_prob = (np.concatenate(c) for c in zip(*found, strict=True))
        return source, target, arc, log_prob

    def _leaving(
        self, keys: Array
    ) -> tuple[Array, Array, Array, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        index, arc = leaving(self.first, keys // self.width)
        history = keys[index] % self.width
        log_prob = np.zeros(len(arc))
        asks = self.asks[arc]
        after = history.copy()
        log_prob[asks], after[asks] = self.lm.states.step(history[asks], self.asked[arc[asks]])
        after[self.lattice.is_final[arc]] = EMPTY
        possible = log_prob > -np.inf
        target = self.lattice.target[arc] * self.width + after
        return keys[index][possible], target[possible], arc[possible], log_prob[possible]
