"""Turn a lattice into a result: words and entities with times and confidences, n-best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.decode.dense import Frames, LogProbs
from wfst_bias.decode.lattice import Lattice
from wfst_bias.decode.path import Segment, Vocabulary, last_frames, read_segments, spread
from wfst_bias.decode.texts import TextPath, best_texts
from wfst_bias.entities.entity_list import Entity
from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word
from wfst_bias.graph.arcs import ArcKind
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.graph.join import ArcMeaning
from wfst_bias.phones.names import Name
from wfst_bias.sound.texts import Spoken

NO_PATH = "no path survived the search, nor one with twice the beam"

Ints = NDArray[np.int64]

# A list with penalties ranks this many times as many texts as it returns.
MORE_TEXTS_FOR_PENALTIES = 4


@dataclass(frozen=True)
class ReadingContext:
    """Hold what reading a lattice needs beside the lattice.

    Attributes:
      vocabulary: what numbers are written as.
      columns: `(V,)`, the model's column of each token number.
      frame_seconds: from one frame of the model to the next.
      n_best: how many distinct texts to return.
      n_ranked: how many to rank beside phones, where these are more.
      adaptive: what tokens of entities gained beside the graph's boosts.
    """

    vocabulary: Vocabulary
    columns: NDArray[np.int64]
    frame_seconds: float
    n_best: int
    n_ranked: int = 1
    adaptive: AdaptiveOptions = field(default_factory=AdaptiveOptions)


@dataclass(frozen=True)
class RankedText:
    """Hold one of the best texts of a lattice.

    Attributes:
      path: the text and its best path.
      score: by which it ranks, in nats: of the path, penalties of the list, phones.
      phone_nats: what phones add to it, at most 0.
    """

    path: TextPath
    score: float
    phone_nats: float = 0.0

    def losing(self, loss_nats: float) -> RankedText:
        """Return the text as phones score it."""
        return RankedText(self.path, self.score - loss_nats, self.phone_nats - loss_nats)


def by_score(texts: Iterable[RankedText]) -> list[RankedText]:
    """Return texts best first, equal scores in order of text."""
    return sorted(texts, key=lambda ranked: (-ranked.score, ranked.path.text))


def read_result(
    utterance_id: str,
    lattice: Lattice,
    ranked: Sequence[RankedText],
    log_probs: LogProbs,
    frames: Frames,
    entities: CompiledList | None,
    context: ReadingContext,
) -> Result:
    """Read the best of the texts of a lattice; where there is none, the result says so.

    A word's confidence is the geometric mean over its tokens of the acoustic probability that each
    has at its best frame: no boost and no language model enters it.
    """
    if not ranked:
        return Result.failed(utterance_id, NO_PATH)
    best = ranked[0]
    arcs = lattice.align(best.path.writings)[:-1]  # without the arc to the final state
    meaning = lattice.meaning.take(arcs)
    segments = read_segments(meaning, context.vocabulary, entities)
    is_blank = lattice.label[arcs] == 0
    timer = _Timer(meaning, is_blank, log_probs, frames, context)
    gained = adaptive_gains(meaning, np.array(timer.first, np.int64), log_probs, context)
    words, spans = _words_and_spans(segments, timer, entities, gained)
    nbest = tuple(
        NbestEntry(text.path.words, text.score, _boost(lattice, text, entities), text.phone_nats)
        for text in ranked[: context.n_best]
    )
    return Result(utterance_id, words, spans, nbest, best.score)


def rank_texts(
    lattice: Lattice, entities: CompiledList | None, context: ReadingContext
) -> list[RankedText]:
    """Return the best texts, best first, penalties of the list taken off their scores."""
    penalties = None if entities is None or not entities.penalties else entities.penalties
    wanted = max(context.n_best, context.n_ranked)
    wanted *= MORE_TEXTS_FOR_PENALTIES if penalties else 1
    paths = best_texts(lattice, wanted, context.vocabulary, entities)
    if penalties is None:
        return [RankedText(path, path.score) for path in paths]
    return by_score(RankedText(path, path.score + penalties.of(path.words)) for path in paths)


def spoken_in(
    text: RankedText,
    lattice: Lattice,
    vocabulary: Vocabulary,
    entities: CompiledList | None,
    names: Callable[[Entity], tuple[Name, ...]],
) -> list[Spoken]:
    """Return the words and entities of a text of a lattice, and how they are said."""
    writings = lattice.writings.take(np.array(text.path.writings, np.int64) - 1)
    found = []
    for segment in read_segments(writings, vocabulary, entities):
        if segment.form is None or entities is None:
            found.append(Spoken(segment.text))
        else:
            found.append(Spoken(segment.text, names(entities.entity(segment.form))))
    return found


def _boost(lattice: Lattice, text: RankedText, entities: CompiledList | None) -> float:
    if entities is None:
        return 0.0
    penalty = text.path.score - (text.score - text.phone_nats)
    forms = np.abs(lattice.writings.form[np.array(text.path.writings, np.int64) - 1])
    return float(entities.form_boost_nats[forms[forms > 0] - 1].sum()) - penalty


class _Timer:
    """Give tokens of a path their times and probabilities."""

    def __init__(
        self,
        meaning: ArcMeaning,
        is_blank: NDArray[np.bool_],
        log_probs: LogProbs,
        frames: Frames,
        context: ReadingContext,
    ) -> None:
        first = frames.of_search(np.arange(len(is_blank)))
        last = frames.of_search(last_frames(meaning.reads, is_blank))
        column = context.columns[np.minimum(meaning.token, len(context.columns) - 1)]
        self.first, self.last = first.tolist(), last.tolist()
        self.peaks = _peaks(log_probs, first, last, column).tolist()
        self.frame_seconds = context.frame_seconds

    def word(self, text: str, positions: list[int]) -> Word:
        """Return a word made of the tokens at these positions of the path."""
        begin, end = self.first[positions[0]], self.last[positions[-1]] + 1
        confidence = math.exp(sum(self.peaks[p] for p in positions) / len(positions))
        return Word(text, begin * self.frame_seconds, end * self.frame_seconds, confidence)


def _peaks(log_probs: LogProbs, first: Ints, last: Ints, column: Ints) -> NDArray[np.float32]:
    """Return the greatest log-probability, at most 0, of each column from first to last frame."""
    if not len(log_probs):  # what is read is a mark on the frame put in front
        return np.zeros(len(first), np.float32)
    peaks = log_probs[first, column]
    for step in range(1, int((last - first).max(initial=0)) + 1):
        peaks = np.maximum(peaks, log_probs[np.minimum(first + step, last), column])
    return np.minimum(peaks, 0.0)


def adaptive_gains(
    meaning: ArcMeaning, frame: Ints, log_probs: LogProbs, context: ReadingContext
) -> NDArray[np.float64]:
    """Return `(arcs,)`, what the arcs of a path gained by the adaptive boost, in nats.

    Args:
      meaning: the arcs.
      frame: `(arcs,)`, the model's frame that each reads.
      log_probs: `(T, V)`.
      context: how the path is read.
    """
    gained = np.zeros(len(meaning.reads))
    boosted = np.flatnonzero(meaning.reads & (meaning.kind == ArcKind.ENTITY))
    if len(boosted):
        gains = context.adaptive.gains(log_probs[frame[boosted]])
        column = context.columns[meaning.token[boosted]]
        gained[boosted] = gains[np.arange(len(boosted)), column]
    return gained


def _words_and_spans(
    segments: list[Segment],
    timer: _Timer,
    entities: CompiledList | None,
    gained: NDArray[np.float64],
) -> tuple[tuple[Word, ...], tuple[EntitySpan, ...]]:
    words: list[Word] = []
    spans: list[EntitySpan] = []
    for segment in segments:
        written = segment.text.split()
        parts = spread(segment.starts, len(segment.positions), len(written))
        made = [
            timer.word(text, segment.positions[begin:end] or segment.positions[-1:])
            for text, (begin, end) in zip(written, parts, strict=True)
        ]
        if segment.form is not None and entities is not None:
            whole = timer.word(segment.text, segment.positions)
            boost = float(entities.form_boost_nats[segment.form])
            begin, last = segment.positions[0], segment.positions[-1]
            adaptive = float(gained[begin : last + 1].sum())
            spans.append(
                EntitySpan(segment.text, whole.start_seconds, whole.end_seconds,
                           whole.confidence, boost, len(words), len(made), adaptive)
            )  # fmt: skip
        words.extend(made)
    return tuple(words), tuple(spans)
