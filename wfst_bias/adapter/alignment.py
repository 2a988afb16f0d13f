"""Forced alignment by CTC: which token of a transcript each frame says.

Graves et al., "Connectionist Temporal Classification" (2006), equation 8, with maxima for sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

BLANK = 0
NOTHING = -1  # the place of a blank


def align(log_probs: Tensor, lengths: Tensor, targets: Sequence[Sequence[int]]) -> list[Tensor]:
    """Align each utterance with its tokens on the best path.

    Args:
      log_probs: (N, T, V); blank has index 0.
      lengths: (N,), frames of each.
      targets: token ids of each.

    Returns:
      for each utterance, the place in the transcript (T_n,) that a frame says, `NOTHING` where it
      says blank; (0,) for one that is too short for its transcript, or impossible.
    """
    log_probs = log_probs.detach().float().cpu()
    states, last = _states(targets)  # (N, 2 L + 1)
    emitted = log_probs.gather(2, states[:, None, :].expand(-1, log_probs.shape[1], -1))
    may_skip = torch.zeros_like(states, dtype=torch.bool)
    may_skip[:, 2:] = (states[:, 2:] != states[:, :-2]) & (states[:, 2:] != BLANK)
    scores, steps = _search(emitted, may_skip)
    return [
        _trace(scores[:, n], steps[:, n], length, end)
        for n, (length, end) in enumerate(zip(lengths.tolist(), last, strict=True))
    ]


def _states(targets: Sequence[Sequence[int]]) -> tuple[Tensor, list[int]]:
    """Return tokens with blanks between and around them, padded, and the last state of each."""
    longest = max((len(target) for target in targets), default=0)
    states = torch.full((len(targets), 2 * longest + 1), BLANK)
    for row, target in zip(states, targets, strict=True):
        row[1 : 2 * len(target) : 2] = torch.tensor(list(target), dtype=torch.long)
    return states, [2 * len(target) for target in targets]


def _search(emitted: Tensor, may_skip: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best scores (T, N, S) of reaching states, and by how many states (T, N, S)."""
    n, n_frames, n_states = emitted.shape
    score = emitted.new_full((n, n_states), -math.inf)
    scores, steps = [], []
    for t in range(n_frames):
        if t == 0:
            step = torch.zeros(n, n_states, dtype=torch.long)
            best = score.clone()
            best[:, :2] = 0.0
        else:
            one = torch.nn.functional.pad(score, (1, 0), value=-math.inf)[:, :n_states]
            two = torch.nn.functional.pad(score, (2, 0), value=-math.inf)[:, :n_states]
            two = two.masked_fill(~may_skip, -math.inf)
            best, step = torch.stack((score, one, two)).max(dim=0)
        score = best + emitted[:, t]
        scores.append(score)
        steps.append(step)
    return torch.stack(scores), torch.stack(steps)


def _trace(scores: Tensor, steps: Tensor, length: int, last: int) -> Tensor:
    """Follow the best path of one utterance, (T, S) each, back from its last frame."""
    if not length:
        return torch.empty(0, dtype=torch.long)
    ends = [last, last - 1] if last else [last]
    state = max(ends, key=lambda end: float(scores[length - 1, end]))
    if scores[length - 1, state] == -math.inf:
        return torch.empty(0, dtype=torch.long)
    places = []
    for t in range(length - 1, -1, -1):
        places.append(state // 2 if state % 2 else NOTHING)
        state -= int(steps[t, state])
    return torch.tensor(places[::-1])
