"""Adaptive boost: what an entity's further token gains in a frame goes by how far it is behind.

A model that has never seen a name gives its tokens some probability, but less than to those of how
it sounds. A token among the best few of its frame that goes on an entity begun at its first token
gains a share of the gap between its log-probability and the best one. Nothing of it is in the
graph: the columns from which entities alone read hold the boosted scores, and a path that does
not complete its entity does not survive, so that it keeps nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from wfst_bias.errors import InputError

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class AdaptiveOptions:
    """Choose the adaptive boost; with a scale of 0 there is none."""

    gap_scale: float = field(
        default=0.0,
        metadata={
            "help": "share of the gap to its frame's best token that an entity's token gains"
        },
    )
    most_nats: float = field(
        default=4.0, metadata={"help": "most that an entity's token gains in its frame"}
    )
    best_tokens: int = field(
        default=6, metadata={"help": "tokens of a frame that may gain: so many of the best"}
    )
    least_log_prob: float = field(
        default=-12.0, metadata={"help": "tokens less probable than this, in nats, gain nothing"}
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if not math.isfinite(value):
                raise InputError(f"{option.name} must be a finite number", value=value)
        if not 0 <= self.gap_scale <= 1:
            raise InputError("gap_scale must lie between 0 and 1", value=self.gap_scale)
        if self.most_nats < 0:
            raise InputError("most_nats must not be negative", value=self.most_nats)
        if self.best_tokens < 1:
            raise InputError("best_tokens must be at least 1", value=self.best_tokens)

    def gains(self, scores: Scores) -> Scores:
        """Return `(T, V)`, what a token of an entity that begins in a frame gains there, in nats.

        Args:
          scores: `(T, V)`, log-probabilities of all tokens, blank included.
        """
        if self.gap_scale == 0 or not scores.size:
            return np.zeros_like(scores)
        gap = scores.max(axis=1, keepdims=True) - scores
        k = min(self.best_tokens, scores.shape[1])
        bar = np.partition(scores, scores.shape[1] - k, axis=1)[:, -k, None]
        gaining = (scores >= bar) & (scores >= self.least_log_prob)
        return np.where(gaining, np.minimum(self.gap_scale * gap, self.most_nats), 0.0).astype(
            np.float32
        )
