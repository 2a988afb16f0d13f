"""What a list adds to the graph: rows of E's own states, and arcs from the first-token states.

Both are made once for an E, with copies and columns numbered as if the list were alone; joining the
list to others moves these numbers. What leaves a first-token state, which lists share, becomes
rows only then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind, Floats, Ints, TokenArcs
from wfst_bias.graph.ctc import CtcArcs, StateCopies, entry_keys, expand
from wfst_bias.graph.entity_fst import EntityFst
from wfst_bias.graph.scales import Scales
from wfst_bias.graph.static_graph import StaticGraph

Array = NDArray[Any]
# E for each class of the graph, over the entities that belong to it.
ListFsts = Sequence[EntityFst]


@dataclass(frozen=True)
class ListArcs:
    """Hold token arcs with what a list adds to them.

    Attributes:
      arcs: tokens are those of the plain columns where a list has still to be given its own.
      enters: `(arcs,)`, the copy that the arc enters: c where it is the list's own, which are
        numbered from 0, `~c` where it is of the static graph.
      boost_nats: `(arcs,)`, the share of a boost that the arc brings.
      form: `(arcs,)`, `f + 1` where form f of its list ends with the arc's token, `-(f + 1)`
        where it ended before it, 0 elsewhere.
      number: `(arcs,)`, the class whose entities the arc is of, or that it begins, 0 elsewhere.
    """

    arcs: TokenArcs
    enters: NDArray[np.int64]
    boost_nats: Floats
    form: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.arcs)

    def sorted_by_source(self) -> ListArcs:
        """Return the arcs ordered by source state, then token, then the copy that they enter."""
        order = np.lexsort((self.enters, self.arcs.token, self.arcs.source))
        return ListArcs(self.arcs.take(order), *(column[order] for column in self._added()))

    def moved(self, first_copy: int, columns: int) -> ListArcs:
        """Return the arcs where the list's own copies and columns begin elsewhere than at 0."""
        enters = self.enters + first_copy * (self.enters >= 0)
        return replace(self, arcs=self.arcs.reading(self.arcs.token + columns), enters=enters)

    @staticmethod
    def of_static(static: StaticGraph, arcs: TokenArcs) -> ListArcs:
        """Return arcs of the static graph, without boost or entity."""
        none = np.zeros(len(arcs), np.int32)
        number = np.where(arcs.kind == ArcKind.SLOT, static.class_of(arcs.target), 0)
        enters = ~static.copies.find(entry_keys(arcs, static.width))
        return ListArcs(
            arcs, enters, np.zeros(len(arcs), np.float32), none, number.astype(np.int32)
        )

    @staticmethod
    def concatenate(parts: Sequence[ListArcs]) -> ListArcs:
        """Join several sets of arcs."""
        added = zip(*(part._added() for part in parts), strict=True)
        return ListArcs(
            TokenArcs.concatenate([part.arcs for part in parts]), *map(np.concatenate, added)
        )

    def _added(self) -> list[Array]:
        return [getattr(self, f.name) for f in fields(self)[1:]]


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


@dataclass(frozen=True, eq=False)
class Attachment:
    """Hold what an E adds to the graph, its copies and columns numbered as if it were alone.

    Attributes:
      arcs: what leaves E's own states.
      rows: `(n, 4)`, their rows as k2 has arcs: source, target, label, bits of the score.
      origin: `(n,)`, see `CtcArcs`.
      enters_own: `(n,)`, whether a row enters a copy of E's own.
      splits: `(copies + 1,)`, where the rows of each copy begin.
      opened: what leaves first-token states by a token of an entity.
      following: what leaves them by the first token behind an entity of one token.
    """

    arcs: ListArcs
    rows: Ints
    origin: Ints
    enters_own: NDArray[np.bool_]
    splits: NDArray[np.int64]
    opened: ListArcs
    following: ListArcs

    @property
    def n_copies(self) -> int:
        """Return the number of copies of E's own."""
        return len(self.splits) - 1

    def write(self, place: Ints, first_copy: int, columns: int) -> None:
        """Write the rows, E's copies and columns numbered from these on."""
        place[:] = self.rows
        source, target, label, _ = place.T
        source += first_copy
        np.add(target, first_copy, out=target, where=self.enters_own)
        np.add(label, columns, out=label, where=self.origin >= 0)

    def leaving(self, first_copy: int, gate: Gate, width: int) -> list[ListArcs]:
        """Return what leaves first-token states, in the columns of a gate."""
        return [
            self.opened.moved(first_copy, gate.entity * width),
            self.following.moved(first_copy, gate.following * width),
        ]


def attach(static: StaticGraph, number: int, entities: EntityFst, scales: Scales) -> Attachment:
    """Make E ready to be joined to class `number` of a graph."""
    attacher = _Attacher(static, number, entities)
    arcs = attacher.own().sorted_by_source()
    expanded = expand(arcs.arcs, attacher.copies, arcs.enters)
    return Attachment(
        arcs=arcs,
        rows=rows_of(expanded, arcs, scales),
        origin=expanded.origin,
        enters_own=expanded.target >= 0,
        splits=np.searchsorted(expanded.source, np.arange(len(attacher.copies) + 1)),
        opened=attacher.opened(),
        following=attacher.following(),
    )


def rows_of(expanded: CtcArcs, arcs: ListArcs, scales: Scales) -> Ints:
    """Return `(n, 4)`, expanded arcs as k2 has them, with their scores in the search."""
    weighed = scales.weigh(arcs.arcs) + arcs.boost_nats
    scores = np.zeros(len(expanded), np.float32)
    from_token = expanded.origin >= 0
    scores[from_token] = weighed[expanded.origin[from_token]]
    target = np.where(expanded.target >= 0, expanded.target, ~expanded.target)
    return np.stack((expanded.source, target, expanded.label, scores.view(np.int32)), axis=1)


class _Attacher:
    """Turn E into token arcs between the first-token states of a class and the state after it.

    The first token of a form is read by an arc of the static graph. What leaves the state of E
    behind it leaves the first-token state, and brings the first token's share of the boost too.
    Minimization may have other arcs enter that state, so it is also a state of the list's own.
    """

    def __init__(self, static: StaticGraph, number: int, entities: EntityFst) -> None:
        self.static = static
        self.number = number
        self.entities = e = entities
        self.opening = np.flatnonzero(e.source == 0)
        self.further = np.flatnonzero(e.source != 0)
        entries = e.target[self.further].astype(np.int64) * static.width + e.token[self.further]
        self.copies = StateCopies.entered_by(np.arange(e.n_states), entries, static.width)

    def own(self) -> ListArcs:
        """Return what leaves the states of E that are entered by a further token."""
        e = self.entities
        entered = np.zeros(e.n_states, bool)
        entered[e.target[self.further]] = True
        arc = self.further[entered[e.source[self.further]]]
        return self._going_on(e.source[arc], arc, e.score[arc])

    def opened(self) -> ListArcs:
        """Return what leaves the first-token states by a second token."""
        e = self.entities
        index, second = _pairs(e.source, e.target[self.opening])
        first = self.opening[index]
        return self._going_on(
            self._first_token_states(first), second, e.score[second] + e.score[first]
        )

    def following(self) -> ListArcs:
        """Return what follows entities that are one token long: the words after the class."""
        e, static = self.entities, self.static
        index, exits = _pairs(e.exit_state, e.target[self.opening])
        row = ListArcs.of_static(static, static.after_class_arcs(self.number))
        at = np.repeat(np.arange(len(exits)), len(row))
        arcs = row.arcs.take(np.tile(np.arange(len(row)), len(exits)))
        first = self.opening[index[at]]
        # An arc into a named class reads the columns of the class elsewhere; here the list's.
        arcs = replace(
            arcs.reading(arcs.token % static.width),
            source=self._first_token_states(first).astype(np.int32),
        )
        boost = e.score[first] + e.exit_score[exits[at]]
        form = -(e.exit_form[exits[at]] + 1)
        enters, number = np.tile(row.enters, len(exits)), np.tile(row.number, len(exits))
        return self._arcs(arcs, enters, boost, form, number)

    def _first_token_states(self, opening: Array) -> Array:
        states, tokens = self.static.tail_states[self.number], self.entities.token[opening]
        return np.array([states[token] for token in tokens.tolist()], np.int64)

    def _going_on(self, source: Array, arc: Array, boost: Array) -> ListArcs:
        """Return arcs of E from other states, and for each into an exit one that leaves E."""
        e, width, after = self.entities, self.static.width, self.static.after_class[self.number]
        token, target = e.token[arc].astype(np.int64), e.target[arc].astype(np.int64)
        own = TokenArcs.make(source, target, token, kind=ArcKind.ENTITY)
        enters = self.copies.find(target * width + token)
        inner = self._arcs(own, enters, boost, np.zeros(len(arc)), self.number)
        index, exits = _pairs(e.exit_state, target)
        leaving = own.take(index)
        enters = ~self.static.copies.find(after * width + token[index])
        boost = boost[index] + e.exit_score[exits]
        outer = self._arcs(leaving, enters, boost, e.exit_form[exits] + 1, self.number)
        return ListArcs.concatenate([inner, outer])

    def _arcs(
        self, arcs: TokenArcs, enters: Array, boost: Array, form: Array, number: Array | int
    ) -> ListArcs:
        numbers = np.broadcast_to(np.asarray(number, np.int32), len(arcs))
        return ListArcs(arcs, enters, boost.astype(np.float32), form.astype(np.int32), numbers)


def _pairs(ordered: Array, wanted: Array) -> tuple[Array, Array]:
    """Return every (index into `wanted`, position in `ordered`) with equal values."""
    begin = np.searchsorted(ordered, wanted)
    counts = np.searchsorted(ordered, wanted, side="right") - begin
    index = np.repeat(np.arange(len(wanted)), counts)
    rank = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
    return index, begin[index] + rank
