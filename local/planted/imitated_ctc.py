"""Imitate the log-probabilities of a character CTC model that mishears words in planted places.

mishear        says which token is most probable at each place, and which was said
lay_out        turns that into frames of 20 ms: peaks, blanks between them, silence at both ends

What is imitated: almost every frame is sure of its token, most frames are blank, a token has one
frame or two. Where a word is misheard, a wrong token that sounds alike is the most probable one
and the right one comes second, a few nats below. How often and by how much is chosen here, not
measured: the figures that come of it say nothing about real speech.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wfst_bias.tokens import WORD_MARK, TokenTable

BLANK = ""

# What is said and what is heard instead, "-" where nothing is heard. "^" is the start of a word.
SOUNDS_ALIKE = (
    *(("^kn", "-n"), ("^wr", "-r"), ("^ps", "-s"), ("^pt", "-t"), ("^pf", "-f"), ("^gn", "-n")),
    *(("^ts", "-s"), ("^tz", "-s"), ("^zw", "sw"), ("^wh", "w-"), ("^x", "z"), ("^q", "k")),
    *(("ph", "f-"), ("tz", "ts"), ("ck", "-k"), ("sz", "s-"), ("cz", "ch"), ("rz", "-s")),
    *(("th", "t-"), ("ch", "k-"), ("ae", "-e"), ("ie", "-y"), ("gh", "g-"), ("ou", "oo")),
    *(("ce", "se"), ("ci", "si"), ("cy", "sy"), ("sk", "sc"), ("ks", "-x"), ("ss", "s-")),
    *(("ll", "l-"), ("tt", "t-"), ("nn", "n-"), ("ff", "f-"), ("pp", "p-"), ("rr", "r-")),
    *(("zz", "ts"), ("dd", "d-"), ("mm", "m-"), ("oo", "u-"), ("ee", "ea"), ("ow", "au")),
    *(("c", "k"), ("k", "c"), ("z", "s"), ("s", "z"), ("i", "e"), ("y", "i"), ("f", "v")),
    *(("a", "e"), ("e", "i"), ("o", "a"), ("u", "o"), ("w", "v"), ("v", "f"), ("j", "y")),
    *(("d", "t"), ("g", "k"), ("b", "p"), ("m", "n"), ("q", "k")),
)


@dataclass(frozen=True)
class Clarity:
    """Say how well words are heard.

    Attributes:
      misheard: chance that a place that sounds like another one is heard as that.
      margin_nats: least and most by which the right token is then below the wrong one.
      joined: chance that the space after a word is not heard.
      split: chance that a space is heard in the middle of a word of six letters or more.
    """

    misheard: float
    margin_nats: tuple[float, float]
    joined: float
    split: float


@dataclass(frozen=True)
class Sound:
    """Hold one place of an utterance: the token heard and, `margin_nats` below, the one said."""

    heard: str
    said: str
    margin_nats: float = 0.0


def mishear(words: Sequence[str], clarity: Clarity, rng: random.Random) -> list[Sound]:
    """Return the sounds of words, each word followed by the space after it."""
    sounds: list[Sound] = []
    for word in words:
        split_at = len(word) // 2 if len(word) >= 6 and rng.random() < clarity.split else None
        for position, sound in _sounds_of(word, clarity, rng):
            if position == split_at:
                sounds.append(Sound(WORD_MARK, BLANK, _margin(clarity, rng)))
            sounds.append(sound)
        joined = rng.random() < clarity.joined
        unheard = Sound(BLANK, WORD_MARK, _margin(clarity, rng))
        sounds.append(unheard if joined else Sound(WORD_MARK, WORD_MARK))
    return sounds


def lay_out(sounds: Sequence[Sound], tokens: TokenTable, rng: random.Random) -> NDArray[np.float16]:
    """Return natural-log probabilities `(T, V)` of sounds, the space after the last word left out.

    Steps of half a nat keep the compressed file small.
    """
    frames = [_Frame(BLANK) for _ in range(rng.randint(8, 16))]
    spoken = sounds[:-1]
    for i, sound in enumerate(spoken):
        length = 1 + (rng.random() < 0.3)
        margin = sound.margin_nats / length
        frames += [_Frame(sound.heard, sound.said, margin)] * length
        following = spoken[i + 1] if i + 1 < len(spoken) else Sound(BLANK, BLANK)
        repeated = sound.said == following.said or sound.heard == following.heard
        frames += [_Frame(BLANK)] * rng.choice((1, 1, 2, 3) if repeated else (0, 1, 1, 2, 2, 3))
    frames += [_Frame(BLANK) for _ in range(rng.randint(8, 16))]
    return _log_probs(frames, tokens, rng)


@dataclass(frozen=True)
class _Frame:
    heard: str
    said: str | None = None
    margin_nats: float = 0.0


def _sounds_of(word: str, clarity: Clarity, rng: random.Random) -> Iterator[tuple[int, Sound]]:
    position = 0
    while position < len(word):
        alike = [(s.lstrip("^"), h) for s, h in SOUNDS_ALIKE if _is_at(s, word, position)]
        said, heard = alike[0] if alike else (word[position], word[position])
        if rng.random() >= clarity.misheard:
            said = heard = word[position]
        for s, h in zip(said, heard, strict=True):
            token = BLANK if h == "-" else h
            margin = 0.0 if token == s else _margin(clarity, rng)
            yield position, Sound(token, s, margin)
            position += 1


def _is_at(pattern: str, word: str, position: int) -> bool:
    if pattern.startswith("^"):
        return position == 0 and word.startswith(pattern[1:])
    return word.startswith(pattern, position)


def _margin(clarity: Clarity, rng: random.Random) -> float:
    return rng.uniform(*clarity.margin_nats)


def _log_probs(
    frames: Sequence[_Frame], tokens: TokenTable, rng: random.Random
) -> NDArray[np.float16]:
    column = {**tokens.ids, BLANK: tokens.blank_id}
    scores = np.array([[-rng.randint(24, 44) / 2 for _ in column] for _ in frames])  # (T, V)
    for at, frame in enumerate(frames):
        if frame.heard != BLANK:  # a peak: its neighbours and the blank have felt something of it
            for nearby in range(max(at - 1, 0), min(at + 2, len(frames))):
                scores[nearby, column[frame.heard]] = -rng.randint(8, 18) / 2
            scores[at, column[BLANK]] = -rng.randint(4, 14) / 2
    for at, frame in enumerate(frames):
        scores[at, column[frame.heard]] = 0.0
        if frame.said is not None and frame.said != frame.heard:
            scores[at, column[frame.said]] = -round(2 * frame.margin_nats) / 2
    normalized = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return normalized.astype(np.float16)
