"""Read a path through the graph: tokens with their frames, words, and where entities are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wfst_bias.graph.arcs import ArcKind
from wfst_bias.tokens import WORD_MARK

if TYPE_CHECKING:  # rescored lattices are read where k2 is not installed
    from wfst_bias.graph.compiled_list import CompiledList
    from wfst_bias.graph.join import ArcMeaning

Frames = NDArray[np.int64]


@dataclass(frozen=True)
class Vocabulary:
    """Hold what numbers stand for in writing.

    Attributes:
      words: word number - 1 -> word.
      symbols: token number -> symbol; the end token is not among them.
    """

    words: tuple[str, ...]
    symbols: tuple[str, ...]

    @property
    def end_token(self) -> int:
        """Return the number of the end token."""
        return len(self.symbols)


@dataclass
class Segment:
    """Hold a stretch of tokens that is written as one: a word or an entity.

    Attributes:
      text: what is written, words separated by spaces.
      positions: indices of its tokens on the path, separators left out.
      starts: for each spoken word of it, how many tokens come before.
      form: the entity's form, None for a word.
    """

    text: str = ""
    positions: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    form: int | None = None


def read_segments(
    meaning: ArcMeaning, vocabulary: Vocabulary, entities: CompiledList | None
) -> list[Segment]:
    """Return what a path writes, in the order of time.

    Args:
      meaning: the arcs of the path in order.
      vocabulary: what words and tokens are written as.
      entities: the utterance's list, None for none.
    """
    reader = _Reader(vocabulary, entities)
    for position in np.flatnonzero(meaning.reads):
        reader.read(
            int(position),
            int(meaning.token[position]),
            int(meaning.kind[position]),
            int(meaning.output[position]),
            int(meaning.form[position]),
        )
    return reader.finish()


class _Reader:
    """Gather tokens into segments: words end by what the graph says, spelled ones at the next."""

    def __init__(self, vocabulary: Vocabulary, entities: CompiledList | None) -> None:
        self.vocabulary = vocabulary
        self.entities = entities
        self.segments: list[Segment] = []
        self.open = Segment()

    def read(self, position: int, token: int, kind: int, output: int, form: int) -> None:
        if form < 0:  # the token before was an entity of one token
            self._close_entity(-form - 1)
        if kind in (ArcKind.WORD, ArcKind.SLOT) and self.open.text:
            self._close()  # a spelled word ends where another begins
        if token == self.vocabulary.end_token:
            return
        self._add(position, token, spelled=kind != ArcKind.WORD)
        if output:
            self._close(self.vocabulary.words[output - 1])
        if form > 0:
            self._close_entity(form - 1)

    def finish(self) -> list[Segment]:
        if self.open.text:
            self._close()
        return self.segments

    def _add(self, position: int, token: int, spelled: bool) -> None:
        symbol = self.vocabulary.symbols[token]
        if symbol.startswith(WORD_MARK):
            self.open.starts.append(len(self.open.positions))
        if symbol != WORD_MARK:
            self.open.positions.append(position)
        if spelled:
            self.open.text += symbol.replace(WORD_MARK, "")

    def _close(self, text: str | None = None) -> None:
        if text is not None:
            self.open.text = text
        self.segments.append(self.open)
        self.open = Segment()

    def _close_entity(self, form: int) -> None:
        assert self.entities is not None, "only a list has forms"
        self.open.form = form
        self._close(self.entities.entity(form).written)


def last_frames(reads: NDArray[np.bool_], is_blank: NDArray[np.bool_]) -> Frames:
    """Return `(frames,)`, for a path's arc that begins a token the last frame the token holds.

    A token lasts until the path reads a blank or begins another token.
    """
    n_frames = len(reads)
    stops = np.append(np.flatnonzero(reads | is_blank), n_frames)
    following = np.searchsorted(stops, np.arange(n_frames), side="right")
    last: Frames = stops[following] - 1
    return last


def spread(starts: Sequence[int], n_tokens: int, n_words: int) -> list[tuple[int, int]]:
    """Share the tokens of a segment out to the words that are written for it.

    Spoken and written words correspond one to one where there are as many of them; otherwise the
    written words get equal shares.

    Returns:
      Half-open token ranges, one per written word.
    """
    if len(starts) == n_words:
        return list(zip(starts, [*starts[1:], n_tokens], strict=True))
    edges = np.linspace(0, n_tokens, n_words + 1).round().astype(int)
    return [(int(a), max(int(a) + 1, int(b))) for a, b in itertools.pairwise(edges)]
