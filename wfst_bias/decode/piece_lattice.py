"""The lattice of a piece of an utterance, with what it was decoded with and from."""

from __future__ import annotations

from dataclasses import dataclass

from wfst_bias.decode.dense import Frames, LogProbs
from wfst_bias.decode.lattice import Lattice
from wfst_bias.decode.reading import RankedText, ReadingContext
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.scales import Scales


@dataclass(frozen=True, eq=False)
class PieceLattice:
    """Hold the lattice of a piece of an utterance; most utterances are one piece.

    Attributes:
      utterance_id: the utterance.
      first_frame: the frame of the utterance with which the piece begins.
      lattice: its paths, what their arcs mean included; empty if no path survived.
      frames: maps the frames of the search to those of the piece.
      entities: the list it was decoded with, None for none.
      log_probs: `(T, V)`, of the piece.
      scales: how the parts of its scores were weighed.
      context: how it is read.
      texts: its best texts, phones having had their say, the one of the result first.
    """

    utterance_id: str
    first_frame: int
    lattice: Lattice
    frames: Frames
    entities: CompiledList | None
    log_probs: LogProbs
    scales: Scales
    context: ReadingContext
    texts: tuple[RankedText, ...] = ()
