"""Boosts over time: what a path reads in every frame, how far behind the best token, what it gains.

FrameReading    an utterance's path against the best token of each frame
BoostCurve      an entity on it, frame by frame
read_frames     the frames of a path
boost_curves    the entities of a path
follow          both, of an utterance that was decoded with its lattices
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.dense import Frames, LogProbs
from wfst_bias.decode.path import Segment, last_frames, read_segments
from wfst_bias.decode.reading import ReadingContext, adaptive_gains
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning

if TYPE_CHECKING:
    from wfst_bias.decode.piece_lattice import PieceLattice

Ints = NDArray[np.int64]
Nats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FrameReading:
    """Hold what is read in consecutive frames beside what is best there, `(F,)` each.

    Attributes:
      columns: the model's column that is read: a token's, or the blank's.
      begins: whether a token begins.
      log_probs: of that column, in nats.
      best_columns, best_log_probs: of the most probable column.
    """

    columns: Ints
    begins: NDArray[np.bool_]
    log_probs: Nats
    best_columns: Ints
    best_log_probs: Nats

    def __len__(self) -> int:
        return len(self.columns)

    @classmethod
    def of(cls, log_probs: LogProbs, columns: Ints, begins: NDArray[np.bool_]) -> FrameReading:
        """Look these columns up in log-probabilities `(F, V)`."""
        rows = np.arange(len(log_probs))
        best = log_probs.argmax(axis=1).astype(np.int64) if len(rows) else rows
        read, most = (log_probs[rows, c].astype(np.float64) for c in (columns, best))
        return cls(columns, begins, read, best, most)

    @property
    def behind_nats(self) -> Nats:
        """Return `(F,)`, how far what is read is behind the best, at least 0."""
        return self.best_log_probs - self.log_probs

    def part(self, begin: int, end: int) -> FrameReading:
        """Return the frames from `begin` to before `end`."""
        return FrameReading(*(getattr(self, f.name)[begin:end] for f in fields(self)))

    @staticmethod
    def joined(parts: Sequence[FrameReading]) -> FrameReading:
        """Return the frames of several stretches that follow each other, at least one."""
        names = [f.name for f in fields(FrameReading)]
        return FrameReading(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


@dataclass(frozen=True, eq=False)
class BoostCurve:
    """Follow an entity from the frame in which it begins to that in which it is completed.

    Attributes:
      written: the entity as the user wrote it.
      form: its form that is read, in the letters of the model.
      is_written: whether the result has it; if not, this is where it would fit best.
      first_frame: of the utterance.
      n_held: how many of the frames its tokens hold. One of a single token is completed later,
        where the next token begins.
      frames: what is read, F frames.
      adaptive_nats: `(F,)`, gained by the adaptive boost.
      constant_nats: `(F,)`, the share of the entity's own score that the search pays.
    """

    written: str
    form: str
    is_written: bool
    first_frame: int
    n_held: int
    frames: FrameReading
    adaptive_nats: Nats
    constant_nats: Nats

    @property
    def cumulative_nats(self) -> Nats:
        """Return `(F,)`, all that it gained down to each frame."""
        total: Nats = np.cumsum(self.adaptive_nats + self.constant_nats)
        return total

    @property
    def behind_nats(self) -> float:
        """Return how far its tokens are behind the best of their frames, at least 0."""
        return float(self.frames.behind_nats[: self.n_held].sum())

    @property
    def net_nats(self) -> float:
        """Return what it gained less what it is behind; no language model enters it."""
        return float(self.adaptive_nats.sum() + self.constant_nats.sum()) - self.behind_nats


def follow(pieces: Sequence[PieceLattice]) -> tuple[FrameReading, list[BoostCurve]]:
    """Return what the result of an utterance reads in each frame, and the entities in it.

    Args:
      pieces: all of the utterance, in the order of time, each with a text.
    """
    readings, curves = [], []
    for piece in pieces:
        lattice, columns = piece.lattice, piece.context.columns
        arcs = lattice.align(piece.texts[0].path.writings)[:-1]  # without that to the final state
        meaning, token = lattice.meaning.take(arcs), lattice.label[arcs] % (len(columns) + 1)
        log_probs, frames = piece.log_probs, piece.frames
        readings.append(read_frames(token, meaning.reads, log_probs, frames, columns))
        found = boost_curves(token, meaning, log_probs, frames, piece.entities, piece.context)
        curves += [replace(c, first_frame=c.first_frame + piece.first_frame) for c in found]
    return FrameReading.joined(readings), curves


def read_frames(
    token: Ints, reads: NDArray[np.bool_], log_probs: LogProbs, frames: Frames, columns: Ints
) -> FrameReading:
    """Return what a path reads in each frame of the model; frames that the search skips are blank.

    Args:
      token: `(arcs,)`, the token number that each arc of the path reads, 0 for the blank.
      reads: `(arcs,)`, whether a token begins with it.
      log_probs: `(T, V)`.
      frames: maps the frames of the search, one an arc, to those of the model.
      columns: `(V,)`, the model's column of each token number.
    """
    at = np.arange(len(token)) - frames.first
    real = np.flatnonzero((at >= 0) & (at < len(frames.kept)))
    frame = frames.kept[at[real]]
    read = np.full(len(log_probs), columns[0])
    read[frame] = columns[token[real]]
    begins = np.zeros(len(log_probs), bool)
    begins[frame] = reads[real]
    return FrameReading.of(log_probs, read, begins)


def boost_curves(
    token: Ints,
    meaning: ArcMeaning,
    log_probs: LogProbs,
    frames: Frames,
    entities: CompiledList | None,
    context: ReadingContext,
) -> list[BoostCurve]:
    """Return the entities of a path, in the order of time.

    Args:
      token: `(arcs,)`, the token number that each arc reads, 0 for the blank.
      meaning: the same arcs, without that to the final state.
      log_probs: `(T, V)`.
      frames: maps the frames of the search to those of the model.
      entities: the utterance's list, None for none.
      context: how the path is read.
    """
    reading = read_frames(token, meaning.reads, log_probs, frames, context.columns)
    first = frames.of_search(np.arange(len(token)))
    last = frames.of_search(last_frames(meaning.reads, token == 0))
    gained = adaptive_gains(meaning, first, log_probs, context)
    curves = []
    for segment in read_segments(meaning, context.vocabulary, entities):
        if segment.form is None or entities is None:
            continue
        own, completing = _arcs_of(segment, meaning)
        begin, end = int(first[segment.positions[0]]), int(last[segment.positions[-1]]) + 1
        n_frames = max(end, int(first[completing]) + 1) - begin
        adaptive, constant = np.zeros(n_frames), np.zeros(n_frames)
        np.add.at(adaptive, first[own] - begin, gained[own])
        paid = np.unique(np.append(own, completing))
        np.add.at(constant, first[paid] - begin, meaning.boost_nats[paid])
        curves.append(
            BoostCurve(segment.text, entities.form_text[segment.form], True, begin, end - begin,
                       reading.part(begin, begin + n_frames), adaptive, constant)
        )  # fmt: skip
    return curves


def _arcs_of(segment: Segment, meaning: ArcMeaning) -> tuple[Ints, int]:
    """Return the arcs that read further tokens of an entity, and the one that completes it."""
    last = segment.positions[-1]
    inside = np.arange(segment.positions[0], last + 1)
    own = inside[meaning.reads[inside] & (meaning.kind[inside] == ArcKind.ENTITY)]
    if meaning.form[last] > 0:
        return own, last
    after = np.flatnonzero(meaning.reads[last + 1 :])
    return own, last + 1 + int(after[0])  # one of a single token ends where another begins
