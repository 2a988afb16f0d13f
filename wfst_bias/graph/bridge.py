"""Between arrays and the FST libraries: the one place that knows both sign conventions.

Pynini's (OpenFst's) weights are costs, scores here and in k2 are log-probabilities; both in nats.
"""

from __future__ import annotations

from dataclasses import dataclass

import pynini

from wfst_bias.graph.arcs import Floats, Ints
from wfst_bias.openfst import FstTables, to_fst, to_tables


@dataclass(frozen=True)
class Acceptor:
    """Hold an acceptor as arrays, arcs grouped by source; scores in nats, k2's sign.

    Attributes:
      source, target, label, score: `(arcs,)`.
      final_score: `(states,)`, -inf where not final.
      start: the start state.
    """

    source: Ints
    target: Ints
    label: Ints
    score: Floats
    final_score: Floats
    start: int

    @property
    def n_states(self) -> int:
        """Return the number of states."""
        return len(self.final_score)


def to_pynini(acceptor: Acceptor, output: Ints | None = None) -> pynini.Fst:
    """Return the acceptor as a Pynini FST, scores turned into costs.

    Args:
      acceptor: what to hand over.
      output: `(arcs,)` output labels; None for the acceptor's own.
    """
    a = acceptor
    written = a.label if output is None else output
    tables = FstTables(a.source, a.target, a.label, written, -a.score, -a.final_score, a.start)
    return to_fst(tables)


def from_pynini(fst: pynini.Fst) -> Acceptor:
    """Return a Pynini acceptor as arrays, costs turned into scores."""
    t = to_tables(fst)
    return Acceptor(t.source, t.target, t.input, -t.cost, -t.final_cost, t.start)
