"""The entities of a long list that an utterance may hold, so that attention's cost is bounded.

An entity is scored by how well the model's own log-probabilities, in some stretch of a second and
a half, hold its subwords, wherever each is best there. That is an upper bound on any alignment
within the stretch, costs a gather and a mean for each subword, and forgives subwords that were
misheard.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

STRETCH_FRAMES = 37
FLOOR_NATS = -6.0  # a subword that was misheard costs no more


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
        best = _best_in_stretches(log_probs)  # (V, stretches)
        tokens, starts = self._tokens.to(best.device), self._starts.to(best.device)
        scores = torch.nn.functional.embedding_bag(tokens, best, starts, mode="mean")
        return scores.amax(dim=1)


def _best_in_stretches(log_probs: Tensor) -> Tensor:
    """Return the best log-probability of each token (V, stretches); stretches overlap by half."""
    n_frames = len(log_probs)
    if not n_frames:
        return log_probs.new_full((log_probs.shape[1], 1), FLOOR_NATS)
    size = min(STRETCH_FRAMES, n_frames)
    step = max(1, size // 2)
    pooled = torch.nn.functional.max_pool1d(log_probs.T[None], size, step, ceil_mode=True)
    return pooled[0].clamp(min=FLOOR_NATS)
