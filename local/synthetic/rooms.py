"""What happens to speech on its way: a room, noise, and the level it is recorded at.

    draw_surroundings    what one utterance meets
    apply                speech -> the same speech recorded there

Room, noise and level are Lhotse's augmentations. Its random room generator needs torchaudio, so the
impulse responses are made here: the direct sound, a few early reflections, a tail that decays.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
from lhotse import Recording
from lhotse.audio.mixer import AudioMixer
from lhotse.augmentation import ReverbWithImpulseResponse, Volume
from numpy.typing import NDArray

from local.synthetic.synthesizers import SAMPLE_RATE, Samples

ROOM_SHARE = 0.4
NOISE_SHARE = 2 / 3
SNR_DB = (8.0, 30.0)
LEVEL_DBFS = (-30.0, -12.0)
# Reverberation time in seconds, and direct sound over reverberation in dB.
ROOMS = {
    "small": ((0.15, 0.3), (5.0, 15.0)),
    "medium": ((0.25, 0.45), (3.0, 12.0)),
    "large": ((0.4, 0.7), (3.0, 12.0)),
}
# Exponent of frequency by which the power falls.
COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
NOISES = (*COLOURS, "babble")
NUM_TALKERS = 6
# Loudest sample that a recording may have.
PEAK = 0.98


@dataclass(frozen=True)
class Surroundings:
    """What one utterance meets.

    Attributes:
      level_dbfs: root mean square of the recording relative to full scale; lower where the
        loudest sample would be clipped.
      room: a key of `ROOMS`, or "none".
      reverberation_seconds: time in which the tail falls by 60 dB.
      direct_db: energy of the direct sound over that of the reverberation.
      noise: one of `NOISES`, or "none".
      snr_db: energy of the speech over that of the noise.
    """

    level_dbfs: float
    room: str = "none"
    reverberation_seconds: float = 0.0
    direct_db: float = 0.0
    noise: str = "none"
    snr_db: float = 0.0


def draw_surroundings(rng: random.Random) -> Surroundings:
    """Draw room, noise and level of one utterance."""
    drawn: dict[str, object] = {"level_dbfs": round(rng.uniform(*LEVEL_DBFS), 1)}
    if rng.random() < ROOM_SHARE:
        room = rng.choice(list(ROOMS))
        seconds, direct_db = ROOMS[room]
        drawn["room"] = room
        drawn["reverberation_seconds"] = round(rng.uniform(*seconds), 3)
        drawn["direct_db"] = round(rng.uniform(*direct_db), 1)
    if rng.random() < NOISE_SHARE:
        drawn["noise"] = rng.choice(NOISES)
        drawn["snr_db"] = round(rng.uniform(*SNR_DB), 1)
    return Surroundings(**drawn)  # type: ignore[arg-type]


def apply(
    speech: Samples, place: Surroundings, rng: np.random.Generator, talkers: Sequence[Samples]
) -> Samples:
    """Return the speech as recorded in a place.

    Args:
      speech: shape (num_samples,), at 16 kHz.
      place: room, noise and level.
      rng: where the details of reflections and noise come from.
      talkers: speech of several others, of which babble is mixed.

    Returns:
      samples in [-1, 1], shape (num_samples,).
    """
    audio = speech[None]
    if place.room != "none":
        response = impulse_response(place.reverberation_seconds, place.direct_db, rng)
        audio = ReverbWithImpulseResponse(rir=_recording(response).to_dict())(audio, SAMPLE_RATE)
    if place.noise != "none":
        mixer = AudioMixer(audio, SAMPLE_RATE)
        mixer.add_to_mix(_noise(place.noise, len(speech), rng, talkers)[None], snr=place.snr_db)
        audio = mixer.mixed_audio
    return Volume(_gain(audio, place.level_dbfs))(audio, SAMPLE_RATE)[0].astype(np.float32)


def impulse_response(
    reverberation_seconds: float, direct_db: float, rng: np.random.Generator
) -> Samples:
    """Make the impulse response of a room.

    Returns:
      shape (num_samples,), the direct sound first and loudest: 1.
    """
    num_samples = round(reverberation_seconds * SAMPLE_RATE)
    seconds = np.arange(num_samples) / SAMPLE_RATE
    decay = 10.0 ** (-3 * seconds / reverberation_seconds)
    tail = rng.standard_normal(num_samples) * decay
    tail[: SAMPLE_RATE // 500] = 0  # nothing but the direct sound in the first 2 ms
    early = rng.integers(SAMPLE_RATE // 500, min(num_samples, SAMPLE_RATE // 25), size=8)
    tail[early] += rng.choice((-4.0, 4.0), size=8) * decay[early]
    tail *= np.sqrt(10 ** (-direct_db / 10) / np.square(tail).sum())
    tail = np.clip(tail, -0.9, 0.9)
    tail[0] = 1.0
    return tail.astype(np.float32)


def coloured_noise(exponent: float, num_samples: int, rng: np.random.Generator) -> Samples:
    """Make noise whose power falls with a power of frequency (from 30 Hz on).

    Returns:
      shape (num_samples,), of power 1.
    """
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    frequency = np.maximum(np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE), 30.0)
    noise = np.fft.irfft(spectrum * frequency ** (-exponent / 2), n=num_samples)
    return (noise / np.sqrt(np.square(noise).mean())).astype(np.float32)


def babble(num_samples: int, rng: np.random.Generator, talkers: Sequence[Samples]) -> Samples:
    """Mix several talkers, each begun anywhere in what it says and repeated as needed.

    Returns:
      shape (num_samples,).
    """
    chosen = rng.choice(len(talkers), size=min(NUM_TALKERS, len(talkers)), replace=False)
    mixed = np.zeros(num_samples, np.float32)
    for talker in chosen:
        speech = talkers[talker]
        speech = np.roll(speech / np.sqrt(np.square(speech).mean()), -rng.integers(len(speech)))
        mixed += np.resize(speech, num_samples)
    return mixed


def _noise(
    kind: str, num_samples: int, rng: np.random.Generator, talkers: Sequence[Samples]
) -> Samples:
    if kind == "babble":
        return babble(num_samples, rng, talkers)
    return coloured_noise(COLOURS[kind], num_samples, rng)


def _gain(audio: NDArray[np.float32], level_dbfs: float) -> float:
    root_mean_square = float(np.sqrt(np.square(audio).mean()))
    wanted = 10 ** (level_dbfs / 20) / root_mean_square
    return min(wanted, PEAK / float(np.abs(audio).max()))


def _recording(samples: Samples) -> Recording:
    wav = io.BytesIO()
    soundfile.write(wav, samples, SAMPLE_RATE, format="WAV", subtype="FLOAT")
    return Recording.from_bytes(wav.getvalue(), recording_id="impulse-response")
