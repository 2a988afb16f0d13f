"""Conformer encoder, in plain torch.

Gulati et al., "Conformer: Convolution-augmented Transformer for Speech Recognition" (2020), with
rotary positions (Su et al. 2021) in place of relative ones: they need no table and no limit on
length. Dropout is on what a step adds alone: inside attention and feed-forward steps, its random
numbers would be a third of the training time on a CPU.

Shapes: N utterances, T frames, C channels. Masks are True where a frame is real.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from wfst_bias.acoustic.config import ModelConfig

SUBSAMPLING = 4  # feature frames for one frame of the encoder


class Subsampling(nn.Module):
    """Take log-mel features (N, T, F) to (N, ceil(T / 4), C) by two strided convolutions.

    Features are zero after the end of an utterance.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels = config.subsampling_channels
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, channels, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.SiLU(),
        )
        self.project = nn.Linear(channels * math.ceil(config.n_mels / SUBSAMPLING), config.width)

    def forward(self, features: Tensor) -> Tensor:
        """Return frames (N, ceil(T / 4), C)."""
        # Whole frames, so that the last one of an utterance is the same beside longer ones.
        features = nn.functional.pad(features, (0, 0, 0, -features.shape[1] % SUBSAMPLING))
        maps = self.convolutions(features.unsqueeze(1))  # (N, channels, T / 4, F / 4)
        projected: Tensor = self.project(maps.transpose(1, 2).flatten(2))
        return projected


def subsampled_lengths(lengths: Tensor) -> Tensor:
    """Return how many encoder frames each number of feature frames makes."""
    return torch.div(lengths + SUBSAMPLING - 1, SUBSAMPLING, rounding_mode="floor")


class FeedForward(nn.Module):
    """Two linear layers with a SiLU between, on normalized input."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        hidden = config.feed_forward_factor * config.width
        self.layers = nn.Sequential(
            nn.LayerNorm(config.width),
            nn.Linear(config.width, hidden),
            nn.SiLU(),
            nn.Linear(hidden, config.width),
            nn.Dropout(config.dropout),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Map (N, T, C) to (N, T, C)."""
        mapped: Tensor = self.layers(frames)
        return mapped


def rotary_angles(n_frames: int, head_width: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine, each (T, head_width / 2), of every frame's rotation."""
    exponents = torch.arange(0, head_width, 2, device=like.device) / head_width
    angles = torch.arange(n_frames, device=like.device)[:, None] / 10_000**exponents
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)


def rotate(heads: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate pairs of channels of (N, H, T, D) by their frame's angles."""
    cosine, sine = angles
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


class SelfAttention(nn.Module):
    """Multi-head attention of all frames to all frames, with rotary positions."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.n_heads = config.n_heads
        self.norm = nn.LayerNorm(config.width)
        self.project_in = nn.Linear(config.width, 3 * config.width)
        self.project_out = nn.Linear(config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (N, T, C), mask (N, T), to (N, T, C)."""
        projected = self.project_in(self.norm(frames))
        split = projected.unflatten(2, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = split.unbind(0)  # each (N, H, T, D)
        angles = rotary_angles(frames.shape[1], queries.shape[-1], queries)
        queries, keys = rotate(queries, angles), rotate(keys, angles)
        scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[-1])
        scores = scores.masked_fill(~mask[:, None, None, :], torch.finfo(scores.dtype).min)
        mixed = scores.softmax(dim=-1) @ values  # (N, H, T, D)
        attended: Tensor = self.dropout(self.project_out(mixed.transpose(1, 2).flatten(2)))
        return attended


class Convolution(nn.Module):
    """A gated pointwise and a depthwise convolution over time."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        width, kernel = config.width, config.kernel_frames
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.batch_norm = nn.BatchNorm1d(width)
        self.project_out = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (N, T, C), mask (N, T), to (N, T, C)."""
        gated = nn.functional.glu(self.gate(self.norm(frames)), dim=-1)
        gated = gated.masked_fill(~mask[:, :, None], 0.0)
        mixed = self.batch_norm(self.depthwise(gated.transpose(1, 2))).transpose(1, 2)
        convolved: Tensor = self.dropout(self.project_out(nn.functional.silu(mixed)))
        return convolved


class ConformerLayer(nn.Module):
    """Half a feed-forward step, attention, convolution, the other half; each added to its input."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.feed_forward_before = FeedForward(config)
        self.attention = SelfAttention(config)
        self.convolution = Convolution(config)
        self.feed_forward_after = FeedForward(config)
        self.norm = nn.LayerNorm(config.width)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (N, T, C), mask (N, T), to (N, T, C)."""
        frames = frames + 0.5 * self.feed_forward_before(frames)
        frames = frames + self.attention(frames, mask)
        frames = frames + self.convolution(frames, mask)
        frames = frames + 0.5 * self.feed_forward_after(frames)
        normalized: Tensor = self.norm(frames)
        return normalized
