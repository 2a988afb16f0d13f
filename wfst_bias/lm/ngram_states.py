"""An n-gram model as a deterministic automaton over whole arrays: what rescoring steps through.

A state is the longest part of the words so far that the model can tell apart from a shorter one.
One step looks all words up at once, from the longest history to the shortest, as back-off defines
it: a shorter history counts only where the longer one has no entry for the word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import BOS, EOS, NgramLm, NgramTable

Array = NDArray[np.int64]
Doubles = NDArray[np.float64]

EMPTY = 0  # the state of the empty history


@dataclass(frozen=True)
class NgramStates:
    """Hold the automaton. A node stands for a sequence of words, node 0 for the empty one.

    Attributes:
      keys: `(n,)`, sorted: node of the words before · number of words + word.
      child: `(n,)`, the node behind each key.
      log_prob: `(nodes,)` of the last word after those before, NaN where the model has no entry.
      backoff: `(nodes,)` in nats.
      shorter: `(nodes,)`, the state of the node without its first word.
      state: `(nodes,)`, the state that remembers the node.
      n_words, start, end_word, class_word: words by their ids in the model.
    """

    keys: Array
    child: Array
    log_prob: Doubles
    backoff: Doubles
    shorter: Array
    state: Array
    n_words: int
    start: int
    end_word: int
    class_word: int

    @property
    def n_states(self) -> int:
        """Return a number that is above every state."""
        return len(self.state)

    @classmethod
    def of(cls, lm: NgramLm) -> NgramStates:
        """Index a model.

        Raises:
          InputError: the model has no class word, by which unknown words are scored.
        """
        if lm.class_word is None:
            raise InputError(
                "the language model has no <unk>, so unknown words and entities have no score",
                remedy="estimate it with an open vocabulary",
            )
        return _Builder(lm).build(lm.word_ids[lm.class_word])

    def step(self, states: Array, words: Array) -> tuple[Doubles, Array]:
        """Return ln p(word | state), and the states that follow.

        Args:
          states, words: `(n,)` each; words are ids of the model.
        """
        log_prob = np.full(len(states), -np.inf)
        after = np.full(len(states), -1, np.int64)
        backed_off = np.zeros(len(states))
        left, history = np.arange(len(states)), states
        while len(left):
            node = self.find(history, words[left])
            first = (node >= 0) & (after[left] < 0)
            after[left[first]] = self.state[node[first]]
            entry = np.where(node >= 0, self.log_prob[node], np.nan)
            known = ~np.isnan(entry)
            log_prob[left[known]] = backed_off[left[known]] + entry[known]
            on = ~known & (history != EMPTY)
            left, history = left[on], history[on]
            backed_off[left] += self.backoff[history]
            history = self.shorter[history]
        return log_prob, np.maximum(after, EMPTY)

    def find(self, nodes: Array, words: Array) -> Array:
        """Return the nodes of these with a word added, -1 where there is none."""
        return _find(self.keys, self.child, nodes * self.n_words + words)


def _find(keys: Array, child: Array, wanted: Array) -> Array:
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[at] == wanted, child[at], -1)


class _Builder:
    """Number nodes order by order; a node's longest shorter one is of a lower order."""

    def __init__(self, lm: NgramLm) -> None:
        self.n_words = len(lm.words)
        self.tables = _with_all_histories(lm.ngrams)
        self.bos, self.eos = lm.word_ids[BOS], lm.word_ids[EOS]
        self.keys: list[Array] = []
        self.child: list[Array] = []
        self.log_prob = np.concatenate([[0.0], *(t.log_probs for t in self.tables)])
        self.backoff = np.concatenate([[0.0], *(t.backoffs for t in self.tables)])
        self.has_child = np.zeros(len(self.log_prob), bool)

    def build(self, class_word: int) -> NgramStates:
        first = 1
        for table in self.tables:
            parent = self._find(table.ids[:, :-1].astype(np.int64))
            self.has_child[parent] = True
            keys = parent * self.n_words + table.ids[:, -1]
            order = np.argsort(keys)
            self.keys.append(keys[order])
            self.child.append(first + order)
            first += len(table)
        shorter, state = self._states()
        keys, child = np.concatenate(self.keys), np.concatenate(self.child)
        order = np.argsort(keys)
        start = int(state[self._find(np.array([[self.bos]]))[0]])
        return NgramStates(
            keys[order], child[order], self.log_prob, self.backoff, shorter, state,
            self.n_words, start, self.eos, class_word,
        )  # fmt: skip

    def _find(self, ids: Array) -> Array:
        """Return the nodes of word sequences `(n, k)`, -1 where there is none."""
        nodes = np.zeros(len(ids), np.int64)
        for column in range(ids.shape[1]):
            keys = np.where(nodes < 0, -1, nodes * self.n_words + ids[:, column])
            nodes = _find(self.keys[column], self.child[column], keys)
        return nodes

    def _states(self) -> tuple[Array, Array]:
        """Return by node the state of what is left without the first word, and its own state.

        A node that no entry goes on from and that costs nothing to back off from is told apart
        from the shorter one by nothing.
        """
        shorter = np.zeros(len(self.log_prob), np.int64)
        state = np.zeros(len(self.log_prob), np.int64)
        remembers = self.has_child | (self.backoff != 0)
        first = 1
        for order, table in enumerate(self.tables, start=1):
            nodes = first + np.arange(len(table))
            longest = np.full(len(table), -1, np.int64)
            for begin in range(1, order):
                left = longest < 0
                longest[left] = self._find(table.ids[left, begin:].astype(np.int64))
            shorter[nodes] = state[np.maximum(longest, EMPTY)]
            own = remembers[nodes] & (order < len(self.tables))
            state[nodes] = np.where(own, nodes, shorter[nodes])
            first += len(table)
        return shorter, state


def _with_all_histories(tables: tuple[NgramTable, ...]) -> tuple[NgramTable, ...]:
    """Add the histories of n-grams that a model leaves out, without a probability of their own."""
    complete = list(tables)
    for order in range(len(complete) - 1, 1, -1):
        longer, table = complete[order], complete[order - 1]
        known = {*map(bytes, table.ids)}
        wanted = np.unique(longer.ids[:, :-1], axis=0)
        missing = np.array([bytes(ids) not in known for ids in wanted], bool)
        if missing.any():
            n = int(missing.sum())
            complete[order - 1] = NgramTable(
                np.concatenate([table.ids, wanted[missing]]),
                np.concatenate([table.log_probs, np.full(n, np.nan)]),
                np.concatenate([table.backoffs, np.zeros(n)]),
            )
    return tuple(complete)
