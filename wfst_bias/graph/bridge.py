"""Between arrays and the FST libraries: the one place that knows both sign conventions.

Pynini's (OpenFst's) weights are costs, scores here and in k2 are log-probabilities; both in nats.
FSTs cross as OpenFst's own binary `const` format, whose states and arcs are two plain tables, so
no arc is visited in Python. Format: openfst, `src/include/fst/const-fst.h`, version 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import pynini
import pywrapfst

from wfst_bias.graph.arcs import Floats, Ints

_MAGIC = 2125659606
_VERSION = 2
_EXPANDED = 0x1
_STATE = np.dtype(
    [("final", "<f4"), *((name, "<u4") for name in ("position", "arcs", "inputs", "outputs"))]
)
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("target", "<i4")])


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
    counts = np.bincount(acceptor.source, minlength=acceptor.n_states)
    states = np.zeros(acceptor.n_states, _STATE)
    states["final"] = -acceptor.final_score
    states["arcs"] = counts
    states["position"] = np.cumsum(counts) - counts
    arcs = np.empty(len(acceptor.source), _ARC)
    arcs["input"], arcs["output"] = acceptor.label, acceptor.label if output is None else output
    arcs["weight"], arcs["target"] = -acceptor.score, acceptor.target
    header = _header(acceptor.start, acceptor.n_states, len(arcs))
    return pynini.Fst.from_pywrapfst(
        pywrapfst.Fst.read_from_string(header + states.tobytes() + arcs.tobytes())
    )


def from_pynini(fst: pynini.Fst) -> Acceptor:
    """Return a Pynini acceptor as arrays, costs turned into scores."""
    content = pywrapfst.convert(fst, "const").write_to_string()
    offset, start, n_states, n_arcs = _read_header(content)
    states = np.frombuffer(content, _STATE, n_states, offset)
    arcs = np.frombuffer(content, _ARC, n_arcs, offset + states.nbytes)
    source = np.repeat(np.arange(n_states, dtype=np.int32), states["arcs"])
    return Acceptor(
        source,
        arcs["target"].astype(np.int32),
        arcs["input"].astype(np.int32),
        -arcs["weight"],
        -states["final"],
        start,
    )


def _header(start: int, n_states: int, n_arcs: int) -> bytes:
    names = b"".join(struct.pack("<i", len(name)) + name for name in (b"const", b"standard"))
    numbers = struct.pack("<iiQqqq", _VERSION, 0, _EXPANDED, start, n_states, n_arcs)
    return struct.pack("<i", _MAGIC) + names + numbers


def _read_header(content: bytes) -> tuple[int, int, int, int]:
    """Return the offset of the states, the start, and the numbers of states and arcs."""
    offset = 4
    for _ in range(2):
        (length,) = struct.unpack_from("<i", content, offset)
        offset += 4 + length
    _, flags, _, start, n_states, n_arcs = struct.unpack_from("<iiQqqq", content, offset)
    assert flags == 0, "symbol tables or alignment are not expected here"
    return offset + 40, start, n_states, n_arcs
