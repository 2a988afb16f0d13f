"""Join the results of the pieces of a long utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wfst_bias.formats.results import EntitySpan, NbestEntry, Result, Word


def join_pieces(utterance_id: str, pieces: Sequence[tuple[float, Result]], n_best: int) -> Result:
    """Return one result for consecutive pieces; if one of them failed, so did the whole.

    Args:
      utterance_id: of the whole.
      pieces: when each piece begins, in seconds, and its result, in the order of time.
      n_best: how many texts of the whole to return; exactly the best among all combinations.
    """
    if len(pieces) == 1 and pieces[0][0] == 0:
        return replace(pieces[0][1], utterance_id=utterance_id)
    for begin, piece in pieces:
        if piece.error is not None:
            return Result.failed(utterance_id, f"from {begin:.2f} s on: {piece.error}")
    words: list[Word] = []
    entities: list[EntitySpan] = []
    combined = [NbestEntry((), 0.0, 0.0)]
    for begin, piece in pieces:
        entities.extend(_shift_span(span, begin, len(words)) for span in piece.entities)
        words.extend(_shift_word(word, begin) for word in piece.words)
        combined = _combine(combined, piece.nbest, n_best)
    score = sum(piece.score for _, piece in pieces)
    return Result(utterance_id, tuple(words), tuple(entities), tuple(combined), score)


def _shift_word(word: Word, begin: float) -> Word:
    return replace(
        word, start_seconds=word.start_seconds + begin, end_seconds=word.end_seconds + begin
    )


def _shift_span(span: EntitySpan, begin: float, n_words: int) -> EntitySpan:
    return replace(
        span,
        start_seconds=span.start_seconds + begin,
        end_seconds=span.end_seconds + begin,
        first_word=span.first_word + n_words,
    )


def _combine(
    before: Sequence[NbestEntry], after: Sequence[NbestEntry], n_best: int
) -> list[NbestEntry]:
    """Return the best concatenations with distinct words."""
    following = after or (NbestEntry((), 0.0, 0.0),)
    pairs = (
        NbestEntry(
            a.words + b.words,
            a.score + b.score,
            a.boost_nats + b.boost_nats,
            a.phone_nats + b.phone_nats,
        )
        for a in before
        for b in following
    )
    best: dict[tuple[str, ...], NbestEntry] = {}
    for entry in sorted(pairs, key=lambda e: (-e.score, e.words)):
        best.setdefault(entry.words, entry)
    return list(best.values())[:n_best]
