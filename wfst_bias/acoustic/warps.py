"""Other voices from the same sound, for training: vowels shifted, speech faster or slower.

The length of a vocal tract scales the frequencies of its resonances (Jaitly and Hinton 2013, vocal
tract length perturbation); on a mel scale a stretch of the axis comes near enough. Speed changes
by interpolation between frames, so that the pitch stays.

Random numbers are torch's alone, so that a seed decides on every warp.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wfst_bias.acoustic.features import pad


@dataclass(frozen=True)
class WarpOptions:
    """How much is warped; factors are drawn evenly between 1 - limit and 1 + limit."""

    share_of_utterances: float = 0.8
    frequency_limit: float = 0.12
    speed_limit: float = 0.12


def warped(
    features: Tensor, lengths: Tensor, options: WarpOptions | None = None
) -> tuple[Tensor, Tensor]:
    """Return features (N, T', F) with most utterances warped, and their lengths (N,) in frames."""
    options = options or WarpOptions()
    found = [
        _warp(utterance[:length], options)
        if torch.rand(()) < options.share_of_utterances
        else utterance[:length]
        for utterance, length in zip(features, lengths.tolist(), strict=True)
    ]
    return pad(found)


def _warp(utterance: Tensor, options: WarpOptions) -> Tensor:
    n_frames = max(1, round(len(utterance) * _factor(options.speed_limit)))
    times = torch.linspace(0, len(utterance) - 1, n_frames)
    n_channels = utterance.shape[1]
    channels = torch.arange(n_channels) * _factor(options.frequency_limit)
    faster = _interpolate(utterance, times)
    return _interpolate(faster.T, channels.clamp(max=n_channels - 1)).T


def _factor(limit: float) -> float:
    return float(1 + limit * (2 * torch.rand(()) - 1))


def _interpolate(rows: Tensor, places: Tensor) -> Tensor:
    """Return the rows (T, F) at places (T',) between 0 and T - 1, linear between two rows."""
    below = places.floor().long()
    above = (below + 1).clamp(max=len(rows) - 1)
    return torch.lerp(rows[below], rows[above], (places - below).unsqueeze(1))
