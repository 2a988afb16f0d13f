"""The front end: sound to normalized log-mel features, the same in training and in use.

log_mel       samples to features, by Lhotse's Kaldi-compatible filter bank
normalize     features to zero mean and unit variance
pad           features of several utterances to one tensor
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLE_RATE = 16_000  # Hz
N_MELS = 80
FEATURE_SHIFT_MS = 10.0
LEAST_SAMPLES = 400  # one window of 25 ms

# A channel that hardly varies, as in digital silence, is not blown up.
_LEAST_DEVIATION = 1e-2


def log_mel(samples: NDArray[np.float32]) -> Tensor:
    """Return log-mel features (T, 80) of mono samples (S,) at 16 kHz, one row for each 10 ms.

    Raises:
      ValueError: fewer samples than one window has.
    """
    if samples.shape[0] < LEAST_SAMPLES:
        raise ValueError(f"{samples.shape[0]} samples are too few: a window has {LEAST_SAMPLES}")
    return torch.from_numpy(_filter_bank().extract(samples, SAMPLE_RATE))


def normalize(features: Tensor) -> Tensor:
    """Bring every channel of one utterance (T, F) to mean 0 and variance 1."""
    deviation = features.std(dim=0, unbiased=False).clamp(min=_LEAST_DEVIATION)
    return (features - features.mean(dim=0)) / deviation


def pad(features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Stack features (T_n, F) to (N, T, F), zeros after each; return them and the T_n (N,)."""
    lengths = torch.tensor([len(each) for each in features])
    return torch.nn.utils.rnn.pad_sequence(list(features), batch_first=True), lengths


@cache
def _filter_bank() -> Any:
    from lhotse import Fbank, FbankConfig

    return Fbank(FbankConfig(sampling_rate=SAMPLE_RATE, num_filters=N_MELS))
