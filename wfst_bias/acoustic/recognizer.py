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
from wfst_bias.acoustic.features import log_mel, normalize, pad
from wfst_bias.acoustic.model import CtcModel, Encoded
from wfst_bias.acoustic.model_folder import PHONES_FILE
from wfst_bias.acoustic.subwords import MODEL_FILE, TOKENS_FILE, Subwords
from wfst_bias.acoustic.windows import Window, windows_of
from wfst_bias.errors import InputError
from wfst_bias.phones.lexicon import PhoneTable
from wfst_bias.tokens import TokenTable


@dataclass(frozen=True)
class Heard:
    """What the model makes of one recording, in frames of 40 ms.

    Attributes:
      log_probs: (T, V), natural log-probabilities of subwords.
      phone_log_probs: (T, P).
      also: further ones of subwords, where a recognizer was asked for several.
    """

    log_probs: NDArray[np.float32]
    phone_log_probs: NDArray[np.float32]
    also: tuple[NDArray[np.float32], ...] = ()

    @classmethod
    def joined(cls, parts: Sequence[Heard]) -> Heard:
        """Return parts of a recording, one after the other, in memory of their own."""
        return cls(
            np.concatenate([part.log_probs for part in parts]),
            np.concatenate([part.phone_log_probs for part in parts]),
            tuple(map(np.concatenate, zip(*(part.also for part in parts), strict=True))),
        )

    def part(self, kept: slice) -> Heard:
        """Return some of the frames, in the same memory."""
        also = tuple(each[kept] for each in self.also)
        return Heard(self.log_probs[kept], self.phone_log_probs[kept], also)


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

    def hear(
        self, recordings: Sequence[NDArray[np.float32]], utterance_ids: Sequence[str] | None = None
    ) -> list[Heard]:
        """Encode recordings, each mono samples (S,) at 16 kHz, as one batch.

        The result does not depend on what else is in the batch, beyond rounding. Recordings over
        24 seconds are encoded in windows with 2 seconds of context on both sides.

        Args:
          recordings: samples.
          utterance_ids: whose they are, for `adapt`; None for no one's.

        Raises:
          ValueError: a recording has fewer samples than one window of the features.
        """
        planned = [windows_of(len(samples)) for samples in recordings]
        pieces = [
            normalize(log_mel(samples[window.first_sample : window.end_sample]))
            for samples, windows in zip(recordings, planned, strict=True)
            for window in windows
        ]
        ids = [""] * len(recordings) if utterance_ids is None else utterance_ids
        owners = [name for name, windows in zip(ids, planned, strict=True) for _ in windows]
        encoded = self._encode(pieces, owners)
        return [_joined(windows, encoded) for windows in planned]

    def adapt(self, encoded: Encoded, utterance_ids: Sequence[str]) -> Encoded:
        """Change what the model made of a batch, for these utterances; here nothing is."""
        return encoded

    def also(self, encoded: Encoded, utterance_ids: Sequence[str]) -> list[Encoded]:
        """Return what else is asked for of a batch, for these utterances; here nothing is."""
        return []

    @torch.no_grad()
    def _encode(self, pieces: Sequence[Tensor], owners: Sequence[str]) -> Iterator[Heard]:
        device = next(self.model.parameters()).device
        for start in range(0, len(pieces), 16):
            features, lengths = pad(pieces[start : start + 16])
            encoded = self.model(features.to(device), lengths.to(device))
            names = owners[start : start + 16]
            readings = [self.adapt(encoded, names), *self.also(encoded, names)]
            first, *others = (reading.log_probs.cpu().numpy() for reading in readings)
            phones = encoded.phone_log_probs.cpu().numpy()
            for row, length in enumerate(encoded.lengths.tolist()):
                also = tuple(other[row, :length] for other in others)
                yield Heard(first[row, :length], phones[row, :length], also)


def _joined(windows: Sequence[Window], encoded: Iterator[Heard]) -> Heard:
    return Heard.joined([next(encoded).part(window.kept) for window in windows])
