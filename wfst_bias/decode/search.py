"""One pass of beam search over the joined graph, in k2."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wfst_bias.errors import InputError

if TYPE_CHECKING:  # the options are read where k2 is not installed
    import k2

    from wfst_bias.graph.join import JoinedGraph


@dataclass(frozen=True)
class SearchOptions:
    """Choose how much the search keeps.

    `search_beam` and `output_beam` are in nats below the best path: what survives a frame, and
    what the lattice holds. `blank_threshold`: in runs of frames whose blank is more probable than
    this, all but one are skipped; None keeps every frame.
    """

    search_beam: float = field(
        default=13.0, metadata={"help": "paths within this many nats of a frame's best go on"}
    )
    output_beam: float = field(
        default=6.0, metadata={"help": "paths within this many nats of the best are in the lattice"}
    )
    min_active_states: int = field(
        default=5, metadata={"help": "fewest states kept in a frame, whatever the beam says"}
    )
    max_active_states: int = field(default=10000, metadata={"help": "most states kept in a frame"})
    blank_threshold: float | None = field(
        default=0.99,
        metadata={"help": "of frames in a row with a blank more probable than this, one is kept"},
    )

    def __post_init__(self) -> None:
        for name in ("search_beam", "output_beam"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} must be a positive number", value=value)
        if not 0 <= self.min_active_states <= self.max_active_states:
            raise InputError(
                "min_active_states must lie between 0 and max_active_states",
                value=self.min_active_states,
            )
        if self.blank_threshold is not None and not 0 < self.blank_threshold < 1:
            raise InputError("blank_threshold must lie between 0 and 1", value=self.blank_threshold)

    def wider(self) -> SearchOptions:
        """Return the options of a second try, where no path survived the first."""
        return replace(
            self, search_beam=2 * self.search_beam, max_active_states=4 * self.max_active_states
        )


def search(graph: JoinedGraph, dense: k2.DenseFsaVec, options: SearchOptions) -> k2.Fsa:
    """Return the lattices of a batch, an FsaVec `[utt][state][arc]`.

    Attributes of the lattice: `graph_arc`, the arc of the graph, and `frame`, the search frame,
    both `(arcs,)`. An utterance that no path survives has an empty lattice.
    """
    import k2

    return k2.intersect_dense_pruned(
        graph.fsa,
        dense,
        search_beam=options.search_beam,
        output_beam=options.output_beam,
        min_active_states=options.min_active_states,
        max_active_states=options.max_active_states,
        frame_idx_name="frame",
    )
