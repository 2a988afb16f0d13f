"""The lattice of an utterance as arrays, and the arcs under one of its texts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import k2
import numpy as np
import pynini
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.bridge import Acceptor, from_pynini, to_pynini
from wfst_bias.graph.join import ArcMeaning, JoinedGraph

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """Hold the lattice of one utterance as arrays; states are in topological order.

    Arcs that write something (a word, a letter of a spelled one, an entity) carry the number of
    what they write, from 1; it is 0 where nothing is written.

    Attributes:
      source, target: `(arcs,)` states; the start is 0, the final state the last.
      label: `(arcs,)` the column that the arc reads in the graph's order, -1 on final arcs.
      score: `(arcs,)` acoustic and graph scores in nats.
      meaning: what the arcs stand for.
    """

    source: Array
    target: Array
    label: Array
    score: NDArray[np.float64]
    meaning: ArcMeaning

    @property
    def n_states(self) -> int:
        """Return the number of states, 0 if no path survived."""
        return int(self.target.max()) + 1 if len(self.target) else 0

    @cached_property
    def writing(self) -> Array:
        """Return `(arcs,)`, the number of what each arc writes."""
        return self._numbered_writings[1]

    @cached_property
    def writings(self) -> ArcMeaning:
        """Return what writes: the meaning of writing w is at position w - 1."""
        return self.meaning.take(self._numbered_writings[0])

    @cached_property
    def _numbered_writings(self) -> tuple[Array, Array]:
        m = self.meaning
        writes = m.reads & ((m.output > 0) | (m.kind != ArcKind.WORD) | (m.form != 0))
        arcs = np.flatnonzero(writes)
        rows = np.stack([c[arcs] for c in (m.kind, m.token, m.output, m.form)], axis=1)
        _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        writing = np.zeros(len(writes), np.int64)
        writing[arcs] = number + 1
        return arcs[first], writing

    def written(self) -> Acceptor:
        """Return the lattice of writings: epsilon-free, states in topological order.

        Several paths of it may write the same. Precondition: some path survived.
        """
        return from_pynini(self._transducer.copy().project("input").rmepsilon().topsort())

    def align(self, writings: Sequence[int]) -> Array:
        """Return the arcs of the best path that writes these, in order."""
        best = pynini.shortestpath(pynini.compose(_chain(writings), self._transducer))
        path = from_pynini(best.project("output").topsort())
        return path.label[path.label > 0].astype(np.int64) - 1

    @cached_property
    def _transducer(self) -> pynini.Fst:
        """Return an FST from what the arcs write to the arcs' own numbers, from 1."""
        final = np.full(self.n_states, -np.inf, np.float32)
        final[-1] = 0.0
        source, target, writing = (
            c.astype(np.int32) for c in (self.source, self.target, self.writing)
        )
        acceptor = Acceptor(source, target, writing, self.score.astype(np.float32), final, 0)
        return to_pynini(acceptor, 1 + np.arange(len(source), dtype=np.int32))


def _chain(labels: Sequence[int]) -> pynini.Fst:
    """Return the acceptor of one sequence."""
    states = np.arange(len(labels) + 1, dtype=np.int32)
    final = np.where(states == len(labels), 0.0, -np.inf).astype(np.float32)
    label = np.array(labels, np.int32)
    return to_pynini(
        Acceptor(states[:-1], states[1:], label, np.zeros(len(labels), np.float32), final, 0)
    )


def split_lattices(lattices: k2.Fsa, graph: JoinedGraph) -> list[Lattice]:
    """Take an FsaVec of lattices apart, one `Lattice` per utterance."""
    shape = lattices.arcs.shape()
    arc_splits = shape.row_splits(2)[shape.row_splits(1).long()].tolist()
    table = lattices.arcs.values().numpy().astype(np.int64)
    score = lattices.scores.numpy().astype(np.float64)
    graph_arc = lattices.graph_arc.numpy().astype(np.int64)
    return [
        Lattice(
            table[begin:end, 0],
            table[begin:end, 1],
            table[begin:end, 2],
            score[begin:end],
            graph.meaning(graph_arc[begin:end]),
        )
        for begin, end in itertools.pairwise(arc_splits)
    ]
