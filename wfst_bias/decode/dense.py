"""Log-probabilities as k2 reads them: columns in the graph's order, sets for classes and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import k2
import numpy as np
import torch
from numpy.typing import NDArray

from wfst_bias.decode.adaptive import AdaptiveOptions
from wfst_bias.graph.attachment import Gate
from wfst_bias.graph.word_graph import TokenNumbers
from wfst_bias.tokens import TokenTable

LogProbs = NDArray[np.float32]  # (T, V)


@dataclass(frozen=True)
class Frames:
    """Map the frames of a dense input back to those of the model.

    Attributes:
      kept: `(T',)`, the model's frame behind each frame that the search sees.
      n_frames: T, how many there were.
      first: 1 where a frame for the first word's mark was put in front, else 0.
    """

    kept: NDArray[np.int64]
    n_frames: int
    first: int

    def of_search(self, frame: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the model's frames for search frames; marks at the ends fall on the nearest."""
        if not len(self.kept):
            return np.zeros(len(frame), np.int64)
        return self.kept[np.clip(frame - self.first, 0, len(self.kept) - 1)]


class DenseInput:
    """Lay out log-probabilities for a graph over a token table.

    A table with a space token gets a frame in front that may be read as a space or as blank: every
    word of the graph begins with one, and models write none before the first. One frame past the
    last carries the end token alone.
    """

    def __init__(
        self,
        tokens: TokenTable,
        blank_threshold: float | None,
        adaptive: AdaptiveOptions | None = None,
    ) -> None:
        self.columns = TokenNumbers.of(tokens).columns
        self.width = tokens.size + 1
        self.blank_threshold = blank_threshold
        self.adaptive = adaptive or AdaptiveOptions()
        numbers = TokenNumbers.of(tokens).from_columns()
        self.separator = None if tokens.separator_id is None else int(numbers[tokens.separator_id])

    def lay_out(
        self, batch: Sequence[LogProbs], gates: Sequence[Gate | None], n_sets: int
    ) -> tuple[k2.DenseFsaVec, list[Frames]]:
        """Return the dense input of a batch and how its frames map to the model's.

        Args:
          batch: per utterance `(T, V)`, natural-log probabilities in the model's columns.
          gates: per utterance the columns of its list, None for no list.
          n_sets: sets of columns, the plain one included.
        """
        frames = [self._frames(log_probs) for log_probs in batch]
        lengths = [f.first + len(f.kept) + 1 for f in frames]
        shape = (len(batch), max(lengths), self.width * n_sets)
        scores = np.full(shape, -np.inf, np.float32)
        for row, log_probs, frame, length, gate in zip(
            scores, batch, frames, lengths, gates, strict=True
        ):
            plain = row[:length, : self.width]
            self._fill(plain, log_probs[frame.kept], frame.first)
            if gate is not None:
                for number, tokens in enumerate(gate.openings, start=1):
                    self._set_of(row, number)[:length, tokens] = plain[:, tokens]
                self._set_of(row, gate.following)[:length] = plain
                boosted = self._set_of(row, gate.entity)[:length]
                boosted[:] = plain
                boosted[frame.first : -1, :-1] += self.adaptive.gains(plain[frame.first : -1, :-1])
        segments = [(i, 0, length) for i, length in enumerate(lengths)]
        dense = k2.DenseFsaVec(torch.from_numpy(scores), torch.tensor(segments, dtype=torch.int32))
        return dense, frames

    def _fill(self, rows: LogProbs, log_probs: LogProbs, first: int) -> None:
        if first:
            rows[0, [0, self.separator]] = 0.0
        rows[first:-1, :-1] = log_probs[:, self.columns]
        rows[-1, -1] = 0.0

    def _set_of(self, row: LogProbs, number: int) -> LogProbs:
        return row[:, number * self.width : (number + 1) * self.width]

    def _frames(self, log_probs: LogProbs) -> Frames:
        first = int(self.separator is not None)
        kept = np.arange(len(log_probs))
        if self.blank_threshold is not None:
            kept = kept[~_repeated_blanks(log_probs[:, self.columns[0]], self.blank_threshold)]
        return Frames(kept, len(log_probs), first)


def _repeated_blanks(blank: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Mark the frames after the first in each run of frames that are surely blank."""
    sure: NDArray[np.bool_] = blank > np.log(threshold)
    repeated = sure.copy()
    repeated[:1] = False
    repeated[1:] &= sure[:-1]
    return repeated
