"""Cut long log-probabilities where nobody speaks, so that memory stays bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LogProbs = NDArray[np.float32]  # (T, V)


def cut_points(log_probs: LogProbs, pause_columns: list[int], longest: int) -> list[int]:
    """Return frames at which to cut, `0` and `T` included, no piece longer than `longest`.

    Each cut lies in the second half of what remains to be taken, in the middle of the longest run
    of frames in which a pause (blank or space) is most probable, so that words stay whole; where
    no frame is a pause, at the frame that is most like one.

    Args:
      log_probs: `(T, V)`.
      pause_columns: blank and, for a table with one, the space token.
      longest: frames, at least 2.
    """
    pause = np.logaddexp.reduce(log_probs[:, pause_columns], axis=1)
    cuts = [0]
    while len(log_probs) - cuts[-1] > longest:
        begin = cuts[-1] + longest // 2
        cuts.append(begin + _best_cut(pause[begin : cuts[-1] + longest]))
    return [*cuts, len(log_probs)]


def _best_cut(pause: LogProbs) -> int:
    silent = np.concatenate([[False], pause > np.log(0.5), [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    if not len(begins):
        return int(np.argmax(pause)) + 1
    longest = int(np.argmax(ends - begins))
    return int(begins[longest] + ends[longest]) // 2 + 1
