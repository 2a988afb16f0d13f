"""Utterances to log-probabilities: of any number and length, in bounded memory.

Long utterances are divided into windows. Windows of similar length are encoded together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from wfst_bias.acoustic.features import LEAST_SAMPLES, SAMPLE_RATE
from wfst_bias.acoustic.recognizer import Heard, Recognizer
from wfst_bias.acoustic.sounds import Samples, Sound
from wfst_bias.acoustic.windows import Window, windows_of
from wfst_bias.errors import InputError

# Audio that is put in the order of length, and that of a batch, padding included.
STRETCH_SECONDS = 600.0
BATCH_SECONDS = 90.0
MOST_IN_BATCH = 16

Encoding = Heard | InputError
Batch = Sequence["_Piece"]
EncodeBatches = Callable[[Sequence[Batch]], Iterable[list[Encoding]]]


@dataclass(frozen=True)
class _Piece:
    """Hold a window of an utterance."""

    sound: Sound
    window: Window
    is_last: bool

    @property
    def n_samples(self) -> int:
        return self.window.end_sample - self.window.first_sample

    def read(self) -> Samples:
        """Read the samples; raises InputError for those that cannot be encoded."""
        if self.n_samples < LEAST_SAMPLES:
            raise InputError(
                f"utterance {self.sound.utterance_id} is too short: {self.n_samples} samples at "
                f"16 kHz, expected at least {LEAST_SAMPLES}",
                remedy="leave it out",
            )
        samples = self.sound.read(self.window.first_sample, self.window.end_sample)
        if not np.isfinite(samples).all():
            raise InputError(
                f"utterance {self.sound.utterance_id} has samples that are not finite numbers"
            )
        return samples


def encode(
    recognizer: Recognizer,
    sounds: Iterable[Sound],
    n_threads: int | None = None,
    on_seconds: Callable[[float], object] = lambda seconds: None,
) -> Iterator[tuple[str, Encoding]]:
    """Encode utterances; one that cannot be read has the reason in place of log-probabilities.

    Args:
      recognizer: the model.
      sounds: the utterances.
      n_threads: batches encoded at once, each by a single thread, so that results do not depend
        on it; None for one at a time, by as many threads as torch takes.
      on_seconds: is told how much more audio is done.

    Yields:
      utterance ids with what was heard, in the order of the utterances.
    """
    parts: list[Encoding] = []
    with _batch_encoder(recognizer, n_threads) as encode_batches:
        for stretch in _stretches(_pieces(sounds)):
            for piece, part in zip(stretch, _in_order(stretch, encode_batches), strict=True):
                parts.append(part)
                on_seconds(piece.n_samples / SAMPLE_RATE)
                if piece.is_last:
                    yield piece.sound.utterance_id, _join(parts)
                    parts = []


def _pieces(sounds: Iterable[Sound]) -> Iterator[_Piece]:
    for sound in sounds:
        windows = windows_of(sound.n_samples)
        for window in windows:
            yield _Piece(sound, window, window is windows[-1])


def _stretches(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    """Divide pieces into consecutive ones of so much audio that they are held at once."""
    stretch: list[_Piece] = []
    for piece in pieces:
        stretch.append(piece)
        if sum(piece.n_samples for piece in stretch) >= STRETCH_SECONDS * SAMPLE_RATE:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _in_order(stretch: Sequence[_Piece], encode_batches: EncodeBatches) -> list[Encoding]:
    """Encode pieces in batches of similar length; return what they came to, in their order."""
    order = sorted(range(len(stretch)), key=lambda i: stretch[i].n_samples)
    batches: list[list[int]] = [[]]
    for i in order:
        full = (len(batches[-1]) + 1) * stretch[i].n_samples > BATCH_SECONDS * SAMPLE_RATE
        if batches[-1] and (full or len(batches[-1]) == MOST_IN_BATCH):
            batches.append([])
        batches[-1].append(i)
    found: dict[int, Encoding] = {}
    encoded = encode_batches([[stretch[i] for i in batch] for batch in batches])
    for batch, encodings in zip(batches, encoded, strict=True):
        found.update(zip(batch, encodings, strict=True))
    return [found[i] for i in range(len(stretch))]


def _encode_batch(recognizer: Recognizer, batch: Batch) -> list[Encoding]:
    read = [_read(piece) for piece in batch]
    sounding = [
        (each, piece.sound.utterance_id)
        for each, piece in zip(read, batch, strict=True)
        if not isinstance(each, InputError)
    ]
    samples, names = [each for each, _ in sounding], [name for _, name in sounding]
    heard = iter(recognizer.hear(samples, names))
    return [
        each if isinstance(each, InputError) else _keep(next(heard), piece.window.kept)
        for each, piece in zip(read, batch, strict=True)
    ]


def _read(piece: _Piece) -> Samples | InputError:
    try:
        return piece.read()
    except InputError as error:
        return error


def _keep(heard: Heard, kept: slice) -> Heard:
    """Copy the frames that are used, so that the batch can be forgotten."""
    return Heard.joined([heard.part(kept)])


def _join(parts: Sequence[Encoding]) -> Encoding:
    fault = next((part for part in parts if isinstance(part, InputError)), None)
    if fault is not None:
        return fault
    heard = [part for part in parts if isinstance(part, Heard)]
    return heard[0] if len(heard) == 1 else Heard.joined(heard)


@contextmanager
def _batch_encoder(recognizer: Recognizer, n_threads: int | None) -> Iterator[EncodeBatches]:
    """Give what encodes several batches, in threads or one after the other."""
    encode_batch = partial(_encode_batch, recognizer)
    if n_threads is None:
        yield lambda batches: map(encode_batch, batches)
        return
    with ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield lambda batches: pool.map(encode_batch, batches)
