"""The acoustic model: a Conformer with CTC heads for subwords and for phones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wfst_bias.acoustic.config import ModelConfig
from wfst_bias.acoustic.conformer import ConformerLayer, Subsampling, subsampled_lengths


@dataclass(frozen=True)
class Encoded:
    """What the model makes of a batch: N utterances, at most T encoder frames of 40 ms.

    Log-probabilities are natural logarithms; blank has index 0.
    """

    log_probs: Tensor  # (N, T, V), of subwords
    intermediate_log_probs: tuple[Tensor, ...]  # (N, T, V) each, from the intermediate layers
    phone_log_probs: Tensor  # (N, T, P)
    layers: tuple[Tensor, ...]  # (N, T, C) each, the output of every layer in order
    lengths: Tensor  # (N,), frames of each utterance


class CtcModel(nn.Module):
    """Features in, log-probabilities of subwords and phones out.

    The layers with an intermediate CTC loss (Lee and Watanabe, "Intermediate Loss Regularization
    for CTC-based Speech Recognition", 2021) use the final head's projection, each after a
    normalization of its own.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.subsampling = Subsampling(config)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(ConformerLayer(config) for _ in range(config.n_layers))
        self.head = nn.Linear(config.width, config.n_tokens)
        self.intermediate_norms = nn.ModuleList(
            nn.LayerNorm(config.width) for _ in config.intermediate_layers
        )
        self.phone_head = nn.Sequential(
            nn.LayerNorm(config.width), nn.Linear(config.width, config.n_phones)
        )

    def forward(self, features: Tensor, lengths: Tensor) -> Encoded:
        """Encode features (N, T, F), normalized; `lengths` (N,) are in feature frames."""
        layers, lengths = self.encode(features, lengths)
        intermediate = (layers[index - 1] for index in self.config.intermediate_layers)
        return Encoded(
            log_probs=log_softmax(self.head(layers[-1])),
            intermediate_log_probs=tuple(
                log_softmax(self.head(norm(layer)))
                for norm, layer in zip(self.intermediate_norms, intermediate, strict=True)
            ),
            phone_log_probs=log_softmax(self.phone_head(layers[self.config.phone_layer - 1])),
            layers=layers,
            lengths=lengths,
        )

    def encode(self, features: Tensor, lengths: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Return the output of every layer, (N, T, C) each, and the lengths (N,) in its frames."""
        frames = self.dropout(self.subsampling(features))
        lengths = subsampled_lengths(lengths)
        mask = torch.arange(frames.shape[1], device=frames.device) < lengths[:, None]
        outputs = []
        for layer in self.layers:
            frames = layer(frames, mask)
            outputs.append(frames)
        return tuple(outputs), lengths


def log_softmax(logits: Tensor) -> Tensor:
    """Normalize (..., V) logits in float32, whatever the encoder computed in."""
    return logits.float().log_softmax(dim=-1)
