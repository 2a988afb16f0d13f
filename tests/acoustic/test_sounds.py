"""Sounds of cuts and of arrays: any rate, any channels, the same samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_folders import RATE, write_audio

from wfst_bias.acoustic.sounds import sound_of_cut, sound_of_samples
from wfst_bias.errors import InputError
from wfst_bias.formats.recordings import open_recording

SECONDS = 3.0


def chirp(rate: int, seconds: float = SECONDS):
    times = np.arange(round(rate * seconds)) / rate
    return (0.5 * np.sin(2 * np.pi * (300 + 100 * times) * times)).astype(np.float32)


def whole(sound):
    return sound.read(0, sound.n_samples)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_files_and_arrays_of_any_rate_are_heard_alike(tmp_path: Path, rate: int):
    stereo = np.stack([chirp(rate), 0.5 * chirp(rate)], axis=1)
    path = write_audio(tmp_path / "x.wav", stereo, rate, subtype="FLOAT")
    of_file = sound_of_cut(open_recording(path, "x").to_cut())
    of_array = sound_of_samples(stereo, rate, "x")
    assert of_file.n_samples == of_array.n_samples == round(SECONDS * RATE)
    np.testing.assert_allclose(whole(of_file), whole(of_array), atol=1e-5)
    inner = slice(500, -500)  # at the ends a filter hears silence
    np.testing.assert_allclose(whole(of_file)[inner], 0.75 * chirp(RATE)[inner], atol=5e-3)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_a_stretch_of_a_file_is_that_of_the_whole(tmp_path: Path, suffix: str, rate: int):
    path = write_audio(tmp_path / f"x.{suffix}", chirp(rate), rate)
    sound = sound_of_cut(open_recording(path, "x").to_cut())
    samples = whole(sound)
    for first, end in ((6400, 19_200), (12_800, sound.n_samples)):
        stretch = sound.read(first, end)
        assert len(stretch) == end - first
        # An MP3 begins with silence wherever it is read from; the context of a window has room.
        inner = slice(6400 if suffix == "mp3" else 500, -500)
        np.testing.assert_allclose(stretch[inner], samples[first:end][inner], atol=1e-4)


def test_a_segment_is_read_from_its_place(tmp_path: Path):
    path = write_audio(tmp_path / "x.wav", chirp(RATE), subtype="FLOAT")
    cut = open_recording(path, "x").to_cut().truncate(offset=1.0, duration=0.5)
    sound = sound_of_cut(cut)
    assert sound.n_samples == RATE // 2
    np.testing.assert_array_equal(whole(sound), chirp(RATE)[RATE : RATE + RATE // 2])
    np.testing.assert_array_equal(sound.read(640, 1280), chirp(RATE)[RATE + 640 : RATE + 1280])


@given(st.lists(st.integers(-(2**15), 2**15 - 1), max_size=20))
def test_whole_numbers_are_of_full_scale(numbers):
    samples = np.array(numbers, dtype=np.int16)
    expected = samples.astype(np.float32) / 2**15
    np.testing.assert_array_equal(whole(sound_of_samples(samples, RATE, "x")), expected)


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros((2, 3, 4)), RATE, "expected samples (S,) or (S, channels): (2, 3, 4)"),
        (np.zeros((5, 0)), RATE, "(5, 0)"),
        (np.float32(1.0), RATE, "expected samples (S,)"),
        (np.zeros(5, dtype=complex), RATE, "complex128"),
        (np.zeros(5, dtype=np.uint8), RATE, "uint8"),
        (np.zeros(5), 0, "expected a rate in samples a second: 0"),
        (np.zeros(5), -8000, "-8000"),
        (np.zeros(5), 0.5, "0.5"),
    ],
)
def test_arrays_that_are_no_audio_are_refused(samples, rate, message):
    with pytest.raises(InputError) as raised:
        sound_of_samples(samples, rate, "x")
    assert message in str(raised.value)


def test_an_empty_array_is_a_sound_without_samples():
    assert sound_of_samples(np.zeros(0, np.float32), 8000, "x").n_samples == 0
