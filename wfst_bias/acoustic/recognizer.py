"""Sound in, log-probabilities out: a trained model in use, for recordings of any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wfst_bias.acoustic.checkpoints import load_model
from wfst_bias.acoustic.conformer import SUBSAMPLING
from wfst_bias.acoustic.features import FEATURE_SHIFT_MS, log_mel, normalize, pad
from wfst_bias.acoustic.model import CtcModel
from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
from wfst_bias.errors import InputError
from wfst_bias.phones.lexicon import PhoneTable
from wfst_bias.tokens import TokenTable

PHONES_FILE = "phones.txt"
FRAME_SHIFT_MS = SUBSAMPLING * FEATURE_SHIFT_MS

# A longer recording is encoded in windows: what each keeps, and what it only hears around that.
WINDOW_SECONDS = 24.0
CONTEXT_SECONDS = 2.0

_PER_SECOND = round(1000 / FRAME_SHIFT_MS)  # encoder frames
_WINDOW = round(WINDOW_SECONDS * _PER_SECOND)
_CONTEXT = round(CONTEXT_SECONDS * _PER_SECOND)


@dataclass(frozen=True)
class Heard:
    """What the model makes of one recording, in frames of 40 ms."""

    log_probs: NDArray[np.float32]  # (T, V), natural log-probabilities of subwords
    phone_log_probs: NDArray[np.float32]  # (T, P)


@dataclass(frozen=True)
class _Window:
    """A stretch of encoder frames: it is heard from `first` to `end`, `kept` of it is used."""

    first: int
    end: int
    kept: slice  # relative to `first`


class Recognizer:
    """A trained acoustic model with its tokens and phones."""

    def __init__(self, model: CtcModel, tokens: TokenTable, phones: PhoneTable) -> None:
        self.model, self.tokens, self.phones = model, tokens, phones

    @classmethod
    def load(cls, folder: Path | str) -> Recognizer:
        """Read a model's folder: config.json, weights.pt, bpe.model, tokens.txt, phones.txt.

        Raises:
          InputError: a file is missing or broken, or the files do not fit each other.
        """
        folder = Path(folder)
        model = load_model(folder)
        tokens, phones = (
            TokenTable.read(folder / TOKENS_FILE),
            PhoneTable.read(folder / PHONES_FILE),
        )
        for file, size, expected in (
            (TOKENS_FILE, tokens.size, model.config.n_tokens),
            (MODEL_FILE, Subwords.read(folder / MODEL_FILE).size, model.config.n_tokens),
            (PHONES_FILE, phones.size, model.config.n_phones),
        ):
            if size != expected:
                raise InputError(f"expected {expected} symbols", path=folder / file, value=size)
        return cls(model, tokens, phones)

    def hear(self, recordings: Sequence[NDArray[np.float32]]) -> list[Heard]:
        """Encode recordings, each mono samples (S,) at 16 kHz, as one batch.

        The result does not depend on what else is in the batch, beyond rounding. Recordings over
        24 seconds are encoded in windows with 2 seconds of context on both sides.

        Raises:
          ValueError: a recording has fewer samples than one window of the features.
        """
        features = [log_mel(samples) for samples in recordings]
        planned = [list(_windows(_n_frames(len(each)))) for each in features]
        pieces = [
            normalize(each[window.first * SUBSAMPLING : window.end * SUBSAMPLING])
            for each, windows in zip(features, planned, strict=True)
            for window in windows
        ]
        encoded = self._encode(pieces)
        return [_joined(windows, encoded) for windows in planned]

    @torch.no_grad()
    def _encode(self, pieces: Sequence[Tensor]) -> Iterator[Heard]:
        device = next(self.model.parameters()).device
        for start in range(0, len(pieces), 16):
            features, lengths = pad(pieces[start : start + 16])
            encoded = self.model(features.to(device), lengths.to(device))
            log_probs, phones = encoded.log_probs.cpu().numpy(), encoded.phone_log_probs.cpu()
            for row, length in enumerate(encoded.lengths.tolist()):
                yield Heard(log_probs[row, :length], phones[row, :length].numpy())


def _n_frames(n_features: int) -> int:
    return -(-n_features // SUBSAMPLING)


def _windows(n_frames: int) -> Iterator[_Window]:
    """Divide frames into windows; one that fits in a single window is not divided."""
    if n_frames <= _WINDOW + 2 * _CONTEXT:
        yield _Window(0, n_frames, slice(0, n_frames))
        return
    for start in range(0, n_frames, _WINDOW):
        end = min(start + _WINDOW, n_frames)
        first = max(0, start - _CONTEXT)
        yield _Window(first, min(end + _CONTEXT, n_frames), slice(start - first, end - first))


def _joined(windows: Sequence[_Window], encoded: Iterator[Heard]) -> Heard:
    parts = [(window.kept, next(encoded)) for window in windows]
    return Heard(
        np.concatenate([heard.log_probs[kept] for kept, heard in parts]),
        np.concatenate([heard.phone_log_probs[kept] for kept, heard in parts]),
    )
