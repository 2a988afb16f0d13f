"""The n best distinct texts of a lattice of words.

Best-first search with the exact outlook of every state, as for the texts of the first pass. The
same text by several paths counts once, with its best path.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

import numpy as np

from wfst_bias.decode.lattice_files import INNER_MARK
from wfst_bias.lattices.arcs import Array, Doubles, LatticeArcs
from wfst_bias.lattices.paths import outlook
from wfst_bias.tokens import WORD_MARK

# The arcs of a path from its end: the last one and those before it.
_Trail = tuple[int, "_Trail"] | None
# The negative score that a whole path can have at best, text, serial, state, score, trail.
_Beginning = tuple[float, str, int, int, float, _Trail]


@dataclass(frozen=True)
class LatticePath:
    """Hold a text with its best path.

    Attributes:
      words: of the text.
      score: in nats.
      arcs: the path, positions in the lattice.
    """

    words: tuple[str, ...]
    score: float
    arcs: Array


def appended(symbol: str) -> str:
    """Return what a symbol of `words.txt` adds to a text; words have a space in front."""
    if symbol.startswith(INNER_MARK):
        return symbol.removeprefix(INNER_MARK)
    return " " + symbol.removeprefix(WORD_MARK).replace(WORD_MARK, " ")


def best_paths(
    arcs: LatticeArcs, score: Doubles, n_best: int, symbols: tuple[str, ...]
) -> list[LatticePath]:
    """Return the n best texts, best first; equal scores in the order of the texts.

    Args:
      arcs: a lattice of words; one without arcs has no text.
      score: `(arcs,)`.
      n_best: the most texts to return.
      symbols: what the numbers of words are written as.
    """
    if not len(arcs):
        return []
    search = _Search(arcs, score, symbols)
    found = search.run(n_best)
    return sorted(found, key=lambda path: (-path.score, path.words))


class _Search:
    def __init__(self, arcs: LatticeArcs, score: Doubles, symbols: tuple[str, ...]) -> None:
        self.ahead = outlook(arcs, score).tolist()
        self.first = arcs.first_arcs().tolist()
        self.target, self.score = arcs.target.tolist(), score.tolist()
        adds = {w: appended(symbols[w]) if w > 0 else "" for w in np.unique(arcs.written).tolist()}
        self.adds = [adds[w] for w in arcs.written.tolist()]

    def run(self, n_best: int) -> list[LatticePath]:
        final = len(self.first) - 2
        whole: dict[tuple[str, ...], LatticePath] = {}
        expanded: set[tuple[int, str]] = set()
        serial = itertools.count()  # the earlier first where all else is equal
        heap: list[_Beginning] = [(-self.ahead[0], "", next(serial), 0, 0.0, None)]
        while heap and len(whole) < n_best:
            _, text, _, state, score, trail = heapq.heappop(heap)
            if (state, text) in expanded:
                continue
            expanded.add((state, text))
            if state == final:
                words = tuple(text.split())
                whole.setdefault(words, LatticePath(words, score, _arcs(trail)))
                continue
            for arc in range(self.first[state], self.first[state + 1]):
                target, total = self.target[arc], score + self.score[arc]
                longer = text + self.adds[arc]
                estimate = -total - self.ahead[target]
                heapq.heappush(heap, (estimate, longer, next(serial), target, total, (arc, trail)))
        return list(whole.values())


def _arcs(trail: _Trail) -> Array:
    found = []
    while trail is not None:
        arc, trail = trail
        found.append(arc)
    return np.array(found[::-1], np.int64)
