"""Make the audio files of utterances: drawn from the utterance's id, spoken, recorded, written.

plan         what is drawn for one utterance: the same on every machine
record       several utterances -> audio files, each with a line that says what it was made of
num_samples  length of a file, if it is there, whole and made of just that
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from local.synthetic import rooms
from local.synthetic.rooms import Surroundings
from local.synthetic.synthesizers import SAMPLE_RATE, Request, Samples, synthesize, trim
from local.synthetic.voices import ESPEAK, FLITE, Cast, Speaking, Voice, draw_speaking

# To be raised with every change of what this makes, so that nothing old is kept.
VERSION = 1
SILENCE_SECONDS = (0.1, 0.3)

# Written as soundfile names them. Opus makes 3 kB a second at this level.
CODECS: dict[str, dict[str, object]] = {
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
    "opus": {"format": "OGG", "subtype": "OPUS", "compression_level": 0.93},
}

_BABBLE_VOICES = (
    *(Voice(FLITE, name) for name in ("kal16", "rms", "slt")),
    *(Voice(ESPEAK, f"en-us+{name}") for name in ("f1", "f2", "m1", "linda", "max")),
    *(Voice(ESPEAK, f"en-gb+{name}") for name in ("f4", "m4", "belinda", "adam")),
)
_BABBLE_TEXTS = (
    "we could take the early bus and walk along the river before the shops are open",
    "my brother says that the kettle has been broken since the day we moved in here",
    "nobody had told her that the garden gate was left open all through the night",
    "it rained so much that the path to the beach was under water for a whole week",
    "put the onions in first and leave them until they are soft and golden at the edges",
    "they used to play cards on the stairs whenever the lights went out in winter",
    "if you turn left after the bakery you will see a yellow door with a brass handle",
    "the dog sleeps on the sofa although he has a perfectly good basket of his own",
)


@dataclass(frozen=True)
class Plan:
    """What is drawn for one utterance."""

    utterance_id: str
    spoken: str
    speaking: Speaking
    place: Surroundings
    silence_seconds: tuple[float, float]

    @property
    def key(self) -> str:
        """Return a digest of all that the audio is made of."""
        made_of = json.dumps([VERSION, asdict(self)], sort_keys=True)
        return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def plan(utterance_id: str, spoken: str, cast: Cast) -> Plan:
    """Draw voice, manner, room, noise and level of an utterance from its id."""
    rng = random.Random(f"speech of {utterance_id}")
    speaking = draw_speaking(rng, cast)
    place = rooms.draw_surroundings(rng)
    before, after = (round(rng.uniform(*SILENCE_SECONDS), 3) for _ in range(2))
    return Plan(utterance_id, spoken, speaking, place, (before, after))


def record(jobs: Sequence[tuple[Plan, Path]]) -> list[int]:
    """Speak each plan, let it sound in its place and write its file, whole or not at all.

    Returns:
      the number of samples of each file.

    Raises:
      InputError: a synthesizer fails.
    """
    speeches = synthesize([Request(plan.spoken, plan.speaking) for plan, _ in jobs])
    lengths = []
    for (plan, path), speech in zip(jobs, speeches, strict=True):
        digest = hashlib.sha256(f"noise of {plan.utterance_id}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:16], "big"))
        trimmed = trim(speech, plan.silence_seconds)
        _write(path, rooms.apply(trimmed, plan.place, rng, talkers()), plan.key)
        lengths.append(len(trimmed))
    return lengths


def num_samples(plan: Plan, path: Path) -> int | None:
    """Return the length of the file if it is whole and was made of this plan, else None."""
    if not path.is_file():
        return None
    try:
        with soundfile.SoundFile(path) as audio:
            is_same = audio.comment == plan.key and audio.samplerate == SAMPLE_RATE
            return audio.frames if is_same else None
    except soundfile.LibsndfileError:
        return None


@functools.cache
def talkers() -> tuple[Samples, ...]:
    """Return the speech that babble is mixed of: voices of training, sentences of no corpus."""
    texts = [
        " ".join(_BABBLE_TEXTS[index:] + _BABBLE_TEXTS[:index])
        for index in (i % len(_BABBLE_TEXTS) for i in range(len(_BABBLE_VOICES)))
    ]
    pairs = zip(texts, _BABBLE_VOICES, strict=True)
    return tuple(synthesize([Request(text, Speaking(voice)) for text, voice in pairs]))


def _write(path: Path, samples: Samples, key: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    codec = CODECS[path.suffix.removeprefix(".")]
    with soundfile.SoundFile(temporary, "w", SAMPLE_RATE, channels=1, **codec) as audio:
        audio.comment = key
        audio.write(samples)
    os.replace(temporary, path)
