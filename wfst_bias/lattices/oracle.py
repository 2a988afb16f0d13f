"""The fewest word errors that any text of a lattice has: what a perfect rescoring would reach.

The words of a reference run along the lattice: at every state, and for every word begun there and
not ended, the fewest errors after each number of reference words. A word that is spelled out is
compared when the next one begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from wfst_bias.lattices.arcs import Array, LatticeArcs
from wfst_bias.lattices.nbest import appended
from wfst_bias.score.comparison import comparison_words

_Begun = dict[str, Array]  # the letters of the last word -> errors after each reference word


def oracle_errors(arcs: LatticeArcs, reference: str, symbols: tuple[str, ...]) -> int:
    """Return the fewest substitutions, deletions and insertions; words as `score` compares them.

    Args:
      arcs: a lattice of words; one without arcs is taken to be empty text.
      reference: what was said.
      symbols: what the numbers of words are written as.
    """
    words = comparison_words(reference)
    if not len(arcs):
        return len(words)
    counter = _Counter(words)
    reached: list[_Begun] = [{} for _ in range(arcs.n_states)]
    reached[0] = {"": np.arange(len(words) + 1)}
    rows = zip(arcs.source.tolist(), arcs.target.tolist(), arcs.written.tolist(), strict=True)
    state = 0
    for source, target, number in rows:
        if source != state:
            reached[state] = {}  # all that leaves it is done
            state = source
        added = appended(symbols[number]) if number > 0 else ""
        counter.follow(reached[source], added, reached[target])
    return min(int(counter.end(begun, row)[-1]) for begun, row in reached[-1].items())


class _Counter:
    def __init__(self, words: Sequence[str]) -> None:
        self.places = np.arange(len(words) + 1)
        self.differs = {
            word: np.array([other != word for other in words], np.int64) for word in set(words)
        }
        self.all_differ = np.ones(len(words), np.int64)

    def follow(self, begun: _Begun, added: str, onto: _Begun) -> None:
        """Add letters, and words where a space is in front, to what is begun in a state."""
        before, *words = added.split(" ")
        for last, row in begun.items():
            letters = last + before
            for word in words:
                row = self.end(letters, row)
                letters = word
            known = onto.get(letters)
            onto[letters] = row if known is None else np.minimum(known, row)

    def end(self, letters: str, row: Array) -> Array:
        """Return the fewest errors after a word with these letters, or none, in the place."""
        for word in _compared(letters):
            differs = self.differs.get(word, self.all_differ)
            inserted = row + 1
            inserted[1:] = np.minimum(inserted[1:], row[:-1] + differs)
            row = np.minimum.accumulate(inserted - self.places) + self.places
        return row


@lru_cache(maxsize=1 << 16)
def _compared(letters: str) -> tuple[str, ...]:
    return comparison_words(letters)
