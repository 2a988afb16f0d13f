"""What paths through a lattice are worth: outlook, pruning, and what leads nowhere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wfst_bias.lattices.arcs import Array, Doubles, LatticeArcs, renumbered


def outlook(arcs: LatticeArcs, score: Doubles) -> Doubles:
    """Return `(states,)`, the score of the best way from each state to the end."""
    ahead = [-math.inf] * arcs.n_states
    if ahead:
        ahead[-1] = 0.0
    rows = zip(arcs.source.tolist(), arcs.target.tolist(), score.tolist(), strict=True)
    for source, target, gain in reversed(list(rows)):
        ahead[source] = max(ahead[source], gain + ahead[target])
    return np.array(ahead)


def lookback(arcs: LatticeArcs, score: Doubles) -> Doubles:
    """Return `(states,)`, the score of the best way from the start to each state."""
    behind = [-math.inf] * arcs.n_states
    behind[:1] = [0.0]
    rows = zip(arcs.source.tolist(), arcs.target.tolist(), score.tolist(), strict=True)
    for source, target, gain in rows:
        behind[target] = max(behind[target], behind[source] + gain)
    return np.array(behind)


def prune(arcs: LatticeArcs, score: Doubles, beam_nats: float) -> LatticeArcs:
    """Return the lattice without the arcs whose best path is more than a beam below the best."""
    if not len(arcs):
        return arcs
    ahead, behind = outlook(arcs, score), lookback(arcs, score)
    best = behind[arcs.source] + score + ahead[arcs.target]
    # A path's score depends on where it is summed from by some units of the last place.
    keep = best >= ahead[0] - beam_nats - 1e-9 * (1.0 + abs(ahead[0]))
    kept = arcs.take(keep)
    return renumbered(kept, kept.source, kept.target)


def connected(source: Array, target: Array, is_final: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `(arcs,)`, whether a final arc can be reached by each arc.

    Args:
      source, target: states by any keys, in topological order.
      is_final: which arcs end a path.
    """
    known, number = np.unique(np.concatenate([source, target]), return_inverse=True)
    begin, end = number[: len(source)], number[len(source) :]
    leads = np.zeros(len(known), bool)
    leads[end[is_final]] = True
    order = np.argsort(begin, kind="stable")[::-1]
    reaches = leads.tolist()
    for a, b in zip(begin[order].tolist(), end[order].tolist(), strict=True):
        reaches[a] = reaches[a] or reaches[b]
    alive: NDArray[np.bool_] = np.array(reaches, bool)[end]
    return alive
