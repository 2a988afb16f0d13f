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
from weakref import WeakKeyDictionary

import k2
import numpy as np
import torch
from numpy.typing import NDArray

from wfst_bias.graph.arcs import Floats, Ints
from wfst_bias.graph.attachment import Attachment, Gate, ListArcs, ListFsts, attach, rows_of
from wfst_bias.graph.ctc import CtcArcs, StateCopies, expand
from wfst_bias.graph.entity_fst import EntityFst
from wfst_bias.graph.scales import Scales
from wfst_bias.graph.static_graph import StaticGraph

Array = NDArray[Any]

# Rows of lists that are kept for later joins: 800 MB.
MOST_KEPT_ROWS = 24_000_000


@dataclass(frozen=True)
class ArcMeaning:
    """Say what arcs on a path stand for, `(arcs,)` each.

    Attributes:
      reads: whether the arc begins a token; the rest is 0 where it repeats one or reads a blank.
      token: the token number.
      kind: see `ArcKind`.
      output: the number of the word that the arc completes, 0 for none.
      form: see `ListArcs`.
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

    @staticmethod
    def none(n_arcs: int) -> ArcMeaning:
        """Return what arcs stand for that read no token."""
        types = (bool, *[np.int32] * 4, *[np.float32] * 2, np.int32)
        return ArcMeaning(*(np.zeros(n_arcs, kind) for kind in types))

    def take(self, index: Array) -> ArcMeaning:
        """Return what the arcs at `index` stand for."""
        return ArcMeaning(*(getattr(self, f.name)[index] for f in fields(self)))


@dataclass(frozen=True)
class Part:
    """Hold a stretch of the joined graph's arcs.

    Attributes:
      first: the number of its first arc.
      origin: `(n,)`, see `CtcArcs`, for the arcs from there on.
      arcs: the token arcs that they come from.
    """

    first: int
    origin: Ints
    arcs: ListArcs


@dataclass(frozen=True)
class JoinedGraph:
    """Hold the search graph for a batch, and what its arcs mean.

    Attributes:
      fsa: an FsaVec of one graph; attribute `graph_arc` numbers its arcs. It shares memory with
        the graph that made it and is valid until the next join.
      width: V + 1.
      parts: the static graph but for the first-token states, these, and each E, in this order.
      gates: for each list the columns that it reads.
      n_sets: how many sets of columns the dense input needs.
    """

    fsa: k2.Fsa
    width: int
    parts: tuple[Part, ...]
    gates: tuple[Gate, ...]
    n_sets: int

    def meaning(self, graph_arcs: Array) -> ArcMeaning:
        """Say what arcs of the graph stand for, in the order given."""
        part_of = np.searchsorted([part.first for part in self.parts], graph_arcs, side="right") - 1
        meaning = ArcMeaning.none(len(graph_arcs))
        for number in np.unique(part_of).tolist():
            part = self.parts[number]
            at = np.flatnonzero(part_of == number)
            origin = part.origin[graph_arcs[at] - part.first]
            at, rows = at[origin >= 0], origin[origin >= 0]
            arcs = part.arcs.arcs
            meaning.reads[at] = True
            meaning.token[at] = arcs.token[rows] % self.width
            meaning.kind[at] = arcs.kind[rows]
            meaning.output[at] = arcs.output[rows]
            meaning.form[at] = part.arcs.form[rows]
            meaning.boost_nats[at] = part.arcs.boost_nats[rows]
            meaning.lm_score[at] = arcs.score[rows]
            meaning.number[at] = part.arcs.number[rows]
        return meaning


class SearchGraph:
    """Keep the weighed static arcs in one buffer, with room for what lists add to them.

    What an E adds is made when it is first joined, and kept as long as the E is and there is room.
    One search graph serves one thread: `join` rewrites the end of the buffer in place.
    """

    def __init__(self, static: StaticGraph, scales: Scales) -> None:
        self.static = static
        self.scales = scales
        arcs = ListArcs.of_static(static, static.token_arcs)
        self._static = Part(0, static.static.origin, arcs)
        self._template = ListArcs.of_static(static, static.tail_arcs)
        keys, width = static.copies.keys, static.width
        n_copies = int(np.searchsorted(keys, static.first_tail_state * width))
        self._tail_copies = StateCopies(keys[n_copies:], width, n_copies)
        self._splits = np.searchsorted(static.static.source, np.arange(n_copies))
        self._n_static_arcs = len(static.static)
        self._attachments: WeakKeyDictionary[EntityFst, dict[int, Attachment]]
        self._attachments = WeakKeyDictionary()
        self._buffer = torch.empty((self._n_static_arcs * 9 // 8 + 1024, 4), dtype=torch.int32)
        self._numbers = torch.arange(len(self._buffer), dtype=torch.int32)
        self._buffer.numpy()[: self._n_static_arcs] = rows_of(static.static, arcs, scales)

    def join(self, lists: Sequence[ListFsts]) -> JoinedGraph:
        """Return the graph with these lists, each with an E per class of the graph."""
        gates = Gate.each(lists, self.static.n_classes)
        attached = [
            (self._attachment(number, entities), gate)
            for fsts, gate in zip(lists, gates, strict=True)
            for number, entities in enumerate(fsts)
        ]
        sizes = [attachment.n_copies for attachment, _ in attached]
        first_copies = np.cumsum([len(self.static.copies), *sizes]).tolist()
        tail = self._tail(attached, first_copies)
        expanded = self._expand(tail, n_copies=first_copies[-1])
        parts = [self._static, Part(self._n_static_arcs, expanded.origin, tail)]
        first_arc = self._n_static_arcs + len(expanded)
        self._reserve(first_arc + sum(len(attachment.rows) for attachment, _ in attached))
        self._buffer.numpy()[self._n_static_arcs : first_arc] = rows_of(expanded, tail, self.scales)
        splits = [self._splits, self._tail_splits(expanded)]
        for (attachment, gate), first_copy in zip(attached, first_copies[:-1], strict=True):
            parts.append(Part(first_arc, attachment.origin, attachment.arcs))
            end = first_arc + len(attachment.rows)
            place = self._buffer.numpy()[first_arc:end]
            attachment.write(place, first_copy, gate.entity * self.static.width)
            splits.append(attachment.splits[:-1] + first_arc)
            first_arc = end
        # k2's final state, which no arc leaves, is the last.
        row_splits = np.concatenate([*splits, [first_arc, first_arc]]).astype(np.int32)
        fsa = _one_fsa(row_splits, self._buffer[:first_arc], self._numbers[:first_arc])
        n_sets = 1 + max((gate.following for gate in gates), default=self.static.n_classes - 1)
        return JoinedGraph(fsa, self.static.width, tuple(parts), gates, n_sets)

    @property
    def kept_rows(self) -> int:
        """Return how many rows of lists are kept for later joins."""
        every = (own for of in self._attachments.values() for own in of.values())
        return sum(len(own.rows) for own in every)

    def _attachment(self, number: int, entities: EntityFst) -> Attachment:
        known = self._attachments.get(entities, {})
        if number in known:
            return known[number]
        made = attach(self.static, number, entities, self.scales)
        # Lists come round in turn: were old ones dropped for new ones, none would be found again.
        if self.kept_rows + len(made.rows) <= MOST_KEPT_ROWS:
            self._attachments.setdefault(entities, {})[number] = made
        return made

    def _tail(
        self, attached: Sequence[tuple[Attachment, Gate]], first_copies: Sequence[int]
    ) -> ListArcs:
        """Return what leaves first-token states, and the state behind the end."""
        parts = [self._template]
        for (attachment, gate), first_copy in zip(attached, first_copies, strict=False):
            parts += attachment.leaving(first_copy, gate, self.static.width)
        return ListArcs.concatenate(parts).sorted_by_source()

    def _expand(self, tail: ListArcs, n_copies: int) -> CtcArcs:
        end_key = np.array([self.static.end * self.static.width + self.static.width - 1])
        end = int(self._tail_copies.find(end_key)[0])
        return expand(tail.arcs, self._tail_copies, tail.enters).ending(end, n_copies)

    def _tail_splits(self, expanded: CtcArcs) -> NDArray[np.int64]:
        copies = np.arange(len(self._tail_copies)) + self._tail_copies.first
        return np.searchsorted(expanded.source, copies) + self._n_static_arcs

    def _reserve(self, n_arcs: int) -> None:
        """Make room for so many arcs."""
        if n_arcs <= len(self._buffer):
            return
        larger = torch.empty((n_arcs * 5 // 4, 4), dtype=torch.int32)
        larger[: self._n_static_arcs] = self._buffer[: self._n_static_arcs]
        self._buffer = larger
        self._numbers = torch.arange(len(larger), dtype=torch.int32)


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
