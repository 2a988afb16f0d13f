"""G: the word LM as an acceptor with backoff arcs.

A state stands for a history, an arc for a word that follows it. After a class word the history
is the class word alone, so that one copy of a list can serve every place that offers the class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.lm.arpa import NgramLm

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Grammar:
    """Hold G as arrays; words are numbered from 1 in the order of the LM, `backoff` follows them.

    Attributes:
      source, target, word, score: one entry per arc; `word` is `backoff` on backoff arcs.
      final_states, final_scores: where the utterance may end, and log P(</s> | history).
      start, n_states: states are `0 .. n_states - 1`.
      class_words: the numbers of the class words that some history predicts, that of unknown
        words first.
    """

    source: Array
    target: Array
    word: Array
    score: NDArray[np.float64]
    final_states: Array
    final_scores: NDArray[np.float64]
    start: int
    n_states: int
    backoff: int
    class_words: tuple[int, ...]

    def starting_at_zero(self) -> Grammar:
        """Return G with its start and state 0 exchanged."""
        swap = np.arange(self.n_states)
        swap[[0, self.start]] = swap[[self.start, 0]]
        return replace(
            self,
            source=swap[self.source],
            target=swap[self.target],
            final_states=swap[self.final_states],
            start=0,
        )


class _Histories:
    """Find n-grams by their words: row numbers per order, -1 where the LM lacks one."""

    def __init__(self, lm: NgramLm) -> None:
        self.n_words = len(lm.words)
        self.keys: list[Array] = []
        self.rows: list[Array] = []
        for table in lm.ngrams:
            ids = table.ids.astype(np.int64)
            keys = self._key(self.find(ids[:, :-1]), ids[:, -1])
            order = np.argsort(keys, kind="stable")
            self.keys.append(keys[order])
            self.rows.append(order)

    def _key(self, prefix_row: Array, last: Array) -> Array:
        return np.where(prefix_row < 0, -1, prefix_row * self.n_words + last)

    def find(self, ids: Array) -> Array:
        """Return the rows of the n-grams `ids` `(n, k)` in the table of order k."""
        rows = np.zeros(len(ids), np.int64)
        for k in range(ids.shape[1]):
            keys = self._key(rows, ids[:, k])
            at = np.searchsorted(self.keys[k], keys).clip(max=len(self.keys[k]) - 1)
            rows = np.where((keys >= 0) & (self.keys[k][at] == keys), self.rows[k][at], -1)
        return rows


def build_grammar(lm: NgramLm) -> Grammar:
    """Turn an n-gram LM into G.

    Raises:
      InputError: the LM has no class word for unknown words (`<unk>`), which is where lists are
        attached; see `with_unknown_class`.
    """
    if lm.class_word is None:
        raise InputError(
            "the language model has no <unk>, so lists have no place to attach",
            remedy="estimate it with an open vocabulary",
        )
    return _GrammarBuilder(lm).build()


class _GrammarBuilder:
    def __init__(self, lm: NgramLm) -> None:
        self.lm = lm
        self.find = _Histories(lm).find
        self.class_ids = np.array([lm.words.index(word) for word in lm.class_words])
        self.begin_id, self.end_id = lm.words.index("<s>"), lm.words.index("</s>")
        self.backoff = len(lm.words) + 1
        self.states_by_order = self._number_states()

    def _number_states(self) -> list[Array]:
        """Give a state to each n-gram that is the history of another, or costs to back off from.

        The rest get -1.
        """
        states: list[Array] = []
        count = 1  # state 0 is the empty history
        for table, longer in zip(self.lm.ngrams, self.lm.ngrams[1:], strict=False):
            rows = np.unique(self.find(longer.ids[:, :-1].astype(np.int64)))
            used = table.backoffs != 0
            used[rows[rows >= 0]] = True
            used &= ~np.isin(table.ids[:, 1:], self.class_ids).any(axis=1)
            numbers = np.full(len(used), -1, np.int64)
            numbers[used] = count + np.arange(used.sum())
            states.append(numbers)
            count += int(used.sum())
        self.n_states = count
        return states

    def _state_of(self, histories: Array) -> Array:
        """Return the state of the longest suffix of each history `(n, k)` that has one."""
        found = np.zeros(len(histories), np.int64)
        undecided = np.ones(len(histories), bool)
        after_class = np.isin(histories[:, -1:], self.class_ids)
        for start in range(histories.shape[1]):
            suffix = histories[:, start:]
            if suffix.shape[1] > len(self.states_by_order):
                continue
            allowed = undecided & ~(after_class[:, 0] & (suffix.shape[1] > 1))
            rows = self.find(suffix[allowed])
            numbers = self.states_by_order[suffix.shape[1] - 1]
            states = np.where(rows < 0, -1, numbers[rows])
            hit = np.flatnonzero(allowed)[states >= 0]
            found[hit] = states[states >= 0]
            undecided[hit] = False
        return found

    def build(self) -> Grammar:
        arcs, ends, backoffs = [], [], []
        for order, table in enumerate(self.lm.ngrams, start=1):
            ids = table.ids.astype(np.int64)
            source = self._sources(order, ids)
            usable = (source >= 0) & np.isfinite(table.log_probs) & (ids[:, -1] != self.begin_id)
            ending = usable & (ids[:, -1] == self.end_id)
            ends.append((source[ending], table.log_probs[ending]))
            inner = usable & ~ending
            targets = self._state_of(ids[inner])
            arcs.append((source[inner], targets, ids[inner, -1] + 1, table.log_probs[inner]))
            if order <= len(self.states_by_order):
                backoffs.append(self._backoff_arcs(order, ids, table.backoffs))
        source, target, word, score = (
            np.concatenate(column) for column in zip(*arcs, *backoffs, strict=False)
        )
        final_states, final_scores = (np.concatenate(c) for c in zip(*ends, strict=True))
        start = int(self._state_of(np.array([[self.begin_id]]))[0])
        return Grammar(
            source, target, word, score, final_states, final_scores,
            start, self.n_states, self.backoff, self._predicted(word),
        )  # fmt: skip

    def _predicted(self, word: Array) -> tuple[int, ...]:
        """Return the numbers of the class words on arcs; that of unknown words in any case."""
        unknown, *named = (self.class_ids + 1).tolist()
        return (unknown, *(number for number in named if (word == number).any()))

    def _sources(self, order: int, ids: Array) -> Array:
        if order == 1:
            return np.zeros(len(ids), np.int64)
        rows = self.find(ids[:, :-1])
        return np.where(rows < 0, -1, self.states_by_order[order - 2][rows])

    def _backoff_arcs(
        self, order: int, ids: Array, backoffs: NDArray[np.float64]
    ) -> tuple[Array, Array, Array, NDArray[np.float64]]:
        states = self.states_by_order[order - 1]
        has_state = states >= 0
        target = self._state_of(ids[has_state, 1:])
        words = np.full(len(target), self.backoff, np.int64)
        return states[has_state], target, words, backoffs[has_state]
