"""FSTs as tables: OpenFst's own binary `const` format, whose states and arcs are two plain arrays.

FSTs cross between numpy and Pynini in it, so that no arc is visited in Python. Weights are
OpenFst's: costs in nats. Format: openfst, `src/include/fst/const-fst.h`, version 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import pynini
import pywrapfst
from numpy.typing import NDArray

_MAGIC = 2125659606
_VERSION = 2
_EXPANDED = 0x1
_STATE = np.dtype(
    [("final", "<f4"), *((name, "<u4") for name in ("position", "arcs", "inputs", "outputs"))]
)
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("target", "<i4")])


@dataclass(frozen=True)
class FstTables:
    """Hold an FST as arrays, arcs grouped by source; costs in nats.

    Attributes:
      source, target, input, output: `(arcs,)`; label 0 is epsilon.
      cost: `(arcs,)`.
      final_cost: `(states,)`, inf where not final.
      start: the start state.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    input: NDArray[np.int32]
    output: NDArray[np.int32]
    cost: NDArray[np.float32]
    final_cost: NDArray[np.float32]
    start: int

    @property
    def n_states(self) -> int:
        """Return the number of states."""
        return len(self.final_cost)


def to_fst(tables: FstTables) -> pynini.Fst:
    """Return a Pynini FST; the arcs of the tables must be grouped by source, in its order."""
    counts = np.bincount(tables.source, minlength=tables.n_states)
    states = np.zeros(tables.n_states, _STATE)
    states["final"] = tables.final_cost
    states["arcs"] = counts
    states["position"] = np.cumsum(counts) - counts
    arcs = np.empty(len(tables.source), _ARC)
    arcs["input"], arcs["output"] = tables.input, tables.output
    arcs["weight"], arcs["target"] = tables.cost, tables.target
    header = _header(tables.start, tables.n_states, len(arcs))
    return pynini.Fst.from_pywrapfst(
        pywrapfst.Fst.read_from_string(header + states.tobytes() + arcs.tobytes())
    )


def to_tables(fst: pynini.Fst) -> FstTables:
    """Return the states and arcs of a Pynini FST, which has at least one state."""
    content = pywrapfst.convert(fst, "const").write_to_string()
    offset, start, n_states, n_arcs = _read_header(content)
    states = np.frombuffer(content, _STATE, n_states, offset)
    arcs = np.frombuffer(content, _ARC, n_arcs, offset + states.nbytes)
    return FstTables(
        np.repeat(np.arange(n_states, dtype=np.int32), states["arcs"]),
        arcs["target"].astype(np.int32),
        arcs["input"].astype(np.int32),
        arcs["output"].astype(np.int32),
        arcs["weight"].astype(np.float32),
        states["final"].astype(np.float32),
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
