"""The voices: what is held out, and what is drawn from a seed."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic.voices import (
    CASTS,
    DEV,
    ESPEAK,
    FURTHER,
    SHARES,
    TEST,
    TRAIN,
    Voice,
    draw_speaking,
)


def is_held_out_of_espeak(voice: Voice) -> bool:
    return voice.synthesizer == ESPEAK and voice not in TRAIN.voices


ALL_CASTS = {**CASTS, "further": FURTHER}


@given(st.sampled_from(sorted(ALL_CASTS)), st.integers())
def test_what_is_drawn_is_of_the_cast_and_in_range(name: str, seed: int) -> None:
    speaking = draw_speaking(random.Random(seed), ALL_CASTS[name])
    assert speaking.voice in ALL_CASTS[name].voices
    assert 0.8 <= speaking.rate <= 1.2
    assert 0.85 <= speaking.pitch <= 1.15
    assert 0.9 <= speaking.speed <= 1.1


@given(st.sampled_from(sorted(CASTS)), st.text())
def test_the_same_seed_draws_the_same(name: str, seed: str) -> None:
    first, second = (draw_speaking(random.Random(seed), CASTS[name]) for _ in range(2))
    assert first == second


def test_training_lacks_all_held_out_voices() -> None:
    for cast in (DEV, TEST):
        assert cast.held_out is not None
        held_out = {voice for voices in cast.held_out.values() for voice in voices}
        assert not held_out & TRAIN.voices
        assert set(cast.held_out) == set(cast.known) == set(TRAIN.known)


def test_the_further_voices_are_nobody_elses() -> None:
    for cast in CASTS.values():
        assert not FURTHER.voices & cast.voices


def test_dev_and_test_hold_out_different_voices_of_espeak() -> None:
    dev = {voice for voice in DEV.voices if is_held_out_of_espeak(voice)}
    test = {voice for voice in TEST.voices if is_held_out_of_espeak(voice)}
    assert dev
    assert test
    assert not dev & test


@pytest.mark.parametrize(("name", "held_out_share"), [("train", 0), ("dev", 0.5), ("test", 0.5)])
def test_the_shares_are_as_stated(name: str, held_out_share: float) -> None:
    rng = random.Random(7)
    voices = [draw_speaking(rng, CASTS[name]).voice for _ in range(4000)]
    counts = Counter(voice.synthesizer for voice in voices)
    for synthesizer in TRAIN.known:
        share = SHARES[synthesizer]
        assert counts[synthesizer] / 4000 == pytest.approx(share, abs=0.03)
    held_out = sum(voice not in TRAIN.voices for voice in voices)
    assert held_out / 4000 == pytest.approx(held_out_share, abs=0.03)
