"""What is to be encoded: utterances whose samples are read a stretch at a time.

sound_of_cut       of a Lhotse cut: read from its audio file, at any rate, of any channels
sound_of_samples   of an array
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wfst_bias.acoustic.features import SAMPLE_RATE
from wfst_bias.errors import InputError
from wfst_bias.formats.recordings import read_samples

if TYPE_CHECKING:
    from lhotse.cut import Cut

Samples = NDArray[np.float32]  # (S,), mono, at 16 kHz


@dataclass(frozen=True)
class Sound:
    """Hold an utterance, and what reads it.

    Attributes:
      utterance_id: the utterance.
      n_samples: its length at 16 kHz.
      read: returns the samples from the first to the second number, that not included; raises
        InputError where the audio cannot be read.
    """

    utterance_id: str
    n_samples: int
    read: Callable[[int, int], Samples]


def sound_of_cut(cut: Cut) -> Sound:
    """Return the sound of a cut: the mean of its channels, at 16 kHz."""
    resampled = cut.resample(SAMPLE_RATE)
    return Sound(cut.id, resampled.num_samples, partial(_read_cut, resampled))


def sound_of_samples(
    samples: NDArray[np.floating[Any] | np.signedinteger[Any]], rate: int, utterance_id: str
) -> Sound:
    """Return the sound of an array, the mean of its channels.

    Args:
      samples: (S,) or (S, channels), as soundfile reads them; whole numbers are of full scale.
      rate: samples a second.
      utterance_id: to name it by.

    Raises:
      InputError: an array of another shape or type, or a rate that is no positive whole number.
    """
    mono = _resample(_mono(samples), rate)
    return Sound(utterance_id, len(mono), lambda first, end: mono[first:end])


def _read_cut(resampled: Cut, first: int, end: int) -> Samples:
    if (first, end) == (0, resampled.num_samples):
        return read_samples(resampled)
    seconds = {"offset": first / SAMPLE_RATE, "duration": (end - first) / SAMPLE_RATE}
    return read_samples(resampled.truncate(**seconds, preserve_id=True))


def _mono(samples: NDArray[Any]) -> Samples:
    array = np.asarray(samples)
    if array.ndim not in (1, 2) or (array.ndim == 2 and not array.shape[1]):
        raise InputError("expected samples (S,) or (S, channels)", value=array.shape)
    if np.issubdtype(array.dtype, np.signedinteger):
        array = array / -float(np.iinfo(array.dtype).min)
    elif not np.issubdtype(array.dtype, np.floating):
        raise InputError(
            "expected samples of floating point or signed integers", value=str(array.dtype)
        )
    return (array if array.ndim == 1 else array.mean(axis=1)).astype(np.float32)


def _resample(samples: Samples, rate: int) -> Samples:
    """Resample as Lhotse does what it reads."""
    if rate != int(rate) or rate <= 0:
        raise InputError("expected a rate in samples a second", value=rate)
    if rate == SAMPLE_RATE or not len(samples):
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(int(rate), SAMPLE_RATE)
    resampled: Samples = resample_poly(samples, SAMPLE_RATE // common, int(rate) // common)
    return resampled.astype(np.float32, copy=False)
