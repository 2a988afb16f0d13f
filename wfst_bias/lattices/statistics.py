"""How large lattices are: density, depth, and the number of paths."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from wfst_bias.lattices.arcs import NOTHING, LatticeArcs


@dataclass(frozen=True)
class LatticeSize:
    """Count what is in a lattice of words.

    Attributes:
      frames: of the search, on a path.
      words: that its best text has.
      states, arcs: counts; arcs are those that write something.
      arc_frames: the frames under all arcs together.
      log10_paths: the decimal logarithm of the number of paths.
    """

    frames: int
    words: int
    states: int
    arcs: int
    arc_frames: int
    log10_paths: float

    @property
    def depth(self) -> float:
        """Return how many arcs cross a frame on average, as Kaldi's `lattice-depth` counts."""
        return self.arc_frames / self.frames if self.frames else math.nan

    @property
    def density(self) -> float:
        """Return arcs per word of the best text."""
        return self.arcs / self.words if self.words else math.nan


def measure(arcs: LatticeArcs, n_words: int) -> LatticeSize:
    """Measure a lattice of words.

    Args:
      arcs: the lattice.
      n_words: of its best text.
    """
    counted = int((~arcs.is_final & (arcs.written != NOTHING)).sum())
    return LatticeSize(
        frames=_longest(arcs),
        words=n_words,
        states=arcs.n_states,
        arcs=counted,
        arc_frames=int(arcs.frames.sum()),
        log10_paths=_log10_paths(arcs),
    )


def average(sizes: list[LatticeSize]) -> LatticeSize:
    """Return the sums over lattices; the number of paths is the geometric mean of theirs."""
    total = {f.name: sum(getattr(s, f.name) for s in sizes) for f in fields(LatticeSize)}
    total["log10_paths"] /= max(1, len(sizes))
    return LatticeSize(**total)


def _longest(arcs: LatticeArcs) -> int:
    frames = [0] * arcs.n_states
    rows = zip(arcs.source.tolist(), arcs.target.tolist(), arcs.frames.tolist(), strict=True)
    for source, target, count in rows:
        frames[target] = max(frames[target], frames[source] + count)
    return frames[-1] if frames else 0


def _log10_paths(arcs: LatticeArcs) -> float:
    if not len(arcs):
        return -math.inf
    paths = [0] * arcs.n_states  # whole numbers of any size
    paths[0] = 1
    for source, target in zip(arcs.source.tolist(), arcs.target.tolist(), strict=True):
        paths[target] += paths[source]
    return math.log10(paths[-1])
