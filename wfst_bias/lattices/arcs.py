"""A lattice as arrays, with the parts of its scores apart, so that they can be weighed anew."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError
from wfst_bias.graph.arcs import FINAL_LABEL

Array = NDArray[np.int64]
Doubles = NDArray[np.float64]

NOTHING = 0  # is written, or asked of the language model


@dataclass(frozen=True)
class LatticeArcs:
    """Hold the arcs of one utterance's lattice, `(arcs,)` each, of frames or of words.

    States are in topological order and arcs sorted by source; the start is 0, the last state is
    the final one, and the arcs into it, and they alone, have the label -1. Scores are in nats.

    Attributes:
      source, target: states.
      label: the token that is read, or the word in a lattice of words.
      written: the number of what is written, `NOTHING` for nothing, -1 on final arcs.
      lm_word: the word that the language model is asked for, `NOTHING` for none.
      frames: how many frames of the search the arc reads.
      acoustic, lm_score: log-probabilities without scales.
      boost_nats, other_nats: what entities gained, and what the options add for unknown words.
      origin: the arc of the lattice of frames that writes it, or that is final.
    """

    source: Array
    target: Array
    label: Array
    written: Array
    lm_word: Array
    frames: Array
    acoustic: Doubles
    lm_score: Doubles
    boost_nats: Doubles
    other_nats: Doubles
    origin: Array

    def __len__(self) -> int:
        return len(self.source)

    @property
    def n_states(self) -> int:
        """Return the number of states, 0 if there is no path."""
        return int(self.target.max()) + 1 if len(self.target) else 0

    @property
    def is_final(self) -> NDArray[np.bool_]:
        """Return `(arcs,)`, whether an arc ends its paths."""
        final: NDArray[np.bool_] = self.label == FINAL_LABEL
        return final

    @property
    def is_silent(self) -> NDArray[np.bool_]:
        """Return `(arcs,)`, whether an arc neither writes nor asks the language model."""
        silent: NDArray[np.bool_] = (self.written == NOTHING) & (self.lm_word == NOTHING)
        return silent

    def take(self, index: NDArray[np.generic]) -> LatticeArcs:
        """Return the arcs at `index`, positions or a mask; states keep their numbers."""
        return LatticeArcs(*(getattr(self, f.name)[index] for f in fields(self)))

    def first_arcs(self) -> Array:
        """Return `(states + 1,)`, where the arcs of each state begin."""
        return np.searchsorted(self.source, np.arange(self.n_states + 1))

    def levels(self) -> Array:
        """Return `(states,)`, the most arcs on a path from the start to each state."""
        level = [0] * self.n_states
        for source, target in zip(self.source.tolist(), self.target.tolist(), strict=True):
            level[target] = max(level[target], level[source] + 1)
        return np.array(level, np.int64)


@dataclass(frozen=True)
class FrameTimes:
    """Say of the arcs of a lattice of frames when they were heard, `(arcs,)` each.

    Attributes:
      frame: of the model, that the arc reads; -1 for none.
      adaptive_nats: of the arc's boost, what entities gained by single frames; NaN where the
        lattice does not tell it apart.
    """

    frame: Array
    adaptive_nats: Doubles


@dataclass(frozen=True)
class Weights:
    """Weigh the parts of a score: the model of both passes.

    Attributes:
      lm_scale, acoustic_scale, boost_scale: factors.
      word_nats: for every word that the language model is asked for.
    """

    lm_scale: float
    word_nats: float
    acoustic_scale: float = 1.0
    boost_scale: float = 1.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if not math.isfinite(value):
                raise InputError(f"{f.name} must be a finite number", value=value)
        for name in ("lm_scale", "acoustic_scale"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must not be negative", value=getattr(self, name))

    def graph(self, arcs: LatticeArcs) -> Doubles:
        """Return `(arcs,)`, the score of all but the acoustics."""
        return self.beside_lm(arcs) + _scaled(self.lm_scale, arcs.lm_score)

    def beside_lm(self, arcs: LatticeArcs) -> Doubles:
        """Return `(arcs,)`, the score of all but the acoustics and the language model."""
        boost = _scaled(self.boost_scale, arcs.boost_nats)
        total: Doubles = self.word_nats * (arcs.lm_word != NOTHING) + arcs.other_nats + boost
        return total

    def total(self, arcs: LatticeArcs) -> Doubles:
        """Return `(arcs,)`, the whole score."""
        return self.graph(arcs) + _scaled(self.acoustic_scale, arcs.acoustic)

    def total_beside_lm(self, arcs: LatticeArcs) -> Doubles:
        """Return `(arcs,)`, the score of all but the language model."""
        return self.beside_lm(arcs) + _scaled(self.acoustic_scale, arcs.acoustic)


def _scaled(scale: float, scores: Doubles) -> Doubles:
    """Return scores by a scale; 0 times minus infinity is 0."""
    return scale * scores if scale else np.zeros(len(scores))


def renumbered(arcs: LatticeArcs, source: Array, target: Array) -> LatticeArcs:
    """Return arcs between other states, given by sortable keys: numbered and sorted anew.

    The order of the keys must be topological, the start's the least and the final state's the
    greatest.
    """
    known = np.unique(np.concatenate([source, target]))
    columns = {f.name: getattr(arcs, f.name) for f in fields(arcs)}
    columns["source"] = np.searchsorted(known, source)
    columns["target"] = np.searchsorted(known, target)
    order = np.lexsort((arcs.lm_word, arcs.written, columns["target"], columns["source"]))
    return LatticeArcs(*(columns[f.name][order] for f in fields(arcs)))
