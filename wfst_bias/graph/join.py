"""Join lists to the static graph: rewrite the tail of one arc array, in milliseconds.

Several lists can share one graph. The arcs of a list's entities read their tokens from columns that
belong to the list alone; in the dense input of an utterance, the columns of every list but its own
are minus infinity. These columns may hold more than the model's log-probabilities: what an entity
gains by the frame. So what follows an entity of one token, whose only token is read before it is
known to be an entity, has columns of its own again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import k2
import numpy as np
import torch
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind, Floats, Ints, TokenArcs
from wfst_bias.graph.ctc import CtcArcs, StateCopies, entry_keys, expand
from wfst_bias.graph.entity_fst import EntityFst
from wfst_bias.graph.scales import Scales
from wfst_bias.graph.static_graph import StaticGraph

Array = NDArray[Any]


@dataclass(frozen=True)
class TailArcs:
    """Hold the token arcs of the tail with what a list adds to them.

    Attributes:
      arcs: sorted by source.
      boost_nats: `(arcs,)`, the share of a boost that the arc brings.
      form: `(arcs,)`, `f + 1` where form f of its list ends with the arc's token, `-(f + 1)`
        where it ended before it, 0 elsewhere.
    """

    arcs: TokenArcs
    boost_nats: Floats
    form: Ints

    def take(self, index: Array) -> TailArcs:
        """Return the arcs at `index`, in that order."""
        return TailArcs(self.arcs.take(index), self.boost_nats[index], self.form[index])

    @staticmethod
    def plain(arcs: TokenArcs) -> TailArcs:
        """Return arcs without boost or entity."""
        return TailArcs(arcs, np.zeros(len(arcs), np.float32), np.zeros(len(arcs), np.int32))

    @staticmethod
    def concatenate(parts: Sequence[TailArcs]) -> TailArcs:
        """Join several sets of arcs."""
        return TailArcs(
            TokenArcs.concatenate([p.arcs for p in parts]),
            np.concatenate([p.boost_nats for p in parts]),
            np.concatenate([p.form for p in parts]),
        )


@dataclass(frozen=True)
class Gate:
    """Name the sets of columns that a list's arcs read; set 0 is for what is open to all.

    Attributes:
      entity: for the further tokens of its entities.
      following: for the first token of what follows an entity of one token.
    """

    entity: int
    following: int

    @staticmethod
    def each(lists: Sequence[EntityFst]) -> tuple[Gate, ...]:
        """Return a gate for each list; the second sets are only where a list needs one."""
        n_lists = len(lists)
        needed = any(entities.has_one_token_form for entities in lists)
        return tuple(Gate(k, k + n_lists * needed) for k in range(1, n_lists + 1))


@dataclass(frozen=True)
class ArcMeaning:
    """Say what arcs on a path stand for, `(arcs,)` each.

    Attributes:
      reads: whether the arc begins a token; the rest is 0 where it repeats one or reads a blank.
      token: the token number.
      kind: see `ArcKind`.
      output: the number of the word that the arc completes, 0 for none.
      form: see `TailArcs`.
      boost_nats: the share of a boost.
      lm_score: the language model's log-probability, in nats, before any scale.
    """

    reads: NDArray[np.bool_]
    token: Ints
    kind: Ints
    output: Ints
    form: Ints
    boost_nats: Floats
    lm_score: Floats

    def take(self, index: Array) -> ArcMeaning:
        """Return what the arcs at `index` stand for."""
        return ArcMeaning(*(getattr(self, f.name)[index] for f in fields(self)))


@dataclass(frozen=True)
class JoinedGraph:
    """Hold the search graph for a batch, and what its arcs mean.

    Attributes:
      fsa: an FsaVec of one graph; attribute `graph_arc` numbers its arcs. It shares memory with
        the graph that made it and is valid until the next join.
      static: what the arcs before the tail mean.
      tail: the token arcs of the tail.
      tail_origin: expanded tail arc -> token arc of the tail, or negative (see `CtcArcs`).
      gates: for each list the columns that it reads.
    """

    fsa: k2.Fsa
    static: StaticGraph
    tail: TailArcs
    tail_origin: Ints
    gates: tuple[Gate, ...]

    @property
    def n_sets(self) -> int:
        """Return how many sets of columns the dense input needs."""
        return 1 + max((gate.following for gate in self.gates), default=0)

    def meaning(self, graph_arcs: Array) -> ArcMeaning:
        """Say what arcs of the graph stand for, in the order given."""
        n_static = len(self.static.static)
        in_tail = graph_arcs >= n_static
        origin = np.empty(len(graph_arcs), np.int64)
        origin[~in_tail] = self.static.static.origin[graph_arcs[~in_tail]]
        origin[in_tail] = self.tail_origin[graph_arcs[in_tail] - n_static]
        reads = origin >= 0
        found = np.zeros((6, len(graph_arcs)))
        for where, arcs in ((~in_tail, self.static.token_arcs), (in_tail, self.tail.arcs)):
            at = where & reads
            rows = origin[at]
            found[:3, at] = arcs.token[rows] % self.static.width, arcs.kind[rows], arcs.output[rows]
            found[5, at] = arcs.score[rows]
        at = in_tail & reads
        found[3:5, at] = self.tail.form[origin[at]], self.tail.boost_nats[origin[at]]
        token, kind, output, form = found[:4].astype(np.int32)
        boost_nats, lm_score = found[4:].astype(np.float32)
        return ArcMeaning(reads, token, kind, output, form, boost_nats, lm_score)


class SearchGraph:
    """Keep the weighed static arcs in one buffer, with room for the tail of a batch.

    One search graph serves one thread: `join` rewrites the tail in place.
    """

    def __init__(self, static: StaticGraph, scales: Scales) -> None:
        self.static = static
        self.scales = scales
        self.template = TailArcs.plain(static.tail_arcs)
        self.first_tail_state = min(static.tail_states.values())
        self.n_static_copies = int(
            np.searchsorted(static.copies.keys, self.first_tail_state * static.width)
        )
        self.n_static_arcs = len(static.static.source)
        self._splits = np.searchsorted(static.static.source, np.arange(self.n_static_copies + 1))
        scores = self._scores(static.static, scales.weigh(static.token_arcs))
        self._buffer = torch.empty((self.n_static_arcs * 9 // 8 + 1024, 4), dtype=torch.int32)
        self._numbers = torch.arange(len(self._buffer), dtype=torch.int32)
        self._write(static.static, scores, 0)

    def join(self, lists: Sequence[EntityFst]) -> JoinedGraph:
        """Return the graph with these lists."""
        gates = Gate.each(lists)
        tail = self._tail(lists, gates)
        n_states = self.static.n_states + sum(e.n_states for e in lists)
        copies = self._copies(tail.arcs, n_states)
        rows = StateCopies(copies.keys[self.n_static_copies :], copies.width, self.n_static_copies)
        expanded = expand(tail.arcs, rows, copies.find(entry_keys(tail.arcs, copies.width)))
        end_key = np.array([self.static.end * copies.width + copies.width - 1])
        expanded = expanded.ending(int(copies.find(end_key)[0]), len(copies))
        weighed = self.scales.weigh(tail.arcs) + tail.boost_nats
        fsa = self._append(expanded, self._scores(expanded, weighed), len(copies))
        return JoinedGraph(fsa, self.static, tail, expanded.origin, gates)

    def _tail(self, lists: Sequence[EntityFst], gates: Sequence[Gate]) -> TailArcs:
        parts = [self.template]
        first_state = self.static.n_states
        for entities, gate in zip(lists, gates, strict=True):
            parts.append(_Attachment(self.static, entities, gate, first_state).arcs())
            first_state += entities.n_states
        tail = TailArcs.concatenate(parts)
        arcs = tail.arcs
        return tail.take(np.lexsort((arcs.target, arcs.token, arcs.source)))

    def _copies(self, tail: TokenArcs, n_states: int) -> StateCopies:
        """Number the copies: the static ones as they were, the list's after them."""
        static, width = self.static, self.static.width
        keys = entry_keys(tail, width)
        new = StateCopies.entered_by(
            np.arange(static.n_states, n_states), keys[tail.target >= static.n_states], width
        )
        return StateCopies(np.concatenate([static.copies.keys, new.keys]), width)

    def _append(self, tail: CtcArcs, scores: Floats, n_copies: int) -> k2.Fsa:
        """Write the tail behind the static arcs and return the whole."""
        n_arcs = self.n_static_arcs + len(tail)
        if n_arcs > len(self._buffer):
            self._grow(n_arcs)
        self._write(tail, scores, self.n_static_arcs)
        splits = np.empty(n_copies + 2, np.int32)
        splits[: self.n_static_copies] = self._splits[:-1]
        tail_copies = np.arange(self.n_static_copies, n_copies + 1)
        splits[self.n_static_copies : -1] = np.searchsorted(tail.source, tail_copies)
        splits[self.n_static_copies : -1] += self.n_static_arcs
        splits[-1] = n_arcs
        return _one_fsa(splits, self._buffer[:n_arcs], self._numbers[:n_arcs])

    def _grow(self, n_arcs: int) -> None:
        larger = torch.empty((n_arcs * 5 // 4, 4), dtype=torch.int32)
        larger[: self.n_static_arcs] = self._buffer[: self.n_static_arcs]
        self._buffer = larger
        self._numbers = torch.arange(len(larger), dtype=torch.int32)

    def _write(self, arcs: CtcArcs, scores: Floats, first: int) -> None:
        columns = (arcs.source, arcs.target, arcs.label, scores.view(np.int32))
        self._buffer.numpy()[first : first + len(arcs)] = np.stack(columns, axis=1)

    def _scores(self, arcs: CtcArcs, weighed: Floats) -> Floats:
        scores = np.zeros(len(arcs.origin), np.float32)
        from_token = arcs.origin >= 0
        scores[from_token] = weighed[arcs.origin[from_token]]
        return scores


def _one_fsa(splits: Ints, arcs: torch.Tensor, numbers: torch.Tensor) -> k2.Fsa:
    """Wrap arcs as an FsaVec of one graph without copying them.

    k2's check of properties reads every arc; the graph is valid and not empty by construction.
    """
    states = torch.tensor([0, len(splits) - 1], dtype=torch.int32)
    by_fsa = k2.ragged.create_ragged_shape2(states, None, len(splits) - 1)
    by_state = k2.ragged.create_ragged_shape2(torch.from_numpy(splits), None, len(arcs))
    shape = by_fsa.compose(by_state)
    known = k2.fsa_properties.VALID | k2.fsa_properties.NONEMPTY
    fsa = k2.Fsa(k2.fsa.RaggedArc(shape, arcs), properties=known)
    fsa.graph_arc = numbers
    return fsa


class _Attachment:
    """Turn E into token arcs between the first-token states and the state after the class.

    The first token of a form is read by an arc of the static graph. What leaves the state of E
    behind it leaves the first-token state, and brings the first token's share of the boost too.
    Minimization may have other arcs enter that state, so it is also a state of the list's own.
    """

    def __init__(
        self, static: StaticGraph, entities: EntityFst, gate: Gate, first_state: int
    ) -> None:
        self.static = static
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
        return np.array([self.static.tail_states[token] for token in tokens], np.int64)

    def _going_on(self, source: Array, arc: Array, boost: Array) -> list[TailArcs]:
        """Return arcs of E from other states, and for each into an exit one that leaves E."""
        e = self.entities
        token = e.token[arc] + self.entity_columns
        form = np.zeros(len(arc), np.int32)
        inner = self._arcs(source, self.first_state + e.target[arc], token, boost, form)
        index, exits = _pairs(e.exit_state, e.target[arc])
        after_class = np.full(len(index), self.static.after_class)
        boost = boost[index] + e.exit_score[exits]
        form = e.exit_form[exits] + 1
        return [inner, self._arcs(source[index], after_class, token[index], boost, form)]

    def _one_token(self, opening: Array) -> list[TailArcs]:
        """Return what follows entities that are one token long: the words after the class."""
        e = self.entities
        index, exits = _pairs(e.exit_state, e.target[opening])
        if not len(exits):
            return []
        row = self.static.after_class_arcs
        boost = e.score[opening[index]] + e.exit_score[exits]
        source = self._first_token_states(opening[index])
        return [
            TailArcs(
                TokenArcs.make(
                    source[at],
                    row.target,
                    row.token + self.following_columns,
                    row.score,
                    row.output,
                    row.kind,
                ),
                np.full(len(row), boost[at], np.float32),
                np.full(len(row), -(e.exit_form[exits[at]] + 1), np.int32),
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
        return TailArcs(arcs, boost.astype(np.float32), form.astype(np.int32))


def _pairs(ordered: Array, wanted: Array) -> tuple[Array, Array]:
    """Return every (index into `wanted`, position in `ordered`) with equal values."""
    begin = np.searchsorted(ordered, wanted)
    counts = np.searchsorted(ordered, wanted, side="right") - begin
    index = np.repeat(np.arange(len(wanted)), counts)
    rank = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    return index, begin[index] + rank
