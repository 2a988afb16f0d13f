"""T∘L∘G with an open place for lists: what is compiled once and serves every request.

From the slots, where L∘G offers a class, arcs enter one *first-token state* of the class per token
that can begin a word. From there a word goes on through an entity, once a list is joined, and in
the class of unknown words also letter by letter (the speller, shared by all contexts). The rows of
the first-token states come last, so that joining a list rewrites only the tail of the arc array.

Arcs into the first-token states of a named class read the tokens from columns of the class, where
the dense input offers those alone with which an entity of the utterance's list begins. So a class
costs the search nothing where the list has none of it.

Token-graph states: `0 .. n-1` L∘G, then the speller, the place after a trailing space, the
first-token states of each class, the end, and from `n_states` on the states of a list. The end is
reached by reading the end token, which the dense input offers on one frame past the last; it alone
leads to k2's final state, so that no static row depends on how many states a list adds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind, TokenArcs
from wfst_bias.graph.ctc import CtcArcs, StateCopies, entry_keys, expand
from wfst_bias.graph.word_graph import TokenNumbers, WordGraph
from wfst_bias.tokens import WORD_MARK, TokenTable


@dataclass(frozen=True)
class StaticGraph:
    """Hold the compiled graph; scores are kept apart as features, so that scales can change.

    Attributes:
      width: V + 1, the columns that one set of scores takes: blank, tokens, end. Class k reads set
        k when it begins; set 0, the plain one, is that of the class of unknown words.
      token_arcs: all token arcs, sorted by source; the last rows belong to the tail.
      static: the expanded rows of every state before the tail.
      copies: the copies of all states, the tail's last.
      tail_states: for each class token number -> first-token state.
      after_class: for each class the state in which a word of it, or an entity, ends.
      end: the state after the end token, the last of the tail.
      n_states: token-graph states, and the first number free for a list's states.
    """

    width: int
    token_arcs: TokenArcs
    static: CtcArcs
    copies: StateCopies
    tail_states: tuple[dict[int, int], ...]
    after_class: tuple[int, ...]
    end: int
    n_states: int

    @property
    def n_classes(self) -> int:
        """Return the number of classes, that of unknown words included."""
        return len(self.tail_states)

    @property
    def first_tail_state(self) -> int:
        """Return the first state of the tail."""
        return min(self.tail_states[0].values())

    def class_of(self, first_token_state: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the classes to which first-token states belong."""
        place = first_token_state.astype(np.int64) - self.first_tail_state
        return place // len(self.tail_states[0])

    @property
    def tail_arcs(self) -> TokenArcs:
        """Return the token arcs of the tail: those that leave the first-token states."""
        return self._rows(self.first_tail_state, self.n_states)

    def after_class_arcs(self, number: int) -> TokenArcs:
        """Return the token arcs that follow a word of a class."""
        return self._rows(self.after_class[number], self.after_class[number] + 1)

    def _rows(self, first: int, end: int) -> TokenArcs:
        """Return the token arcs that leave the states from `first` to before `end`."""
        begin, stop = np.searchsorted(self.token_arcs.source, np.array([first, end], np.int32))
        return self.token_arcs.take(np.arange(begin, stop))


def build_static_graph(words: WordGraph, tokens: TokenTable) -> StaticGraph:
    """Open the slots of L∘G and apply the CTC topology."""
    opener = _Opener(words, tokens)
    return _expand_static(opener.open(), opener)


class _Opener:
    """Add to L∘G the ends, the entries where it offers its classes, and the speller."""

    def __init__(self, words: WordGraph, tokens: TokenTable) -> None:
        numbers = TokenNumbers.of(tokens).from_columns()
        starts = set(tokens.word_start_ids)
        self.words = words
        self.starts = numbers[sorted(starts)]
        self.inner = numbers[sorted(set(tokens.ids.values()) - starts)]
        self.separator = None if tokens.separator_id is None else int(numbers[tokens.separator_id])
        bare = tokens.ids.get(WORD_MARK)
        self.bare_mark = None if bare is None else int(numbers[bare])
        self.end_token = tokens.size
        self.speller = words.n_states
        self.trailing = words.n_states + 1
        first_tail = words.n_states + 2
        self.tail_states = tuple(
            {int(t): first_tail + k * len(self.starts) + i for i, t in enumerate(self.starts)}
            for k in range(len(words.classes))
        )
        self.end = first_tail + len(words.classes) * len(self.starts)

    def open(self) -> TokenArcs:
        parts = [self.words.arcs, *self._ends(), *self._entries()]
        plain = TokenArcs.concatenate(parts)
        ending = plain.take(plain.source == self.words.classes[0].after)
        spellers = [self._speller(self.speller, ending)]
        for token, state in self.tail_states[0].items():
            spelled = ending if token != self.bare_mark else ending.take(np.zeros(0, np.int64))
            spellers.append(self._speller(state, spelled))
        return TokenArcs.concatenate([plain, *spellers]).sorted_by_source()

    def _ends(self) -> list[TokenArcs]:
        """Return the arcs that read the end, for a separator also after one last space."""
        histories = np.flatnonzero(np.isfinite(self.words.final_scores))
        score = self.words.final_scores[histories]
        ends = [TokenArcs.make(histories, self.end, self.end_token, score)]
        if self.separator is not None:
            ends.append(TokenArcs.make(histories, self.trailing, self.separator, score))
            ends.append(TokenArcs.make(self.trailing, self.end, self.end_token))
        return ends

    def _entries(self) -> list[TokenArcs]:
        """Return the arcs from every slot to the first-token states."""
        entries = []
        for number, places in enumerate(self.words.classes):
            slots = np.array(list(places.slots))
            score = np.array(list(places.slots.values()))
            columns = number * (self.end_token + 1)
            entries += [
                TokenArcs.make(slots, state, token + columns, score, 0, ArcKind.SLOT)
                for token, state in self.tail_states[number].items()
            ]
        return entries

    def _speller(self, state: int, ending: TokenArcs) -> TokenArcs:
        """Return the row of a state inside a spelled word: go on spelling, or end the word."""
        going_on = TokenArcs.make(state, self.speller, self.inner, kind=ArcKind.SPELLING)
        return TokenArcs.concatenate(
            [going_on, replace(ending, source=np.full_like(ending.source, state))]
        )


def _expand_static(arcs: TokenArcs, opener: _Opener) -> StaticGraph:
    width, n_states = opener.end_token + 1, opener.end + 1
    after_class = tuple(places.after for places in opener.words.classes)
    every_token = np.arange(1, width - 1, dtype=np.int64)
    every_exit = [after * width + every_token for after in after_class]
    entries = np.concatenate([entry_keys(arcs, width), *every_exit])
    copies = StateCopies.entered_by(np.arange(n_states), entries, width)
    first_tail = min(opener.tail_states[0].values())
    n_static = int(np.searchsorted(copies.keys, first_tail * width))
    static = StateCopies(copies.keys[:n_static], width)
    return StaticGraph(
        width=width,
        token_arcs=arcs,
        static=expand(arcs, static, copies.find(entry_keys(arcs, width))),
        copies=copies,
        tail_states=opener.tail_states,
        after_class=after_class,
        end=opener.end,
        n_states=n_states,
    )
