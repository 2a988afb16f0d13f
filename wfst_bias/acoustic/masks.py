"""SpecAugment (Park et al. 2019) without time warping: bands and stretches masked, for training.

Random numbers are torch's alone, so that a seed decides on every mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class MaskOptions:
    """How much is masked; widths are drawn evenly from 0 up to the limit, which is left out."""

    share_of_utterances: float = 0.9
    bands: int = 2
    band_limit: int = 16  # channels
    stretches: int = 4
    stretch_limit: int = 30  # frames
    frames_share: float = 0.12  # of an utterance at most are in stretches


def masked(features: Tensor, lengths: Tensor, options: MaskOptions | None = None) -> Tensor:
    """Return features (N, T, F) with masks in most utterances; `lengths` (N,) in frames.

    A mask has the mean of the utterance. Padding stays as it is.
    """
    options = options or MaskOptions()
    result = features.clone()
    for utterance, length in zip(result, lengths.tolist(), strict=True):
        if torch.rand(()) < options.share_of_utterances:
            _mask(utterance[:length], options)
    return result


def _mask(utterance: Tensor, options: MaskOptions) -> None:
    """Mask one utterance (T, F) in place."""
    mean = utterance.mean()
    n_frames, n_channels = utterance.shape
    for start, end in _spans(n_channels, options.bands, options.band_limit):
        utterance[:, start:end] = mean
    most_frames = options.frames_share * n_frames
    stretches = min(options.stretches, math.ceil(most_frames / options.stretch_limit))
    limit = min(options.stretch_limit, int(most_frames / max(1, stretches)))
    for start, end in _spans(n_frames, stretches, limit):
        utterance[start:end] = mean


def _spans(size: int, count: int, limit: int) -> list[tuple[int, int]]:
    """Draw spans within 0 to `size`, each shorter than `limit`; none for a limit of 0."""
    if not limit:
        return []
    widths = torch.randint(0, min(limit, size + 1), (count,))
    starts = (torch.rand(count) * (size - widths)).long()
    return [
        (start, start + width)
        for start, width in zip(starts.tolist(), widths.tolist(), strict=True)
    ]
