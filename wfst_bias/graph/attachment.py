"""What a list adds to the tail of the graph: its entities as arcs from the first-token states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind, Floats, Ints, TokenArcs
from wfst_bias.graph.entity_fst import EntityFst
from wfst_bias.graph.static_graph import StaticGraph

Array = NDArray[Any]
# E for each class of the graph, over the entities that belong to it.
ListFsts = Sequence[EntityFst]


@dataclass(frozen=True)
class TailArcs:
    """Hold the token arcs of the tail with what a list adds to them.

    Attributes:
      arcs: sorted by source.
      boost_nats: `(arcs,)`, the share of a boost that the arc brings.
      form: `(arcs,)`, `f + 1` where form f of its list ends with the arc's token, `-(f + 1)`
        where it ended before it, 0 elsewhere.
      number: `(arcs,)`, the class whose entities the arc is of, 0 elsewhere.
    """

    arcs: TokenArcs
    boost_nats: Floats
    form: Ints
    number: Ints

    def take(self, index: Array) -> TailArcs:
        """Return the arcs at `index`, in that order."""
        boost_nats, form, number = self.boost_nats[index], self.form[index], self.number[index]
        return TailArcs(self.arcs.take(index), boost_nats, form, number)

    @staticmethod
    def plain(arcs: TokenArcs) -> TailArcs:
        """Return arcs without boost or entity."""
        none = np.zeros(len(arcs), np.int32)
        return TailArcs(arcs, np.zeros(len(arcs), np.float32), none, none)

    @staticmethod
    def concatenate(parts: Sequence[TailArcs]) -> TailArcs:
        """Join several sets of arcs."""
        return TailArcs(
            TokenArcs.concatenate([p.arcs for p in parts]),
            np.concatenate([p.boost_nats for p in parts]),
            np.concatenate([p.form for p in parts]),
            np.concatenate([p.number for p in parts]),
        )


@dataclass(frozen=True)
class Gate:
    """Name the sets of columns that a list's arcs read; set 0 is for what is open to all.

    Attributes:
      entity: for the further tokens of its entities.
      following: for the first token of what follows an entity of one token.
      openings: for each named class, from set 1 on, the tokens with which its entities begin.
    """

    entity: int
    following: int
    openings: tuple[Ints, ...] = ()

    @staticmethod
    def each(lists: Sequence[ListFsts], n_classes: int) -> tuple[Gate, ...]:
        """Return a gate for each list; the second sets are only where a list needs one."""
        n_lists = len(lists)
        needed = any(e.has_one_token_form for fsts in lists for e in fsts)
        return tuple(
            Gate(k, k + n_lists * needed, tuple(e.first_tokens for e in fsts[1:]))
            for k, fsts in enumerate(lists, start=n_classes)
        )


def attach(static: StaticGraph, fsts: ListFsts, gate: Gate, first_state: int) -> list[TailArcs]:
    """Return the arcs of a list, whose own states are numbered from `first_state` on."""
    parts = []
    for number, entities in enumerate(fsts):
        parts.append(_Attachment(static, number, entities, gate, first_state).arcs())
        first_state += entities.n_states
    return parts


class _Attachment:
    """Turn E into token arcs between the first-token states of a class and the state after it.

    The first token of a form is read by an arc of the static graph. What leaves the state of E
    behind it leaves the first-token state, and brings the first token's share of the boost too.
    Minimization may have other arcs enter that state, so it is also a state of the list's own.
    """

    def __init__(
        self, static: StaticGraph, number: int, entities: EntityFst, gate: Gate, first_state: int
    ) -> None:
        self.width = static.width
        self.number = number
        self.tail_states = static.tail_states[number]
        self.after_class = static.after_class[number]
        self.after_class_arcs = static.after_class_arcs(number)
        self.entities = entities
        self.entity_columns = gate.entity * static.width
        self.following_columns = gate.following * static.width
        self.first_state = first_state

    def arcs(self) -> TailArcs:
        e = self.entities
        opening = np.flatnonzero(e.source == 0)
        entered = np.zeros(e.n_states, bool)
        entered[e.target[e.source != 0]] = True
        further = np.flatnonzero(entered[e.source])
        own = self._going_on(self.first_state + e.source[further], further, e.score[further])
        index, second = _pairs(e.source, e.target[opening])
        first = opening[index]
        opened = self._going_on(
            self._first_token_states(first), second, e.score[second] + e.score[first]
        )
        return TailArcs.concatenate([*own, *opened, *self._one_token(opening)])

    def _first_token_states(self, opening: Array) -> Array:
        tokens = self.entities.token[opening].tolist()
        return np.array([self.tail_states[token] for token in tokens], np.int64)

    def _going_on(self, source: Array, arc: Array, boost: Array) -> list[TailArcs]:
        """Return arcs of E from other states, and for each into an exit one that leaves E."""
        e = self.entities
        token = e.token[arc] + self.entity_columns
        form = np.zeros(len(arc), np.int32)
        inner = self._arcs(source, self.first_state + e.target[arc], token, boost, form)
        index, exits = _pairs(e.exit_state, e.target[arc])
        after_class = np.full(len(index), self.after_class)
        boost = boost[index] + e.exit_score[exits]
        form = e.exit_form[exits] + 1
        return [inner, self._arcs(source[index], after_class, token[index], boost, form)]

    def _one_token(self, opening: Array) -> list[TailArcs]:
        """Return what follows entities that are one token long: the words after the class."""
        e = self.entities
        index, exits = _pairs(e.exit_state, e.target[opening])
        if not len(exits):
            return []
        row = self.after_class_arcs
        # An arc into a named class reads the columns of the class elsewhere; here the list's.
        token = row.token % self.width + self.following_columns
        boost = e.score[opening[index]] + e.exit_score[exits]
        source = self._first_token_states(opening[index])
        return [
            TailArcs(
                TokenArcs.make(
                    source[at],
                    row.target,
                    token,
                    row.score,
                    row.output,
                    row.kind,
                ),
                np.full(len(row), boost[at], np.float32),
                np.full(len(row), -(e.exit_form[exits[at]] + 1), np.int32),
                np.zeros(len(row), np.int32),
            )
            for at in range(len(exits))
        ]

    def _arcs(
        self,
        source: Array,
        target: Array,
        token: Array,
        boost: Array,
        form: Array,
    ) -> TailArcs:
        arcs = TokenArcs.make(source, target, token, 0.0, 0, ArcKind.ENTITY)
        number = np.full(len(arcs), self.number, np.int32)
        return TailArcs(arcs, boost.astype(np.float32), form.astype(np.int32), number)


def _pairs(ordered: Array, wanted: Array) -> tuple[Array, Array]:
    """Return every (index into `wanted`, position in `ordered`) with equal values."""
    begin = np.searchsorted(ordered, wanted)
    counts = np.searchsorted(ordered, wanted, side="right") - begin
    index = np.repeat(np.arange(len(wanted)), counts)
    rank = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    return index, begin[index] + rank
