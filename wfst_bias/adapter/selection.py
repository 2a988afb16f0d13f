"""The entities of a long list that an utterance may hold, so that attention's cost is bounded.

An entity is scored by how well some stretch of a second and a half holds its subwords, wherever
each is best there. That is an upper bound on any alignment within the stretch, costs a maximum and
a mean for each subword, and forgives subwords that were misheard. First the model's own
log-probabilities say how well, then, for those left, what the adapter makes of the frames in which
something is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

STRETCH_FRAMES = 37
HEARD_FRAMES = 15  # about as long, of frames that are not blank
FLOOR_NATS = -9.0  # a subword that was misheard costs no more


class Spotter:
    """Find the entities of one list that log-probabilities may hold."""

    def __init__(self, entities: Sequence[Sequence[int]]) -> None:
        self._tokens = torch.tensor([i for entity in entities for i in entity], dtype=torch.long)
        lengths = torch.tensor([len(entity) for entity in entities], dtype=torch.long)
        self._starts = lengths.cumsum(0) - lengths

    def best(self, log_probs: Tensor, count: int) -> Tensor:
        """Return the numbers of at most `count` entities, in their order.

        Args:
          log_probs: (T, V), of one utterance, its padding left out.
          count: how many to keep.
        """
        device = log_probs.device
        if count >= len(self._starts):
            return torch.arange(len(self._starts), device=device)
        return self.scores(log_probs).topk(count).indices.sort().values

    def scores(self, log_probs: Tensor) -> Tensor:
        """Return the score (E,) of each entity in nats a subword, at least `FLOOR_NATS`."""
        best = best_in_stretches(log_probs).clamp(min=FLOOR_NATS)  # (V, stretches)
        tokens, starts = self._tokens.to(best.device), self._starts.to(best.device)
        scores = torch.nn.functional.embedding_bag(tokens, best, starts, mode="mean")
        return scores.amax(dim=1)


def scores_of_slots(frames: Tensor, starts: Tensor) -> Tensor:
    """Return the score (E,) of entities of which each frame says something for each slot.

    Args:
      frames: (T, S), what they say, in nats; those of blanks left out.
      starts: (E + 1,), the first slot of each entity, and S.
    """
    best = best_in_stretches(frames, HEARD_FRAMES)  # (S, stretches)
    sums = torch.nn.functional.pad(best.cumsum(0), (0, 0, 1, 0))[starts]
    return ((sums[1:] - sums[:-1]) / starts.diff()[:, None]).amax(dim=1)


def best_in_stretches(frames: Tensor, stretch: int = STRETCH_FRAMES) -> Tensor:
    """Return the best of each column (T, V) in stretches, (V, stretches), that overlap by half."""
    n_frames = len(frames)
    if not n_frames:
        return frames.new_full((frames.shape[1], 1), FLOOR_NATS)
    size = min(stretch, n_frames)
    step = max(1, size // 2)
    return torch.nn.functional.max_pool1d(frames.T[None], size, step, ceil_mode=True)[0]
