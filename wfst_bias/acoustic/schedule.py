"""The learning rate over a training run."""

from __future__ import annotations

import math


def learning_rate_factor(step: int, warmup_steps: int, progress: float) -> float:
    """Return the share of the peak learning rate: a straight rise, then half a cosine to zero.

    Args:
      step: optimizer steps taken.
      warmup_steps: steps of the rise.
      progress: share of the whole run that is done, 0 to 1.
    """
    rise = min(1.0, (step + 1) / max(1, warmup_steps))
    return rise * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
