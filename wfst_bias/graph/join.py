"""Join lists to the static graph: rewrite the tail of one arc array, in milliseconds.

Several lists can share one graph. The arcs of a list's entities read their tokens from columns that
belong to the list alone; in the dense input of an utterance, the columns of every list but its own
are minus infinity. These columns may hold more than the model's log-probabilities: what an entity
gains by the frame. So what follows an entity of one token, whose only token is read before it is
known to be an entity, has columns of its own again. A list has an E for each class of the LM.
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
from wfst_bias.graph.attachment import Gate, ListFsts, TailArcs, attach
from wfst_bias.graph.ctc import CtcArcs, StateCopies, entry_keys, expand
from wfst_bias.graph.scales import Scales
from wfst_bias.graph.static_graph import StaticGraph

Array = NDArray[Any]


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
      number: the class of what begins with a first token and of an entity, 0 elsewhere.
    """

    reads: NDArray[np.bool_]
    token: Ints
    kind: Ints
    output: Ints
    form: Ints
    boost_nats: Floats
    lm_score: Floats
    number: Ints

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
        return 1 + max((g.following for g in self.gates), default=self.static.n_classes - 1)

    def meaning(self, graph_arcs: Array) -> ArcMeaning:
        """Say what arcs of the graph stand for, in the order given."""
        n_static = len(self.static.static)
        in_tail = graph_arcs >= n_static
        origin = np.empty(len(graph_arcs), np.int64)
        origin[~in_tail] = self.static.static.origin[graph_arcs[~in_tail]]
        origin[in_tail] = self.tail_origin[graph_arcs[in_tail] - n_static]
        reads = origin >= 0
        found = np.zeros((7, len(graph_arcs)))
        for where, arcs in ((~in_tail, self.static.token_arcs), (in_tail, self.tail.arcs)):
            at = where & reads
            rows = origin[at]
            found[:3, at] = arcs.token[rows] % self.static.width, arcs.kind[rows], arcs.output[rows]
            found[5, at] = arcs.score[rows]
            begins = arcs.kind[rows] == ArcKind.SLOT
            found[6, np.flatnonzero(at)[begins]] = self.static.class_of(arcs.target[rows[begins]])
        at = in_tail & reads
        found[3:5, at] = self.tail.form[origin[at]], self.tail.boost_nats[origin[at]]
        found[6, at] += self.tail.number[origin[at]]
        token, kind, output, form, number = found[[0, 1, 2, 3, 6]].astype(np.int32)
        boost_nats, lm_score = found[4:6].astype(np.float32)
        return ArcMeaning(reads, token, kind, output, form, boost_nats, lm_score, number)


class SearchGraph:
    """Keep the weighed static arcs in one buffer, with room for the tail of a batch.

    One search graph serves one thread: `join` rewrites the tail in place.
    """

    def __init__(self, static: StaticGraph, scales: Scales) -> None:
        self.static = static
        self.scales = scales
        self.template = TailArcs.plain(static.tail_arcs)
        self.n_static_copies = int(
            np.searchsorted(static.copies.keys, static.first_tail_state * static.width)
        )
        self.n_static_arcs = len(static.static.source)
        self._splits = np.searchsorted(static.static.source, np.arange(self.n_static_copies + 1))
        scores = self._scores(static.static, scales.weigh(static.token_arcs))
        self._buffer = torch.empty((self.n_static_arcs * 9 // 8 + 1024, 4), dtype=torch.int32)
        self._numbers = torch.arange(len(self._buffer), dtype=torch.int32)
        self._write(static.static, scores, 0)

    def join(self, lists: Sequence[ListFsts]) -> JoinedGraph:
        """Return the graph with these lists, each with an E per class of the graph."""
        gates = Gate.each(lists, self.static.n_classes)
        tail = self._tail(lists, gates)
        n_states = self.static.n_states + sum(e.n_states for fsts in lists for e in fsts)
        copies = self._copies(tail.arcs, n_states)
        rows = StateCopies(copies.keys[self.n_static_copies :], copies.width, self.n_static_copies)
        expanded = expand(tail.arcs, rows, copies.find(entry_keys(tail.arcs, copies.width)))
        end_key = np.array([self.static.end * copies.width + copies.width - 1])
        expanded = expanded.ending(int(copies.find(end_key)[0]), len(copies))
        weighed = self.scales.weigh(tail.arcs) + tail.boost_nats
        fsa = self._append(expanded, self._scores(expanded, weighed), len(copies))
        return JoinedGraph(fsa, self.static, tail, expanded.origin, gates)

    def _tail(self, lists: Sequence[ListFsts], gates: Sequence[Gate]) -> TailArcs:
        parts = [self.template]
        first_state = self.static.n_states
        for fsts, gate in zip(lists, gates, strict=True):
            parts += attach(self.static, fsts, gate, first_state)
            first_state += sum(e.n_states for e in fsts)
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
