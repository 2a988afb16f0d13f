"""Rooms, noise and level: what is asked for is what is heard."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.synthetic import rooms
from local.synthetic.rooms import NOISES, PEAK, ROOMS, Surroundings
from local.synthetic.synthesizers import SAMPLE_RATE, Samples

SEEDS = st.integers(0, 2**32)
NUM_SAMPLES = SAMPLE_RATE


def made_up_speech(seed: int, num_samples: int = NUM_SAMPLES) -> Samples:
    """Return noise that comes and goes four times a second."""
    envelope = np.sin(np.arange(num_samples) * 4 * np.pi / SAMPLE_RATE) ** 2
    noise = np.random.default_rng(seed).standard_normal(num_samples)
    return (0.1 * envelope * noise).astype(np.float32)


TALKERS = [made_up_speech(2**40 + talker, 20000) for talker in range(8)]


def power_db(samples: Samples) -> float:
    return float(10 * np.log10(np.square(samples, dtype=np.float64).mean()))


@given(SEEDS)
def test_what_is_drawn_is_in_range(seed: int) -> None:
    place = rooms.draw_surroundings(random.Random(seed))
    assert rooms.LEVEL_DBFS[0] <= place.level_dbfs <= rooms.LEVEL_DBFS[1]
    if place.room != "none":
        seconds, direct_db = ROOMS[place.room]
        assert seconds[0] <= place.reverberation_seconds <= seconds[1]
        assert direct_db[0] <= place.direct_db <= direct_db[1]
    if place.noise != "none":
        assert place.noise in NOISES
        assert rooms.SNR_DB[0] <= place.snr_db <= rooms.SNR_DB[1]


def test_shares_are_as_stated() -> None:
    rng = random.Random(3)
    places = [rooms.draw_surroundings(rng) for _ in range(4000)]
    assert sum(p.room != "none" for p in places) / 4000 == pytest.approx(0.4, abs=0.03)
    assert sum(p.noise != "none" for p in places) / 4000 == pytest.approx(2 / 3, abs=0.03)


@given(SEEDS, st.sampled_from([*NOISES, "none"]), st.sampled_from([*ROOMS, "none"]))
def test_the_length_and_the_level_are_kept_and_nothing_is_clipped(
    seed: int, noise: str, room: str
) -> None:
    place = Surroundings(-20, room, 0.3, 8, noise, 15)
    heard = rooms.apply(made_up_speech(seed), place, np.random.default_rng(seed), TALKERS)
    assert heard.shape == (NUM_SAMPLES,)
    assert heard.dtype == np.float32
    assert power_db(heard) == pytest.approx(-20, abs=0.1)
    assert np.abs(heard).max() <= PEAK + 1e-6


@given(SEEDS, st.sampled_from(NOISES), st.floats(8, 30))
def test_the_noise_has_the_ratio_asked_for(seed: int, noise: str, snr_db: float) -> None:
    speech = made_up_speech(seed)
    place = Surroundings(-25, noise=noise, snr_db=snr_db)
    heard = rooms.apply(speech, place, np.random.default_rng(seed + 1), TALKERS)
    # The noise is what is left once the speech is taken out, being independent of it.
    gain = np.dot(heard, speech) / np.dot(speech, speech)
    assert power_db(gain * speech) - power_db(heard - gain * speech) == pytest.approx(snr_db, abs=2)


@given(SEEDS, st.sampled_from([*NOISES, "none"]), st.sampled_from([*ROOMS, "none"]))
def test_the_same_seed_gives_the_same_recording(seed: int, noise: str, room: str) -> None:
    place = Surroundings(-20, room, 0.3, 8, noise, 15)
    first, second = (
        rooms.apply(made_up_speech(1), place, np.random.default_rng(seed), TALKERS)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@given(SEEDS)
def test_a_loud_level_gives_way_to_the_peak(seed: int) -> None:
    speech = np.zeros(NUM_SAMPLES, np.float32)
    speech[seed % NUM_SAMPLES] = 0.5
    heard = rooms.apply(speech, Surroundings(-12), np.random.default_rng(0), TALKERS)
    assert np.abs(heard).max() == pytest.approx(PEAK, abs=1e-4)


@given(SEEDS, st.floats(0.15, 0.7), st.floats(3, 15))
def test_an_impulse_response_begins_with_its_loudest_and_decays(
    seed: int, seconds: float, direct_db: float
) -> None:
    response = rooms.impulse_response(seconds, direct_db, np.random.default_rng(seed))
    assert response[0] == 1 == np.abs(response).max()
    tail = response[1:].astype(np.float64)
    assert -10 * np.log10(np.square(tail).sum()) == pytest.approx(direct_db, abs=2)
    quarter = len(response) // 4
    fall = power_db(response[quarter : 2 * quarter]) - power_db(response[-quarter:])
    assert fall == pytest.approx(30, abs=12)  # half of the 60 dB, the early reflections apart


@given(SEEDS, st.sampled_from(sorted(rooms.COLOURS.items())))
def test_noise_has_its_colour(seed: int, colour: tuple[str, float]) -> None:
    noise = rooms.coloured_noise(colour[1], 4 * NUM_SAMPLES, np.random.default_rng(seed))
    power = np.square(np.abs(np.fft.rfft(noise)))
    hertz = np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE)
    low, high = (power[(hertz > f) & (hertz < 1.2 * f)].mean() for f in (200, 3200))
    assert 10 * np.log10(low / high) == pytest.approx(colour[1] * 10 * np.log10(16), abs=3)
    assert power_db(noise) == pytest.approx(0, abs=0.01)


@given(SEEDS, st.integers(1, 60000), st.integers(1, 8))
def test_babble_is_as_long_as_asked_for(seed: int, num_samples: int, num_talkers: int) -> None:
    mixed = rooms.babble(num_samples, np.random.default_rng(seed), TALKERS[:num_talkers])
    assert mixed.shape == (num_samples,)
    assert np.isfinite(mixed).all()
