"""A model in use: shapes, batches, and recordings of any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_folders import PHONES, noise, write_model

from wfst_bias.acoustic.recognizer import Recognizer

seconds = st.floats(0.03, 4.0)


@pytest.fixture(scope="module")
def recognizer(model_folder: Path) -> Recognizer:
    return Recognizer.load(model_folder)


@settings(max_examples=25)
@given(st.lists(seconds, min_size=1, max_size=5))
def test_a_batch_is_heard_as_its_recordings_alone(recognizer, lengths):
    recordings = [noise(length, seed) for seed, length in enumerate(lengths)]
    for samples, heard in zip(recordings, recognizer.hear(recordings), strict=True):
        (alone,) = recognizer.hear([samples])
        np.testing.assert_allclose(heard.log_probs, alone.log_probs, atol=1e-3)
        np.testing.assert_allclose(heard.phone_log_probs, alone.phone_log_probs, atol=1e-3)


@settings(max_examples=25)
@given(seconds)
def test_there_is_a_distribution_for_every_40_ms(recognizer, length):
    samples = noise(length)
    (heard,) = recognizer.hear([samples])
    n_frames = -(-((len(samples) + 80) // 160) // 4)
    assert heard.log_probs.shape == (n_frames, recognizer.tokens.size)
    assert heard.phone_log_probs.shape == (n_frames, len(PHONES))
    for log_probs in (heard.log_probs, heard.phone_log_probs):
        np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1.0, atol=1e-4)


def test_a_window_hears_little_of_what_is_far_from_it(recognizer):
    """What is kept of the first window is the same whatever comes after its context."""
    first, other = noise(60.0), noise(60.0)
    other[30 * 16_000 :] = 0.0
    (one,), (two,) = recognizer.hear([first]), recognizer.hear([other])
    np.testing.assert_array_equal(one.log_probs[: 24 * 25], two.log_probs[: 24 * 25])
    assert not np.allclose(one.log_probs[30 * 25 :], two.log_probs[30 * 25 :], atol=0.1)


def test_too_few_samples_are_an_error(recognizer):
    with pytest.raises(ValueError, match="399 samples are too few"):
        recognizer.hear([np.zeros(399, np.float32)])


def test_nothing_to_hear_is_nothing(recognizer):
    assert recognizer.hear([]) == []


def test_a_model_is_the_same_wherever_it_lies(recognizer, tmp_path):
    samples = noise(1.0)
    (one,), (two,) = (
        recognizer.hear([samples]),
        Recognizer.load(write_model(tmp_path)).hear([samples]),
    )
    np.testing.assert_array_equal(one.log_probs, two.log_probs)
