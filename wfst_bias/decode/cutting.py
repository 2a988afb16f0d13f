"""Stretches of utterances that are searched at once: long ones are cut in pauses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from wfst_bias.decode.dense import LogProbs
from wfst_bias.decode.long_audio import cut_points
from wfst_bias.decode.sounding import HeardPiece
from wfst_bias.formats.log_probs import check_log_probs
from wfst_bias.graph.compiled_list import CompiledList
from wfst_bias.tokens import TokenTable

NO_PHONES = "no phone log-probabilities, which phone_spot, phone_rescore and lexicon_lookup need"

# Frames of one kind for a frame of the other: more is another utterance, not another frame rate.
MOST_FRAME_RATIO = 8


@dataclass(frozen=True, eq=False)
class Piece:
    """Hold a stretch of an utterance that is searched at once.

    Attributes:
      utterance_id: the utterance.
      first_frame: the frame of the utterance with which the piece begins.
      log_probs: `(T, V)`, of the piece.
      entities: the list, None for none.
      heard: its phones, None where nothing asks for them.
      sure: the entities of the list that are not doubted, whatever was heard.
    """

    utterance_id: str
    first_frame: int
    log_probs: LogProbs
    entities: CompiledList | None
    heard: HeardPiece | None
    sure: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cut utterances.

    Attributes:
      tokens: the token table.
      longest: frames of a piece.
      frame_seconds: from one frame to the next.
    """

    tokens: TokenTable
    longest: int
    frame_seconds: float

    def cut(
        self,
        utterance_id: str,
        log_probs: LogProbs,
        entities: CompiledList | None,
        phones: LogProbs | None,
    ) -> Iterator[Piece]:
        """Return the pieces of an utterance in the order of time.

        Args:
          utterance_id: the utterance.
          log_probs: `(T, V)`.
          entities: its list.
          phones: `(T', P)`, phone log-probabilities of the same stretch of time. Times by them are
            exact to half a frame of theirs where T' is not T.
        """
        pauses = [self.tokens.blank_id]
        if self.tokens.separator_id is not None:
            pauses.append(self.tokens.separator_id)
        cuts = cut_points(log_probs, pauses, self.longest)
        for begin, end in itertools.pairwise(cuts):
            heard = None
            if phones is not None:
                per_frame = len(phones) / max(len(log_probs), 1) or 1.0
                own = phones[round(begin * per_frame) : round(end * per_frame)]
                heard = HeardPiece(own, self.frame_seconds / per_frame)
            yield Piece(utterance_id, begin, log_probs[begin:end], entities, heard)


def check_phones(phones: LogProbs | None, n_frames: int, n_columns: int) -> str | None:
    """Say what keeps phone log-probabilities from being those of an utterance, else None.

    Args:
      phones: `(T', P)` expected; None where there are none.
      n_frames: T, of the token log-probabilities.
      n_columns: P, the size of the phone table.
    """
    if phones is None:
        return NO_PHONES
    reason = check_log_probs(phones, n_columns)
    if reason is not None:
        return f"phone log-probabilities: {reason.replace('token', 'phone')}"
    shorter, longer = sorted((n_frames, len(phones)))
    if longer > MOST_FRAME_RATIO * shorter:
        return (
            f"{len(phones)} frames of phone log-probabilities for {n_frames} of tokens: "
            "of another utterance?"
        )
    return None
