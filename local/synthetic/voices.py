"""The voices as values: who can speak, who is held out of training, and how one is drawn.

    TRAIN, DEV, TEST     the voices of each set: `Cast(known, held_out)`
    FURTHER              voices that only training has, where they are installed
    draw_speaking        voice, speaking rate, pitch and vocal tract of one utterance

Half of the utterances of dev and of test are spoken by voices that training does not have. Of
espeak-ng these are other accents and other variants for dev than for test. flite and festival have
so few voices that dev and test share the held-out ones, awb and ked.

The further voices are those of RHVoice and Pico that may be used for anything; their packages are
in Debian's section non-free, so that no set of dev or test needs them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass

ESPEAK, FLITE, FESTIVAL = "espeak-ng", "flite", "festival"
RHVOICE, PICO = "RHVoice-test", "pico2wave"

# How much of a set each synthesizer speaks, among those that the set has.
SHARES = {ESPEAK: 0.5, FLITE: 0.35, FESTIVAL: 0.15, RHVOICE: 0.65, PICO: 0.35}
# How much of dev and of test is spoken by voices that training lacks.
HELD_OUT_SHARE = 0.5


def _names(line: str) -> list[str]:
    return line.split()


_TRAIN_ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc")
_DEV_ACCENTS = ("en-029",)
_TEST_ACCENTS = ("en-gb-scotland",)

# Left out of espeak-ng's variants: whispers, croaks, robots, announcers, and those made to be odd.
_TRAIN_VARIANTS = _names(
    "adam Alex Alicia Andy Annie antonio belinda benjamin boris caleb david Diogo ed edward f1 f2 "
    "f4 Gene Henrique iven iven2 Jacky john klatt klatt2 klatt4 linda m1 m2 m4 m6 m7 marcelo Mario "
    "max Michael miguel norbert pablo pedro quincy rob sandro steph steph2 victor"
)
_DEV_VARIANTS = _names("Andrea f3 grandpa Hugo iven3 klatt3 m3 Marco michel paul steph3")
_TEST_VARIANTS = _names("aunty Denis edward2 f5 Gene2 m5 m8 Mike Nguyen robert shelby travis")


@dataclass(frozen=True)
class Voice:
    """One voice of one synthesizer, under the name that the synthesizer gives it."""

    synthesizer: str
    name: str

    @property
    def speaker(self) -> str:
        """Return the name under which manifests know the voice."""
        return f"{self.synthesizer}:{self.name}"


@dataclass(frozen=True)
class Speaking:
    """How one utterance is spoken.

    Attributes:
      voice: who speaks.
      rate: speaking rate; 1 is the synthesizer's own, 1.1 is a tenth faster.
      pitch: mean fundamental frequency; 1 is the voice's own (flite's rms keeps that).
      speed: factor by which the finished speech is played faster, which moves its formants too.
    """

    voice: Voice
    rate: float = 1.0
    pitch: float = 1.0
    speed: float = 1.0


# The voices of one set by synthesizer.
Voices = Mapping[str, tuple[Voice, ...]]


@dataclass(frozen=True)
class Cast:
    """The voices of one set: those that training has too, and those that it has not."""

    known: Voices
    held_out: Voices | None = None

    @property
    def voices(self) -> frozenset[Voice]:
        """Return all voices of the cast."""
        groups = (self.known, self.held_out or {})
        return frozenset(voice for group in groups for voices in group.values() for voice in voices)


def _espeak(accents: tuple[str, ...], variants: list[str]) -> tuple[Voice, ...]:
    pairs = itertools.product(accents, variants)
    return tuple(Voice(ESPEAK, f"{accent}+{variant}") for accent, variant in pairs)


def _named(synthesizer: str, *names: str) -> tuple[Voice, ...]:
    return tuple(Voice(synthesizer, name) for name in names)


def _held_out(accents: tuple[str, ...], variants: list[str]) -> Voices:
    return {
        ESPEAK: _espeak(accents, _TRAIN_VARIANTS + variants) + _espeak(_TRAIN_ACCENTS, variants),
        FLITE: _named(FLITE, "awb"),
        FESTIVAL: _named(FESTIVAL, "ked_diphone"),
    }


_KNOWN: Voices = {
    ESPEAK: _espeak(_TRAIN_ACCENTS, _TRAIN_VARIANTS),
    FLITE: _named(FLITE, "kal16", "rms", "slt"),
    FESTIVAL: _named(FESTIVAL, "cmu_us_slt_arctic_hts", "kal_diphone"),
}
TRAIN = Cast(_KNOWN)
DEV = Cast(_KNOWN, _held_out(_DEV_ACCENTS, _DEV_VARIANTS))
TEST = Cast(_KNOWN, _held_out(_TEST_ACCENTS, _TEST_VARIANTS))
FURTHER = Cast(
    {RHVOICE: _named(RHVOICE, "alan", "bdl", "clb", "slt"), PICO: _named(PICO, "en-GB", "en-US")}
)
CASTS = {"train": TRAIN, "dev": DEV, "test": TEST}


def draw_speaking(rng: random.Random, cast: Cast) -> Speaking:
    """Draw voice, rate, pitch and speed of one utterance.

    The held-out voices of the cast, where it has any, speak `HELD_OUT_SHARE` of the utterances;
    within both halves the synthesizers have their `SHARES` and the voices of one are alike likely.
    """
    held_out = rng.random() < HELD_OUT_SHARE
    group = cast.held_out if cast.held_out is not None and held_out else cast.known
    shares = {name: share for name, share in SHARES.items() if name in group}
    synthesizer = rng.choices(list(shares), weights=list(shares.values()))[0]
    voice = rng.choice(group[synthesizer])
    rate = round(rng.uniform(0.8, 1.2), 2)
    pitch = round(rng.uniform(0.85, 1.15), 2)
    # Steps of a fiftieth: the resampler's filter is small where the two rates have a large divisor.
    steps = rng.randint(-5, 5)
    if voice.name.endswith("_hts"):  # its rate and pitch cannot be set
        return Speaking(voice, speed=1 + steps / 50)
    # espeak-ng has vocal tracts enough in its variants.
    return Speaking(voice, rate, pitch, speed=1.0 if synthesizer == ESPEAK else 1 + steps / 50)
