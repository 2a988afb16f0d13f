"""All words of a list composed with the rules at once: one lattice of their spellings.

The words enter as one acceptor in which equal ends are shared, behind an arc that names the word.
Every word spells itself at no cost, so that pruning the whole lattice by the cost limit prunes each
word by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pynini
import pywrapfst
from numpy.typing import NDArray

from wfst_bias.g2g.table import END, START
from wfst_bias.g2g.transducer import FIRST_WORD
from wfst_bias.openfst import FstTables, to_fst, to_tables

_START_STATE, _END_STATE = 0, 1


def compose_words(words: Sequence[str], rules: pynini.Fst, most_cost_nats: float) -> FstTables:
    """Return the spellings of words within a cost, as a lattice sorted topologically.

    Args:
      words: made of letters that the rules know.
      rules: what `compile_transducer` returns.
      most_cost_nats: what a spelling may cost.

    Returns:
      a lattice whose first state has, for each word that has a spelling, an arc that reads
      `FIRST_WORD + number`.
    """
    lattice = pynini.compose(_union(words), rules)
    lattice.prune(weight=pywrapfst.Weight("tropical", most_cost_nats))
    return to_tables(lattice.topsort())


def _union(words: Sequence[str]) -> pynini.Fst:
    """Return a transducer from word numbers to letters, whose words share their ends."""
    nodes: dict[tuple[int, str], int] = {}
    before: list[int] = []
    for word in words:
        node = _END_STATE
        for letter in (END, *reversed(word), START):
            following = nodes.get((node, letter))
            if following is None:
                following = nodes[node, letter] = len(nodes) + _END_STATE + 1
            node = following
        before.append(node)
    letters = np.array([ord(letter) for _, letter in nodes], np.int32)
    targets = np.array([node for node, _ in nodes], np.int32)
    inner = np.arange(len(nodes), dtype=np.int32) + _END_STATE + 1
    numbers = np.arange(len(words), dtype=np.int32) + FIRST_WORD
    nothing = np.zeros(len(words), np.int32)
    source = np.concatenate([nothing, inner])
    final = np.full(len(nodes) + 2, np.inf, np.float32)
    final[_END_STATE] = 0.0
    return to_fst(
        FstTables(
            source,
            np.concatenate([np.array(before, np.int32), targets]),
            np.concatenate([numbers, letters]),
            np.concatenate([nothing, letters]),
            np.zeros(len(source), np.float32),
            final,
            _START_STATE,
        )
    )


def word_starts(lattice: FstTables, n_words: int) -> NDArray[np.int64]:
    """Return `(n_words,)` the state where the spellings of each word begin, -1 for none."""
    starts = np.full(n_words, -1, np.int64)
    begins = lattice.input >= FIRST_WORD
    starts[lattice.input[begins] - FIRST_WORD] = lattice.target[begins]
    return starts
