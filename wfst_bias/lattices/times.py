"""When the words of a path through a lattice were heard, how surely, and which are entities.

A path of words leads through the lattice of frames by the arcs that write its words and, between
them, by the best way that writes nothing: that by which the path has its score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wfst_bias.decode.lattice_files import INNER_MARK
from wfst_bias.decode.path import last_frames, spread
from wfst_bias.formats.results import EntitySpan, Word
from wfst_bias.lattices.arcs import NOTHING, Array, Doubles, FrameTimes, LatticeArcs
from wfst_bias.tokens import WORD_MARK

UNTIMED = math.nan


@dataclass(frozen=True)
class TimeReader:
    """Hold what reading times needs beside a lattice.

    Attributes:
      symbols: what the numbers of words are written as.
      tokens: what labels are, the blank first.
      frame_seconds: from one frame of the model to the next.
      boost_scale: factor of what entities gained.
    """

    symbols: Sequence[str]
    tokens: Sequence[str]
    frame_seconds: float
    boost_scale: float = 1.0

    def read(
        self, path: LatticeArcs, arcs: LatticeArcs, score: Doubles, times: FrameTimes
    ) -> tuple[tuple[Word, ...], tuple[EntitySpan, ...]]:
        """Return the words of a path, and the entities among them, in the order of time.

        Args:
          path: arcs of a lattice of words made from `arcs`, in order, the final one last.
          arcs: the lattice of frames.
          score: `(arcs,)`, by which the lattice of words was made.
          times: of `arcs`.
        """
        ways = ways_between(arcs, score, path.origin)
        heard = _Heard(self, arcs, np.concatenate(ways), times)
        ends = np.cumsum([len(way) for way in ways])
        words: list[Word] = []
        spans: list[EntitySpan] = []
        for stretch in _stretches(path, ends, self.symbols):
            made = heard.words(stretch)
            if stretch.is_entity:
                spans.append(heard.span(stretch, len(words), len(made)))
            words += made
        return tuple(words), tuple(spans)


def ways_between(arcs: LatticeArcs, score: Doubles, stops: Array) -> list[Array]:
    """Return for each of the arcs `stops` of a path the best silent way to it from the one before.

    The way ends in the arc itself; that to a final arc ends before it.
    """
    first = arcs.first_arcs()
    ways, state = [], 0
    for stop in stops.tolist():
        way = _best_silent_way(arcs, score, first, state, int(arcs.source[stop]))
        ways.append(np.array(way if arcs.is_final[stop] else [*way, stop], np.int64))
        state = int(arcs.target[stop])
    return ways


def _best_silent_way(
    arcs: LatticeArcs, score: Doubles, first: Array, begin: int, end: int
) -> list[int]:
    within = np.arange(first[begin], first[end])
    within = within[arcs.is_silent[within] & (arcs.target[within] <= end)]
    best, came = {begin: 0.0}, dict[int, int]()
    rows = (within, arcs.source[within], arcs.target[within], score[within])
    for arc, source, target, gain in zip(*(row.tolist() for row in rows), strict=True):
        if source in best and best[source] + gain > best.get(target, -math.inf):
            best[target], came[target] = best[source] + gain, arc
    way: list[int] = []
    while end != begin:
        way.append(came[end])
        end = int(arcs.source[came[end]])
    return way[::-1]


@dataclass
class _Stretch:
    """Hold what is written as one.

    Attributes:
      begin, end: the places on the way through the frames, half-open.
      text: what is written.
      boost_nats: of its arcs.
      is_entity: whether it is one.
    """

    begin: int
    end: int
    text: str = ""
    boost_nats: float = 0.0
    is_entity: bool = False


def _stretches(path: LatticeArcs, ends: Array, symbols: Sequence[str]) -> list[_Stretch]:
    """Divide a path, the final arc left out; `ends` says where each of its arcs ends on the way."""
    found: list[_Stretch] = []
    spelling = open_ = False  # whether the last stretch can go on
    begin = 0
    columns = (path.written, path.lm_word, path.boost_nats, ends)
    for written, asked, boost, end in zip(*(c[:-1].tolist() for c in columns), strict=True):
        symbol = symbols[written] if written != NOTHING else ""
        if not (open_ or (spelling and symbol.startswith(INNER_MARK))):
            found.append(_Stretch(begin, end))
        last, begin = found[-1], end
        last.end, last.boost_nats = end, last.boost_nats + boost
        open_ = written == NOTHING  # within an entity of a new list
        spelling = symbol.startswith((WORD_MARK, INNER_MARK))
        if spelling:
            last.text += symbol.removeprefix(INNER_MARK).removeprefix(WORD_MARK)
        elif not open_:
            last.text = symbol.replace(WORD_MARK, " ")
            last.is_entity = asked != written or last.boost_nats != 0
    return found


class _Heard:
    """Tell times and confidences of stretches of a way through the frames."""

    def __init__(
        self, reader: TimeReader, arcs: LatticeArcs, way: Array, times: FrameTimes
    ) -> None:
        label = arcs.label[way]
        before = np.append(0, label[:-1])[: len(label)]
        self.reader = reader
        self.begins = (label > 0) & (label != before)
        self.last = last_frames(self.begins, label == 0)
        self.symbol = [reader.tokens[token] for token in label.tolist()]
        self.frame = times.frame[way]
        self.acoustic = np.minimum(arcs.acoustic[way], 0.0)
        self.adaptive = times.adaptive_nats[way]

    def words(self, stretch: _Stretch) -> list[Word]:
        """Return the words of a stretch; those of an entity share its tokens."""
        written = stretch.text.split()
        positions, starts = self._tokens(stretch)
        parts = spread(starts, len(positions), len(written))
        return [
            self._word(text, positions[begin:end] or positions[-1:])
            for text, (begin, end) in zip(written, parts, strict=True)
        ]

    def span(self, stretch: _Stretch, first_word: int, n_words: int) -> EntitySpan:
        """Return the entity that a stretch is; what is not told apart is its own score."""
        whole = self._word(stretch.text, self._tokens(stretch)[0])
        scale = self.reader.boost_scale
        adaptive = float(self.adaptive[stretch.begin : stretch.end].sum())
        own = stretch.boost_nats - (0.0 if math.isnan(adaptive) else adaptive)
        return EntitySpan(
            whole.text, whole.start_seconds, whole.end_seconds, whole.confidence,
            scale * own, first_word, n_words, scale * adaptive,
        )  # fmt: skip

    def _tokens(self, stretch: _Stretch) -> tuple[list[int], list[int]]:
        """Return the places of its tokens, spaces left out, and how many stand before each word."""
        positions: list[int] = []
        starts: list[int] = []
        for place in range(stretch.begin, stretch.end):
            if self.begins[place]:
                if self.symbol[place].startswith(WORD_MARK):
                    starts.append(len(positions))
                if self.symbol[place] != WORD_MARK:
                    positions.append(place)
        return positions, starts

    def _word(self, text: str, positions: Sequence[int]) -> Word:
        if not positions:
            return Word(text, UNTIMED, UNTIMED, UNTIMED)
        last = self.last[positions]
        peaks = [self.acoustic[a : b + 1].max() for a, b in zip(positions, last, strict=True)]
        begin, end = self.frame[positions[0]], self.frame[last[-1]] + 1
        seconds = self.reader.frame_seconds
        confidence = math.exp(sum(peaks) / len(peaks))
        return Word(text, float(begin * seconds), float(end * seconds), confidence)
